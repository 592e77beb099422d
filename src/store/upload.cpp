#include "store/upload.h"

#include <fmt/format.h>
#include <utility>

namespace bobbin::store {

using observe::LogLevel;

void Upload::conclude() {
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

UploadReport::UploadReport(observe::LogWriter& log, observe::Registry& registry)
    : log_(log),
      stored_(registry.counter("bobbin_documents_stored_total")),
      failed_(registry.counter("bobbin_documents_failed_total")),
      repeated_(registry.counter("bobbin_documents_repeated_total")) {}

void UploadReport::add(const Upload& upload) {
  (upload.failure ? failed_ : upload.is_repetition ? repeated_ : stored_).add();
  if (upload.failure && upload.failure->reason == NotStored::Reason::failed)
    log_.write(LogLevel::warning, fmt::format("Upload not stored: {}", upload.failure->cause.message()));
}

void UploadReport::add_closing(const Error& error) {
  log_.write(
      LogLevel::error,
      fmt::format("Sync failed ({}): uploads are refused until the server is restarted", error.message()));
}

}  // namespace bobbin::store
