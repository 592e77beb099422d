#include "doctor/machine_findings.h"

#include <chrono>
#include <fmt/format.h>

namespace bobbin::doctor {
namespace {

using Severity = Finding::Severity;

constexpr std::uint64_t kBacklog = 4096;
constexpr std::uint64_t kThreadsOfTheExecutor = 33;  // for one disk: see docs/operating.md
constexpr std::uint64_t kBytesPerMebibyte = 1024 * 1024;
// No release of this server is older.
constexpr WallTime kFirstRelease{std::chrono::sys_days(std::chrono::year{2026} / 1 / 1)};

void judge_kernel(const Machine& machine, Findings& findings) {
  if (!machine.has_openat2)
    findings.push_back(
        {Severity::advice, "kernel",
         fmt::format("Linux {} has no openat2, or a sandbox refuses it: no symbolic link is followed",
                     machine.kernel),
         "run it on Linux 5.6 or later, and let the sandbox allow openat2"});
  else
    findings.push_back({Severity::fine, "kernel", fmt::format("Linux {} has openat2", machine.kernel)});
  if (machine.landlock_version == 0)
    findings.push_back(
        {Severity::advice, "sandbox",
         "the kernel has no Landlock, so the server cannot be confined to its files",
         "run it on Linux 5.13 or later, with lsm=landlock,... on its command line where it is left out"});
  else
    findings.push_back({Severity::fine, "sandbox",
                        fmt::format("the kernel has version {} of Landlock", machine.landlock_version)});
}

void judge_threads(const Machine& machine, const Requirements& requirements, Findings& findings) {
  const std::string cpus = fmt::format("{} workers for {} {}", requirements.threads, machine.cpus,
                                       machine.cpus == 1 ? "CPU" : "CPUs");
  if (!requirements.is_automatic && requirements.threads < machine.cpus)
    findings.push_back({Severity::advice, "threads", cpus + ": CPUs are left unused", "--threads auto"});
  else
    findings.push_back({Severity::fine, "threads", cpus});
  const std::uint64_t wanted = requirements.threads + kThreadsOfTheExecutor + 2;
  if (machine.tasks && *machine.tasks < wanted)
    findings.push_back(
        {Severity::problem, "threads",
         fmt::format("the control group allows {} processes and threads, and up to {} are wanted",
                     *machine.tasks, wanted),
         "raise pids.max (TasksMax= in a unit, --pids-limit of a container)"});
}

void judge_descriptors(const Machine& machine, const Requirements& requirements, Findings& findings) {
  const std::string allowed = fmt::format("at most {} may be open", machine.descriptors);
  if (machine.descriptors < requirements.descriptors)
    findings.push_back({Severity::advice, "files",
                        fmt::format("{}, and {} are needed for all {} connections", allowed,
                                    requirements.descriptors, requirements.connections),
                        "raise the hard limit (LimitNOFILE= in a unit, ulimit -Hn), or lower "
                        "--connections-per-thread and --queue"});
  else
    findings.push_back({Severity::fine, "files", allowed});
}

void judge_memory(const Machine& machine, const Requirements& requirements, Findings& findings) {
  if (!machine.memory_bytes) return;
  const std::string limit =
      fmt::format("the control group allows {} MiB", *machine.memory_bytes / kBytesPerMebibyte);
  if (*machine.memory_bytes < requirements.memory_bytes)
    findings.push_back(
        {Severity::problem, "memory",
         fmt::format("{}, and cached files and uploads under way may take {} MiB", limit,
                     requirements.memory_bytes / kBytesPerMebibyte),
         "raise memory.max (MemoryMax= in a unit), or lower --cache-memory and --upload-memory"});
  else
    findings.push_back({Severity::fine, "memory", limit});
}

void judge_network(const Machine& machine, Findings& findings) {
  if (!machine.backlog) return;
  const std::string text = fmt::format("net.core.somaxconn is {}", *machine.backlog);
  if (*machine.backlog < kBacklog)
    findings.push_back(
        {Severity::advice, "network",
         fmt::format("{}: more clients that connect in the same moment have to try again", text),
         fmt::format("sysctl net.core.somaxconn={}", kBacklog)});
  else
    findings.push_back({Severity::fine, "network", text});
}

void judge_clock(const Machine& machine, const Requirements& requirements, Findings& findings) {
  if (machine.now < kFirstRelease)
    findings.push_back({Severity::problem, "clock",
                        "it stands at a time before this program was made: certificates are not valid, and "
                        "names of documents are wrong",
                        "set it"});
  else if (machine.clock_is_synchronized && !*machine.clock_is_synchronized)
    findings.push_back({requirements.takes_documents ? Severity::advice : Severity::fine, "clock",
                        "the kernel does not know that it is synchronized",
                        requirements.takes_documents
                            ? "run chrony or systemd-timesyncd: the times of documents "
                              "and of signatures are those of this clock"
                            : ""});
  else if (machine.clock_is_synchronized)
    findings.push_back({Severity::fine, "clock", "it is synchronized"});
}

}  // namespace

Findings judge(const Machine& machine, const Requirements& requirements) {
  Findings findings;
  judge_kernel(machine, findings);
  judge_threads(machine, requirements, findings);
  judge_descriptors(machine, requirements, findings);
  judge_memory(machine, requirements, findings);
  judge_network(machine, findings);
  judge_clock(machine, requirements, findings);
  return findings;
}

}  // namespace bobbin::doctor
