#include "uploads/form_intake.h"

#include <fmt/format.h>
#include <span>
#include <utility>

#include "uploads/answers.h"

namespace bobbin::uploads {
namespace {

/// The value of the only field. A form that has others is refused, since nothing of them would be kept.
Result<std::string, std::string> unwrapped(std::span<const FormField> fields, std::string_view name) {
  for (const FormField& field : fields)
    if (field.name != name)
      return failure(
          fmt::format("A form for this address has one field, {}, whose value is JSON; this one has others, "
                      "which would be lost.",
                      name));
  if (fields.size() != 1)
    return failure(
        fmt::format("A form for this address has one field, {}, whose value is JSON; this one has {}.", name,
                    fields.empty() ? "none" : "several of that name"));
  return std::string(fields.front().value);
}

}  // namespace

http::Intake FormIntake::take(Bytes piece) {
  using Intake = store::Draft::Intake;
  if (piece.size() > most_bytes_ - content_.size()) return content_too_large(most_bytes_);
  const Intake taken = counted_.append(piece);
  if (taken == Intake::refused) return busy();
  content_.append(as_text(piece));
  if (taken == Intake::more) return http::Accepted{};
  counted_.when_ready(resume_);
  return http::Wait{};
}

Result<std::vector<FormField>, http::Response> FormIntake::fields() {
  if (!boundary_) return parse_form(content_).map_error(unusable_form);
  return parse_multipart(content_, *boundary_, files_).map_error([](MultipartFault fault) {
    return fault.is_file ? takes_no_files(std::move(fault.reason)) : unusable_form(std::move(fault.reason));
  });
}

Result<std::string, http::Response> FormIntake::finish() {
  const std::vector<FormField> fields = TRY(this->fields());
  if (!unwrap_.empty()) return unwrapped(fields, unwrap_).map_error(unusable_form);
  auto document = form_to_json(fields, most_document_bytes_);
  if (!document) return failure(form_too_large(most_document_bytes_));
  return *std::move(document);
}

}  // namespace bobbin::uploads
