#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "object_store/agent_protocol.h"
#include "object_store/bucket.h"
#include "object_store/location.h"
#include "object_store/objects.h"
#include "object_store/placeholder_tree.h"
#include "os/fd.h"

namespace bobbin::object_store {

/// Where objects are listed and fetched: as Bucket::list and Bucket::fetch. Thread: one at a time.
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;
  [[nodiscard]] virtual Result<Page, Trouble> list(const ListRequest& request) = 0;
  [[nodiscard]] virtual Result<Bucket::Fetched, Trouble> fetch(
      std::string_view key, std::string_view etag,
      const std::function<bool(std::string_view piece)>& sink) = 0;
};

/// A location whose objects are kept as files.
struct Mirrored {
  Location location;
  std::string directory;  ///< of its PlaceholderTree
  friend bool operator==(const Mirrored&, const Mirrored&) = default;
};

/// Keeps a tree of placeholders for each location: lists it again and again, and fetches what is asked for.
/// This is what the agent does for sites whose files lie in a bucket. Thread: any.
class Mirrors {
 public:
  struct Settings {
    std::vector<Mirrored> locations;
    milliseconds refresh = std::chrono::minutes(1);
    std::uint64_t most_bytes = 10ULL << 30;  ///< of content, in all trees together
    milliseconds retry = seconds(5);         ///< until a list is asked for again that has failed
    /// Makes the URL by which clients get an object from the store themselves. The error is the end of a
    /// sentence. Empty: none get one. Thread: any.
    std::function<Result<std::string, std::string>(const Location& location, std::string_view key,
                                                   const Presentation& presentation)>
        presign = {};
  };
  using IsToEnd = std::function<bool()>;
  /// What reaches the objects of a location, and gives up once it is to end. The error is the end of a
  /// sentence.
  using Open = std::function<Result<std::unique_ptr<ObjectSource>, std::string>(const Location& location,
                                                                                IsToEnd is_to_end)>;

  /// `is_to_end` is asked by any thread, a few times a second.
  Mirrors(Settings settings, Open open, IsToEnd is_to_end);
  ~Mirrors();

  /// Begins to list, with a thread for each location; they end once `is_to_end` says so.
  void start();

  /// Told of content of which the first bytes are there: the file that they are in, for reading. It grows by
  /// each write, and is marked (os::mark) when it is whole; where it is not by the end of the fetch, or by
  /// the next call of this, it never will be.
  using Growing = std::function<void(const os::Fd& file, const ObjectVersion& version)>;
  /// Content that has fewer bytes is soon there, and nothing is told of it before.
  static constexpr std::uint64_t kSmallestGrowing = 256UL * 1024;

  /// Fetches the object of this name, unless its content is there. False: there is no such object. `source`
  /// is what the calling thread has for this location; null at first.
  [[nodiscard]] Result<bool, Trouble> fetch(std::size_t location, const std::string& name,
                                            std::unique_ptr<ObjectSource>& source, const Growing& growing);
  /// The URL of an object that has a file here, by Settings::presign.
  [[nodiscard]] Result<std::string, Trouble> presign(std::size_t location, const std::string& name,
                                                     const Presentation& presentation);
  [[nodiscard]] MirrorState state(std::size_t location) const;
  [[nodiscard]] std::size_t count() const { return mirrors_.size(); }

  /// One round of what a thread of start() does.
  [[nodiscard]] Result<void, Trouble> list(std::size_t location, std::unique_ptr<ObjectSource>& source);

 private:
  struct Mirror {
    Mirrored where;
    mutable Mutex mutex;
    std::unique_ptr<PlaceholderTree> tree GUARDED_BY(mutex);  // null until it could be opened
    MirrorState state GUARDED_BY(mutex);
    std::atomic<bool> is_due = false;  // a fetch has met trouble: the store is to be asked at once
    std::thread thread;
  };
  /// A part of `most_bytes` for content that is on its way.
  class Reservation;

  void follow(std::size_t location);
  [[nodiscard]] Result<PlaceholderTree*, Trouble> tree_of(Mirror& mirror);
  [[nodiscard]] Result<ObjectSource*, Trouble> source_of(const Mirror& mirror,
                                                         std::unique_ptr<ObjectSource>& source) const;
  [[nodiscard]] Result<Bucket::Fetched, Trouble> receive(const Mirror& mirror, PlaceholderTree& tree,
                                                         const std::string& name,
                                                         const ObjectVersion& version, ObjectSource& source,
                                                         const Growing& growing);
  [[nodiscard]] static Result<void, Trouble> look_again(const Mirror& mirror, PlaceholderTree& tree,
                                                        const std::string& name, ObjectSource& source);
  void make_room(std::uint64_t bytes) EXCLUDES(room_mutex_);

  const Settings settings_;
  const Open open_;
  const IsToEnd is_to_end_;
  std::vector<std::unique_ptr<Mirror>> mirrors_;
  Mutex room_mutex_;
  std::uint64_t reserved_bytes_ GUARDED_BY(room_mutex_) = 0;
};

}  // namespace bobbin::object_store
