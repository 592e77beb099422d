#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bobbin::http {

/// An open file that content comes from. `http` never reads it: whoever moves the bytes does.
/// Thread: any; implementations are immutable after they are made.
class File {
 public:
  virtual ~File() = default;
  [[nodiscard]] virtual int descriptor() const = 0;
  /// Whether the file is still what it was when it was opened (same size, not written to since).
  /// RequestSummary again before the last bytes leave, so that a file which changed while being sent is cut
  /// short, never delivered mixed.
  [[nodiscard]] virtual bool unchanged() const = 0;
};

/// A range of an open file, in bytes.
struct FileSlice {
  std::shared_ptr<const File> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Bytes that several answers share.
using SharedBytes = std::shared_ptr<const std::string>;
using ContentPiece = std::variant<std::string, SharedBytes, FileSlice>;
/// Nothing · bytes · shared bytes · a range of a file · several of these one after the other
/// (multipart/byteranges).
using Content = std::variant<std::monostate, std::string, SharedBytes, FileSlice, std::vector<ContentPiece>>;

[[nodiscard]] std::uint64_t size_bytes(const ContentPiece& piece);
[[nodiscard]] std::uint64_t size_bytes(const Content& content);

}  // namespace bobbin::http
