#include "app/option_kinds.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/option_values.h"
#include "base/assert.h"

namespace bobbin::app {
namespace {

template <typename T>
bool is_within(const std::optional<T>& value, T least, T most) {
  return value && *value >= least && *value <= most;
}

bool keep(std::string& member, std::optional<std::string> value) {
  if (!value) return false;
  member = *std::move(value);
  return true;
}

}  // namespace

template <typename T>
std::string WholeNumber<T>::allowed() const {
  return fmt::format("a whole number from {} to {}", least, most);
}

template <typename T>
bool WholeNumber<T>::assign(Config& config, std::string_view text) const {
  const auto number = parse_whole_number(text);
  if (!is_within(number, least, most)) return false;
  config.*member = static_cast<T>(*number);
  return true;
}

template struct WholeNumber<std::uint16_t>;
template struct WholeNumber<unsigned>;

std::string Size::allowed() const {
  return fmt::format("a number of bytes from {} to {}, such as 16384 or 16KiB", size_text(least),
                     size_text(most));
}

std::string Size::text(const Config& config) const { return size_text(config.*member); }

bool Size::assign(Config& config, std::string_view text) const {
  const auto size = parse_size(text);
  if (!is_within(size, least, most)) return false;
  config.*member = *size;
  return true;
}

std::string Time::allowed() const {
  return fmt::format("a time from {} to {}, such as 30s, 500ms or 2m", time_text(least), time_text(most));
}

std::string Time::text(const Config& config) const { return time_text(config.*member); }

bool Time::assign(Config& config, std::string_view text) const {
  const auto time = parse_time(text);
  if (!is_within(time, least, most)) return false;
  config.*member = *time;
  return true;
}

bool Switch::assign(Config& config, std::string_view text) const {
  if (text != "on" && text != "off") return false;
  config.*member = text == "on";
  return true;
}

template <typename E>
std::string Choice<E>::allowed() const {
  std::string list;
  for (const auto& [name, value] : names) {
    if (!list.empty()) list += name == names.back().first ? " or " : ", ";
    list += name;
  }
  return list;
}

template <typename E>
std::string Choice<E>::text(const Config& config) const {
  const auto found = std::ranges::find(names, config.*member, [](const auto& pair) { return pair.second; });
  ASSERT(found != names.end());
  return std::string(found->first);
}

template <typename E>
bool Choice<E>::assign(Config& config, std::string_view text) const {
  const auto found = std::ranges::find(names, text, [](const auto& pair) { return pair.first; });
  if (found == names.end()) return false;
  config.*member = found->second;
  return true;
}

template struct Choice<observe::AccessFormat>;
template struct Choice<observe::LogLevel>;

bool Text::assign(Config& config, std::string_view text) const { return keep(config.*member, accept(text)); }

std::string List::text(const Config& config) const {
  return fmt::format("{}", fmt::join(config.*member, std::string_view(&separator, 1)));
}

bool List::assign(Config& config, std::string_view text) const {
  std::string item;
  if (!keep(item, accept(text))) return false;
  (config.*member).push_back(std::move(item));
  return true;
}

}  // namespace bobbin::app
