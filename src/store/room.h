#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "os/fd.h"

namespace bobbin::store {

/// How much may wait in an inbox for its consumer; 0 is no limit.
struct RoomLimits {
  std::uint64_t documents = 0;   ///< records in `new` and `work`
  std::uint64_t bytes = 0;       ///< of these files
  std::uint64_t free_bytes = 0;  ///< that have to be free on the disk

  [[nodiscard]] bool are_any() const { return documents != 0 || bytes != 0 || free_bytes != 0; }
};

/// Whether an inbox of records has room for more. Consumers take records out without a word, so it looks from
/// time to time, and counts what comes in between. What is on its way counts as well: a limit is not
/// exceeded, however many come at once. Thread: any.
class Room : public std::enable_shared_from_this<Room> {
 public:
  enum class Obstacle : std::uint8_t { documents, bytes, disk };

  static constexpr observe::Metric kRoom{
      "bobbin_inbox_room",
      "Inboxes with limits, by what they lack: nothing (open), or room for documents, bytes or on the disk"};

  struct Amount {
    std::uint64_t documents = 0;
    std::uint64_t bytes = 0;
    Amount& operator+=(const Amount& other) {
      documents += other.documents;
      bytes += other.bytes;
      return *this;
    }
    Amount& operator-=(const Amount& other) {
      documents -= other.documents;
      bytes -= other.bytes;
      return *this;
    }
  };

  /// For documents on their way. Their room is given back when this is destroyed.
  class Place {
   public:
    Place(std::shared_ptr<Room> room, Amount amount) : room_(std::move(room)), amount_(amount) {}
    Place(Place&&) = default;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (room_) room_->give_back(amount_);
    }
    /// The documents are in `new`: they take their room until they are taken out.
    void keep() {
      if (room_) room_->keep(amount_);
      room_.reset();
    }

   private:
    std::shared_ptr<Room> room_;
    Amount amount_;
  };

  /// Looks into the inbox at `directory`, which has its folders. `name`: for the log. The log outlives the
  /// room.
  [[nodiscard]] static Result<std::shared_ptr<Room>> open(const std::string& directory, RoomLimits limits,
                                                          std::string name, observe::LogWriter& log,
                                                          observe::Registry& registry);

  ~Room();

  /// For documents of at most so many bytes together. Does not wait for a disk.
  [[nodiscard]] Result<Place, Obstacle> take(std::uint64_t document_bytes, std::uint64_t documents = 1)
      EXCLUDES(mutex_);

  /// Whether so much would have room if the inbox were empty.
  [[nodiscard]] bool could_take(std::uint64_t document_bytes, std::uint64_t documents) const {
    return (limits_.documents == 0 || documents <= limits_.documents) &&
           (limits_.bytes == 0 || document_bytes + documents * kReceiptBytes <= limits_.bytes);
  }

  /// Whether look() should be called now: at most once a second, and less often where that takes long. After
  /// true either look() must be called, or forgo_look().
  [[nodiscard]] bool begin_look(Instant now) EXCLUDES(mutex_);
  void forgo_look() EXCLUDES(mutex_);
  /// Looks what is there now, and tells the log when that has made a difference. Waits for the disk.
  void look() EXCLUDES(mutex_);

  /// Of a record, besides its document: the receipt as it usually is.
  static constexpr std::uint64_t kReceiptBytes = 1024;

 private:
  Room(os::Fd directory, RoomLimits limits, std::string name, observe::LogWriter& log,
       observe::Registry& registry);

  void give_back(const Amount& amount) EXCLUDES(mutex_);
  void keep(const Amount& amount) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<Obstacle> obstacle_for(const Amount& amount) const REQUIRES(mutex_);
  struct Waiting {
    Amount amount = {};
    std::optional<WallTime> oldest = {};  ///< when the first of them came; nothing: there is none
  };
  [[nodiscard]] Result<Waiting> waiting_now() const;
  void tell(std::optional<Obstacle> obstacle);
  void publish() REQUIRES(mutex_);

  const os::Fd directory_;
  const RoomLimits limits_;
  const std::string name_;
  observe::LogWriter& log_;
  observe::State& published_;
  observe::Gauge& waiting_records_;
  observe::Gauge& oldest_record_;
  bool was_full_ = false;  // as the log was told; of look()

  Mutex mutex_;
  Amount waiting_ GUARDED_BY(mutex_);                  // when last looked, and what has come since
  std::optional<WallTime> oldest_ GUARDED_BY(mutex_);  // when last looked
  Amount arrived_ GUARDED_BY(mutex_);                  // since the last look began
  Amount on_the_way_ GUARDED_BY(mutex_);
  std::uint64_t free_bytes_ GUARDED_BY(mutex_) = 0;
  std::optional<Obstacle> refused_ GUARDED_BY(mutex_);  // the last reason since the last look
  bool is_looking_ GUARDED_BY(mutex_) = false;
  Instant next_look_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::store
