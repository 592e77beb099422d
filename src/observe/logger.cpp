#include "observe/logger.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "os/process.h"

namespace bobbin::observe {
namespace {

constexpr std::size_t kBatchBytes = 128 * 1024;
constexpr milliseconds kNap{50};
constexpr seconds kDropReportInterval{1};
// At the stop: for a reader that has stopped reading, and beyond that for a call that does not return.
constexpr seconds kReaderPatience{2};
constexpr seconds kHangPatience{1};

}  // namespace

void RingWriter::write(const Origin* origin, Event event, std::string_view message) {
  if (!wants(level_of(event))) return;
  const WallTime now = wall_now();
  line_.clear();
  format_.append(line_,
                 {.time = now, .event = event, .thread_name = name_, .text = message, .origin = origin});
  if (level_of(event) <= LogLevel::warning) warnings_.add(message, now);
  hand_in(line_);
}

void RingWriter::write_exchange(AccessFormat format, const ExchangeRecord& record) {
  line_.clear();
  format_.append(line_, format, record, name_);
  hand_in(line_);
}

void RingWriter::hand_in(std::string_view lines) {
  if (!ring_.push(monotonic_now(), lines)) {
    dropped_lines_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
  }
  doorbell_.ring(ring_.is_half_full());
}

LogWriter& Logger::writer(std::string thread_name) {
  auto writer = std::make_unique<RingWriter>(std::move(thread_name), level_, format_, doorbell_, warnings_);
  RingWriter& result = *writer;
  const Lock lock(mutex_);
  writers_.push_back(std::move(writer));
  return result;
}

void Logger::reopen() {
  {
    const Lock lock(mutex_);
    requests_.reopen = monotonic_now();
  }
  doorbell_.wake();
}

bool Logger::stop() {
  const Instant now = monotonic_now();
  {
    const Lock lock(mutex_);
    requests_.stop = now;
  }
  output_.give_up_at(now + kReaderPatience);
  doorbell_.wake();
  const Instant end = now + kReaderPatience + kHangPatience;
  const Lock lock(mutex_);
  while (!ended_ && monotonic_now() < end) ended_changed_.wait_for(mutex_, end - monotonic_now());
  return ended_;
}

std::uint64_t Logger::lost_lines() const {
  const Lock lock(mutex_);
  std::uint64_t sum = output_.lost_lines();
  for (const auto& writer : writers_) sum += writer->dropped_lines();
  return sum;
}

void Logger::run() {
  os::name_this_thread("logger");
  write_until_stopped();
  const Lock lock(mutex_);
  ended_ = true;
  ended_changed_.notify_all();
}

void Logger::write_until_stopped() {
  batch_.reserve(kBatchBytes + RingWriter::kRingBytes);
  while (true) {
    const Requests requests = take_requests();
    if (requests.reopen) {
      static_cast<void>(drain(*requests.reopen));
      flush();
      output_.reopen();
    }
    const bool found_entries = drain(requests.stop.value_or(monotonic_now()));
    report_drops(requests.stop.has_value());
    flush();
    if (requests.stop) return;
    rest(found_entries || dropped_reported_ != dropped_seen_);
  }
}

Logger::Requests Logger::take_requests() {
  Lock lock(mutex_);
  for (std::size_t i = known_writers_.size(); i < writers_.size(); ++i)
    known_writers_.push_back(writers_[i].get());
  return std::exchange(requests_, {});
}

/// Takes the entries handed in up to `until` out of all rings, oldest first. Because `until` has passed when
/// the rings are looked at, an entry that was in its ring before another thread stamped its own is found in
/// the same round, and goes first.
bool Logger::drain(Instant until) {
  fronts_.clear();
  for (RingWriter* writer : known_writers_) {
    const auto time = writer->ring().front_time();
    if (time && *time <= until) fronts_.push_back({*time, &writer->ring()});
  }
  const bool found_entries = !fronts_.empty();
  while (!fronts_.empty()) {
    // One ring's entries up to the front of the next ring go in one piece.
    const auto second = fronts_.begin() + std::min<std::ptrdiff_t>(1, std::ssize(fronts_) - 1);
    std::partial_sort(fronts_.begin(), second + 1, fronts_.end(),
                      [](const Front& a, const Front& b) { return a.time < b.time; });
    Front& oldest = fronts_.front();
    oldest.ring->pop_into(batch_, fronts_.size() > 1 ? second->time : until, kBatchBytes);
    if (batch_.size() >= kBatchBytes) flush();
    const auto time = oldest.ring->front_time();
    if (time && *time <= until) {
      oldest.time = *time;
    } else {
      fronts_.erase(fronts_.begin());
    }
  }
  return found_entries;
}

/// One line for a burst of drops, once it is over; while it lasts, one a second.
void Logger::report_drops(bool at_once) {
  const std::uint64_t dropped = dropped_lines();
  const bool still_dropping = dropped != std::exchange(dropped_seen_, dropped);
  const Instant now = monotonic_now();
  if (dropped == dropped_reported_) return;
  if (still_dropping && !at_once && now - drops_reported_at_ < kDropReportInterval) return;
  const std::string text = fmt::format("Warning: {} log lines dropped", dropped - dropped_reported_);
  format_.append(batch_, {.time = wall_now(), .event = Event::log_lines_dropped, .text = text});
  dropped_reported_ = dropped;
  drops_reported_at_ = now;
}

void Logger::flush() {
  if (batch_.empty()) return;
  output_.write(batch_);
  batch_.clear();
}

void Logger::rest(bool briefly) {
  const auto has_request = [this] {
    Lock lock(mutex_);
    return requests_.reopen || requests_.stop || writers_.size() != known_writers_.size();
  };
  const auto any_ring = [this](auto is) {
    return std::any_of(known_writers_.begin(), known_writers_.end(),
                       [&](RingWriter* writer) { return is(writer->ring()); });
  };
  if (briefly) {
    doorbell_.nap(kNap, [&] {
      return has_request() || any_ring([](const EntryRing& ring) { return ring.is_half_full(); });
    });
  } else {
    doorbell_.sleep([&] {
      return has_request() || dropped_lines() != dropped_reported_ ||
             any_ring([](const EntryRing& ring) { return !ring.is_empty(); });
    });
  }
}

std::uint64_t Logger::dropped_lines() const {
  std::uint64_t sum = 0;
  for (const RingWriter* writer : known_writers_) sum += writer->dropped_lines();
  return sum;
}

}  // namespace bobbin::observe
