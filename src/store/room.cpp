#include "store/room.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/utc_time.h"
#include "os/directory.h"
#include "os/file.h"
#include "store/document_name.h"

namespace bobbin::store {
namespace {

/// Of the time for which a room exists, one part in so many is spent looking.
constexpr int kShareOfLooking = 20;

constexpr observe::Metric kWaiting{"bobbin_inbox_records",
                                   "Records in the folders new and work of an inbox with limits or a target"};
constexpr observe::Metric kOldest{"bobbin_inbox_oldest_record_timestamp_seconds",
                                  "When the oldest of these records came; 0: there is none"};

/// When a record came, by the name of its file: that of a claim begins with who has it.
std::optional<WallTime> time_of_record(std::string_view file) {
  file.remove_prefix(file.size() - kRecordNameBytes);
  return utc_time_of_name(file.substr(0, file.find('-')));
}

}  // namespace

Result<std::shared_ptr<Room>> Room::open(const std::string& directory, RoomLimits limits, std::string name,
                                         observe::LogWriter& log, observe::Registry& registry) {
  os::Fd fd = TRY(os::open_directory(directory));
  auto room = std::shared_ptr<Room>(new Room(std::move(fd), limits, std::move(name), log, registry));
  room->look();
  return room;
}

Room::Room(os::Fd directory, RoomLimits limits, std::string name, observe::LogWriter& log,
           observe::Registry& registry)
    : directory_(std::move(directory)),
      limits_(limits),
      name_(std::move(name)),
      log_(log),
      published_(registry.state(kRoom, observe::label("inbox", name_))),
      waiting_records_(registry.gauge(kWaiting, observe::label("inbox", name_))),
      oldest_record_(registry.gauge(kOldest, observe::label("inbox", name_))) {}

Room::~Room() { published_.set({}); }

Result<Room::Place, Room::Obstacle> Room::take(std::uint64_t document_bytes, std::uint64_t documents) {
  const Amount amount{.documents = documents, .bytes = document_bytes + documents * kReceiptBytes};
  const Lock lock(mutex_);
  if (const auto obstacle = obstacle_for(amount)) {
    refused_ = obstacle;
    return failure(*obstacle);
  }
  on_the_way_ += amount;
  return Place(shared_from_this(), amount);
}

std::optional<Room::Obstacle> Room::obstacle_for(const Amount& amount) const {
  if (limits_.documents != 0 &&
      waiting_.documents + on_the_way_.documents + amount.documents > limits_.documents)
    return Obstacle::documents;
  if (limits_.bytes != 0 && waiting_.bytes + on_the_way_.bytes + amount.bytes > limits_.bytes)
    return Obstacle::bytes;
  if (free_bytes_ < limits_.free_bytes) return Obstacle::disk;
  return std::nullopt;
}

void Room::give_back(const Amount& amount) {
  const Lock lock(mutex_);
  on_the_way_ -= amount;
}

void Room::keep(const Amount& amount) {
  const Lock lock(mutex_);
  on_the_way_ -= amount;
  waiting_ += amount;
  arrived_ += amount;
}

bool Room::begin_look(Instant now) {
  const Lock lock(mutex_);
  if (is_looking_ || now < next_look_) return false;
  is_looking_ = true;
  return true;
}

void Room::forgo_look() {
  const Lock lock(mutex_);
  is_looking_ = false;
}

/// A record that arrives meanwhile may be counted twice, until the next look.
void Room::look() {
  const Instant begin = monotonic_now();
  {
    const Lock lock(mutex_);
    arrived_ = {};
  }
  const auto waiting = waiting_now();
  const auto system = os::file_system(directory_);
  std::optional<Obstacle> obstacle;
  {
    const Lock lock(mutex_);
    if (waiting) {
      waiting_ = waiting->amount;
      oldest_ = waiting->oldest;
      waiting_ += arrived_;
    }
    if (system) free_bytes_ = system->free_bytes;
    publish();
    obstacle = std::exchange(refused_, std::nullopt);
    if (!obstacle && was_full_) obstacle = obstacle_for({1, kReceiptBytes});
    const Instant now = monotonic_now();
    next_look_ = now + std::max<Duration>(milliseconds(900), kShareOfLooking * (now - begin));
    is_looking_ = false;
  }
  tell(obstacle);
}

void Room::publish() {
  constexpr std::array kStates{"documents", "bytes", "disk"};
  const auto obstacle = obstacle_for({1, kReceiptBytes});
  published_.set(obstacle ? kStates.at(static_cast<std::size_t>(*obstacle)) : "open");
  waiting_records_.set(static_cast<std::int64_t>(waiting_.documents));
  oldest_record_.set(oldest_ ? std::chrono::duration_cast<seconds>(oldest_->time_since_epoch()).count() : 0);
}

Result<Room::Waiting> Room::waiting_now() const {
  Waiting waiting;
  for (const char* name : {"new", "work"}) {
    const os::Fd folder = TRY(os::open_directory_at(directory_, name));
    for (const std::string& file : TRY(os::list(folder))) {
      if (file.size() < kRecordNameBytes) continue;
      std::uint64_t bytes = 0;
      if (limits_.bytes != 0) {
        const auto status = os::status_at(folder, file);
        if (!status) continue;  // it has just been taken out
        bytes = status->size_bytes;
      }
      waiting.amount += {1, bytes};
      const auto came = time_of_record(file);
      if (came && (!waiting.oldest || *came < *waiting.oldest)) waiting.oldest = came;
    }
  }
  return waiting;
}

void Room::tell(std::optional<Obstacle> obstacle) {
  if (obstacle.has_value() == was_full_) return;
  was_full_ = obstacle.has_value();
  if (!obstacle) {
    log_.write(observe::Event::inbox_has_room, fmt::format("Inbox {}: there is room again", name_));
    return;
  }
  constexpr std::array<const char*, 3> kReasons{
      "as many records wait in new and work as max_documents allows",
      "the records in new and work take as much as max_bytes allows",
      "less is free on its disk than min_free asks for"};
  log_.write(observe::Event::inbox_full,
             fmt::format("Inbox {}: {}: documents are answered 507 until there is room", name_,
                         kReasons.at(static_cast<std::size_t>(*obstacle))));
}

}  // namespace bobbin::store
