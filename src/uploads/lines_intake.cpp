#include "uploads/lines_intake.h"

#include <fmt/format.h>
#include <utility>

namespace bobbin::uploads {

void LinesIntake::read(std::string_view text) {
  while (!text.empty() && !is_refused()) {
    const std::size_t end = text.find('\n');
    add_to_line(text.substr(0, end));
    if (end == std::string_view::npos) return;
    this->end();
    ++position_.byte;
    ++position_.line;
    text.remove_prefix(end + 1);
  }
}

void LinesIntake::add_to_line(std::string_view text) {
  if (!std::exchange(has_begun_, true)) begin_document(position_);
  if (text.empty()) return;
  position_.byte += text.size();
  // A CR belongs to the line's end if an LF follows, and to its document if anything else does.
  if (std::exchange(has_carriage_return_, text.ends_with('\r'))) validate("\r");
  text.remove_suffix(has_carriage_return_ ? 1 : 0);
  validate(text);
}

void LinesIntake::validate(std::string_view text) {
  is_blank_ = is_blank_ && text.find_first_not_of(" \t\r") == std::string_view::npos;
  add(text);
}

void LinesIntake::end() {
  if (!is_blank_) end_document(fmt::format("Line {}", position_.line));
  has_begun_ = false;
  has_carriage_return_ = false;
  is_blank_ = true;
}

}  // namespace bobbin::uploads
