#include "app/main_loop.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <utility>

#include "app/counted.h"
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

End MainLoop::run_until_stopped() {
  Instant last_status = monotonic_now();
  Instant next_tick = monotonic_now() + kTick;
  while (!stop_requested_) {
    if (parts_.acceptor.poll(until(next_tick))) handle_events();
    if (parts_.upgrade.is_done()) return End::replaced;
    const Instant now = monotonic_now();
    if (now < next_tick) continue;
    next_tick = now + kTick;
    tick();
    if (parts_.folders.is_server_to_end()) return End::disk_failed;
    const milliseconds interval = parts_.reloader.config().server.status_interval;
    if (interval.count() == 0 || now < last_status + interval) continue;
    last_status = now;
    write_status();
  }
  return End::told;
}

void MainLoop::tick() {
  parts_.reloader.follow_roots();
  parts_.reloader.follow_certificates();
  parts_.reloader.follow_files();
  parts_.folders.tick();
  parts_.object_inboxes.tick();
  parts_.bucket_sites.tick();
  parts_.spools.tick(parts_.main_log);
  if (parts_.admin != nullptr) parts_.admin->poll();
  parts_.upgrade.poll(monotonic_now());
  if (parts_.service_manager.watchdog() > Duration::zero()) parts_.service_manager.tell("WATCHDOG=1");
  if (parts_.pool.has_emptied()) os::give_back_free_memory();
}

void MainLoop::write_status() {
  if (parts_.pool.was_in_use()) parts_.pool.log_status(parts_.main_log);
}

void MainLoop::drain(Milestone& milestone) {
  const std::vector<std::size_t>& kept = parts_.upgrade.kept_listeners();
  parts_.main_log.write(
      Event::upgrade_done,
      fmt::format("Upgrade: process {} serves now, and this one finishes what it has begun ({})",
                  parts_.upgrade.successor(), counted(parts_.pool.held(), "connection")));
  parts_.service_manager.tell(fmt::format("MAINPID={}", parts_.upgrade.successor()));
  parts_.health.begin_draining();
  // Those of the admin server stand behind the others.
  std::vector<std::size_t> of_pool, of_admin;
  const std::size_t first_of_admin = parts_.acceptor.listeners();
  for (const std::size_t index : kept)
    index < first_of_admin ? of_pool.push_back(index) : of_admin.push_back(index - first_of_admin);
  parts_.acceptor.hand_over(of_pool);
  if (parts_.admin != nullptr) parts_.admin->hand_over(of_admin);
  held_at_end_ = parts_.pool.held();
  // First, so that readers of feeds, who are answered then, are told that their connections end.
  parts_.pool.wind_down();
  parts_.folders.stop();
  parts_.object_inboxes.stop();
  const Instant end = monotonic_now() + parts_.reloader.config().server.grace_period;
  static_cast<void>(wait_for(milestone, end, stop_requested_));
}

void MainLoop::begin_to_stop() {
  parts_.upgrade.cancel("this process was told to stop");
  parts_.end_of_work.predecessor_ended();
  parts_.main_log.write(Event::server_stopping, "Shutting down server...");
  if (!parts_.upgrade.is_done()) parts_.service_manager.tell("STOPPING=1");
  parts_.health.begin_draining();
  // Even workers that have nothing to finish need a moment to end.
  const milliseconds grace = std::max(parts_.reloader.config().server.grace_period, kLeastGrace);
  grace_ends_ = monotonic_now() + grace;
  parts_.acceptor.stop_accepting();
  parts_.folders.stop();
  parts_.object_inboxes.stop();
  parts_.bucket_sites.stop();
  if (!parts_.upgrade.is_done()) held_at_end_ = parts_.pool.held();
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
  parts_.upgrade.poll(monotonic_now());
  if (parts_.predecessor != nullptr && !parts_.predecessor->poll()) {
    parts_.acceptor.forget(parts_.predecessor->fd());
    parts_.predecessor = nullptr;
    parts_.end_of_work.predecessor_ended();
  }
  while (const auto signal = parts_.signals.next()) handle(*signal);
}

void MainLoop::handle(int signal) {
  switch (signal) {
    case SIGUSR1: parts_.site_logs.reopen(); return parts_.log.reopen();
    case SIGUSR2:
      if (stop_requested_)
        return parts_.main_log.write(Event::signal_ignored, "SIGUSR2: this process is stopping");
      return parts_.upgrade.begin(monotonic_now());
    case SIGHUP:
      if (hang_up_stops_) break;
      if (stop_requested_ || parts_.upgrade.is_done()) return;
      return reload();
    default: break;
  }
  if (std::exchange(stop_requested_, true) && signal == SIGINT) force_requested_ = true;
}

void MainLoop::reload() {
  if (parts_.upgrade.is_under_way())
    return parts_.main_log.write(
        Event::signal_ignored,
        "SIGHUP: an upgrade is under way, and the new process reads the configuration");
  parts_.service_manager.tell(fmt::format(
      "RELOADING=1\nMONOTONIC_USEC={}",
      std::chrono::duration_cast<std::chrono::microseconds>(monotonic_now().time_since_epoch()).count()));
  parts_.reloader.reload();
  parts_.acceptor.trust(parts_.reloader.trusted_proxies());
  parts_.service_manager.tell("READY=1");
}

}  // namespace bobbin::app
