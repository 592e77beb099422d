#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "http/content.h"
#include "http/session.h"

namespace bobbin::http::http2 {

/// The content of one response on its way into frames: bytes that are there, or a source that is pulled as
/// the windows of the client allow.
class OutgoingContent {
 public:
  OutgoingContent() = default;
  /// The bytes of a string are taken over.
  void set(Content&& content);
  /// Copies the bytes of a prepared response, which need not outlive the call.
  void set(const std::string& bytes, const SharedBytes& shared);
  void clear();

  enum class State : std::uint8_t {
    ready,   ///< available() bytes can be taken
    waits,   ///< the source has said Wait
    ended,   ///< all has been taken
    failed,  ///< see failure()
  };
  /// Pulls the source when nothing is there.
  [[nodiscard]] State look();
  /// How many bytes can be taken at once, when ready.
  [[nodiscard]] std::uint64_t available() const { return file_.length > 0 ? file_.length : bytes_.size(); }
  /// Whether taking so many would be all there is.
  [[nodiscard]] bool ends_after(std::uint64_t count) const { return left_bytes_ && *left_bytes_ == count; }
  /// Fills `into` with the next bytes, no more than available(). False: they cannot be read, see failure().
  [[nodiscard]] bool take(std::span<std::byte> into, Services& services);

  [[nodiscard]] bool waits() const { return waits_; }
  void go_on() { waits_ = false; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  /// The client has gone.
  void cancel();

 private:
  State fail(std::string cause);

  std::string text_;
  SharedBytes shared_;
  std::unique_ptr<ContentSource> source_;
  Bytes bytes_;     // what is there: of the text, of the shared bytes, or of the piece that was pulled last
  FilePiece file_;  // or a file; at most one of the two is not empty
  std::optional<std::uint64_t> left_bytes_ = 0;  // of all; nothing: that is known only at the end
  bool waits_ = false;
  std::string failure_;
};

}  // namespace bobbin::http::http2
