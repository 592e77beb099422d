#include "doctor/folder_findings.h"

#include <cerrno>
#include <chrono>
#include <fmt/format.h>

#include "inbox/file_system.h"
#include "inbox/flush_time.h"
#include "os/directory.h"
#include "os/file.h"

namespace bobbin::doctor {
namespace {

using Severity = Finding::Severity;

constexpr std::uint64_t kMebibyte = 1024 * 1024;
constexpr std::uint64_t kLittle = 1024 * kMebibyte;  // a journal takes up to 256 MiB

std::string without_stop(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void judge_file_system(const std::string& about, const os::Fd& directory, Findings& findings) {
  const inbox::FileSystem system = inbox::file_system_of(directory);
  const inbox::Judgement judgement = inbox::judge(system);
  const std::string text = fmt::format(
      "it lies on {}: {}", system.type.empty() ? "a file system" : system.type, without_stop(judgement.text));
  const bool is_memory = system.type == "tmpfs" || system.type == "ramfs";
  if (judgement.is_trusted)
    findings.push_back({Severity::fine, about, text});
  else
    findings.push_back(
        {is_memory ? Severity::problem : Severity::advice, about, text,
         "keep documents on a file system of this machine's own disk, and try a power cut: bobbin "
         "inbox prove"});
}

void judge_space(const std::string& about, const os::Fd& directory, Findings& findings) {
  const auto system = os::file_system(directory);
  if (!system) return;
  const std::string text = fmt::format("{} MiB are free there", system->free_bytes / kMebibyte);
  if (system->free_bytes < kLittle)
    findings.push_back(
        {Severity::advice, about, text, "make space: uploads are answered 507 when there is none"});
  else
    findings.push_back({Severity::fine, about, text});
}

void judge_flush(const std::string& about, const os::Fd& directory, Findings& findings) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const auto time = inbox::measure_flush(directory);
  if (!time) {
    findings.push_back({Severity::problem, about, "a flush fails there: " + time.error().message(),
                        "look at the disk: dmesg, smartctl"});
    return;
  }
  const std::string text = fmt::format("a flush takes {:.2f} ms, one in a hundred {:.2f} ms",
                                       Milliseconds(time->median).count(), Milliseconds(time->p99).count());
  if (time->median < inbox::kTooQuick)
    findings.push_back(
        {Severity::advice, about, text + ": no disk is so quick that has stored something",
         "make sure that the device, or the host of this virtual machine, does not lie: bobbin inbox prove"});
  else
    findings.push_back({Severity::fine, about, text});
}

void judge_unnamed_files(const std::string& about, const os::Fd& directory, Findings& findings) {
  const bool has_them = os::create_unnamed(directory).has_value();
  findings.push_back({Severity::fine, about,
                      has_them
                          ? "files can be written there before they have a name (O_TMPFILE)"
                          : "files need a name there while they are written (no O_TMPFILE), so documents are "
                            "written under hidden names"});
}

/// Nothing is said of what is no block device, such as a file system in memory or one of several devices.
void judge_cache(const std::string& about, const os::Fd& directory, Findings& findings) {
  const auto status = os::status(directory);
  if (!status) return;
  // A partition has no queue of its own; that of its disk is beside it.
  const std::string device = "/sys/dev/block/" + os::device_name(status->device);
  for (const char* const queue : {"/queue/write_cache", "/../queue/write_cache"})
    if (const auto text = os::read_file(device + queue))
      return findings.push_back(cache_finding(about, *text));
}

/// The folder, or the one in which it will be made.
std::string existing_folder(std::string folder) {
  while (!folder.empty() && folder != "/") {
    const auto directory = os::open_directory(folder);
    if (directory || directory.error().code != ENOENT) return folder;
    const std::size_t slash = folder.find_last_of('/');
    folder = slash == std::string::npos ? "." : slash == 0 ? "/" : folder.substr(0, slash);
  }
  return folder;
}

}  // namespace

Finding cache_finding(const std::string& about, std::string_view write_cache) {
  if (write_cache.starts_with("write back"))
    return {Severity::fine, about, "the device has a cache, which a flush empties (write back)"};
  return {Severity::fine, about,
          "the device says that what it has taken is stored (write through); in a virtual machine its host "
          "decides what a power cut leaves"};
}

Findings look_at_folder(const std::string& about, const std::string& named) {
  Findings findings;
  const std::string folder = existing_folder(named);
  if (folder != named)
    findings.push_back(
        {Severity::fine, about,
         fmt::format("'{}' is not there yet, and is made at the start, in '{}'", named, folder)});
  const auto directory = os::open_directory(folder);
  const auto usable = directory ? os::may_write(folder) : failure(directory.error());
  if (!usable) {
    findings.push_back({Severity::problem, about,
                        fmt::format("'{}' cannot be used by this user: {}", folder, usable.error().message()),
                        "give it to the user of the server (chown)"});
    return findings;
  }
  judge_file_system(about, *directory, findings);
  judge_space(about, *directory, findings);
  judge_unnamed_files(about, *directory, findings);
  judge_cache(about, *directory, findings);
  judge_flush(about, *directory, findings);
  return findings;
}

Findings look_at_secret(const std::string& about, const std::string& file) {
  Findings findings;
  constexpr unsigned kReadByOthers = 0004;
  const auto mode = os::mode_of(file);
  if (!mode || (*mode & kReadByOthers) == 0) return findings;
  findings.push_back({Severity::advice, about,
                      fmt::format("'{}' can be read by every user of this machine", file),
                      fmt::format("chmod o-r {}", file)});
  return findings;
}

}  // namespace bobbin::doctor
