#include "inbox/pull.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "inbox/bucket_folder.h"
#include "inbox/random_number.h"
#include "inbox/record_fetcher.h"
#include "inbox/record_name.h"
#include "inbox/retry_schedule.h"
#include "inbox/store_trouble.h"
#include "object_store/probe.h"
#include "object_store/stream.h"
#include "os/process.h"
#include "os/wait.h"

namespace bobbin::inbox {
namespace {

using object_store::Bucket;
using object_store::ListRequest;
using object_store::Trouble;
using FolderState = BucketFolder::State;

// A stream that is not the latest of its node, and in which nothing was new for so long, is looked at so
// often: there is one for each start of a server, and most of them have ended.
constexpr milliseconds kQuiet = std::chrono::hours(1);
constexpr milliseconds kQuietPoll = std::chrono::minutes(10);
// How often folders are looked for among names of records, of which there may be very many.
constexpr milliseconds kCompleteSearch = std::chrono::hours(1);
// One after the other that had trouble: perhaps it is not the folder.
constexpr std::size_t kMostTroubles = 2;

/// Whether a folder of this name, without its slash, may have records: not what we keep there besides.
bool is_folder_of_records(std::string_view name) {
  return !name.empty() && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
}

class Pull {
 public:
  Pull(const PullOptions& options, Bucket& bucket, RecordFetcher& fetcher, RecordIntake& intake,
       PullCursors& cursors, StopSignals& stop, const Report& report)
      : options_(options),
        location_(options.source.location),
        bucket_(bucket),
        cursors_(cursors),
        stop_(stop),
        report_(report),
        taker_({.bucket = bucket,
                .fetcher = fetcher,
                .location = location_,
                .intake = intake,
                .cursors = cursors,
                .stop = stop,
                .report = report,
                .gap = options.gap}) {}

  Result<PullEnd, std::string> run() {
    TRY(prove_at_start());
    while (!is_stopped()) {
      if (monotonic_now() >= next_search_ && !search()) {
        wait_until(next_search_);
        continue;
      }
      TRY(look_at_folders());
      if (options_.until_empty && !is_stopped() && is_everything_taken()) return end_of_all();
      wait_until(next_moment());
    }
    return PullEnd::told;
  }

 private:
  bool is_stopped() { return stop_.count() > 0; }

  /// Whether the bucket may be listed, and objects in it read, unless the store does not answer yet.
  Result<void, std::string> prove_at_start() {
    const auto listed = bucket_.list({.prefix = location_.prefix});
    if (!listed) return judge_at_start(location_, listed.error(), report_);
    const auto read = bucket_.read(location_.key_of(object_store::kProbeName), 0);
    return read ? Result<void, std::string>() : judge_at_start(location_, read.error(), report_);
  }

  /// Finds the folders that there are now. False: the store is in the way, which was reported; it is to be
  /// asked again at next_search_.
  bool search() {
    const Instant now = monotonic_now();
    const bool is_complete = now >= next_complete_search_;
    const auto found = search_pages(is_complete);
    if (!found) {
      if (found.error().kind == Trouble::Kind::aborted) return false;
      next_search_ = monotonic_now() +
                     pause_and_report(location_.text(), ++failed_searches_, obstacle_of(found.error()));
      return false;
    }
    failed_searches_ = 0;
    next_search_ = monotonic_now() + options_.poll;
    if (is_complete) next_complete_search_ = now + kCompleteSearch;
    return true;
  }

  Result<void, Trouble> search_pages(bool is_complete) {
    ListRequest request{.prefix = location_.prefix};
    for (bool is_behind_names = is_complete;;) {
      const object_store::Page page = TRY(bucket_.list(request));
      const bool has_records = std::ranges::any_of(
          page.keys, [&](const std::string& key) { return is_record_name(name_of(key)); });
      if (has_records) add("");
      for (const std::string& folder : page.folders) add(name_of(folder));
      if (!page.next) return {};
      if (has_records && !is_behind_names) {
        // Names of records begin with digits, and those of most nodes do not.
        request = {.prefix = location_.prefix, .start_after = location_.prefix + static_cast<char>('9' + 1)};
        is_behind_names = true;
      } else {
        request.continuation = *page.next;
      }
    }
  }

  /// What stands behind the prefix.
  [[nodiscard]] std::string name_of(const std::string& key) const {
    return key.substr(location_.prefix.size());
  }

  void add(const std::string& folder) {
    const std::string_view name = std::string_view(folder).substr(0, folder.empty() ? 0 : folder.size() - 1);
    if (!folder.empty() && !is_folder_of_records(name)) return;
    folders_.try_emplace(folder, BucketFolder{.name = folder,
                                              .is_stream = object_store::parse_stream_name(name).has_value(),
                                              .found_at = wall_now()});
  }

  /// The error is a message, after which nothing more can be taken.
  Result<void, std::string> look_at_folders() {
    std::size_t troubles = 0;
    for (auto& [name, folder] : folders_) {
      if (is_stopped()) return {};
      if (monotonic_now() < folder.next_look) continue;
      const auto look = taker_.take_new(folder);
      if (look) {
        troubles = 0;
        went_well(folder, *look);
        continue;
      }
      switch (look.error().kind) {
        case Obstacle::Kind::fatal: return failure(look.error().reason);
        case Obstacle::Kind::told: return {};
        case Obstacle::Kind::record: troubles = 0; break;
        case Obstacle::Kind::store: ++troubles; break;
      }
      went_badly(folder, look.error());
      if (troubles == kMostTroubles) {
        next_search_ = monotonic_now();
        return {};
      }
    }
    return {};
  }

  void went_well(BucketFolder& folder, const Look& look) {
    folder.failed_attempts = 0;
    folder.state = look.is_cut  ? FolderState::unknown
                   : look.waits ? FolderState::waiting
                                : FolderState::complete;
    folder.next_look = monotonic_now() + pause_after(folder, look);
  }

  [[nodiscard]] milliseconds pause_after(const BucketFolder& folder, const Look& look) const {
    if (look.waits) return std::min(options_.poll, options_.gap);
    if (look.taken > 0) return milliseconds(0);
    return is_quiet(folder) && !options_.until_empty ? std::max(options_.poll, kQuietPoll) : options_.poll;
  }

  void went_badly(BucketFolder& folder, const Obstacle& obstacle) {
    folder.state = obstacle.kind == Obstacle::Kind::record ? FolderState::held_up : FolderState::unknown;
    folder.next_look = monotonic_now() +
                       pause_and_report(location_.text() + folder.name, ++folder.failed_attempts, obstacle);
  }

  /// Their names sort by node, and then by when they began.
  [[nodiscard]] bool is_latest_of_its_node(const BucketFolder& stream) const {
    const auto next = folders_.upper_bound(stream.name);
    const std::string node = stream.name.substr(0, stream.name.find('.') + 1);
    return next == folders_.end() || !next->first.starts_with(node);
  }

  [[nodiscard]] bool is_quiet(const BucketFolder& folder) const {
    if (!folder.is_stream || is_latest_of_its_node(folder)) return false;
    const auto cursor = cursors_.all().find(folder.name);
    const WallTime last = cursor == cursors_.all().end() ? folder.found_at : cursor->second.taken_at;
    return wall_now() - last >= kQuiet;
  }

  milliseconds pause_and_report(const std::string& place, std::size_t attempt, const Obstacle& obstacle) {
    const milliseconds pause =
        std::max(retry_.pause_after(attempt, random_number()).value_or(RetrySchedule::kShortestPause),
                 obstacle.shortest_pause);
    report_(
        fmt::format("{}: attempt {}: {}; again in {}", place, attempt, obstacle.reason, rounded_text(pause)));
    return pause;
  }

  [[nodiscard]] bool is_everything_taken() const {
    return std::ranges::all_of(folders_, [](const auto& each) {
      return each.second.state == FolderState::complete || each.second.state == FolderState::held_up;
    });
  }

  [[nodiscard]] PullEnd end_of_all() const {
    const auto held_up = std::ranges::count_if(
        folders_, [](const auto& each) { return each.second.state == FolderState::held_up; });
    if (held_up == 0) return PullEnd::complete;
    report_(
        fmt::format("a record that is not whole holds up those behind it: folders of the bucket in which "
                    "one does: {}",
                    held_up));
    return PullEnd::held_up;
  }

  [[nodiscard]] Instant next_moment() const {
    Instant next = next_search_;
    for (const auto& [name, folder] : folders_) next = std::min(next, folder.next_look);
    return next;
  }

  /// Or until a signal comes.
  void wait_until(Instant end) {
    const std::array<const os::Fd*, 1> files{&stop_.fd()};
    for (Instant now = monotonic_now(); now < end && !is_stopped(); now = monotonic_now())
      os::wait_until_readable(files, std::chrono::ceil<milliseconds>(end - now));
  }

  const PullOptions& options_;
  const object_store::Location& location_;
  Bucket& bucket_;
  PullCursors& cursors_;
  StopSignals& stop_;
  const Report& report_;
  BucketTaker taker_;
  const RetrySchedule retry_ = RetrySchedule::endless();
  std::map<std::string, BucketFolder> folders_;  // by their names
  Instant next_search_ = {};
  Instant next_complete_search_ = {};
  std::size_t failed_searches_ = 0;
};

/// The error is a message.
Result<void, std::string> make_room_for(std::size_t connections) {
  // Three of a connection, and two of records that are on stable storage already.
  constexpr std::uint64_t kOfConnection = 5;
  constexpr std::uint64_t kOthers = 32;
  const auto limit = os::raise_descriptor_limit();
  if (!limit || *limit >= kOfConnection * connections + kOthers) return {};
  const std::uint64_t most = *limit > kOthers ? (*limit - kOthers) / kOfConnection : 0;
  return failure(
      fmt::format("{} connections need more open files than the limit of {} allows (ulimit -Hn): "
                  "--connections {} would do",
                  connections, *limit, std::max<std::uint64_t>(most, 1)));
}

/// What fetches records at the same time, each over a connection of its own. `gives_up` outlives them.
Result<std::vector<RecordFetcher::Read>, std::string> readers(const PullOptions& options,
                                                              const std::atomic<bool>& gives_up) {
  std::vector<RecordFetcher::Read> readers;
  for (std::size_t i = 0; i < options.connections; ++i) {
    const auto bucket =
        std::make_shared<Bucket>(TRY(options.source.open([&gives_up] { return gives_up.load(); })));
    readers.emplace_back(
        [bucket](const std::string& key) { return bucket->read(key, kMostRecordFileBytes); });
  }
  return readers;
}

}  // namespace

Result<PullEnd, std::string> pull(const std::string& path, const PullOptions& options, const Report& report) {
  StopSignals stop = TRY(StopSignals::block());
  TRY(make_room_for(options.connections));
  Bucket bucket = TRY(options.source.open([&stop] { return stop.count() > 0; }));
  RecordIntake intake = TRY(RecordIntake::open(path));
  PullCursors cursors = TRY(PullCursors::open(intake.directory(), path, options.source.location.text()));
  std::atomic<bool> gives_up = false;
  RecordFetcher fetcher(
      TRY(readers(options, gives_up)), intake, [&stop] { return stop.count() > 0; },
      [&gives_up] { gives_up = true; });
  return Pull(options, bucket, fetcher, intake, cursors, stop, report).run();
}

}  // namespace bobbin::inbox
