#include "listing/listing_source.h"

#include <atomic>
#include <limits>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace bobbin::listing {
namespace {

// Without a limit of its own: no exchange waits for more than one step.
constexpr executor::Lane::Limits kListing{
    .parallel = 2, .waiting = std::numeric_limits<std::size_t>::max(), .runs_at_shut_down = false};

}  // namespace

struct ListingSource::Work {
  std::unique_ptr<FolderListing> listing;
  std::string text;
  Result<bool, std::string> goes_on = true;
  std::atomic<bool> is_done = false;  // written behind the two above, and read before them
};

ListingSource::ListingSource(std::unique_ptr<FolderListing> listing, executor::Executor& executor,
                             http::Resume resume)
    : executor_(executor), resume_(resume), work_(std::make_shared<Work>()) {
  work_->listing = std::move(listing);
}

http::ContentSource::Piece ListingSource::pull() {
  if (!std::exchange(has_begun_, true)) {
    work_->listing->begin(work_->text);
    return as_bytes(work_->text);
  }
  if (step_runs_) {
    if (!work_->is_done) return http::Wait{};
    step_runs_ = false;
    if (!work_->goes_on) return http::Failed{work_->goes_on.error()};
    if (!work_->text.empty()) return as_bytes(work_->text);
  }
  if (!*work_->goes_on) return http::End{};
  if (!begin_step()) return http::Failed{"the system has no thread to read the folder"};
  return http::Wait{};
}

bool ListingSource::begin_step() {
  work_->text.clear();
  work_->is_done = false;
  executor::Lane& lane = executor_.lane(work_->listing->device(), "list", kListing);
  step_runs_ = lane.run_for(work_, [waiting = std::weak_ptr<Work>(work_), resume = resume_] {
    const auto work = waiting.lock();
    if (work == nullptr) return;
    work->goes_on = work->listing->step(work->text);
    work->is_done = true;
    resume();
  });
  return step_runs_;
}

}  // namespace bobbin::listing
