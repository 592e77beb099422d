#include "server/prefetcher.h"

#include <system_error>
#include <utility>

#include "base/assert.h"
#include "os/page_cache.h"
#include "os/process.h"

namespace bobbin::server {

Prefetcher::~Prefetcher() { ASSERT(threads_.empty()); }

bool Prefetcher::fetch(const http::FileSlice& slice, Done done) {
  const Lock lock(mutex_);
  if (stopping_ || !has_room()) return false;
  const bool all_are_busy = idle_ <= waiting_.size();
  if (all_are_busy && running_ < limits_.threads && !start_thread() && running_ == 0) return false;
  waiting_.push_back({slice.file, slice.offset, slice.length, std::move(done)});
  changed_.notify_one();
  return true;
}

bool Prefetcher::has_room() {
  // While a disk hangs, clients come and give up: only those that still wait count.
  if (waiting_.size() == limits_.waiting)
    std::erase_if(waiting_, [](const Job& job) { return job.file.expired(); });
  return waiting_.size() < limits_.waiting;
}

bool Prefetcher::start_thread() {
  try {
    threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {  // the one way in which the library tells it
    return false;
  }
  ++running_;
  return true;
}

void Prefetcher::run() {
  os::name_this_thread("prefetch");
  while (std::optional<Job> job = next())
    if (const auto file = job->file.lock())
      job->done(os::read_into_cache(file->descriptor(), job->offset, job->length));
  std::function<void()> ended;
  {
    const Lock lock(mutex_);
    if (--running_ == 0) ended = std::move(ended_);
  }
  if (ended) ended();
}

std::optional<Prefetcher::Job> Prefetcher::next() {
  const Lock lock(mutex_);
  ++idle_;
  while (waiting_.empty() && !stopping_) changed_.wait(mutex_);
  --idle_;
  if (waiting_.empty()) return std::nullopt;
  Job job = std::move(waiting_.front());
  waiting_.pop_front();
  return job;
}

void Prefetcher::shut_down(std::function<void()> ended) {
  {
    const Lock lock(mutex_);
    stopping_ = true;
    waiting_.clear();
    if (running_ > 0) ended_ = std::exchange(ended, nullptr);
  }
  changed_.notify_all();
  if (ended) ended();
}

void Prefetcher::join() {
  std::vector<std::thread> threads;
  {
    const Lock lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace bobbin::server
