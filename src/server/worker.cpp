#include "server/worker.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "http/date.h"
#include "os/file.h"
#include "os/process.h"
#include "server/pool.h"

namespace bobbin::server {
namespace {

constexpr std::uint64_t kMessageTag = std::numeric_limits<std::uint64_t>::max();

// While others wait, how long a client that has connected may take to say its first word before its place is
// given away. Without it a burst would be rejected before its requests could arrive.
constexpr Duration kFirstWord = seconds(1);
constexpr milliseconds kRoomCheck{100};

constexpr std::size_t kKeptMessages = 256;

const SiteNames kNoSites;

// Of one connection in one round, and what must be left for another one.
constexpr std::size_t kReceiveBytes = 64 * 1024;
constexpr std::size_t kLeastRoomBytes = 16 * 1024;

std::uint64_t tag_of(ConnectionId id) { return std::uint64_t{id.ordinal} << 32 | id.slot; }
ConnectionId id_of(std::uint64_t tag) {
  return {.slot = static_cast<std::uint32_t>(tag), .ordinal = static_cast<std::uint32_t>(tag >> 32)};
}

std::vector<ExchangeLog::Destination> destinations_in(const std::vector<SiteLog>& logs,
                                                      std::string_view thread) {
  std::vector<ExchangeLog::Destination> destinations;
  destinations.reserve(logs.size());
  for (const auto& [log, format] : logs) destinations.push_back({&log->writer(std::string(thread)), format});
  return destinations;
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::create(unsigned number, const WorkerSettings& settings,
                                               std::shared_ptr<const http::Handler> handler, WorkerPool& pool,
                                               observe::Log& log, observe::Registry& registry) {
  auto epoll = TRY(os::Epoll::create());
  auto wake = TRY(os::Wake::create());
  TRY(epoll.add_edge_triggered(wake.fd(), kMessageTag));
  return std::unique_ptr<Worker>(new Worker(number, settings, std::move(handler), pool, log, registry,
                                            std::move(epoll), std::move(wake)));
}

Worker::Worker(unsigned number, const WorkerSettings& settings, std::shared_ptr<const http::Handler> handler,
               WorkerPool& pool, observe::Log& log, observe::Registry& registry, os::Epoll epoll,
               os::Wake wake)
    : number_(number),
      settings_(settings),
      pool_(pool),
      log_(log.writer(settings.thread_name + std::to_string(number))),
      pool_log_(log.writer("")),
      exchange_log_(
          settings.exchanges, log_,
          settings.access_log == nullptr ? log_ : settings.access_log->writer(std::string(log_.name())),
          destinations_in(settings.site_logs, log_.name())),
      exchange_counts_(registry, settings.sites != nullptr ? *settings.sites : kNoSites),
      gauges_(registry),
      context_{{.settings = settings.session,
                .handler = std::move(handler),
                .services = *this,
                .replies = *this,
                .worker = number - 1}},
      http2_context_{.common = context_},
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      timers_(monotonic_now()) {
  context_.proxies = context_.handler->proxies();
}

Worker::~Worker() { ASSERT(!thread_.joinable()); }

Result<void> Worker::start() {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {  // the one way in which the library tells it
    return failure(Error{error.code().value(), "pthread_create"});
  }
  return {};
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

// ---- messages from other threads ----

void Worker::assign(Arrival arrival) { post(std::move(arrival)); }
void Worker::make_room() {
  if (!asked_for_room_.exchange(true)) post(MakeRoom{});
}
void Worker::replace_handler(std::shared_ptr<const http::Handler> handler) {
  post(NewHandler{std::move(handler)});
}
void Worker::wind_down() { post(WindDown{}); }
void Worker::shut_down() { post(ShutDown{}); }
void Worker::stop_now() { post(StopNow{}); }
void Worker::deliver(ConnectionId connection, ExchangeId exchange, http::Response response) {
  post(Answer{connection, exchange, std::make_unique<http::Response>(std::move(response))});
}

// Only a worker that sleeps is woken. No wake-up is lost, because each side stores before it loads, all
// sequentially consistent: we publish the message, then ask whether the worker sleeps; the worker says that
// it sleeps, then asks for messages. One of them sees the other.

void Worker::post(Message message) {
  {
    const Lock lock(mailbox_mutex_);
    mailbox_.push_back(std::move(message));
    has_messages_ = true;
  }
  if (asleep_.exchange(false)) wake_.notify();
}

std::span<const os::Event> Worker::wait(std::span<os::Event, os::Epoll::kMaximumEvents> events, Instant now) {
  asleep_ = true;
  const auto ready = epoll_.wait(events, has_messages_ ? milliseconds(0) : patience(now));
  asleep_ = false;
  return ready;
}

void Worker::take_messages(Instant now) {
  if (!has_messages_) return;
  {
    const Lock lock(mailbox_mutex_);
    taken_messages_.swap(mailbox_);
    has_messages_ = false;
  }
  for (Message& message : taken_messages_) {
    // What has been received is answered before anybody is told to stop. Connections are received from first.
    if (!std::holds_alternative<Arrival>(message)) answer_arrivals(now);
    std::visit([&](auto& content) { take(std::move(content), now); }, message);
  }
  // The memory is kept for the next round, but not that of a burst.
  taken_messages_.clear();
  if (taken_messages_.capacity() > kKeptMessages) std::vector<Message>().swap(taken_messages_);
  answer_arrivals(now);
}

// ---- the loop ----

void Worker::run() {
  os::name_this_thread(std::string(log_.name()).c_str());
  std::array<os::Event, os::Epoll::kMaximumEvents> events;
  Instant now = monotonic_now();
  while (!stopping_ || connections_.size() > 0) {
    const auto ready = wait(events, now);
    now = monotonic_now();  // one reading per round: every deadline in it agrees, and every line of the log
    update_date();
    serve(ready, now);
    take_messages(now);
    expire_deadlines(now);
    drive_ready(now);
    adopt_queued(now);
    make_room_for_waiting(now);
    gauges_.set(connections_.size(), idle_.size(), lingering_);
  }
  pool_.worker_ended();
}

milliseconds Worker::patience(Instant now) {
  if (!ready_.empty()) return milliseconds(0);
  const milliseconds until_deadline = timers_.until_next(now).value_or(os::Epoll::kForever);
  if (pool_.waiting() == 0 || idle_.oldest() == nullptr) return until_deadline;
  return until_deadline == os::Epoll::kForever ? kRoomCheck : std::min(until_deadline, kRoomCheck);
}

void Worker::update_date() {
  round_began_ = wall_now();
  const auto second = std::chrono::floor<seconds>(round_began_);
  if (second == date_second_) return;
  date_second_ = second;
  date_field_ = "Date: " + http::format_date(round_began_) + "\r\n";
}

void Worker::serve(std::span<const os::Event> ready, Instant now) {
  // First everything is received, then everything is answered: so the requests of one round share what has to
  // be looked at before a file is answered from the cache (Request::round).
  for (const os::Event& event : ready) {
    if (event.tag == kMessageTag) continue;
    Connection* connection = connections_.find(id_of(event.tag));
    if (connection == nullptr) continue;
    // Hung up with nothing left to read: whatever we would say, nobody is there. But what is being done for a
    // request is waited for, so that the log tells how it ended.
    const http::Session& session = connection->session();
    if (event.hung_up && !session.wants_input() && !session.awaits_reply())
      connection->session().abort(http::Outcome::client_left, now);
    connection->changed(event);
    gather(*connection, now);
  }
  answer_arrivals(now);
}

void Worker::gather(Connection& connection, Instant now) {
  if (arrivals_room_.size() < kLeastRoomBytes) answer_arrivals(now);
  const auto room = arrivals_room_.first(std::min(arrivals_room_.size(), kReceiveBytes));
  const auto arrived = connection.may_receive() ? connection.receive(room) : Connection::Arrived{};
  arrivals_room_ = arrivals_room_.subspan(arrived.bytes.size());
  arrivals_.push_back({connection.id(), arrived});
}

void Worker::answer_arrivals(Instant now) {
  for (const auto& [id, arrived] : arrivals_)
    if (Connection* connection = connections_.find(id))
      drive(*connection, now, [&, connection](http::Session&) { connection->take(arrived, now); });
  arrivals_.clear();
  arrivals_room_ = arrivals_buffer_;
}

void Worker::expire_deadlines(Instant now) {
  while (net::Timer* timer = timers_.expired(now)) {
    auto& connection = static_cast<Connection&>(*timer);
    // What has arrived in time counts, though we may have been too busy to take it.
    const ConnectionId id = connection.id();
    connection.assume_ready();
    drive(connection, now);
    if (connections_.find(id) != nullptr)
      drive(connection, now, [&connection, now](http::Session&) { connection.expire(now); });
  }
}

void Worker::drive_ready(Instant now) {
  for (const ConnectionId id : std::exchange(ready_, {}))
    if (Connection* connection = connections_.find(id)) {
      connection->is_ready = false;
      drive(*connection, now);
    }
}

void Worker::drive(Connection& connection, Instant now) {
  drive(connection, now, [](http::Session&) {});
}

template <typename Action>
void Worker::drive(Connection& connection, Instant now, Action action) {
  auto progress = Connection::Progress::finished;
  // The one place where an exception ends.
  try {
    action(connection.session());
    progress = connection.drive(scratch_, now);
    if (progress == Connection::Progress::speaks_http2) {
      connection.change_to_http2(http2_context_, now);
      progress = connection.drive(scratch_, now);
    }
  } catch (const std::exception& exception) {
    log_.write_about(origin_of(connection), observe::Event::internal_error,
                     std::string("Internal error: ") + exception.what());
    connection.session().abort(http::Outcome::cut_short, now);
  }
  after_drive(connection, progress, now);
}

void Worker::after_drive(Connection& connection, Connection::Progress progress, Instant now) {
  if (progress == Connection::Progress::finished) return close(connection);
  if (connection.session().is_lingering() && connection.holds_slot) {
    // Each one is a descriptor, so the courtesy has a limit: beyond it only what has arrived already is read.
    if (lingering_ == settings_.maximum_lingering) {
      connection.assume_ready();
      static_cast<void>(connection.drive(scratch_, now));
      return close(connection);
    }
    ++lingering_;
    release_slot(connection);
  }
  // Once, though an event may have driven it in the same round: one place in the line for each.
  if (progress == Connection::Progress::has_more && !std::exchange(connection.is_ready, true))
    ready_.push_back(connection.id());

  if (!watch(connection)) {
    connection.session().abort(http::Outcome::cut_short, now);
    return close(connection);
  }
  timers_.set(connection, connection.session().deadline());
  connection.session().is_idle() ? idle_.put(connection) : idle_.remove(connection);
}

// ---- connections ----

void Worker::take(Arrival&& arrival, Instant now) {
  // Its request has often arrived already, and one that is over after its answer is never watched.
  gather(connections_.emplace(context_, std::move(arrival), now), now);
}

bool Worker::watch(Connection& connection) {
  const std::uint64_t tag = tag_of(connection.id());
  if (connection.is_watched)
    return !std::exchange(connection.must_rearm, false) ||
           epoll_.rearm(connection.transport().descriptor(), tag);
  const auto watched = epoll_.add_edge_triggered(connection.transport().descriptor(), tag);
  if (!watched)
    log_.write_about(origin_of(connection), observe::Event::connection_not_watched,
                     "Cannot watch a connection: " + watched.error().message());
  connection.is_watched = watched.has_value();
  connection.must_rearm = false;
  return connection.is_watched;
}

void Worker::take(Answer&& answer, Instant now) {
  const std::string created =
      answer.response->log_fields.action == http::HandlerLogFields::Action::created_file
          ? answer.response->log_fields.subject
          : std::string();
  bool was_given = false;
  if (Connection* connection = connections_.find(answer.connection))
    drive(*connection, now, [&](http::Session& session) {
      was_given = session.resolve(answer.exchange, std::move(*answer.response), now);
    });
  // Nobody was told, but what is on disk must not go unmentioned.
  if (!was_given && !created.empty())
    log_.write(observe::Event::document_created, "Created file: " + created + " (the client had left)");
}

void Worker::take(Resumed resumed, Instant now) {
  if (Connection* connection = connections_.find(resumed.connection))
    drive(*connection, now, [&](http::Session& session) { session.resume(resumed.exchange, now); });
}

void Worker::take(NewHandler&& replacement, Instant) {
  context_.handler = std::move(replacement.handler);
  context_.proxies = context_.handler->proxies();
}

void Worker::take(ShutDown, Instant now) {
  // Got from the queue earlier in this round: they are let go with the others. The pool gives no more.
  adopt_queued(now);
  stopping_ = true;
  connections_.for_each([&](Connection& connection) { begin_close(connection, now); });
}

void Worker::take(StopNow, Instant now) {
  stopping_ = true;
  connections_.for_each([&](Connection& connection) {
    connection.session().abort(http::Outcome::stopped, now);
    close(connection);
  });
}

void Worker::begin_close(Connection& connection, Instant now) {
  // A request that has arrived is in flight, though it may not have been read yet.
  const ConnectionId id = connection.id();
  connection.assume_ready();
  drive(connection, now);
  if (connections_.find(id) == nullptr) return;
  drive(connection, now, [](http::Session& session) { session.shut_down(); });
}

void Worker::close(Connection& connection) {
  const ConnectionClosed event{.session = connection.session(),
                               .origin = origin_of(connection),
                               .is_admitted = connection.transport().is_admitted(),
                               .security_failure = connection.transport().security_failure(),
                               .proxy_failure = connection.transport().proxy_failure()};
  for (Observer* observer : observers_) observer->connection_closed(event);
  if (connection.is_limited) settings_.limits->disconnect(connection.transport().peer());
  connection.holds_slot ? release_slot(connection) : static_cast<void>(--lingering_);
  idle_.remove(connection);
  connections_.erase(connection.id());
}

void Worker::release_slot(Connection& connection) {
  connection.holds_slot = false;
  if (auto waiting = pool_.released(number_, pool_log_)) adopted_.push_back(std::move(*waiting));
}

void Worker::adopt_queued(Instant now) {
  // Taking one may close it at once and so bring the next: a loop rather than a recursion as deep as the
  // queue is long.
  while (!adopted_.empty()) {
    Arrival arrival = std::move(adopted_.back());
    adopted_.pop_back();
    take(std::move(arrival), now);
    answer_arrivals(now);
  }
}

// ---- room for those who wait ----

bool Worker::ends_connections() const { return pool_.waiting() > 0; }

void Worker::make_room_for_waiting(Instant now) {
  has_idle_ = idle_.oldest() != nullptr;
  while (pool_.waiting() > 0) {
    Connection* idle = longest_evictable(now);
    publish_longest_idle(idle);
    if (idle == nullptr || pool_.defer_to_longer_idle(idle->session().idle_since())) return;
    begin_close(*idle, now);
    adopt_queued(now);
  }
  // Nobody waits: not worth looking behind one that has not spoken.
  Connection* oldest = idle_.oldest();
  publish_longest_idle(oldest != nullptr && is_evictable(*oldest, now) ? oldest : nullptr);
}

void Worker::publish_longest_idle(const Connection* idle) {
  longest_idle_ = (idle != nullptr ? idle->session().idle_since() : kNever).time_since_epoch().count();
}

bool Worker::is_evictable(const Connection& idle, Instant now) {
  return idle.session().requests() > 0 || now - idle.session().idle_since() >= kFirstWord;
}

Connection* Worker::longest_evictable(Instant now) const {
  Connection* idle = idle_.oldest();
  while (idle != nullptr && !is_evictable(*idle, now)) idle = idle->next_idle;
  return idle;
}

// ---- what observers are told ----

Result<std::size_t> Worker::read_file(int descriptor, std::uint64_t offset, std::span<std::byte> into) {
  return os::read_at(descriptor, into, offset);
}

const PeerCertificate* Worker::certificate(ConnectionId id) {
  const Connection* connection = connections_.find(id);
  return connection == nullptr ? nullptr : connection->transport().peer_certificate();
}

void Worker::limit_exceeded(ConnectionId id, std::string_view limit) {
  const Connection* connection = connections_.find(id);
  ASSERT(connection != nullptr);
  const LimitExceeded event{.limit = limit, .origin = origin_of(*connection)};
  for (Observer* observer : observers_) observer->limit_exceeded(event);
}

void Worker::content_sent(ConnectionId id, const std::optional<Endpoint>& client, std::uint64_t bytes,
                          Instant now) {
  if (settings_.limits == nullptr || !settings_.limits->limits_bytes()) return;
  const Connection* connection = connections_.find(id);
  ASSERT(connection != nullptr);
  settings_.limits->sent(client.value_or(connection->transport().client()), bytes, now);
}

void Worker::exchange_ended(ConnectionId id, const http::ExchangeSummary& summary, Instant now) {
  const Connection* connection = connections_.find(id);
  ASSERT(connection != nullptr);
  ExchangeEnded event{.summary = summary,
                      .origin = origin_of(*connection),
                      .at = round_began_,
                      .duration = now - summary.started,
                      .certificate = connection->transport().peer_certificate(),
                      .tls_version = connection->transport().tls_version()};
  event.origin.exchange = summary.ordinal;
  if (summary.client) {
    event.origin.client = *summary.client;
    event.origin.peer = connection->transport().peer();
  }
  if (settings_.limits != nullptr && settings_.limits->limits_bytes())
    settings_.limits->sent(event.origin.client, summary.content_bytes - summary.told_bytes, now);
  for (Observer* observer : observers_) observer->exchange_ended(event);
}

observe::Origin Worker::origin_of(const Connection& connection) const {
  const net::Transport& transport = connection.transport();
  observe::Origin origin{
      .worker = number_, .connection = connection.id().ordinal, .client = transport.client()};
  if (&transport.client() != &transport.peer()) origin.peer = transport.peer();
  return origin;
}

}  // namespace bobbin::server
