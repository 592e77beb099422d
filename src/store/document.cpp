#include "store/document.h"

#include <algorithm>
#include <utility>

#include "store/folder_store.h"

namespace bobbin::store {

Document::Document(std::shared_ptr<FolderStore> store, std::uint64_t announced_bytes)
    : store_(std::move(store)),
      announced_bytes_(announced_bytes),
      memory_(store_->memory()),
      disk_(store_->disk()) {}

// ---- called by the worker ----

DraftTarget::Intake Document::append(Bytes piece) {
  {
    const Lock lock(mutex_);
    if (failure_ && failure_->reason == NotStored::Reason::busy) return Intake::refused;
    if (failure_) return Intake::more;  // commit tells the failure, when all of the content has been read
    if (!make_room(piece.size())) return Intake::refused;
    gathered_.insert(gathered_.end(), piece.begin(), piece.end());
    if (gathered_.size() < store_->piece_bytes()) return Intake::more;
    if (is_writing_) return Intake::wait;
    is_writing_ = true;
    if (store_->durability() == Durability::journal && !digest_) digest_.emplace();
  }
  if (store_->writing().run([self = shared_from_this()] { self->write_gathered(); })) return Intake::more;
  const Lock lock(mutex_);
  is_writing_ = false;
  gathered_.resize(gathered_.size() - piece.size());  // what is refused is not taken
  return Intake::refused;
}

bool Document::make_room(std::size_t bytes) {
  const std::size_t needed = gathered_.size() + bytes;
  if (needed <= gathered_.capacity()) return true;
  const std::size_t announced = std::min<std::uint64_t>(announced_bytes_, store_->piece_bytes());
  const std::size_t wanted = std::max({needed, 2 * gathered_.capacity(), announced});
  if (!memory_.take(wanted - gathered_.capacity())) return false;
  gathered_.reserve(wanted);
  return true;
}

void Document::when_ready(std::function<void()> ready) {
  {
    const Lock lock(mutex_);
    if (gathered_.size() >= store_->piece_bytes()) {
      ready_ = std::move(ready);
      return;
    }
  }
  ready();  // the piece has been taken meanwhile
}

void Document::commit(Particulars particulars, Done done) {
  particulars_ = std::move(particulars);
  {
    const Lock lock(mutex_);
    if (is_writing_) {
      done_ = std::move(done);
      return;
    }
  }
  store_->submit(shared_from_this(), std::move(done));
}

void Document::abandon() {
  {
    const Lock lock(mutex_);
    is_abandoned_ = true;
    forget_gathered();
    if (is_writing_ || file_ == nullptr) return;
  }
  if (!store_->writing().run([self = shared_from_this()] { self->discard(); })) discard();
}

// ---- called by the executor ----

void Document::write_gathered() {
  while (const std::optional<Piece> piece = next_piece()) write_piece(*piece);
}

std::optional<Document::Piece> Document::next_piece() {
  std::unique_ptr<StagedFile> closed;
  std::optional<Piece> piece;
  Done done;
  std::function<void()> ready;
  bool is_abandoned = false;
  {
    const Lock lock(mutex_);
    ready = std::exchange(ready_, nullptr);
    is_abandoned = is_abandoned_;
    if (!gathered_.empty() && !disk_.take(gathered_.size())) closed = fail({NotStored::Reason::busy});
    if (gathered_.empty()) {
      is_writing_ = false;
      done = std::move(done_);
    } else {
      piece = std::exchange(gathered_, {});
    }
  }
  closed.reset();  // nothing of a document is left when its client is told
  if (ready) ready();
  if (is_abandoned && !piece) discard();
  if (done) store_->submit(shared_from_this(), std::move(done));
  return piece;
}

void Document::write_piece(const Piece& piece) {
  const Result<void> written = write(piece);
  std::unique_ptr<StagedFile> closed;
  const Lock lock(mutex_);
  memory_.give_back(piece.capacity());
  if (!written) closed = fail({NotStored::Reason::failed, written.error()});
}

Result<void> Document::write(Bytes bytes) {
  if (file_ == nullptr) file_ = TRY(store_->folder().stage());
  if (digest_) digest_->add(bytes);
  written_bytes_ += bytes.size();
  return file_->append(bytes);
}

std::unique_ptr<StagedFile> Document::fail(NotStored failure) {
  failure_ = failure;
  disk_.give_back(disk_.bytes());
  forget_gathered();
  return std::exchange(file_, nullptr);
}

void Document::forget_gathered() {
  memory_.give_back(gathered_.capacity());
  Piece().swap(gathered_);
}

std::optional<std::string_view> Document::content_in_memory() {
  const Lock lock(mutex_);
  if (file_ != nullptr || failure_) return std::nullopt;
  return as_text(gathered_);
}

std::optional<NotStored> Document::known_failure() {
  const Lock lock(mutex_);
  return failure_;
}

Result<void, NotStored> Document::write_out() {
  Piece rest;
  {
    const Lock lock(mutex_);
    if (failure_) return failure(*failure_);
    rest = std::exchange(gathered_, {});
  }
  write_piece(rest);
  const Lock lock(mutex_);
  if (failure_) return failure(*failure_);
  return {};
}

void Document::discard() {
  file_.reset();
  const Lock lock(mutex_);
  forget_gathered();
  disk_.give_back(disk_.bytes());
}

}  // namespace bobbin::store
