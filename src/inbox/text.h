#pragma once

#include <cerrno>
#include <fmt/format.h>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/result.h"
#include "observe/access_log.h"
#include "observe/escape.h"

// How reports and messages are put together.
namespace bobbin::inbox {

[[nodiscard]] inline std::string reason_of(const Error& error) {
  return std::generic_category().message(error.code);
}

/// Why a file that was named could not be opened, by os::open_regular_file_at.
[[nodiscard]] inline std::string opening_problem(const Error& error) {
  const bool is_other =
      error.code == EINVAL || error.code == EISDIR || error.code == ELOOP || error.code == ENXIO;
  return is_other ? "it is no regular file" : reason_of(error);
}

/// A message about a file or a folder.
[[nodiscard]] inline std::string cannot_be_read(const std::string& path, const Error& error) {
  if (error.code == EACCES || error.code == EPERM)
    return fmt::format("\"{}\" cannot be read; run this as the user of the server: {}", path,
                       reason_of(error));
  if (error.code == ELOOP || error.code == ENOTDIR)
    return fmt::format("\"{}\" cannot be read; a folder is needed, and no symbolic link is followed: {}",
                       path, reason_of(error));
  return fmt::format("\"{}\" cannot be read: {}", path, reason_of(error));
}

template <typename... Values>
void append(std::string& text, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Values>(values)...);
}

/// For what a disk has named.
using observe::printable;

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
