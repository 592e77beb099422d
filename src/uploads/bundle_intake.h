#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/budget.h"
#include "json/validator.h"
#include "uploads/content_intake.h"
#include "uploads/document_keys.h"
#include "uploads/json_intake.h"

namespace bobbin::uploads {

/// Receives content that is several JSON documents, as one bundle: each is validated by itself, and has a key
/// of its own. Where a document begins and ends is said by what is derived from this. One fault refuses all.
class BundleIntake : public ContentIntake {
 public:
  /// More are never taken at once, whatever is kept of their request. Of content that has more, a bundle of
  /// one more is received, and no further document is kept.
  static constexpr std::size_t kMostDocuments =
      store::Particulars::kLargestBundleBytes / store::Particulars::kRecordBytes;

  /// `content`: judges nothing. `memory`: of which the list of the documents takes its part; outlives it.
  BundleIntake(KeyReader key, JsonIntake content, Budget& memory)
      : key_(std::move(key)),
        content_(std::move(content)),
        validator_(key_.wanted()),
        memory_(std::make_unique<Budget::Share>(memory)) {}

  http::Intake take(Bytes piece) final;
  std::optional<http::Response> finish() final;
  Result<Received, http::Response> received() final;

 protected:
  /// Where a byte is in the content. Lines and columns count from 1, in bytes.
  struct Position {
    std::uint64_t byte = 0;
    std::uint64_t line = 1;
    std::uint64_t column = 1;
  };

  /// The next part of the content. Nothing is read once all of it is refused.
  virtual void read(std::string_view text) = 0;
  /// There is no more of it.
  virtual void end() = 0;
  /// For an answer to content that has no document: how they would stand there.
  [[nodiscard]] virtual std::string_view form() const = 0;

  // Of one document after the other.
  void begin_document(const Position& begin);
  void add(std::string_view text);
  /// `name`: such as "Line 3", for an answer.
  void end_document(const std::string& name);

  void refuse(std::string reason, const Position& at);
  [[nodiscard]] bool is_refused() const { return refusal_.has_value(); }

 private:
  void refuse(const json::Fault& fault);
  [[nodiscard]] bool make_room();

  KeyReader key_;
  JsonIntake content_;
  json::Validator validator_;  // of this document
  Position begin_;             // of this document
  std::uint64_t document_bytes_ = 0;
  std::uint64_t received_bytes_ = 0;
  std::vector<store::Part> documents_;
  std::unique_ptr<Budget::Share> memory_;
  std::optional<http::Response> refusal_;  // of all of it
  bool is_out_of_memory_ = false;
  std::string missing_key_;            // why the first that has none needs one; empty: there is none
  std::optional<store::Draft> draft_;  // once it is complete
};

}  // namespace bobbin::uploads
