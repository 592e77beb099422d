#include "app/serve.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin/health.h"
#include "app/admin_server.h"
#include "app/announce.h"
#include "app/capacity.h"
#include "app/client_limits.h"
#include "app/command_output.h"
#include "app/counted.h"
#include "app/end_of_work.h"
#include "app/generation.h"
#include "app/listener_services.h"
#include "app/listeners.h"
#include "app/main_loop.h"
#include "app/milestone.h"
#include "app/object_inboxes.h"
#include "app/predecessor.h"
#include "app/reloader.h"
#include "app/sandbox.h"
#include "app/server_parts.h"
#include "app/server_view.h"
#include "app/session_settings.h"
#include "app/site_logs.h"
#include "app/spools.h"
#include "app/start_failure.h"
#include "app/store_agent.h"
#include "app/upgrade.h"
#include "app/upload_folders.h"
#include "os/accounts.h"
#include "os/cpus.h"
#include "os/launcher.h"
#include "os/pid_file.h"
#include "os/privileges.h"
#include "os/process.h"
#include "os/service_manager.h"
#include "server/acceptor.h"
#include "server/pool.h"
#include "server/site_names.h"

namespace bobbin::app {
namespace {

constexpr int kExitForced = 3;
constexpr int kExitDiskFailed = 74;  // EX_IOERR of sysexits.h
constexpr Duration kForcedEnd = seconds(1);

using observe::Event;

server::PoolSettings pool_settings(const Config& config, const Capacity& capacity, const SiteLogs& logs,
                                   limits::ClientLimits& client_limits, const server::SiteNames& site_names) {
  const ServerConfig& server = config.server;
  return {.threads = server.threads,
          .connections_per_thread = capacity.connections_per_thread,
          .queue = capacity.queue,
          .worker = {.session = session_settings(server),
                     .exchanges = {.are_written = server.access_log,
                                   .format = server.log_format,
                                   .sample = server.log_sample},
                     .access_log = logs.exchanges(),
                     .site_logs = logs.all(),
                     .maximum_lingering = capacity.lingering_per_thread,
                     .limits = &client_limits,
                     .sites = &site_names}};
}

Capacity capacity_for(const ServerConfig& config, std::uint64_t descriptor_limit) {
  const std::uint64_t needed = descriptors_needed(config);
  return plan_capacity(config, descriptor_limit > needed ? descriptor_limit - needed : 0);
}

/// Signals, descriptors, sockets, log and counters, which everything else needs.
struct Process {
  std::optional<os::Launcher> launcher;  // nothing: no successor can be started
  os::ServiceManager service_manager;
  os::Signals signals;
  unsigned usable_cpus;
  std::uint64_t descriptor_limit;
  Listening listening;
  std::shared_ptr<object_store::Agent> agent;  // null: nothing lies in an object store
  Spools spools;
  Sandbox sandbox;
  std::unique_ptr<observe::Log> log;
  SiteLogs site_logs;
  observe::LogWriter& main_log;
  std::unique_ptr<observe::Registry> registry = std::make_unique<observe::Registry>();
};

/// Messages are JSON objects where exchanges are, since one program parses both.
observe::MessageFormat message_format(const ServerConfig& config) {
  return config.log_format == observe::AccessFormat::json ? observe::MessageFormat::json
                                                          : observe::MessageFormat::text;
}

/// From here on the process is one of --user.
Result<void, StartFailure> become_user(const ServerConfig& config) {
  if (!config.user.empty()) {
    const auto became = [&]() -> Result<void> { return os::become(TRY(os::account(config.user))); }();
    if (!became) return failure(impossible_user(config.user, became.error()));
  }
  if (config.sandbox == SandboxMode::off) return {};
  // A filter around this process may not let it: then that filter sees to what it can do.
  const auto given_up = os::give_up_capabilities();
  if (given_up || config.sandbox != SandboxMode::required) return {};
  return failure(refused_by_system("cannot give up capabilities", given_up.error(), config));
}

/// Nothing for the first process of a container, with which the container ends.
std::optional<os::Launcher> start_launcher(std::vector<std::string> command) {
  if (os::process_number() == 1 || command.empty()) return std::nullopt;
  auto launcher = os::Launcher::start(std::move(command));
  return launcher ? std::optional(*std::move(launcher)) : std::nullopt;
}

std::string obstacle_to_launch() {
  return os::process_number() == 1
             ? "this is process 1 of a container, which ends with it: start a container of the new image"
             : "there is no process that could start it; a restart changes to the new program";
}

Result<Listening, StartFailure> listen(const Config& config, Predecessor* predecessor) {
  std::vector<InheritedListener> inherited;
  if (predecessor != nullptr)
    inherited = TRY(predecessor->receive_listeners().map_error(
        [](const std::string& reason) { return StartFailure{reason, kExitCannotRun}; }));
  return listen_on_all(config, std::move(inherited));
}

/// The launcher comes first, since it keeps what this process gives up. Listening comes before files are
/// touched, since it may need rights that are given up then, and since a second server that is started on
/// this port by mistake must not remove files of the first one. The first thread, which is that of the log,
/// begins when the process is confined.
Result<Process, StartFailure> prepare_process(const Run& run, std::vector<std::string> command,
                                              Predecessor* predecessor) {
  const Config& all = run.config;
  const ServerConfig& config = all.server;
  const auto refused = [&](const std::string& what) {
    return [&config, what](const Error& error) { return refused_by_system(what, error, config); };
  };
  std::optional<os::Launcher> launcher = start_launcher(std::move(command));
  os::ServiceManager service_manager = os::ServiceManager::of_environment(predecessor != nullptr);
  auto signals = TRY(os::Signals::block({SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2})
                         .map_error(refused("cannot take signals")));
  const std::uint64_t limit =
      TRY(os::raise_descriptor_limit().map_error(refused("cannot raise the limit of open files")));
  Listening listening = TRY(listen(all, predecessor));
  const unsigned usable_cpus = os::usable_cpus();
  TRY(become_user(config));
  auto agent = TRY(start_agent(all));
  auto spools = TRY(Spools::start(all));
  // The processes that need these have them by now, and so has the launcher.
  for (const char* name : {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                           "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"})
    os::forget_variable(name);
  Sandbox sandbox = TRY(Sandbox::enter(all, run.config_file));
  const bool is_apart = has_error_log(config);
  const std::string& place = is_apart ? config.error_log : config.log_file;
  auto log =
      TRY(observe::Log::open({.file = place, .level = config.log_level, .format = message_format(config)})
              .map_error([&](const Error& error) {
                return unwritable_log(is_apart ? "--error-log" : "--log-file", place, error);
              }));
  auto site_logs = TRY(SiteLogs::open(all).map_error(
      [](const std::string& message) { return StartFailure{message, kExitUsage}; }));
  observe::LogWriter& main_log = log->writer("");
  return Process{std::move(launcher),
                 std::move(service_manager),
                 std::move(signals),
                 usable_cpus,
                 limit,
                 std::move(listening),
                 std::move(agent),
                 std::move(spools),
                 std::move(sandbox),
                 std::move(log),
                 std::move(site_logs),
                 main_log};
}

/// Makes the acceptor, which also wakes the main loop for signals and for milestones.
Result<server::Acceptor> create_acceptor(const server::AcceptorSettings& settings,
                                         std::vector<server::Listener> listeners, server::WorkerPool& pool,
                                         const Process& process, const std::vector<const os::Fd*>& watched) {
  auto acceptor = TRY(
      server::Acceptor::create(std::move(listeners), pool, process.main_log, *process.registry, settings));
  TRY(acceptor.watch(process.signals.fd()));
  for (const os::Fd* fd : watched) TRY(acceptor.watch(*fd));
  return acceptor;
}

/// Ends the process although a thread may hang in a call to the disk. Nothing that was acknowledged depends
/// on that thread.
[[noreturn]] void end_by_force(MainLoop& loop, Milestone& milestone, std::size_t cut, Process& process) {
  static_cast<void>(loop.wait_for(milestone, monotonic_now() + kForcedEnd));
  write_totals(*process.registry,
               {.drained = loop.held_at_end() - std::min(cut, loop.held_at_end()), .cut = cut},
               process.main_log);
  process.main_log.write(Event::server_stopped, "Server stopped");
  process.site_logs.stop();
  process.log->stop();
  std::_Exit(kExitForced);
}

/// Ends accepting, then the workers, then the executor once every upload is committed, and last the log.
void stop_in_reverse(MainLoop& loop, server::WorkerPool& pool, executor::Executor& executor,
                     Milestone& work_ended, Process& process) {
  loop.begin_to_stop();
  if (!loop.wait_for(work_ended)) {
    const std::size_t cut = pool.held();
    pool.stop_now();
    end_by_force(loop, work_ended, cut, process);
  }
  pool.join();
  executor.join();
  write_totals(*process.registry, {.drained = loop.held_at_end()}, process.main_log);
  process.main_log.write(Event::server_stopped, "Server stopped");
  process.site_logs.stop();
  process.log->stop();
}

/// What outlives all generations of a server.
struct ServerContext {
  ServerContext(const Config& config, Process& process, bool has_predecessor)
      : client_limiting(config, *process.registry),
        folders(config.server, executor, *process.log, *process.registry, has_predecessor),
        object_inboxes({process.agent, config.server, executor, *process.log, *process.registry}),
        bucket_sites({process.agent, config.server, executor, *process.log, *process.registry}),
        health(*process.registry),
        parts{.folders = folders,
              .object_inboxes = object_inboxes,
              .bucket_sites = bucket_sites,
              .spools = process.spools,
              .client_limiting = client_limiting,
              .registry = *process.registry,
              .site_names = site_names,
              .health = health} {}
  /// A start that fails before there are workers may have given the executor something to do, for a site that
  /// was opened before the one at fault. Otherwise the executor has ended already.
  ~ServerContext() {
    bucket_sites.give_up();
    executor.shut_down([] {});
    executor.join();
  }
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  executor::Executor executor;
  ClientLimiting client_limiting;
  UploadFolders folders;
  ObjectInboxes object_inboxes;
  BucketSites bucket_sites;
  server::SiteNames site_names;
  admin::Health health;
  const ServerParts parts;
};

/// Null: there is no admin listener.
Result<std::unique_ptr<AdminServer>> start_admin(const ServerConfig& config,
                                                 std::vector<server::Listener> listeners,
                                                 const admin::Health& health, const ServerView& view,
                                                 Process& process) {
  if (listeners.empty()) return nullptr;
  return AdminServer::start(config, std::move(listeners), health, view, *process.log, process.main_log);
}

/// The start lines and the warnings.
void announce_start(const Run& run, const Generation& generation, const std::vector<Endpoint>& bound,
                    const std::vector<Endpoint>& admin_bound, ListenerServices& services,
                    const Capacity& capacity, Process& process) {
  observe::LogWriter& log = process.main_log;
  announce(run.config, generation, process.listening.names, bound, services.schemes(), log);
  announce_admin(process.listening.admin_names, admin_bound, log);
  write_warnings(process.listening.warnings, log);
  write_warnings(start_warnings(run.config, generation, bound, services, capacity, process.usable_cpus), log);
  write_warnings(services.take_warnings(wall_now()), log);
  write_warnings(run.warnings, log);
}

Result<void, StartFailure> close_sandbox(Process& process) {
  TRY(process.sandbox.close());
  if (process.sandbox.is_wanted())
    process.main_log.write(Event::sandbox_entered, "Sandbox: " + process.sandbox.text());
  return {};
}

StartFailure disk_failed() {
  return {"a sync of documents has failed, and --after-sync-failure is exit", kExitDiskFailed};
}

/// For a start that fails when there are workers already.
auto end_early(StartFailure reason, server::WorkerPool& pool, EndOfWork& end_of_work,
               executor::Executor& executor) {
  end_of_work.predecessor_ended();
  pool.stop_now();
  pool.join();
  executor.join();
  return failure(std::move(reason));
}

/// Nothing is written where there is no --pid-file. That of a server that lives is left to it, unless that is
/// the predecessor of this one.
Result<void, StartFailure> write_pid_file(const ServerConfig& config, bool has_predecessor,
                                          std::optional<os::PidFile>& pid_file) {
  if (config.pid_file.empty()) return {};
  const auto before = os::read_pid_file(config.pid_file);
  if (before && before->is_locked && !has_predecessor)
    return failure(StartFailure{
        fmt::format("--pid-file: \"{}\" is that of process {}, which serves; another name is needed, "
                    "or bobbin upgrade, which takes over from it",
                    config.pid_file, before->process),
        kExitCannotRun});
  auto written = os::PidFile::write(config.pid_file);
  if (!written)
    return failure(
        StartFailure{fmt::format("--pid-file: \"{}\" cannot be written; a name in a directory in which this "
                                 "user may make files is needed: {}",
                                 config.pid_file, written.error().message()),
                     kExitUsage});
  pid_file.emplace(*std::move(written));
  return {};
}

/// `pid_file` and the rest outlive the result.
Result<std::unique_ptr<Upgrade>> create_upgrade(Process& process, ServerContext& context,
                                                server::Acceptor& acceptor,
                                                std::optional<os::PidFile>& pid_file) {
  observe::LogWriter& log = process.main_log;
  return Upgrade::create(
      process.listening.passable,
      {.launcher = process.launcher ? &*process.launcher : nullptr,
       .obstacle = obstacle_to_launch(),
       .folders = context.folders,
       .executor = context.executor,
       .log = log,
       .watch = [&acceptor](const os::Fd& fd) { return acceptor.watch(fd); },
       // `bobbin upgrade` waits for it to change.
       .failed =
           [&pid_file, &log] {
             if (!pid_file) return;
             if (const auto renewed = pid_file->renew(); !renewed)
               log.write(Event::pid_file_not_written,
                         "The file of --pid-file cannot be written: " + renewed.error().message());
           }});
}

/// This process serves in place of its predecessor from here on.
Result<void, StartFailure> replace(Predecessor& predecessor, ServerContext& context,
                                   server::Acceptor& acceptor, Process& process) {
  const auto as_failure = [](const std::string& reason) { return StartFailure{reason, kExitCannotRun}; };
  TRY(acceptor.watch(predecessor.fd()).map_error([](const Error& error) {
    return StartFailure{error.message(), kExitCannotRun};
  }));
  process.main_log.write(Event::upgrade_taken_over,
                         fmt::format("Upgrade: this is process {}, and takes over {}", os::process_number(),
                                     counted(process.listening.inherited.size(), "listening socket")));
  TRY(predecessor.begin_serving(context.folders, context.executor).map_error(as_failure));
  return {};
}

Result<void, StartFailure> run_to_the_end(MainLoop& loop, server::WorkerPool& pool,
                                          executor::Executor& executor, Milestone& work_ended,
                                          Process& process) {
  const End end = loop.run_until_stopped();
  if (end == End::replaced) loop.drain(work_ended);
  stop_in_reverse(loop, pool, executor, work_ended, process);
  if (end == End::disk_failed) return failure(disk_failed());
  return {};
}

/// The last steps before clients are accepted. `announce`: writes the start lines.
Result<void, StartFailure> begin_serving(const ServerConfig& config, Predecessor* predecessor,
                                         ServerContext& context, server::Acceptor& acceptor,
                                         std::optional<os::PidFile>& pid_file, Process& process,
                                         const std::function<void()>& announce) {
  const auto as_failure = [](const std::string& reason) { return StartFailure{reason, kExitCannotRun}; };
  if (predecessor != nullptr)
    TRY(predecessor->take_over(process.listening.inherited, context.folders).map_error(as_failure));
  else
    TRY(write_pid_file(config, false, pid_file));  // who waits for the start lines finds it
  announce();
  TRY(close_sandbox(process));
  if (predecessor != nullptr) {
    TRY(write_pid_file(config, true,
                       pid_file));  // whoever sees it takes this process for the one that serves
    TRY(replace(*predecessor, context, acceptor, process));
  }
  process.service_manager.tell("READY=1");
  return {};
}

Result<std::unique_ptr<server::WorkerPool>> start_workers(const server::PoolSettings& settings,
                                                          const std::shared_ptr<const Generation>& generation,
                                                          ServerContext& context, EndOfWork& end_of_work,
                                                          Process& process) {
  const auto workers_ended = [&end_of_work, &bucket_sites = context.bucket_sites] {
    bucket_sites.give_up();
    end_of_work.workers_ended();
  };
  return server::WorkerPool::start(settings, Generation::handler(generation), *process.log, *process.registry,
                                   workers_ended);
}

/// Starts the parts in order, each on top of those before; runs; and stops them in reverse.
Result<void, StartFailure> start_and_run(const Run& run, const std::function<ParseOutcome()>& parse,
                                         std::vector<std::string> command, Predecessor* predecessor) {
  const Config& config = run.config;
  const auto as_failure = [&](const std::string& what) {
    return [&config, what](const Error& error) { return refused_by_system(what, error, config.server); };
  };
  Process process = TRY(prepare_process(run, std::move(command), predecessor));
  Listening& listening = process.listening;
  const auto unusable = [](const std::string& message) { return StartFailure{message, kExitUsage}; };
  const std::vector<Endpoint> bound = addresses_of(listening.listeners);
  const std::vector<Endpoint> admin_bound = addresses_of(listening.admin);
  const auto services =
      TRY(ListenerServices::create(config, bound, std::move(listening.configs), *process.registry)
              .map_error(unusable));
  services->attach(listening.listeners);
  ServerContext context(config, process, predecessor != nullptr);
  executor::Executor& executor = context.executor;
  auto generation =
      TRY(Generation::create(config, bound, executor, &context.parts, nullptr).map_error(unusable));

  const auto work_ended = TRY(Milestone::create().map_error(as_failure("cannot wait for the workers")));
  const Capacity capacity = capacity_for(config.server, process.descriptor_limit);
  const server::PoolSettings settings = pool_settings(config, capacity, process.site_logs,
                                                      context.client_limiting.limits(), context.site_names);
  EndOfWork end_of_work(executor, *work_ended, predecessor != nullptr);
  const auto pool = TRY(start_workers(settings, generation, context, end_of_work, process)
                            .map_error(as_failure("cannot start the workers")));
  const auto give_up = [&](const Error& error) {
    return end_early(as_failure("cannot watch the listening sockets")(error), *pool, end_of_work, executor);
  };
  ServerView view({.registry = *process.registry,
                   .log = *process.log,
                   .site_logs = process.site_logs,
                   .pool = *pool,
                   .executor = executor,
                   .health = context.health,
                   .sandbox = process.sandbox,
                   .listeners = listening.names});
  view.describe(*generation);
  const auto admin = start_admin(config.server, std::move(listening.admin), context.health, view, process);
  if (!admin) return give_up(admin.error());
  std::vector<const os::Fd*> watched{&work_ended->fd()};
  if (*admin != nullptr) watched.push_back(&(*admin)->fd());
  auto acceptor = create_acceptor({.server_name = config.server.server_name,
                                   .rejected = capacity.rejected,
                                   .limits = &context.client_limiting.limits()},
                                  std::move(listening.listeners), *pool, process, watched);
  if (!acceptor) return give_up(acceptor.error());
  acceptor->trust(generation->trusted_proxies());
  std::optional<os::PidFile> pid_file;
  const auto upgrade = create_upgrade(process, context, *acceptor, pid_file);
  if (!upgrade) return give_up(upgrade.error());
  const auto begun = begin_serving(config.server, predecessor, context, *acceptor, pid_file, process, [&] {
    announce_start(run, *generation, bound, admin_bound, *services, capacity, process);
  });
  if (!begun) return end_early(begun.error(), *pool, end_of_work, executor);

  // If the main thread took the CPU from a worker in the middle of its round, both would only lose time.
  os::let_running_threads_go_first();
  Reloader reloader(config, std::move(generation), bound, parse, executor, context.parts, *services,
                    context.client_limiting, *pool, view, process.sandbox, process.main_log);
  MainLoop loop({.acceptor = *acceptor,
                 .pool = *pool,
                 .signals = process.signals,
                 .reloader = reloader,
                 .folders = context.folders,
                 .object_inboxes = context.object_inboxes,
                 .bucket_sites = context.bucket_sites,
                 .spools = process.spools,
                 .log = *process.log,
                 .site_logs = process.site_logs,
                 .main_log = process.main_log,
                 .health = context.health,
                 .admin = admin->get(),
                 .upgrade = **upgrade,
                 .predecessor = predecessor,
                 .end_of_work = end_of_work,
                 .service_manager = process.service_manager});
  return run_to_the_end(loop, *pool, executor, *work_ended, process);
}

}  // namespace

int serve(const Run& run, const std::function<ParseOutcome()>& parse, std::vector<std::string> command,
          Predecessor* predecessor) {
  const auto outcome = start_and_run(run, parse, std::move(command), predecessor);
  if (outcome) return EXIT_SUCCESS;
  if (predecessor != nullptr) predecessor->fail(outcome.error().message);
  print_failure(outcome.error().message);
  return outcome.error().exit_status;
}

}  // namespace bobbin::app
