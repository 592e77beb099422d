#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"

namespace bobbin::http {

/// A part of an open file that the kernel can send by itself (sendfile(2)). `http` never reads it.
struct FilePiece {
  int descriptor = -1;
  std::uint64_t offset = 0;  ///< in bytes
  std::uint64_t length = 0;  ///< in bytes, never 0
};

/// Not now: what says this calls Resume (handler.h) when it can go on.
struct Wait {};
/// All of the content has been given.
struct End {};
/// The rest cannot be given. The client must notice, so the connection is cut.
struct Failed {
  std::string cause;  ///< for the operator: "it has changed since it was opened"
};

/// Where the content of a response comes from while it is being sent. It is pulled: asked for the next piece
/// when the one before has been sent, so a slow client costs no more memory than one piece. Thread: that of
/// the worker that owns the connection.
class ContentSource {
 public:
  virtual ~ContentSource() = default;

  /// How many bytes all pieces together have. Nothing: that is known only at the end.
  [[nodiscard]] virtual std::optional<std::uint64_t> size_bytes() const = 0;

  /// What comes next. Bytes are never empty; they, and the descriptor of a FilePiece, are valid until the
  /// next call here.
  using Piece = std::variant<Bytes, FilePiece, Wait, End, Failed>;
  [[nodiscard]] virtual Piece pull() = 0;

  /// The client has gone: nothing more will be pulled. Not called after End or Failed.
  virtual void cancelled() {}
};

/// Bytes that several responses share.
using SharedBytes = std::shared_ptr<const std::string>;
/// Nothing · bytes that are there already, of one response or shared by several · a source.
using Content = std::variant<std::monostate, std::string, SharedBytes, std::unique_ptr<ContentSource>>;

/// Nothing: that is known only at the end.
[[nodiscard]] std::optional<std::uint64_t> size_bytes(const Content& content);

}  // namespace bobbin::http
