#include "app/main_loop.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "os/epoll.h"

namespace bobbin::app {
namespace {

constexpr Duration kTick = seconds(1);
constexpr milliseconds kLeastGrace{100};

using observe::Event;

milliseconds until(Instant moment) {
  if (moment == kNever) return os::Epoll::kForever;
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(moment - monotonic_now()));
}

}  // namespace

bool MainLoop::run_until_stopped() {
  Instant last_status = monotonic_now();
  Instant next_tick = monotonic_now() + kTick;
  while (!stop_requested_) {
    if (parts_.acceptor.poll(until(next_tick))) handle_events();
    const Instant now = monotonic_now();
    if (now < next_tick) continue;
    next_tick = now + kTick;
    tick();
    if (parts_.folders.is_server_to_end()) return false;
    const milliseconds interval = parts_.reloader.config().server.status_interval;
    if (interval.count() == 0 || now < last_status + interval) continue;
    last_status = now;
    write_status();
  }
  return true;
}

void MainLoop::tick() {
  parts_.reloader.follow_roots();
  parts_.reloader.follow_certificates();
  parts_.reloader.follow_files();
  parts_.folders.tick();
  if (parts_.admin != nullptr) parts_.admin->poll();
  if (parts_.pool.has_emptied()) os::give_back_free_memory();
}

void MainLoop::write_status() {
  if (parts_.pool.was_in_use()) parts_.pool.log_status(parts_.main_log);
}

void MainLoop::begin_to_stop() {
  parts_.main_log.write(Event::server_stopping, "Shutting down server...");
  parts_.health.begin_draining();
  // Even workers that have nothing to finish need a moment to end.
  const milliseconds grace = std::max(parts_.reloader.config().server.grace_period, kLeastGrace);
  grace_ends_ = monotonic_now() + grace;
  parts_.acceptor.stop_accepting();
  parts_.folders.stop();
  for (server::Arrival& arrival : parts_.pool.shut_down()) parts_.acceptor.reject(std::move(arrival));
}

bool MainLoop::wait_for(Milestone& milestone, Instant end, const bool& gives_up) {
  while (!milestone.reached() && !gives_up && monotonic_now() < end) {
    if (parts_.acceptor.poll(until(end))) handle_events();
  }
  return milestone.reached();
}

void MainLoop::handle_events() {
  if (parts_.admin != nullptr) parts_.admin->poll();
  while (const auto signal = parts_.signals.next()) handle(*signal);
}

void MainLoop::handle(int signal) {
  switch (signal) {
    case SIGUSR1: parts_.site_logs.reopen(); return parts_.log.reopen();
    case SIGUSR2:
      return parts_.main_log.write(Event::signal_ignored, "SIGUSR2: upgrade is not supported yet");
    case SIGHUP:
      if (hang_up_stops_) break;
      if (stop_requested_) return;
      parts_.reloader.reload();
      return parts_.acceptor.trust(parts_.reloader.trusted_proxies());
    default: break;
  }
  if (std::exchange(stop_requested_, true) && signal == SIGINT) force_requested_ = true;
}

}  // namespace bobbin::app
