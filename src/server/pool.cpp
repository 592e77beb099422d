#include "server/pool.h"

#include <algorithm>
#include <utility>

#include "os/socket.h"

namespace bobbin::server {

using observe::Event;

namespace {

constexpr observe::Metric kWaits{"bobbin_queue_wait_seconds",
                                 "Time that connections have waited in the queue for a worker's place"};

}  // namespace

WorkerPool::WorkerPool(const PoolSettings& settings, observe::Registry& registry, std::function<void()> ended)
    : settings_(settings),
      ended_(std::move(ended)),
      loads_(settings.threads, 0),
      waits_(registry.histogram(kWaits, observe::kLatencyBuckets)) {}

Result<std::unique_ptr<WorkerPool>> WorkerPool::start(const PoolSettings& settings,
                                                      const std::shared_ptr<const http::Handler>& handler,
                                                      observe::Log& log, observe::Registry& registry,
                                                      std::function<void()> ended) {
  std::unique_ptr<WorkerPool> pool(new WorkerPool(settings, registry, std::move(ended)));
  for (unsigned number = 1; number <= settings.threads; ++number)
    pool->workers_.push_back(TRY(Worker::create(number, settings.worker, handler, *pool, log, registry)));
  pool->running_ = settings.threads;
  for (const auto& worker : pool->workers_) {
    const auto started = worker->start();
    if (started) continue;
    pool->stop_now();
    pool->join();
    return failure(started.error());
  }
  return pool;
}

std::optional<unsigned> WorkerPool::least_loaded() const {
  const auto least = std::min_element(loads_.begin(), loads_.end());
  if (*least >= settings_.connections_per_thread) return std::nullopt;
  return static_cast<unsigned>(least - loads_.begin());
}

WorkerPool::Admission WorkerPool::admit(Arrival& arrival, observe::LogWriter& log) {
  bool saturation_begins = false;
  std::vector<Arrival> abandoned;
  {
    const Lock lock(mutex_);
    if (shutting_down_) return Admission::refused;
    if (const auto index = least_loaded()) {
      ++loads_[*index];
      most_held_ = std::max(most_held_, ++held_);
      in_use_ = true;
      workers_[*index]->assign(std::move(arrival));
      return Admission::assigned;
    }
    // Only now is it worth a system call to know who has left.
    if (!may_wait()) abandoned = take_abandoned();
    if (!may_wait()) return Admission::refused;
    queue_.push_back({std::move(arrival), monotonic_now()});
    waiting_ = queue_.size();
    saturation_begins = !std::exchange(saturated_, true);
  }
  for (const Arrival& gone : abandoned)
    log.write(Event::queue_left, "Connection from " + gone.peer.text() + " has left the queue");
  log.write(Event::pool_saturated, "Warning: Thread pool saturated, queuing connection");
  if (saturation_begins) log_status(log);
  make_room();
  return Admission::queued;
}

bool WorkerPool::may_wait() const {
  // Without a queue one may still wait for the place of an idle connection, which it causes to be closed.
  // (Should that have become busy a moment ago, it waits for whichever place becomes free.)
  return queue_.size() < settings_.queue || (queue_.empty() && anybody_is_idle());
}

std::vector<Arrival> WorkerPool::take_abandoned() {
  std::vector<int> sockets;
  sockets.reserve(queue_.size());
  for (const Waiting& waiting : queue_) sockets.push_back(waiting.arrival.socket.number());
  std::vector<Arrival> abandoned;
  const std::vector<std::size_t> indexes = os::given_up(sockets);
  if (indexes.empty()) return abandoned;
  std::deque<Waiting> staying;
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const bool has_left = std::binary_search(indexes.begin(), indexes.end(), i);
    if (has_left)
      abandoned.push_back(std::move(queue_[i].arrival));
    else
      staying.push_back(std::move(queue_[i]));
  }
  queue_.swap(staying);
  return abandoned;
}

bool WorkerPool::anybody_is_idle() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->has_idle(); });
}

void WorkerPool::replace_handler(const std::shared_ptr<const http::Handler>& handler) {
  for (const auto& worker : workers_) worker->replace_handler(handler);
}

void WorkerPool::make_room() {
  for (const auto& worker : workers_)
    if (worker->has_idle()) worker->make_room();
}

bool WorkerPool::defer_to_longer_idle(Instant idle_since) {
  const auto oldest = std::min_element(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) {
    return a->longest_idle() < b->longest_idle();
  });
  if ((*oldest)->longest_idle() >= idle_since) return false;
  (*oldest)->make_room();
  return true;
}

std::optional<Arrival> WorkerPool::released(unsigned worker_number, observe::LogWriter& log) {
  std::optional<Arrival> next;
  bool saturation_ends = false;
  {
    const Lock lock(mutex_);
    if (queue_.empty()) {
      --loads_[worker_number - 1];
      --held_;
      saturation_ends = std::exchange(saturated_, false);
    } else {
      next = std::move(queue_.front().arrival);
      waits_.add((monotonic_now() - queue_.front().since).count());
      queue_.pop_front();
      waiting_ = queue_.size();
    }
  }
  if (next)
    log.write(Event::connection_dequeued,
              "Connection dequeued, assigned to Thread-" + std::to_string(worker_number));
  if (saturation_ends) log_status(log);
  return next;
}

bool WorkerPool::has_emptied() {
  constexpr std::size_t kMany = 256;
  const Lock lock(mutex_);
  if (most_held_ < kMany || held_ > most_held_ / 4) return false;
  most_held_ = held_;
  return true;
}

bool WorkerPool::was_in_use() {
  const Lock lock(mutex_);
  return std::exchange(in_use_, held_ > 0);
}

std::size_t WorkerPool::held() const {
  const Lock lock(mutex_);
  return held_;
}

unsigned WorkerPool::active() const {
  const Lock lock(mutex_);
  return static_cast<unsigned>(
      std::count_if(loads_.begin(), loads_.end(), [](std::size_t load) { return load > 0; }));
}

void WorkerPool::log_status(observe::LogWriter& log) const {
  log.write(Event::pool_status,
            "Thread pool status: " + std::to_string(active()) + "/" + std::to_string(threads()) + " active");
}

void WorkerPool::wind_down() {
  {
    const Lock lock(mutex_);
    shutting_down_ = true;
  }
  for (const auto& worker : workers_) worker->wind_down();
}

std::deque<Arrival> WorkerPool::shut_down() {
  std::deque<Arrival> waiting;
  {
    const Lock lock(mutex_);
    shutting_down_ = true;
    for (Waiting& each : queue_) waiting.push_back(std::move(each.arrival));
    queue_.clear();
    waiting_ = 0;
  }
  for (const auto& worker : workers_) worker->shut_down();
  return waiting;
}

void WorkerPool::stop_now() {
  for (const auto& worker : workers_) worker->stop_now();
}

void WorkerPool::join() {
  for (const auto& worker : workers_) worker->join();
}

void WorkerPool::worker_ended() {
  if (--running_ == 0) ended_();
}

}  // namespace bobbin::server
