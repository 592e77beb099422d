#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::inbox {

/// How far a folder of a bucket was taken.
struct PullCursor {
  std::string last;   ///< the name of the object that was taken last; empty: none was
  WallTime taken_at;  ///< when that was
  friend bool operator==(const PullCursor&, const PullCursor&) = default;
};

/// What stands in a file of cursors: a JSON object on each line, of which the first one names the location.
struct PullState {
  std::string location;  ///< "s3://bucket/prefix/": elsewhere these cursors mean nothing
  /// By the name of the folder below the prefix: "", or with a slash at its end.
  std::map<std::string, PullCursor, std::less<>> cursors;

  [[nodiscard]] std::string text() const;
  /// The error is the end of a sentence.
  [[nodiscard]] static Result<PullState, std::string> parse(std::string_view text);
  friend bool operator==(const PullState&, const PullState&) = default;
};

/// The file `.bobbin-pull/cursors` of an inbox, which is replaced as a whole and is on stable storage when
/// save() returns. Errors are messages. Thread: one at a time.
class PullCursors {
 public:
  static constexpr const char* kFolder = ".bobbin-pull";

  /// Makes the folder where it is missing, and no file. `inbox`: that of the inbox at `path`. Fails where the
  /// cursors are those of another location, or cannot be read: without them everything would be taken again.
  [[nodiscard]] static Result<PullCursors, std::string> open(const os::Fd& inbox, const std::string& path,
                                                             const std::string& location);

  [[nodiscard]] std::map<std::string, PullCursor, std::less<>>& all() { return state_.cursors; }
  /// To be called before a record is taken: from then on the inbox has records of this location, and of no
  /// other.
  [[nodiscard]] Result<void, std::string> bind();
  [[nodiscard]] Result<void, std::string> save();

 private:
  PullCursors(os::Fd folder, std::string path, PullState state, bool is_bound)
      : folder_(std::move(folder)), path_(std::move(path)), state_(std::move(state)), is_bound_(is_bound) {}
  [[nodiscard]] Result<void> write();

  os::Fd folder_;
  std::string path_;  // of the file, for messages
  PullState state_;
  bool is_bound_;  // there is a file, which names the location
};

}  // namespace bobbin::inbox
