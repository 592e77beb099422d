#include "uploads/lines_intake.h"

#include <algorithm>
#include <fmt/format.h>

#include "uploads/answers.h"

namespace bobbin::uploads {

http::Intake LinesIntake::take(Bytes piece) {
  http::Intake taken = content_.take(piece);
  if (std::holds_alternative<http::Response>(taken)) return taken;
  if (!read(as_text(piece))) return busy();
  return taken;
}

bool LinesIntake::read(std::string_view text) {
  while (!text.empty() && !refusal_) {
    const std::size_t end = text.find('\n');
    add(text.substr(0, end));
    if (end == std::string_view::npos) return true;
    if (!end_line()) return false;
    received_bytes_ += 1;
    begin_line();
    text.remove_prefix(end + 1);
  }
  return true;
}

void LinesIntake::add(std::string_view text) {
  if (text.empty()) return;
  received_bytes_ += text.size();
  if (std::exchange(has_carriage_return_, false)) validate("\r");
  has_carriage_return_ = text.ends_with('\r');
  text.remove_suffix(has_carriage_return_ ? 1 : 0);
  validate(text);
}

void LinesIntake::validate(std::string_view text) {
  if (refusal_) return;
  line_bytes_ += text.size();
  is_blank_ = is_blank_ && text.find_first_not_of(" \t\r") == std::string_view::npos;
  key_.add(as_bytes(text));
  if (!validator_.feed(as_bytes(text))) refuse(validator_.fault());
}

/// False: there is no memory for it.
bool LinesIntake::end_line() {
  if (refusal_ || is_blank_) return true;
  if (!validator_.finish()) {
    refuse(validator_.fault());
    return true;
  }
  if (documents_.size() > kMostDocuments) return true;
  if (!make_room()) return false;
  auto key = key_.finish(validator_, documents_.size());
  if (!key && missing_key_.empty()) missing_key_ = fmt::format("Line {}: {}", line_, key.error());
  documents_.push_back({.begin = static_cast<std::size_t>(line_begin_),
                        .size = static_cast<std::size_t>(line_bytes_),
                        .key = key ? *std::move(key) : std::nullopt});
  return true;
}

void LinesIntake::begin_line() {
  ++line_;
  line_begin_ = received_bytes_;
  line_bytes_ = 0;
  has_carriage_return_ = false;
  is_blank_ = true;
  validator_ = json::Validator(key_.wanted());
}

/// As a fault in all of the content.
void LinesIntake::refuse(const json::Fault& fault) {
  json::Fault in_content = fault;
  in_content.line = line_;
  in_content.byte_offset += line_begin_;
  refusal_ = invalid_json("The content", in_content);
}

bool LinesIntake::make_room() {
  if (documents_.size() < documents_.capacity()) return true;
  const std::size_t more = std::max<std::size_t>(documents_.capacity(), 16);
  if (!memory_->take(more * sizeof(store::Part))) return false;
  documents_.reserve(documents_.capacity() + more);
  return true;
}

std::optional<http::Response> LinesIntake::finish() {
  if (!end_line()) refusal_ = busy();
  auto draft = content_.finish();
  if (!refusal_ && documents_.empty()) refusal_ = without_documents();
  if (refusal_) return std::move(refusal_);
  if (!draft) return std::move(draft.error());
  draft_.emplace(*std::move(draft));
  return std::nullopt;
}

Result<Received, http::Response> LinesIntake::received() {
  if (!missing_key_.empty()) return failure(without_key(std::move(missing_key_)));
  return Received{.draft = *std::exchange(draft_, std::nullopt),
                  .bundle = std::move(documents_),
                  .bytes = received_bytes_,
                  .memory = std::move(memory_)};
}

}  // namespace bobbin::uploads
