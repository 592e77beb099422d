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

/// Receives lines, each of which is a JSON document (https://github.com/ndjson/ndjson-spec, version 1.0.0),
/// as one bundle. A line ends with LF, or with CR and LF; of the last one the end may be missing. Lines of
/// white space alone are passed over.
class LinesIntake final : public ContentIntake {
 public:
  /// More are never taken at once, whatever is kept of their request. Of content that has more, a bundle of
  /// one more is received, and no further line is kept.
  static constexpr std::size_t kMostDocuments =
      store::Particulars::kLargestBundleBytes / store::Particulars::kRecordBytes;

  /// `content`: judges nothing. `memory`: of which the list of the documents takes its part; outlives it.
  LinesIntake(KeyReader key, JsonIntake content, Budget& memory)
      : key_(std::move(key)),
        content_(std::move(content)),
        validator_(key_.wanted()),
        memory_(std::make_unique<Budget::Share>(memory)) {}

  http::Intake take(Bytes piece) override;
  std::optional<http::Response> finish() override;
  Result<Received, http::Response> received() override;

 private:
  /// False: there is no memory for what has been found.
  [[nodiscard]] bool read(std::string_view text);
  void add(std::string_view text);
  void validate(std::string_view text);
  [[nodiscard]] bool end_line();
  void begin_line();
  void refuse(const json::Fault& fault);
  [[nodiscard]] bool make_room();

  KeyReader key_;
  JsonIntake content_;
  json::Validator validator_;  // of this line
  std::uint64_t received_bytes_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t line_begin_ = 0;
  std::uint64_t line_bytes_ = 0;  // without the end
  bool has_carriage_return_ =
      false;  // at the end of the line, as far as it has come; it may be a part of its end
  bool is_blank_ = true;
  std::vector<store::Part> documents_;
  std::unique_ptr<Budget::Share> memory_;
  std::optional<http::Response> refusal_;  // of all of it
  std::string missing_key_;                // why the first line that has none needs one; empty: there is none
  std::optional<store::Draft> draft_;      // once it is complete
};

}  // namespace bobbin::uploads
