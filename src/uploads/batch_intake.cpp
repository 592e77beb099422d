#include "uploads/batch_intake.h"

#include <fmt/format.h>

namespace bobbin::uploads {
namespace {

bool is_white_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

void BatchIntake::read(std::string_view text) {
  while (!text.empty() && !is_refused()) {
    if (state_ != State::element) read_between(text.front());
    if (is_refused()) return;
    const std::size_t count = state_ == State::element ? rest_of_element(text) : 1;
    if (state_ == State::element) add(text.substr(0, count));
    advance(text.substr(0, count));
    text.remove_prefix(count);
    if (state_ != State::element || depth_ != 0) continue;
    end_document(fmt::format("Event {}", ++elements_));
    state_ = State::behind_element;
  }
}

void BatchIntake::read_between(char c) {
  if (is_white_space(c)) return;
  const bool may_begin = state_ == State::first || state_ == State::next;
  if (state_ == State::before && c == '[') {
    state_ = State::first;
  } else if (may_begin && c == '{') {
    state_ = State::element;
    begin_document(position_);
  } else if ((state_ == State::first || state_ == State::behind_element) && c == ']') {
    state_ = State::after;
  } else if (state_ == State::behind_element && c == ',') {
    state_ = State::next;
  } else {
    refuse(state_ == State::before           ? "a batch is an array, and begins with \"[\""
           : may_begin                       ? "an event is an object, and begins with \"{\""
           : state_ == State::behind_element ? "behind an event stands \",\" or \"]\""
                                             : "something stands behind the array",
           position_);
  }
}

std::size_t BatchIntake::rest_of_element(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string_) {
      is_in_string_ = is_escaped_ || c != '"';
      is_escaped_ = !is_escaped_ && c == '\\';
      continue;
    }
    is_in_string_ = c == '"';
    if (c == '{' || c == '[') ++depth_;
    if ((c == '}' || c == ']') && --depth_ == 0) return i + 1;
  }
  return text.size();
}

void BatchIntake::advance(std::string_view text) {
  for (const char c : text) {
    ++position_.byte;
    ++position_.column;
    if (c != '\n') continue;
    ++position_.line;
    position_.column = 1;
  }
}

void BatchIntake::end() {
  if (state_ == State::element) end_document("");  // which tells what is missing
  if (state_ != State::after) refuse("the text ends before the array is complete", position_);
}

}  // namespace bobbin::uploads
