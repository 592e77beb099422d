#include "uploads/document.h"

#include <utility>

namespace bobbin::uploads {

void Document::append(Bytes piece) {
  if (failure_) return;
  if (is_large_ && gathered_.empty() && piece.size() >= kDirectBytes) {
    if (const auto written = write(piece); !written) fail(written.error());
    return;
  }
  gathered_.append(as_text(piece));
  if (gathered_.size() < kGatherBytes) return;
  is_large_ = true;
  static_cast<void>(write_out());
}

void Document::discard() {
  file_.reset();
  std::string().swap(gathered_);  // an assignment would keep the memory
}

Result<void> Document::write_out() {
  if (!failure_) {
    if (const auto written = write(as_bytes(gathered_)); !written) fail(written.error());
    gathered_.clear();
  }
  if (failure_) return failure(*failure_);
  return {};
}

Result<void> Document::write(Bytes bytes) {
  if (file_ == nullptr) file_ = TRY(store_->stage());
  return file_->append(bytes);
}

void Document::fail(const Error& error) {
  failure_ = error;
  discard();
}

}  // namespace bobbin::uploads
