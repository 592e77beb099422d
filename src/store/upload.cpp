#include "store/upload.h"

#include <fmt/format.h>
#include <utility>

namespace bobbin::store {

using observe::Event;

std::optional<std::string_view> Upload::content() const {
  const auto whole = document->content_in_memory();
  if (bundle == nullptr || !whole) return whole;
  const Part& of_whole = document->particulars().bundle[part];
  return whole->substr(of_whole.begin, of_whole.size);
}

const std::optional<DocumentKey>& Upload::key() const {
  const Particulars& particulars = document->particulars();
  return bundle == nullptr ? particulars.key : particulars.bundle[part].key;
}

void BundleOutcome::add(const Upload& upload) {
  if (upload.failure) {
    failure = upload.failure;
  } else if (upload.is_repetition) {
    ++sum.repetitions;
  } else if (sum.documents++ == 0) {
    sum.first_sequence = upload.sequence;
    sum.first_name = upload.name;
  }
}

void Upload::conclude() {
  if (bundle != nullptr) {
    bundle->add(*this);
    if (--bundle->left != 0) return;
    document->discard();
    if (bundle->failure) return bundle->done(bobbin::failure(*bundle->failure));
    return bundle->done(Stored{.bundle = bundle->sum});
  }
  document->discard();
  if (failure)
    done(bobbin::failure(*failure));
  else
    done(Stored{.name = std::move(name),
                .id = std::move(id),
                .sequence = sequence,
                .digest = digest,
                .is_repetition = is_repetition});
}

UploadReport::UploadReport(observe::LogWriter& log, observe::Registry& registry, std::string_view labels,
                           AfterSyncFailure after_sync_failure)
    : log_(log),
      after_sync_failure_(after_sync_failure),
      stored_(registry.counter(kStored, labels)),
      failed_(registry.counter(kFailed, labels)),
      repeated_(registry.counter(kRepeated, labels)) {}

void UploadReport::add(const Upload& upload) {
  if (upload.failure && upload.bundle && std::exchange(upload.bundle->is_reported, true)) return;
  (upload.failure ? failed_ : upload.is_repetition ? repeated_ : stored_).add();
  if (upload.failure && upload.failure->reason == NotStored::Reason::failed)
    log_.write(Event::upload_not_stored,
               fmt::format("Upload not stored: {}", upload.failure->cause.message()));
}

void UploadReport::add_closing(const Error& error) {
  log_.write(
      Event::sync_failed,
      fmt::format("Sync failed ({}): uploads are refused until {}", error.message(),
                  after_sync_failure_ == AfterSyncFailure::reopen ? "the disk has proved that it stores again"
                                                                  : "the server is restarted"));
}

}  // namespace bobbin::store
