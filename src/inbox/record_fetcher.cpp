#include "inbox/record_fetcher.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "inbox/text.h"
#include "object_store/stream.h"

namespace bobbin::inbox {
namespace {

// How often whoever waits looks whether this process is to end.
constexpr milliseconds kLook{100};

/// So many for each thread are begun before they are taken: each is an open file.
constexpr std::size_t kAheadPerThread = 2;

}  // namespace

RecordFetcher::RecordFetcher(std::vector<Read> readers, const RecordIntake& intake,
                             std::function<bool()> is_told, std::function<void()> give_up)
    : intake_(intake),
      is_told_(std::move(is_told)),
      give_up_(std::move(give_up)),
      ahead_(kAheadPerThread * readers.size()) {
  for (Read& read : readers) threads_.emplace_back([this, read = std::move(read)] { work(read); });
}

RecordFetcher::~RecordFetcher() {
  give_up_();
  {
    const Lock lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

void RecordFetcher::expect(const std::vector<std::string>& keys) {
  const Lock lock(mutex_);
  jobs_.clear();
  for (const std::string& key : keys) jobs_.push_back(std::make_shared<Job>(Job{.key = key}));
  changed_.notify_all();
}

Result<FetchedRecord, Obstacle> RecordFetcher::take(const std::string& key) {
  const Lock lock(mutex_);
  const auto expected =
      std::ranges::find_if(jobs_, [&](const std::shared_ptr<Job>& job) { return job->key == key; });
  if (expected == jobs_.end())
    jobs_.push_front(std::make_shared<Job>(Job{.key = key}));
  else
    jobs_.erase(jobs_.begin(), expected);
  changed_.notify_all();
  const std::shared_ptr<Job> job = jobs_.front();
  while (!job->result) {
    if (is_told_()) {
      give_up_();
      return failure(Obstacle{.kind = Obstacle::Kind::told});
    }
    changed_.wait_for(mutex_, kLook);
  }
  jobs_.pop_front();
  is_careful_ = !job->result->has_value();
  if (is_careful_) jobs_.clear();
  changed_.notify_all();
  return *std::move(job->result);
}

void RecordFetcher::work(const Read& read) {
  const Lock lock(mutex_);
  while (!is_over_) {
    const std::shared_ptr<Job> job = next();
    if (job == nullptr) {
      changed_.wait(mutex_);
      continue;
    }
    job->is_begun = true;
    mutex_.unlock();
    auto result = fetch(read, job->key);
    mutex_.lock();
    job->result = std::move(result);
    changed_.notify_all();
  }
}

std::shared_ptr<RecordFetcher::Job> RecordFetcher::next() {
  const std::size_t ahead = is_careful_ ? 1 : ahead_;
  for (std::size_t i = 0; i < std::min(jobs_.size(), ahead); ++i) {
    if (!jobs_[i]->is_begun) return jobs_[i];
    if (jobs_[i]->result && !*jobs_[i]->result) return nullptr;
  }
  return nullptr;
}

Result<FetchedRecord, Obstacle> RecordFetcher::fetch(const Read& read, const std::string& key) const {
  const auto text = TRY(read(key).map_error(obstacle_of));
  // One that the store has said to have. If somebody has removed it, the next list tells.
  if (!text)
    return failure(Obstacle{
        .kind = Obstacle::Kind::store,
        .reason = fmt::format("the store said that {} exists, and then that it does not", printable(key))});
  if (object_store::is_tombstone(*text)) return FetchedRecord{};
  auto whole = record_file_in(*text);
  if (!whole) return failure(not_whole(key, whole.error()));
  return FetchedRecord{.file = TRY(intake_.stage(*text).map_error(fatal_obstacle)),
                       .records = *std::move(whole)};
}

}  // namespace bobbin::inbox
