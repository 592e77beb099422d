#include "app/serve.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "app/capacity.h"
#include "app/site.h"
#include "os/epoll.h"
#include "os/open_beneath.h"
#include "os/process.h"
#include "os/socket.h"
#include "os/wake.h"
#include "server/acceptor.h"
#include "server/pool.h"

namespace bobbin::app {
namespace {

constexpr int kExitForced = 3;
constexpr int kExitCannotRun = 71;  // EX_OSERR

constexpr milliseconds kLeastGrace{100};
constexpr Duration kForcedEnd = seconds(1);

using observe::LogLevel;

int fail(int status, const std::string& message) {
  std::fprintf(stderr, "bobbin: %s\n", message.c_str());
  return status;
}

std::string lines_of(const std::vector<std::string>& fields) {
  std::string lines;
  for (const std::string& field : fields) lines.append(field).append("\r\n");
  return lines;
}

http::http1::SessionSettings session_settings(const Config& config) {
  return {.head = {.head_bytes = config.max_head},
          .maximum_content_bytes = config.max_upload,
          .maximum_requests = config.keep_alive_requests,
          .keep_alive = config.keep_alive_timeout,
          .head_timeout = config.head_timeout,
          .pace = {.minimum_rate = config.minimum_rate,
                   .grace = config.rate_grace,
                   .stall = config.stall_timeout},
          .reply_timeout = config.commit_timeout,
          .server_name = config.server_name,
          .added_fields = lines_of(config.headers)};
}

server::PoolSettings pool_settings(const Config& config, const Capacity& capacity) {
  return {.threads = config.threads,
          .connections_per_thread = capacity.connections_per_thread,
          .queue = capacity.queue,
          .worker = {.session = session_settings(config),
                     .access_log = config.access_log,
                     .access_format = config.log_format,
                     .memory_bytes = config.answer_memory / config.threads,
                     .maximum_lingering = capacity.lingering_per_thread}};
}

Capacity capacity_for(const Config& config, std::uint64_t descriptor_limit) {
  // Two for each worker's own needs, a few for the acceptor's and what else a library may open.
  const std::uint64_t needed = os::open_descriptors() + 2 * std::uint64_t{config.threads} + 16;
  return plan_capacity(config, descriptor_limit > needed ? descriptor_limit - needed : 0);
}

Result<std::vector<server::Listener>> listen_on_all(const Config& config, std::string& where) {
  std::vector<server::Listener> listeners;
  for (const std::string& bind : config.binds) {
    auto endpoint = parse_address(bind == "localhost" ? "127.0.0.1" : bind);
    where = bind;
    if (!endpoint) return failure(Error{EINVAL, "address"});
    endpoint->port = config.port;
    where = endpoint->text();
    listeners.push_back(TRY(server::listen(*endpoint)));
  }
  return listeners;
}

/// What connections to this listener shall use; empty: the system's. bbr paces by a model of a network, which
/// is not there when the machine talks to itself. reno is in every kernel and allowed to everybody.
std::string congestion_control_for(const Config& config, const server::Listener& listener) {
  if (config.tcp_congestion == "system") return {};
  if (config.tcp_congestion != "auto") return config.tcp_congestion;
  const auto of_system = os::congestion_control(listener.socket);
  return listener.bound.is_loopback() && of_system && *of_system == "bbr" ? "reno" : "";
}

Result<void> set_congestion_control(const Config& config, const std::vector<server::Listener>& listeners) {
  for (const server::Listener& listener : listeners) {
    const std::string name = congestion_control_for(config, listener);
    if (!name.empty()) TRY(os::set_congestion_control(listener.socket, name));
  }
  return {};
}

std::string unavailable_congestion(const Config& config) {
  const std::string names = os::available_congestion_controls();
  return fmt::format("--tcp-congestion: \"{}\" is not available; {}", config.tcp_congestion,
                     names.empty() ? "auto or system" : "auto, system, " + names);
}

/// What poll() waits for is due then: the next status line, or the end of the grace period.
milliseconds until(Instant moment) {
  if (moment == kNever) return os::Epoll::kForever;
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(moment - monotonic_now()));
}

/// Something that other threads bring about and the main loop waits for.
class Milestone {
 public:
  explicit Milestone(os::Wake wake) : wake_(std::move(wake)) {}
  void reach() {
    reached_ = true;
    wake_.notify();
  }
  [[nodiscard]] bool reached() {
    if (reached_) wake_.clear();
    return reached_;
  }
  [[nodiscard]] const os::Fd& fd() const { return wake_.fd(); }

 private:
  os::Wake wake_;
  std::atomic<bool> reached_ = false;
};

/// The main thread's part while the server runs: accepting, signals, status lines.
class MainLoop {
 public:
  MainLoop(const Config& config, server::Acceptor& acceptor, server::WorkerPool& pool, os::Signals& signals,
           observe::Log& log, observe::LogWriter& main_log)
      : config_(config),
        acceptor_(acceptor),
        pool_(pool),
        signals_(signals),
        log_(log),
        main_log_(main_log) {}

  void run_until_stopped() {
    const bool reports = config_.status_interval.count() > 0;
    Instant next_status = reports ? monotonic_now() + config_.status_interval : kNever;
    while (!stop_requested_) {
      if (acceptor_.poll(until(next_status))) handle_signals();
      if (monotonic_now() < next_status) continue;
      pool_.log_status(main_log_);
      if (pool_.has_emptied()) os::give_back_free_memory();
      next_status = monotonic_now() + config_.status_interval;
    }
  }

  /// From here on the grace period runs.
  void begin_to_stop() {
    main_log_.write(LogLevel::info, "Shutting down server...");
    // Workers that have nothing to finish need a moment to say so.
    grace_ends_ = monotonic_now() + std::max(config_.grace_period, kLeastGrace);
    acceptor_.stop_accepting();
    for (server::Arrival& arrival : pool_.shut_down()) acceptor_.reject(std::move(arrival));
  }

  /// False when the grace period ended first, or a second SIGINT came.
  [[nodiscard]] bool wait_for(Milestone& milestone) {
    return wait_for(milestone, grace_ends_, force_requested_);
  }
  /// Whatever signals come, until then.
  [[nodiscard]] bool wait_for(Milestone& milestone, Instant end) { return wait_for(milestone, end, false); }

 private:
  bool wait_for(Milestone& milestone, Instant end, const bool& gives_up) {
    while (!milestone.reached() && !gives_up && monotonic_now() < end) {
      if (acceptor_.poll(until(end))) handle_signals();
    }
    return milestone.reached();
  }

  void handle_signals() {
    while (const auto signal = signals_.next()) {
      if (*signal == SIGUSR1) {
        log_.reopen();
      } else if (!stop_requested_) {
        stop_requested_ = true;
      } else if (*signal == SIGINT) {
        force_requested_ = true;
      }
    }
  }

  const Config& config_;
  server::Acceptor& acceptor_;
  server::WorkerPool& pool_;
  os::Signals& signals_;
  observe::Log& log_;
  observe::LogWriter& main_log_;
  Instant grace_ends_ = kNever;
  bool stop_requested_ = false;
  bool force_requested_ = false;
};

/// Whoever hangs in the disk is not waited for any longer. Nothing that was acknowledged depends on it.
[[noreturn]] void end_by_force(MainLoop& loop, Milestone& milestone, observe::LogWriter& main_log,
                               observe::Log& log) {
  static_cast<void>(loop.wait_for(milestone, monotonic_now() + kForcedEnd));
  main_log.write(LogLevel::info, "Server stopped");
  log.stop();
  std::_Exit(kExitForced);
}

void announce(const Config& config, const std::vector<Endpoint>& bound, observe::LogWriter& log) {
  for (const Endpoint& endpoint : bound)
    log.write(LogLevel::info, "HTTP Server started on http://" + endpoint.text());
  log.write(LogLevel::info, "Thread pool size: " + std::to_string(config.threads));
  log.write(LogLevel::info, "Serving files from '" + config.root + "' directory");
  log.write(LogLevel::info, "Press Ctrl+C to stop the server");
}

void warn_of_low_limit(const Config& config, const Capacity& capacity, observe::LogWriter& log) {
  if (capacity.connections_per_thread == config.connections_per_thread && capacity.queue == config.queue)
    return;
  log.write(LogLevel::warning,
            fmt::format("Warning: the limit of open files allows {} connections per thread "
                        "and a queue of {}",
                        capacity.connections_per_thread, capacity.queue));
}

void warn_of_missing_openat2(observe::LogWriter& log) {
  if (os::openat2_is_available()) return;
  log.write(LogLevel::warning,
            "Warning: openat2 is not available (it needs Linux 5.6 and a sandbox that allows it): "
            "no symbolic link is followed");
}

/// In a thread of its own; where the system has no more, in this one, and the thread returned is none.
std::thread run_aside(const std::function<void()>& action) {
  try {
    return std::thread(action);
  } catch (const std::system_error&) {
    action();
    return {};
  }
}

}  // namespace

int serve(const Config& config) {
  // Start, each step on the ones before.
  auto signals = os::Signals::block({SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1});
  if (!signals) return fail(kExitCannotRun, signals.error().message());
  const auto descriptors = os::raise_descriptor_limit();
  if (!descriptors) return fail(kExitCannotRun, descriptors.error().message());

  auto log = observe::Log::open({.file = config.log_file, .level = config.log_level});
  if (!log) return fail(kExitUsage, "--log-file: \"" + config.log_file + "\": " + log.error().message());
  observe::LogWriter& main_log = (*log)->writer("");

  // Listening comes before the folders are touched: a second server on this port must not tidy up the first
  // one's.
  std::string what;
  auto listeners = listen_on_all(config, what);
  if (!listeners)
    return fail(kExitCannotRun, "cannot listen on " + what + ": " + listeners.error().message());
  if (!set_congestion_control(config, *listeners)) return fail(kExitUsage, unavailable_congestion(config));
  std::vector<Endpoint> bound;
  for (const server::Listener& listener : *listeners) bound.push_back(listener.bound);
  auto site = Site::create(config, **log, what);
  if (!site) return fail(kExitUsage, what + ": " + site.error().message());

  auto wake_for_workers = os::Wake::create();
  auto wake_for_uploads = os::Wake::create();
  if (!wake_for_workers || !wake_for_uploads) return fail(kExitCannotRun, "cannot create an eventfd");
  Milestone workers_ended(std::move(*wake_for_workers));
  Milestone uploads_answered(std::move(*wake_for_uploads));
  const Capacity capacity = capacity_for(config, *descriptors);
  warn_of_low_limit(config, capacity, main_log);
  warn_of_missing_openat2(main_log);
  const server::PoolSettings settings = pool_settings(config, capacity);
  auto pool =
      server::WorkerPool::start(settings, (*site)->handler(bound), **log, [&] { workers_ended.reach(); });
  if (!pool) return fail(kExitCannotRun, pool.error().message());
  announce(config, bound, main_log);
  auto acceptor = server::Acceptor::create(std::move(*listeners), **pool, main_log,
                                           {config.server_name, capacity.rejected});
  if (!acceptor || !acceptor->watch(signals->fd()) || !acceptor->watch(workers_ended.fd()) ||
      !acceptor->watch(uploads_answered.fd())) {
    (*pool)->stop_now();
    (*pool)->join();
    return fail(kExitCannotRun, "cannot watch the listening sockets");
  }

  // Run. Accepting in the middle of a worker's round would only make both change places on their CPU.
  os::let_running_threads_go_first();
  MainLoop loop(config, *acceptor, **pool, *signals, **log, main_log);
  loop.run_until_stopped();

  // Stop in reverse: no new connections, no more requests, no uncommitted upload, the last line.
  loop.begin_to_stop();
  bool orderly = loop.wait_for(workers_ended);
  if (!orderly) {
    (*pool)->stop_now();
    end_by_force(loop, workers_ended, main_log, **log);
  }
  (*pool)->join();
  {
    // In a thread of its own: a disk that hangs must not outlast the grace period.
    std::thread finisher = run_aside([&] {
      (*site)->stop();
      uploads_answered.reach();
    });
    orderly = loop.wait_for(uploads_answered);
    if (!orderly) {
      finisher.detach();
      end_by_force(loop, uploads_answered, main_log, **log);
    }
    if (finisher.joinable()) finisher.join();
  }
  main_log.write(LogLevel::info, "Server stopped");
  (*log)->stop();
  return EXIT_SUCCESS;
}

}  // namespace bobbin::app
