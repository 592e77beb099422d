#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "inbox/consumer.h"
#include "inbox/missing_numbers.h"
#include "inbox/pull_cursors.h"
#include "inbox/pull_obstacle.h"
#include "inbox/record_fetcher.h"
#include "inbox/record_intake.h"
#include "inbox/stop_signals.h"
#include "object_store/bucket.h"
#include "object_store/location.h"

// Taking records out of one folder of a bucket: see pull.h.
namespace bobbin::inbox {

/// A folder below the prefix that may have records.
struct BucketFolder {
  enum class State : std::uint8_t {
    unknown,   ///< it was not looked at yet, or there was trouble with the store
    complete,  ///< everything in it was taken
    waiting,   ///< for a number that is missing
    held_up,   ///< by a record that is not whole
  };

  std::string name;        ///< "", or with a slash at its end
  bool is_stream = false;  ///< else it is one of names
  WallTime found_at;
  MissingNumbers missing = {};
  State state = State::unknown;
  Instant next_look = {};
  std::size_t failed_attempts = 0;  ///< since the last one that has not failed
};

/// What one look at a folder has led to, where there was no obstacle.
struct Look {
  std::size_t taken = 0;  ///< objects, tombstones among them
  bool is_cut = false;    ///< there may be more, which is left until other folders had their turn
  bool waits = false;     ///< a number is missing
};

/// Takes what is new in a folder: puts it into the inbox, and notes how far it has come. Thread: one at a
/// time.
class BucketTaker {
 public:
  /// All of them outlive this object. `gap`: see PullOptions.
  struct Parts {
    object_store::Bucket& bucket;
    RecordFetcher& fetcher;
    const object_store::Location& location;
    RecordIntake& intake;
    PullCursors& cursors;
    StopSignals& stop;
    const Report& report;
    milliseconds gap;
  };
  explicit BucketTaker(const Parts& parts) : parts_(parts) {}

  /// What was taken is in the inbox and noted, on stable storage, also where there was an obstacle.
  [[nodiscard]] Result<Look, Obstacle> take_new(BucketFolder& folder);

 private:
  [[nodiscard]] Result<Look, Obstacle> take_names(const BucketFolder& folder);
  /// How many there were behind the last one that was taken.
  [[nodiscard]] Result<std::size_t, Obstacle> take_names_of(const BucketFolder& folder,
                                                            const object_store::Page& page);
  [[nodiscard]] Result<Look, Obstacle> take_numbers(BucketFolder& folder);
  /// Takes what stands in this page, behind the number `last`, which goes on with it. False: one is missing.
  [[nodiscard]] Result<bool, Obstacle> take_page(BucketFolder& folder, const object_store::Page& page,
                                                 std::uint64_t& last);
  [[nodiscard]] std::size_t within_reach(const MissingNumbers& missing, std::uint64_t last,
                                         const std::vector<std::uint64_t>& numbers, Instant now) const;
  [[nodiscard]] Result<void, Obstacle> take_named(const BucketFolder& folder, const std::string& name);
  [[nodiscard]] Result<void, Obstacle> take_numbered(const BucketFolder& folder, std::uint64_t number);
  /// `record`: its name in the inbox.
  [[nodiscard]] Result<void, Obstacle> put(const std::string& record, store::StagedFile& file);
  /// Makes it impossible that a record of this number comes. If one has come, it is taken.
  [[nodiscard]] Result<void, Obstacle> close(const BucketFolder& folder, std::uint64_t number);
  /// Whether the store replaces nothing, without which none may be closed.
  [[nodiscard]] Result<void, Obstacle> prove();

  [[nodiscard]] std::string key_of(const BucketFolder& folder, const std::string& name) const {
    return parts_.location.key_of(folder.name + name);
  }
  [[nodiscard]] std::string last_in(const BucketFolder& folder) const;
  /// It was taken, or is of no use.
  [[nodiscard]] Result<void, Obstacle> note(const BucketFolder& folder, const std::string& name);
  [[nodiscard]] Result<void, Obstacle> save();

  Parts parts_;
  std::size_t unsaved_ = 0;  // how often something was noted since it was saved
  bool is_proven_ = false;
};

}  // namespace bobbin::inbox
