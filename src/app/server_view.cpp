#include "app/server_view.h"

#include <chrono>
#include <utility>

#include "app/bucket_roots.h"
#include "os/process.h"
#include "server/connection_gauges.h"

namespace bobbin::app {
namespace {

using observe::Metric;
using observe::Snapshot;

constexpr Metric kBuild{"bobbin_build_info", "Always 1; the version is a label"};
constexpr Metric kSandbox{"bobbin_sandbox", "Whether this part of the process is confined"};
constexpr Metric kReady{"bobbin_ready", "Whether the server would take work, as /readyz says"};
constexpr Metric kWorkers{"bobbin_workers", "Workers, by whether they have a connection"};
constexpr Metric kExecutorThreads{"bobbin_executor_threads", "Threads that may wait for a disk"};
constexpr Metric kExecutorTasks{"bobbin_executor_tasks", "Tasks for a disk, by purpose"};
constexpr Metric kVirtual{"process_virtual_memory_bytes", "Virtual memory"};
constexpr Metric kThreads{"process_threads", "Threads of the process"};
constexpr Metric kOpenDescriptors{"process_open_fds", "Open file descriptors"};
constexpr Metric kDescriptorLimit{"process_max_fds", "How many file descriptors may be open"};
constexpr Metric kStarted{"process_start_time_seconds", "When the process started"};

void add_gauge(Snapshot& snapshot, const Metric& metric, double value, std::string_view labels = {}) {
  snapshot.add(metric, observe::MetricFamily::Kind::gauge, labels, value);
}

}  // namespace

void ServerView::describe(const Generation& generation) {
  std::vector<admin::ServerFacts::Site> sites;
  for (const auto& site : generation.sites())
    sites.push_back({site->name(), shown_root(site->config()), site->upload_directory()});
  const Lock lock(mutex_);
  sites_ = std::move(sites);
}

Snapshot ServerView::snapshot() const {
  Snapshot snapshot = parts_.registry.snapshot();
  add_gauge(snapshot, kBuild, 1, observe::label("version", BOBBIN_VERSION));
  add_gauge(snapshot, kSandbox, parts_.sandbox.confines_files() ? 1 : 0, observe::label("part", "files"));
  add_gauge(snapshot, kSandbox, parts_.sandbox.confines_calls() ? 1 : 0, observe::label("part", "calls"));
  add_gauge(snapshot, kReady, parts_.health.obstacles().empty() ? 1 : 0);
  snapshot.add(admin::kLostLogLines, observe::MetricFamily::Kind::counter, "",
               static_cast<double>(parts_.log.lost_lines() + parts_.site_logs.lost_lines()));
  add_pool(snapshot);
  add_executor(snapshot);
  add_process(snapshot);
  return snapshot;
}

void ServerView::add_pool(Snapshot& snapshot) const {
  const server::WorkerPool& pool = parts_.pool;
  add_gauge(snapshot, server::ConnectionGauges::kConnections, static_cast<double>(pool.waiting()),
            observe::label("state", "queued"));
  add_gauge(snapshot, kWorkers, pool.active(), observe::label("state", "in_use"));
  add_gauge(snapshot, kWorkers, pool.threads() - pool.active(), observe::label("state", "free"));
}

void ServerView::add_executor(Snapshot& snapshot) const {
  const executor::Executor::Load load = parts_.executor.load();
  add_gauge(snapshot, kExecutorThreads, static_cast<double>(load.threads));
  for (const auto& [purpose, waiting, running] : load.purposes) {
    const std::string label = observe::label("purpose", purpose);
    add_gauge(snapshot, kExecutorTasks, static_cast<double>(waiting),
              label + "," + observe::label("state", "waiting"));
    add_gauge(snapshot, kExecutorTasks, static_cast<double>(running),
              label + "," + observe::label("state", "running"));
  }
}

void ServerView::add_process(Snapshot& snapshot) const {
  const os::ProcessFigures figures = os::process_figures();
  snapshot.add(admin::kCpuTime, observe::MetricFamily::Kind::counter, "", figures.cpu_seconds);
  add_gauge(snapshot, admin::kResidentMemory, static_cast<double>(figures.resident_bytes));
  add_gauge(snapshot, kVirtual, static_cast<double>(figures.virtual_bytes));
  add_gauge(snapshot, kThreads, static_cast<double>(figures.threads));
  add_gauge(snapshot, kOpenDescriptors, static_cast<double>(figures.open_descriptors));
  add_gauge(snapshot, kDescriptorLimit, static_cast<double>(figures.descriptor_limit));
  add_gauge(snapshot, kStarted, std::chrono::duration<double>(started_.time_since_epoch()).count());
}

admin::ServerFacts ServerView::facts() const {
  admin::ServerFacts facts{.version = "bobbin " BOBBIN_VERSION,
                           .process = os::process_number(),
                           .started = started_,
                           .threads = parts_.pool.threads(),
                           .sandbox = parts_.sandbox.text(),
                           .listeners = parts_.listeners,
                           .sites = {},
                           .warnings = {}};
  for (auto& [time, text] : parts_.log.recent_warnings())
    facts.warnings.push_back({.time = time, .text = std::move(text)});
  const Lock lock(mutex_);
  facts.sites = sites_;
  return facts;
}

}  // namespace bobbin::app
