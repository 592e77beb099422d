#include "files/file_source.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include "os/page_cache.h"

namespace bobbin::files {
namespace {

// Large, since each block costs two looks; smaller where a disk is waited for, so that the client soon gets
// the first of them. The last bytes are a block of their own, before which the file is looked at again.
constexpr std::uint64_t kBlockBytes = 4 * 1024 * 1024;
constexpr std::uint64_t kFetchedBytes = 1024 * 1024;
constexpr std::uint64_t kLastBytes = 64 * 1024;

// Without a limit of its own: no connection waits for more than one block.
constexpr executor::Lane::Limits kReading{
    .parallel = 4, .waiting = std::numeric_limits<std::size_t>::max(), .runs_at_shut_down = false};

std::uint64_t sum_of_ranges(const std::vector<FileSource::Part>& parts) {
  std::uint64_t sum = 0;
  for (const FileSource::Part& part : parts) sum += part.range.length;
  return sum;
}

std::uint64_t sum_of_texts(const std::vector<FileSource::Part>& parts) {
  std::uint64_t sum = 0;
  for (const FileSource::Part& part : parts) sum += part.before.size();
  return sum;
}

}  // namespace

struct FileSource::Fetch {
  std::uint64_t bytes = 0;
  Result<void> result;  // written before is_done, read after it
  std::atomic<bool> is_done = false;
};

FileSource::FileSource(std::shared_ptr<const OpenFile> file, std::vector<Part> parts, std::string after,
                       executor::Executor& executor, http::Resume resume)
    : file_(std::move(file)),
      parts_(std::move(parts)),
      after_(std::move(after)),
      executor_(executor),
      resume_(resume),
      size_bytes_(sum_of_ranges(parts_) + sum_of_texts(parts_) + after_.size()),
      bytes_left_(sum_of_ranges(parts_)) {}

FileSource::FileSource(std::shared_ptr<GrowingFile> growing, std::vector<Part> parts, std::string after,
                       executor::Executor& executor, http::Resume resume)
    : FileSource(growing->file(), std::move(parts), std::move(after), executor, resume) {
  growing_ = std::move(growing);
}

http::ContentSource::Piece FileSource::pull() {
  for (; part_ < parts_.size(); ++part_, given_bytes_ = 0, text_is_given_ = false) {
    const Part& part = parts_[part_];
    if (!std::exchange(text_is_given_, true) && !part.before.empty()) return as_bytes(part.before);
    if (given_bytes_ < part.range.length) return pull_from_file();
  }
  if (part_ == parts_.size() && !std::exchange(text_is_given_, true) && !after_.empty())
    return as_bytes(after_);
  return http::End{};
}

http::ContentSource::Piece FileSource::pull_from_file() {
  const std::uint64_t offset = parts_[part_].range.offset + given_bytes_;
  std::uint64_t block = next_block_bytes();
  if (growing_ != nullptr) {
    const GrowingFile::There there = growing_->ask(offset, resume_);
    if (there.has_failed) return http::Failed{"the rest of it could not be fetched"};
    if (there.bytes <= offset) return http::Wait{};
    block = std::min(block, there.bytes - offset);
  }
  if (fetch_ != nullptr) {
    if (!fetch_->is_done) return http::Wait{};
    const auto fetched = std::exchange(fetch_, nullptr);
    if (!fetched->result) return http::Failed{fetched->result.error().message()};
    block = fetched->bytes;
  } else if (!os::seems_cached(file_->descriptor(), offset, block)) {
    block = std::min(block, kFetchedBytes);
    if (begin_fetch(offset, block)) return http::Wait{};
    // The system has not a single thread for it: then this worker waits, and so do all of its connections.
  }
  if (growing_ == nullptr && block == bytes_left_ && !file_->unchanged())
    return http::Failed{"it has changed since it was opened"};
  given_bytes_ += block;
  bytes_left_ -= block;
  return http::FilePiece{.descriptor = file_->descriptor(), .offset = offset, .length = block};
}

std::uint64_t FileSource::next_block_bytes() const {
  const std::uint64_t of_range = parts_[part_].range.length - given_bytes_;
  const std::uint64_t block = std::min(of_range, kBlockBytes);
  const bool is_last_range = of_range == bytes_left_;
  return is_last_range && block == of_range && block > kLastBytes ? block - kLastBytes : block;
}

bool FileSource::begin_fetch(std::uint64_t offset, std::uint64_t bytes) {
  auto fetch = std::make_shared<Fetch>();
  fetch->bytes = bytes;
  executor::Lane& lane = executor_.lane(file_->status().device, "read", kReading);
  // For the file's sake: a client that has left costs no descriptor and no reading while its block waits.
  const bool runs = lane.run_for(
      file_, [file = std::weak_ptr<const OpenFile>(file_), fetch, offset, bytes, resume = resume_] {
        if (const auto open = file.lock())
          fetch->result = os::read_into_cache(open->descriptor(), offset, bytes);
        fetch->is_done = true;
        resume();
      });
  if (runs) fetch_ = std::move(fetch);
  return runs;
}

}  // namespace bobbin::files
