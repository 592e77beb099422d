#include "uploads/document.h"

#include <utility>

namespace bobbin::uploads {

void Document::append(Bytes piece) {
  if (failure_) return;
  gathered_.append(as_text(piece));
  if (gathered_.size() >= kGatherBytes) static_cast<void>(write_out());
}

void Document::discard() {
  file_.reset();
  std::string().swap(gathered_);  // an assignment would keep the memory
}

Result<void> Document::write_out() {
  if (!failure_) {
    const Result<void> written = flush();
    if (written) return {};
    failure_ = written.error();
    discard();
  }
  return failure(*failure_);
}

Result<void> Document::flush() {
  if (file_ == nullptr) file_ = TRY(store_->stage());
  TRY(file_->append(as_bytes(gathered_)));
  gathered_.clear();
  return {};
}

}  // namespace bobbin::uploads
