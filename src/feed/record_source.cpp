#include "feed/record_source.h"

#include <atomic>
#include <limits>
#include <utility>

#include "base/bytes.h"

namespace bobbin::feed {

struct RecordSource::Work {
  Feed::Outcome outcome;
  std::atomic<bool> is_done = false;  // written behind the one above, and read before it
};

RecordSource::RecordSource(std::shared_ptr<Feed> feed, Settings settings, http::Resume resume)
    : feed_(std::move(feed)),
      settings_(std::move(settings)),
      resume_(resume),
      term_(feed_->term()),
      end_(monotonic_now() + settings_.longest_life),
      after_(settings_.after) {}

RecordSource::~RecordSource() { leave(); }

void RecordSource::leave() {
  if (place_) feed_->leave(*std::exchange(place_, std::nullopt));
}

http::ContentSource::Piece RecordSource::pull() { return pull(monotonic_now()); }

http::ContentSource::Piece RecordSource::pull(Instant now) {
  leave();
  if (!std::exchange(has_begun_, true)) {
    next_comment_ = now + settings_.comment_every;
    if (const auto text = beginning_of(settings_.form); !text.empty()) return give(text);
  }
  if (auto piece = take_step()) {
    next_comment_ = now + settings_.comment_every;
    return *std::move(piece);
  }
  held_.reset();
  return settings_.form == Form::events ? pull_event(now) : pull_rest();
}

/// Nothing: no step has been made, or there is nothing in its piece.
std::optional<http::ContentSource::Piece> RecordSource::take_step() {
  if (work_ == nullptr) return std::nullopt;
  if (!work_->is_done) return http::Wait{};
  const auto work = std::exchange(work_, nullptr);
  if (!work->outcome.failure.empty()) return http::Failed{work->outcome.failure};
  held_ = std::move(work->outcome.piece);
  if (held_ == nullptr) {
    feed_->wait_for_memory([resume = resume_](Feed&) { resume(); });
    return http::Wait{};
  }
  after_ = held_->last;
  if (held_->text.empty()) return std::nullopt;
  has_records_ = true;
  return give(held_->text);
}

/// Of an answer that ends with a record that is known.
http::ContentSource::Piece RecordSource::pull_rest() {
  if (after_ < settings_.through) return begin_step(settings_.through);
  const auto text = end_of(settings_.form);
  if (std::exchange(has_ended_, true) || text.empty()) return http::End{};
  return give(text);
}

http::ContentSource::Piece RecordSource::pull_event(Instant now) {
  if (feed_->term() != term_ || now >= end_) return http::End{};
  if (now >= next_comment_) {
    next_comment_ = now + settings_.comment_every;
    return give(":\n\n");
  }
  place_ = feed_->wait(after_, next_comment_, [resume = resume_](Feed&) { resume(); });
  if (place_) return http::Wait{};
  if (feed_->range(after_, 1, 0).records == 0) return http::End{};  // nobody may wait: the server stops
  return begin_step(feed_->last_sequence());
}

http::ContentSource::Piece RecordSource::begin_step(std::uint64_t through) {
  auto work = std::make_shared<Work>();
  const bool runs =
      feed_->reading().run_for(work, [feed = feed_, waiting = std::weak_ptr<Work>(work), resume = resume_,
                                      key = PieceKey{.form = settings_.form,
                                                     .is_first = !has_records_,
                                                     .after = after_,
                                                     .through = through,
                                                     .source = settings_.source}] {
        const auto shared = waiting.lock();
        if (shared == nullptr) return;
        shared->outcome = feed->make_piece(key);
        shared->is_done = true;
        resume();
      });
  if (!runs) return http::Failed{"the system has no thread to read the records"};
  work_ = std::move(work);
  return http::Wait{};
}

http::ContentSource::Piece RecordSource::give(std::string_view text) { return as_bytes(text); }

}  // namespace bobbin::feed
