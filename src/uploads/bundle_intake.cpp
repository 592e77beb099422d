#include "uploads/bundle_intake.h"

#include <algorithm>
#include <fmt/format.h>
#include <variant>

#include "uploads/answers.h"

namespace bobbin::uploads {

http::Intake BundleIntake::take(Bytes piece) {
  http::Intake taken = content_.take(piece);
  if (std::holds_alternative<http::Response>(taken)) return taken;
  received_bytes_ += piece.size();
  if (!refusal_) read(as_text(piece));
  if (is_out_of_memory_) return busy();
  return taken;
}

void BundleIntake::begin_document(const Position& begin) {
  begin_ = begin;
  document_bytes_ = 0;
  validator_ = json::Validator(key_.wanted());
  key_.begin();
}

void BundleIntake::add(std::string_view text) {
  if (refusal_) return;
  document_bytes_ += text.size();
  key_.add(as_bytes(text));
  if (!validator_.feed(as_bytes(text))) refuse(validator_.fault());
}

void BundleIntake::end_document(const std::string& name) {
  if (refusal_) return;
  if (!validator_.finish()) return refuse(validator_.fault());
  if (documents_.size() > kMostDocuments) return;
  if (!make_room()) return;
  auto key = key_.finish(validator_, documents_.size());
  if (!key && missing_key_.empty()) missing_key_ = fmt::format("{}: {}", name, key.error());
  documents_.push_back({.begin = static_cast<std::size_t>(begin_.byte),
                        .size = static_cast<std::size_t>(document_bytes_),
                        .key = key ? *std::move(key) : std::nullopt});
}

/// As a fault in all of the content.
void BundleIntake::refuse(const json::Fault& fault) {
  refusal_ = invalid_json("The content",
                          {.reason = fault.reason,
                           .line = begin_.line + fault.line - 1,
                           .column = fault.line == 1 ? begin_.column + fault.column - 1 : fault.column,
                           .byte_offset = begin_.byte + fault.byte_offset});
}

void BundleIntake::refuse(std::string reason, const Position& at) {
  if (refusal_) return;
  refusal_ = invalid_json(
      "The content",
      {.reason = std::move(reason), .line = at.line, .column = at.column, .byte_offset = at.byte});
}

/// False: there is no memory for one more.
bool BundleIntake::make_room() {
  if (documents_.size() < documents_.capacity()) return true;
  const std::size_t more = std::max<std::size_t>(documents_.capacity(), 16);
  is_out_of_memory_ = !memory_->take(more * sizeof(store::Part));
  if (is_out_of_memory_) return false;
  documents_.reserve(documents_.capacity() + more);
  return true;
}

std::optional<http::Response> BundleIntake::finish() {
  if (!refusal_) end();
  auto draft = content_.finish();
  if (is_out_of_memory_) return busy();
  if (!refusal_ && documents_.empty()) refusal_ = without_documents(form());
  if (refusal_) return std::move(refusal_);
  if (!draft) return std::move(draft.error());
  draft_.emplace(*std::move(draft));
  return std::nullopt;
}

Result<Received, http::Response> BundleIntake::received() {
  if (!missing_key_.empty()) return failure(without_key(std::move(missing_key_)));
  return Received{.draft = *std::exchange(draft_, std::nullopt),
                  .bundle = std::move(documents_),
                  .bytes = received_bytes_,
                  .memory = std::move(memory_)};
}

}  // namespace bobbin::uploads
