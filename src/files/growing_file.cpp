#include "files/growing_file.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bobbin::files {

Result<std::shared_ptr<GrowingFile>> GrowingFile::create(os::Fd fd, std::uint64_t size_bytes,
                                                         std::string tag) {
  auto growing =
      std::make_shared<GrowingFile>(TRY(OpenFile::received(std::move(fd))), size_bytes, std::move(tag));
  growing->look();
  return growing;
}

GrowingFile::There GrowingFile::ask(std::uint64_t offset, const http::Resume& resume) {
  const Lock lock(mutex_);
  if (there_.bytes <= offset && !there_.has_failed) waiting_.push_back({offset, resume});
  return there_;
}

void GrowingFile::look() { note(false); }

void GrowingFile::end() { note(true); }

void GrowingFile::note(bool has_ended) {
  const auto now = file_->current_status();
  std::vector<Waiting> served;
  {
    const Lock lock(mutex_);
    const bool is_whole = now && now->is_marked && now->size_bytes == size_bytes_;
    if (is_whole)
      there_.bytes = size_bytes_;
    else if (now)
      there_.bytes = std::min(now->size_bytes, size_bytes_ - 1);
    there_.has_failed = has_ended && !is_whole;
    const auto stay = std::ranges::partition(waiting_, [this](const Waiting& each) REQUIRES(mutex_) {
      return there_.bytes <= each.offset && !there_.has_failed;
    });
    std::ranges::move(stay, std::back_inserter(served));
    waiting_.erase(stay.begin(), stay.end());
  }
  for (const Waiting& each : served) each.resume();
}

}  // namespace bobbin::files
