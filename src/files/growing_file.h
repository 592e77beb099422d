#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "files/open_file.h"
#include "http/handler.h"
#include "os/fd.h"

namespace bobbin::files {

/// The content of a placeholder while another process writes it, from the first byte to the last, into a file
/// that will take the place of the placeholder. How much is there is the size of that file; that it is all,
/// and what it should be, is the mark that a whole file has (os::RootFiles::marked_when_whole).
///
/// The last byte is given to nobody before the mark is there. So whoever has an answer that reaches to the
/// end of the file has what was fetched and compared as a whole, and every other one notices that it was cut
/// off. Thread: any.
class GrowingFile {
 public:
  /// `fd`: for reading. `size_bytes` and `tag` (kObjectTag): of the version that it becomes.
  [[nodiscard]] static Result<std::shared_ptr<GrowingFile>> create(os::Fd fd, std::uint64_t size_bytes,
                                                                   std::string tag);
  GrowingFile(OpenFile file, std::uint64_t size_bytes, std::string tag)
      : file_(std::make_shared<const OpenFile>(std::move(file))),
        size_bytes_(size_bytes),
        tag_(std::move(tag)) {}

  /// Whether it becomes the content of a placeholder of this tag and size.
  [[nodiscard]] bool is_of(const std::string& tag, std::uint64_t size_bytes) const {
    return tag == tag_ && size_bytes == size_bytes_;
  }
  /// What can be read of it now; its status is that of a moment before.
  [[nodiscard]] const std::shared_ptr<const OpenFile>& file() const { return file_; }

  struct There {
    std::uint64_t bytes = 0;  ///< from the beginning, which may be given to clients
    bool has_failed = false;  ///< there will be no more
  };
  /// Where the byte at `offset` is not there, `resume` is called once it is, or when nothing more will come.
  [[nodiscard]] There ask(std::uint64_t offset, const http::Resume& resume) EXCLUDES(mutex_);

  /// For whoever has it fetched. Looks how much there is.
  void look() EXCLUDES(mutex_);
  /// Nobody writes to it any more: it is whole, or has failed.
  void end() EXCLUDES(mutex_);

 private:
  struct Waiting {
    std::uint64_t offset;
    http::Resume resume;
  };
  void note(bool has_ended) EXCLUDES(mutex_);

  const std::shared_ptr<const OpenFile> file_;
  const std::uint64_t size_bytes_;
  const std::string tag_;
  Mutex mutex_;
  There there_ GUARDED_BY(mutex_);
  std::vector<Waiting> waiting_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::files
