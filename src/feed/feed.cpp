#include "feed/feed.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <utility>

#include "os/file.h"

namespace bobbin::feed {
namespace {

using observe::Event;

// No reader waits for more than one task.
constexpr executor::Lane::Limits kReading{.parallel = 2, .waiting = std::numeric_limits<std::size_t>::max()};
constexpr executor::Lane::Limits kScanning{.parallel = 1, .waiting = std::numeric_limits<std::size_t>::max()};

// A task looks at so many files at most, so that the server can stop between two tasks.
constexpr std::size_t kFilesOfStep = 256;

// Looking for files that are gone takes long, since they may have been moved.
constexpr int kMostGoneOfPiece = 16;

// Files that consumers have removed are looked for when the index has doubled, and grown by this.
constexpr std::size_t kLeastGrowth = 4096;

}  // namespace

Result<std::shared_ptr<Feed>> Feed::open(const std::string& directory, std::uint64_t device, std::string name,
                                         executor::Executor& executor, observe::LogWriter& log,
                                         Limits limits) {
  return std::make_shared<Feed>(TRY(RecordFiles::open(directory)), device, std::move(name), executor, log,
                                limits);
}

Feed::Feed(std::unique_ptr<RecordFiles> files, std::uint64_t device, std::string name,
           executor::Executor& executor, observe::LogWriter& log, Limits limits)
    : files_(std::move(files)),
      name_(std::move(name)),
      log_(log),
      limits_(limits),
      reading_(executor.lane(device, "feed", kReading)),
      scanning_(executor.lane(device, "feed index", kScanning)),
      memory_(limits.memory_bytes) {}

// ---- what there is ----

/// What was there when the feed began.
struct Feed::Scan {
  std::string epoch;
  std::uint64_t named = 0;
  std::optional<std::vector<PackedName>> names = {};  // nothing: they have not been listed yet
  std::size_t next = 0;
  std::vector<IndexEntry> found = {};
  bool has_failed = false;  // before, which the log has told
};

void Feed::begin(std::string_view epoch, std::uint64_t named, std::uint64_t checkpointed) {
  auto scan = std::make_shared<Scan>(Scan{.epoch = std::string(epoch), .named = named});
  {
    const Lock lock(mutex_);
    index_.show_through(checkpointed);
  }
  run_scan(scan);
}

void Feed::run_scan(const std::shared_ptr<Scan>& scan) {
  {
    const Lock lock(mutex_);  // before it runs: it may fail, and be late again, while this thread goes on
    late_scan_ = nullptr;
  }
  const bool runs = scanning_.run_for(weak_from_this(), [weak = weak_from_this(), scan] {
    const auto self = weak.lock();
    if (self == nullptr || self->is_stopping_) return;
    const auto goes_on = self->scan_step(*scan);
    if (!goes_on) return self->try_again_later(scan, goes_on.error());
    if (*goes_on) return self->run_scan(scan);
    self->end_scan(*scan);
  });
  if (runs) return;
  const Lock lock(mutex_);
  late_scan_ = scan;
}

void Feed::try_again_later(const std::shared_ptr<Scan>& scan, const Error& error) {
  if (!std::exchange(scan->has_failed, true))
    log_.write(Event::feed_not_read,
               fmt::format("The records of the inbox {} cannot be read, and readers are answered 503: {}. It "
                           "is tried again each second",
                           name_, error.message()));
  const Lock lock(mutex_);
  late_scan_ = scan;
}

Result<bool> Feed::scan_step(Scan& scan) {
  if (!scan.names) scan.names = TRY(files_->names());
  const std::size_t end = std::min(scan.next + kFilesOfStep, scan.names->size());
  std::string buffer;
  for (; scan.next < end; ++scan.next) {
    const PackedName& name = (*scan.names)[scan.next];
    const auto file = TRY(files_->find(name.text()));
    if (!file) continue;
    const auto position = TRY(read_position(*file, buffer));
    // What comes later is told by named(). Another epoch is that of a journal that is gone.
    if (!position || position->epoch != scan.epoch || position->sequence > scan.named) continue;
    const os::FileStatus status = TRY(os::status(*file));
    scan.found.push_back({.sequence = position->sequence,
                          .file_bytes = static_cast<std::uint32_t>(status.size_bytes),
                          .name = name});
  }
  return scan.next < scan.names->size();
}

void Feed::end_scan(Scan& scan) {
  // Names and sequences have the same order, unless somebody has put a copy of a file there.
  std::ranges::sort(scan.found, {},
                    [](const IndexEntry& each) { return std::pair(each.sequence, each.name); });
  const auto copies = std::ranges::unique(scan.found, {}, &IndexEntry::sequence);
  scan.found.erase(copies.begin(), copies.end());
  {
    const Lock lock(mutex_);
    index_.add_older(scan.found);
    next_sweep_ = 2 * index_.size() + kLeastGrowth;
    late_scan_ = nullptr;
  }
  is_ready_ = true;
}

void Feed::named(std::uint64_t sequence, std::string_view name, std::uint64_t file_bytes) {
  const auto packed = PackedName::of(name);
  if (!packed) return;
  const Lock lock(mutex_);
  index_.add({.sequence = sequence, .file_bytes = static_cast<std::uint32_t>(file_bytes), .name = *packed});
}

void Feed::checkpointed(std::uint64_t through) {
  {
    const Lock lock(mutex_);
    index_.show_through(through);
  }
  begin_to_wake();
}

std::uint64_t Feed::last_sequence() {
  const Lock lock(mutex_);
  return index_.shown();
}

Index::Range Feed::range(std::uint64_t after, std::size_t most_records, std::uint64_t most_bytes) {
  const Lock lock(mutex_);
  return index_.range(after, most_records, most_bytes);
}

std::optional<IndexEntry> Feed::next(std::uint64_t after, std::uint64_t through) {
  const Lock lock(mutex_);
  return index_.next(after, through);
}

// ---- files that consumers have removed ----

struct Feed::Sweep {
  std::optional<std::vector<PackedName>> names = {};  // that are there
  std::uint64_t after = 0;
};

void Feed::begin_sweep() {
  {
    const Lock lock(mutex_);
    if (!is_ready_ || is_sweeping_ || index_.size() < next_sweep_) return;
    is_sweeping_ = true;
  }
  run_sweep(std::make_shared<Sweep>());
}

void Feed::run_sweep(const std::shared_ptr<Sweep>& sweep) {
  const bool runs = scanning_.run_for(weak_from_this(), [weak = weak_from_this(), sweep] {
    const auto self = weak.lock();
    if (self == nullptr || self->is_stopping_) return;
    if (self->sweep_step(*sweep)) return self->run_sweep(sweep);
    const Lock lock(self->mutex_);
    self->is_sweeping_ = false;
    self->next_sweep_ = 2 * self->index_.size() + kLeastGrowth;
  });
  if (runs) return;
  const Lock lock(mutex_);
  is_sweeping_ = false;
}

/// False: it has come to the end.
bool Feed::sweep_step(Sweep& sweep) {
  if (!sweep.names) {
    auto names = files_->names();
    if (!names) return false;
    sweep.names = *std::move(names);
  }
  for (std::size_t i = 0; i < kFilesOfStep; ++i) {
    const auto entry = next(sweep.after, std::numeric_limits<std::uint64_t>::max());
    if (!entry) return false;
    sweep.after = entry->sequence;
    if (std::ranges::binary_search(*sweep.names, entry->name)) continue;
    const auto file = files_->find(entry->name.text());
    if (file && !*file) forget(*entry);
  }
  return true;
}

void Feed::forget(const IndexEntry& entry) {
  const Lock lock(mutex_);
  index_.forget(entry.sequence);
}

// ---- reading ----

Result<bool> Feed::append(std::string& text, const IndexEntry& entry, const PieceKey& key, bool is_first) {
  const std::string name = entry.name.text();
  const auto file = TRY(files_->find(name));
  if (file) {
    const auto whole = TRY(read_whole(*file));
    if (whole != nullptr && whole->record().sequence == entry.sequence) {
      append_record(text, key.form, *whole, key.source, is_first);
      return true;
    }
    log_.write(Event::feed_record_left_out,
               fmt::format("The feed of the inbox {} leaves out the record {}: its file {} is not whole",
                           name_, entry.sequence, name));
  }
  forget(entry);
  return false;
}

Feed::Outcome Feed::make_piece(const PieceKey& key) {
  if (auto known = pieces_.find(key)) return {std::move(known)};
  auto piece = std::make_shared<Piece>(memory_);
  piece->last = key.after;
  int gone = 0;
  bool is_first = key.is_first;
  while (gone < kMostGoneOfPiece && piece->text.size() < limits_.piece_bytes) {
    const auto entry = next(piece->last, key.through);
    if (!entry) {
      piece->last = key.through;
      break;
    }
    if (!piece->share.take(entry->file_bytes)) {
      if (piece->last == key.after) return {nullptr};
      break;
    }
    const auto appended = append(piece->text, *entry, key, is_first);
    // A reader who were told to go on behind it would miss it.
    if (!appended && piece->last == key.after) return {nullptr, appended.error().message()};
    if (!appended) break;
    if (*appended)
      is_first = false;
    else
      ++gone;
    piece->last = entry->sequence;
  }
  pieces_.keep(key, piece);
  return {std::move(piece)};
}

// ---- readers who wait ----

std::optional<WaitingReaders::Place> Feed::wait(std::uint64_t after, Instant due,
                                                WaitingReaders::GoOn go_on) {
  const Lock lock(mutex_);
  if (is_stopping_ || index_.next(after, std::numeric_limits<std::uint64_t>::max())) return std::nullopt;
  return waiting_.add(due, std::move(go_on));
}

void Feed::wait_for_memory(WaitingReaders::GoOn go_on) {
  const Lock lock(mutex_);
  waiting_.add(monotonic_now(), std::move(go_on));
}

void Feed::leave(const WaitingReaders::Place& place) {
  WaitingReaders::Readers::node_type reader;  // which is destroyed without the mutex
  const Lock lock(mutex_);
  reader = waiting_.take(place);
}

std::size_t Feed::waiting_readers() {
  const Lock lock(mutex_);
  return waiting_.size();
}

void Feed::begin_to_wake() {
  {
    const Lock lock(mutex_);
    if (waiting_.size() == 0 || wakes_.exchange(true)) return;
  }
  const bool runs = reading_.run_for(weak_from_this(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    WaitingReaders::Readers readers;
    {
      const Lock lock(self->mutex_);
      self->wakes_ = false;
      readers = self->waiting_.take_all();
    }
    self->let_go_on(std::move(readers));
  });
  if (runs) return;
  wakes_ = false;
  is_late_to_wake_ = true;
}

void Feed::let_go_on(WaitingReaders::Readers readers) {
  for (auto& [place, go_on] : readers) go_on(*this);
}

void Feed::end_readers() {
  WaitingReaders::Readers readers;
  {
    const Lock lock(mutex_);
    ++term_;
    readers = waiting_.take_all();
  }
  let_go_on(std::move(readers));
}

void Feed::stop() {
  is_stopping_ = true;
  end_readers();
}

void Feed::tick(Instant now) {
  WaitingReaders::Readers due;
  std::shared_ptr<Scan> late;
  {
    const Lock lock(mutex_);
    due = waiting_.take_due(now);
    late = late_scan_;
  }
  let_go_on(std::move(due));
  pieces_.forget_last();
  if (late) run_scan(late);
  if (is_late_to_wake_.exchange(false)) begin_to_wake();
  begin_sweep();
}

}  // namespace bobbin::feed
