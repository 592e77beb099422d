#pragma once

#include <string_view>

#include "uploads/bundle_intake.h"

namespace bobbin::uploads {

/// Receives lines, each of which is a JSON document (https://github.com/ndjson/ndjson-spec, version 1.0.0). A
/// line ends with LF, or with CR and LF; of the last one the end may be missing. Lines of white space alone
/// are passed over.
class LinesIntake final : public BundleIntake {
 public:
  using BundleIntake::BundleIntake;

 private:
  void read(std::string_view text) override;
  void end() override;
  [[nodiscard]] std::string_view form() const override { return "each line is one, as JSON"; }

  void add_to_line(std::string_view text);
  void validate(std::string_view text);

  Position position_;                 // of the next byte; a column is not counted
  bool has_begun_ = false;            // the line
  bool has_carriage_return_ = false;  // at its end, as far as it has come
  bool is_blank_ = true;
};

}  // namespace bobbin::uploads
