#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "executor/executor.h"
#include "files/growing_file.h"
#include "files/open_file.h"
#include "http/content.h"
#include "http/handler.h"
#include "http/range.h"

namespace bobbin::files {

/// Content from an open file: one range of it, or several with texts between them (multipart/byteranges).
///
/// A worker must not wait for a disk. The file is given in blocks, and before a block is given its first and
/// its last byte are looked for in the page cache: what has been read ahead lacks its end, and what is being
/// evicted loses its beginning first. What is missing is read into the cache by the executor, and the source
/// says Wait meanwhile; the block is then given without another look, so that pages which are evicted again
/// cannot send a client in circles.
///
/// The client takes the announced length for proof that it has the file. So the last bytes are given only
/// when the file still is what it was when it was opened; otherwise the content fails, which every client
/// notices.
///
/// Of a growing file what is there is given, and the source says Wait while there is no more; GrowingFile
/// sees to the last byte.
class FileSource final : public http::ContentSource {
 public:
  struct Part {
    std::string before;  ///< given in front of the range
    http::ByteRange range;
  };
  /// `executor` outlives the source; `resume`: of the exchange whose content this is.
  FileSource(std::shared_ptr<const OpenFile> file, std::vector<Part> parts, std::string after,
             executor::Executor& executor, http::Resume resume);
  FileSource(std::shared_ptr<GrowingFile> growing, std::vector<Part> parts, std::string after,
             executor::Executor& executor, http::Resume resume);

  [[nodiscard]] std::optional<std::uint64_t> size_bytes() const override { return size_bytes_; }
  [[nodiscard]] Piece pull() override;

 private:
  /// What becomes of a block that the executor reads. Shared with it, since either may end first.
  struct Fetch;

  [[nodiscard]] Piece pull_from_file();
  [[nodiscard]] std::uint64_t next_block_bytes() const;
  [[nodiscard]] bool begin_fetch(std::uint64_t offset, std::uint64_t bytes);

  std::shared_ptr<const OpenFile> file_;
  std::shared_ptr<GrowingFile> growing_;  // null: all of the file is there
  std::vector<Part> parts_;
  std::string after_;
  executor::Executor& executor_;
  http::Resume resume_;
  std::uint64_t size_bytes_;
  std::uint64_t bytes_left_;  // of the file, in all ranges

  std::size_t part_ = 0;           // the current one
  bool text_is_given_ = false;     // in front of it
  std::uint64_t given_bytes_ = 0;  // of its range
  std::shared_ptr<Fetch> fetch_;   // while the executor reads
};

}  // namespace bobbin::files
