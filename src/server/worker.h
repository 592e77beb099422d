#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "http/handler.h"
#include "http/http1/session.h"
#include "http/http2/session.h"
#include "http/session.h"
#include "net/timer_wheel.h"
#include "observe/access_log.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "os/epoll.h"
#include "os/fd.h"
#include "os/wake.h"
#include "server/arrival.h"
#include "server/connection.h"
#include "server/connection_gauges.h"
#include "server/connection_table.h"
#include "server/exchange_counts.h"
#include "server/exchange_log.h"
#include "server/idle_list.h"
#include "server/request_ids.h"
#include "server/site_names.h"

namespace bobbin::server {

class WorkerPool;

/// A log that sites have for their exchanges.
struct SiteLog {
  observe::Log* log;
  observe::AccessFormat format;
};

/// The same for all workers of a server; outlives them.
struct WorkerSettings {
  http::SessionSettings session;
  ExchangeLogSettings exchanges = {};
  observe::Log* access_log = nullptr;      ///< of exchanges; null: the log that has the messages
  std::vector<SiteLog> site_logs = {};     ///< of exchanges that do not stand in the server's log
  std::size_t maximum_lingering = 64;      ///< connections that hold no place any more, of one worker
  limits::ClientLimits* limits = nullptr;  ///< null: clients have none
  const SiteNames* sites = nullptr;        ///< by which exchanges are counted; null: there are none
  /// Of its threads, with a number behind it, for the log and for debuggers; at most 12 bytes.
  std::string thread_name = "Thread-";
};

/// A thread of the pool, and the connections it owns for their whole life: it waits for their sockets and
/// deadlines and drives their sessions. Others reach it through its mailbox only. Thread: the public
/// functions may be called by any thread; everything else belongs to the worker's own.
class Worker final : private http::Services, private http::ReplySink {
 public:
  /// `number` counts from 1: the log's "Thread-1". The references outlive the worker.
  [[nodiscard]] static Result<std::unique_ptr<Worker>> create(unsigned number, const WorkerSettings& settings,
                                                              std::shared_ptr<const http::Handler> handler,
                                                              WorkerPool& pool, observe::Log& log,
                                                              observe::Registry& registry);
  ~Worker() override;

  /// Fails when the system has no more threads.
  [[nodiscard]] Result<void> start();
  /// Hands a connection over. The pool has counted it already.
  void assign(Arrival arrival);
  /// Connections wait for a place: close idle ones, the longest idle first, while some do and no other worker
  /// has one that has been idle for longer.
  void make_room();
  /// Whether this worker holds an idle connection. May be a moment old, but ordered with
  /// WorkerPool::waiting(): of a worker that falls asleep and a pool that queues, one sees the other.
  [[nodiscard]] bool has_idle() const { return has_idle_; }
  /// Since when the one has been idle that this worker would close to make room; kNever when it has none.
  /// Exact only of a worker that has just looked because others wait.
  [[nodiscard]] Instant longest_idle() const { return Instant(Duration(longest_idle_.load())); }
  /// Requests that begin from its next round on are for this one.
  void replace_handler(std::shared_ptr<const http::Handler> handler);
  /// Let each connection end with its next answer, and end with the last of them. Nothing is assigned any
  /// more but what waits in the queue.
  void wind_down();
  /// Finish what is in flight, then end. Nothing is assigned any more.
  void shut_down();
  /// Close everything and end.
  void stop_now();
  /// Returns at once when it was never started.
  void join();

 private:
  struct Resumed {
    ConnectionId connection;
    ExchangeId exchange;
  };
  struct NewHandler {
    std::shared_ptr<const http::Handler> handler;
  };
  struct MakeRoom {};
  struct WindDown {};
  struct ShutDown {};
  struct StopNow {};
  struct Answer {
    ConnectionId connection;
    ExchangeId exchange;
    std::unique_ptr<http::Response> response;  // apart, so that every other message is small
  };
  using Message = std::variant<Arrival, Answer, Resumed, NewHandler, MakeRoom, WindDown, ShutDown, StopNow>;

  Worker(unsigned number, const WorkerSettings& settings, std::shared_ptr<const http::Handler> handler,
         WorkerPool& pool, observe::Log& log, observe::Registry& registry, os::Epoll epoll, os::Wake wake);

  // http::Services
  const PeerCertificate* certificate(ConnectionId id) override;
  [[nodiscard]] WallTime date() const override { return round_began_; }
  [[nodiscard]] std::string_view date_field() const override { return date_field_; }
  [[nodiscard]] bool ends_connections() const override;
  [[nodiscard]] bool is_stopping() const override { return stopping_; }
  [[nodiscard]] bool wants_log_fields() const override { return exchange_log_.wants_log_fields(); }
  [[nodiscard]] std::string new_request_id() override { return request_ids_.next(); }
  void content_sent(ConnectionId id, const std::optional<Endpoint>& client, std::uint64_t bytes,
                    Instant now) override;
  void exchange_ended(ConnectionId id, const http::ExchangeSummary& summary, Instant now) override;
  [[nodiscard]] Result<std::size_t> read_file(int descriptor, std::uint64_t offset,
                                              std::span<std::byte> into) override;
  void limit_exceeded(ConnectionId id, std::string_view limit) override;
  // http::ReplySink
  void deliver(ConnectionId connection, ExchangeId exchange, http::Response response) override;
  void resume(ConnectionId connection, ExchangeId exchange) override { post(Resumed{connection, exchange}); }

  void run();
  void post(Message message) EXCLUDES(mailbox_mutex_);
  /// Sleeps until something is ready, a message comes or a deadline passes.
  [[nodiscard]] std::span<const os::Event> wait(std::span<os::Event, os::Epoll::kMaximumEvents> events,
                                                Instant now);
  void take_messages(Instant now) EXCLUDES(mailbox_mutex_);
  void take(Arrival&& arrival, Instant now);
  void take(Answer&& answer, Instant now);
  void take(Resumed resumed, Instant now);
  void take(NewHandler&& replacement, Instant);
  void take(MakeRoom, Instant) { asked_for_room_ = false; }  // it is done in every round
  void take(WindDown, Instant) { stopping_ = true; }
  void take(ShutDown, Instant now);
  void take(StopNow, Instant now);

  void serve(std::span<const os::Event> ready, Instant now);
  /// Receives from it now, for answer_arrivals.
  void gather(Connection& connection, Instant now);
  void answer_arrivals(Instant now);
  void drive(Connection& connection, Instant now);
  /// Does `action` to its session first. What throws costs the client its connection, not the others theirs.
  template <typename Action>
  void drive(Connection& connection, Instant now, Action action);
  void after_drive(Connection& connection, Connection::Progress progress, Instant now);
  void drive_ready(Instant now);
  void expire_deadlines(Instant now);
  void adopt_queued(Instant now);
  void make_room_for_waiting(Instant now);
  [[nodiscard]] static bool is_evictable(const Connection& idle, Instant now);
  [[nodiscard]] Connection* longest_evictable(Instant now) const;
  void publish_longest_idle(const Connection* idle);
  /// Ends it as soon as what is in flight has been answered: at once when it is idle.
  void begin_close(Connection& connection, Instant now);
  /// Sees to it that the next change of its socket is heard of.
  [[nodiscard]] bool watch(Connection& connection);
  void close(Connection& connection);
  /// Gives the connection's place to the one that has waited longest, if any waits.
  void release_slot(Connection& connection);
  void update_date();
  [[nodiscard]] observe::Origin origin_of(const Connection& connection) const;
  [[nodiscard]] milliseconds patience(Instant now);

  const unsigned number_;
  const WorkerSettings& settings_;
  WorkerPool& pool_;
  observe::LogWriter& log_;       // "[Thread-1] …"
  observe::LogWriter& pool_log_;  // for what concerns the pool, said by this thread
  ExchangeLog exchange_log_;
  RequestIds request_ids_;
  ExchangeCounts exchange_counts_;
  const std::array<Observer*, 2> observers_{&exchange_log_, &exchange_counts_};
  ConnectionGauges gauges_;
  http::http1::Session::Context context_;
  http::http2::Session::Context http2_context_;

  os::Epoll epoll_;
  os::Wake wake_;
  Mutex mailbox_mutex_;
  std::vector<Message> mailbox_ GUARDED_BY(mailbox_mutex_);
  std::atomic<bool> has_messages_ = false;
  std::atomic<bool> asleep_ = false;  // or about to be: a message has to wake it

  net::TimerWheel timers_;
  ConnectionTable connections_;
  std::size_t lingering_ = 0;  // of these; they hold no place
  IdleList idle_;
  std::atomic<bool> has_idle_ = false;
  std::atomic<Duration::rep> longest_idle_ = kNever.time_since_epoch().count();
  std::atomic<bool> asked_for_room_ = false;  // by a message that has not been taken yet: one is enough
  std::vector<ConnectionId> ready_;           // could go on at once, but others came first
  std::vector<Arrival> adopted_;              // got from the queue for a place that became free
  std::vector<Message> taken_messages_;       // being taken: kept for its memory
  std::vector<std::pair<ConnectionId, Connection::Arrived>>
      arrivals_;                                       // received in this round, not yet taken
  std::array<std::byte, 256 * 1024> arrivals_buffer_;  // where their bytes are
  std::span<std::byte> arrivals_room_ = arrivals_buffer_;
  std::array<std::byte, 64 * 1024> scratch_;  // for what a connection receives besides

  WallTime round_began_;
  std::string date_field_;
  std::chrono::sys_seconds date_second_{};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace bobbin::server
