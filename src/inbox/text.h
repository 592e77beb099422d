#pragma once

#include <fmt/format.h>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observe/access_log.h"
#include "observe/escape.h"

// How reports are put together.
namespace bobbin::inbox {

template <typename... Values>
void append(std::string& text, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Values>(values)...);
}

/// What a disk has named, so that it cannot steer a terminal.
[[nodiscard]] inline std::string printable(std::string_view text) {
  std::string result;
  observe::append_escaped(result, text);
  return result;
}

/// `"name":"value"`
inline void append_string(std::string& text, std::string_view name, std::string_view value) {
  append(text, "\"{}\":", name);
  static_cast<void>(observe::append_json_string(text, value));
}

/// `,"name":[…]`, with what `append_one` appends for each.
template <typename Items, typename Append>
void append_list(std::string& text, std::string_view name, const Items& items, Append append_one) {
  append(text, ",\"{}\":[", name);
  bool is_first = true;
  for (const auto& item : items) {
    if (!std::exchange(is_first, false)) text += ',';
    append_one(item);
  }
  text += ']';
}

inline void append_string_list(std::string& text, std::string_view name,
                               const std::vector<std::string>& items) {
  append_list(text, name, items,
              [&](const std::string& item) { static_cast<void>(observe::append_json_string(text, item)); });
}

}  // namespace bobbin::inbox
