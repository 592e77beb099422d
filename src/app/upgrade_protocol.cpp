#include "app/upgrade_protocol.h"

#include <charconv>
#include <system_error>

namespace bobbin::app::upgrade_protocol {

std::optional<std::uint64_t> take_number(std::string_view& text) {
  const auto [word, rest] = split(text);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  text = rest;
  return number;
}

}  // namespace bobbin::app::upgrade_protocol
