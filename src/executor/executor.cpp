#include "executor/executor.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "os/process.h"

namespace bobbin::executor {
namespace {

constexpr std::size_t kFewestToSweep = 64;

}  // namespace

bool Lane::add(Waiting waiting) { return executor_.add(*this, std::move(waiting)); }

Executor::~Executor() { ASSERT(threads_.empty()); }

Lane& Executor::lane(std::uint64_t device, std::string_view purpose, Lane::Limits limits) {
  const Lock lock(mutex_);
  std::vector<Lane*> others;
  for (const DeviceLane& each : lanes_) {
    if (each.lane->purpose_ != purpose) continue;
    if (each.device == device) return *each.lane;
    others.push_back(each.lane.get());
  }
  if (others.size() >= kDevicesPerPurpose) return *others[device % others.size()];
  lanes_.push_back({device, std::make_unique<Lane>(*this, purpose, limits)});
  return *lanes_.back().lane;
}

// ---- adding a task ----

bool Executor::add(Lane& lane, Lane::Waiting waiting) {
  Thread* woken = nullptr;
  std::vector<Lane::Waiting> dropped;  // destroyed without the mutex, since a task may own anything
  {
    const Lock lock(mutex_);
    if (stopping_ && (!lane.limits_.runs_at_shut_down || is_finished())) return false;
    if (!has_room(lane, dropped)) return false;
    if (threads_.empty() && !spawn()) return false;
    lane.waiting_.push_back(std::move(waiting));
    ++waiting_;
    update_ready(lane);
    woken = wake_one();
  }
  if (woken != nullptr) woken->wake.notify_one();
  return true;
}

bool Executor::has_room(Lane& lane, std::vector<Lane::Waiting>& dropped) {
  // While a disk hangs, clients come and give up, so only tasks that are still wanted count.
  if (lane.waiting_.size() >= std::min(lane.limits_.waiting, lane.next_sweep_)) {
    std::deque<Lane::Waiting> wanted;
    for (Lane::Waiting& each : lane.waiting_)
      each.is_wanted() ? wanted.push_back(std::move(each)) : dropped.push_back(std::move(each));
    lane.waiting_ = std::move(wanted);
    waiting_ -= dropped.size();
    lane.next_sweep_ = std::max(kFewestToSweep, 2 * lane.waiting_.size());
  }
  return lane.waiting_.size() < lane.limits_.waiting;
}

// ---- the threads ----

void Executor::work(Thread& self) {
  os::name_this_thread("executor");
  os::take_ordinary_turns();
  Lane* lane = nullptr;
  while (std::optional<Lane::Waiting> next = next_task(self, lane))
    if (next->is_wanted()) next->task();
  std::function<void()> ended;
  {
    const Lock lock(mutex_);
    if (--alive_ == 0) ended = std::exchange(ended_, nullptr);
  }
  if (ended) ended();
}

std::optional<Lane::Waiting> Executor::next_task(Thread& self, Lane*& lane) {
  std::optional<Lane::Waiting> next;
  Thread* woken = nullptr;
  {
    const Lock lock(mutex_);
    if (lane != nullptr)
      finish(*lane);
    else
      wake_pending_ = false;  // this thread is the one that was started
    while (ready_.empty() && !is_finished()) wait_until_woken(self);
    if (!ready_.empty()) {
      lane = ready_.front();
      ready_.pop_front();
      lane->is_ready_ = false;
      next = std::move(lane->waiting_.front());
      lane->waiting_.pop_front();
      --waiting_;
      ++lane->running_, ++running_;
      update_ready(*lane);
    }
    woken = wake_one();
  }
  if (woken != nullptr) woken->wake.notify_one();
  return next;
}

void Executor::finish(Lane& lane) {
  --lane.running_, --running_;
  update_ready(lane);
}

void Executor::wait_until_woken(Thread& self) {
  idle_.push_back(&self);
  self.is_woken = false;
  while (!self.is_woken) self.wake.wait(mutex_);
  wake_pending_ = false;
}

void Executor::update_ready(Lane& lane) {
  if (lane.is_ready_ == lane.is_runnable()) return;
  lane.is_ready_ = !lane.is_ready_;
  if (lane.is_ready_)
    ready_.push_back(&lane);
  else
    std::erase(ready_, &lane);
}

Executor::Thread* Executor::wake_one() {
  if (wake_pending_ || (ready_.empty() && !is_finished())) return nullptr;
  if (idle_.empty()) {
    // When the system allows no more threads, the existing ones run the tasks.
    if (!ready_.empty()) static_cast<void>(spawn());
    return nullptr;
  }
  Thread* thread = idle_.back();
  idle_.pop_back();
  thread->is_woken = true;
  wake_pending_ = true;
  return thread;
}

bool Executor::spawn() {
  auto thread = std::make_unique<Thread>();
  try {
    thread->thread = std::thread([this, self = thread.get()] { work(*self); });
  } catch (const std::system_error&) {  // the library reports it in no other way
    return false;
  }
  threads_.push_back(std::move(thread));
  ++alive_;
  wake_pending_ = true;
  return true;
}

// ---- the end ----

Executor::Load Executor::load() const {
  Load load;
  const Lock lock(mutex_);
  load.threads = alive_;
  for (const DeviceLane& each : lanes_) {
    const Lane& lane = *each.lane;
    auto found = std::ranges::find(load.purposes, lane.purpose_, &Load::OfPurpose::purpose);
    if (found == load.purposes.end())
      found = load.purposes.insert(found, Load::OfPurpose{.purpose = lane.purpose_});
    found->waiting += lane.waiting_.size();
    found->running += lane.running_;
  }
  return load;
}

void Executor::shut_down(std::function<void()> ended) {
  Thread* woken = nullptr;
  std::vector<std::deque<Lane::Waiting>> dropped;  // destroyed without the mutex, as in add()
  {
    const Lock lock(mutex_);
    stopping_ = true;
    for (const DeviceLane& each : lanes_) {
      if (each.lane->limits_.runs_at_shut_down) continue;
      waiting_ -= each.lane->waiting_.size();
      dropped.push_back(std::exchange(each.lane->waiting_, {}));
      update_ready(*each.lane);
    }
    if (alive_ > 0) ended_ = std::exchange(ended, nullptr);
    woken = wake_one();
  }
  if (woken != nullptr) woken->wake.notify_one();
  if (ended) ended();
}

void Executor::join() {
  // A thread that is started meanwhile enters the list before the thread that started it has ended.
  for (std::size_t i = 0;; ++i) {
    Thread* thread = nullptr;
    {
      const Lock lock(mutex_);
      if (i == threads_.size()) break;
      thread = threads_[i].get();
    }
    thread->thread.join();
  }
  const Lock lock(mutex_);
  threads_.clear();
}

}  // namespace bobbin::executor
