#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "store/after_sync_failure.h"
#include "store/document.h"

namespace bobbin::store {

struct Upload;

/// What becomes of the documents of a bundle together.
struct BundleOutcome {
  Document::Done done;
  std::size_t left = 0;  ///< of its uploads, that have not been concluded
  StoredBundle sum = {};
  std::optional<NotStored> failure = {};
  bool is_reported = false;  // that it has failed

  /// One of them is concluded; in their order.
  void add(const Upload& upload);
};

/// A document that a committer has been given, and what has become of it.
struct Upload {
  std::shared_ptr<Document> document;
  Document::Done done;  ///< none: see bundle
  /// Of one document of a bundle, where all have the same Document.
  std::shared_ptr<BundleOutcome> bundle = nullptr;
  std::size_t part = 0;   ///< which one it is
  std::string name = {};  ///< empty until it has been chosen
  std::string id = {};    ///< as Stored has it, like what follows
  std::uint64_t sequence = 0;
  crypto::Digest digest{};
  bool is_repetition = false;
  std::optional<NotStored> failure = {};

  /// The content of this document alone. See Document::content_in_memory.
  [[nodiscard]] std::optional<std::string_view> content() const;
  [[nodiscard]] const std::optional<DocumentKey>& key() const;

  /// Tells what has become of the document; of a bundle, once this has been called for each. Nothing is left
  /// of one that is not stored when that is told.
  void conclude();
};

/// What the log and the counters say of uploads. Thread: one at a time.
class UploadReport {
 public:
  static constexpr observe::Metric kStored{"bobbin_documents_stored_total", "Documents that were stored"};
  static constexpr observe::Metric kFailed{"bobbin_documents_failed_total",
                                           "Documents that could not be stored"};
  static constexpr observe::Metric kRepeated{"bobbin_documents_repeated_total",
                                             "Documents that had been stored before and came once more"};

  /// `log`: a writer for this alone. `labels`: of the folder. The references outlive it.
  UploadReport(observe::LogWriter& log, observe::Registry& registry, std::string_view labels,
               AfterSyncFailure after_sync_failure);

  /// Must be called before the upload is concluded. A bundle that has failed is told and counted once.
  void add(const Upload& upload);
  /// A sync has failed, and no document is taken any more.
  void add_closing(const Error& error);
  void add_error(observe::Event event, const std::string& sentence) { log_.write(event, sentence); }
  [[nodiscard]] observe::LogWriter& log() { return log_; }

 private:
  observe::LogWriter& log_;
  const AfterSyncFailure after_sync_failure_;
  observe::Counter& stored_;
  observe::Counter& failed_;
  observe::Counter& repeated_;
};

}  // namespace bobbin::store
