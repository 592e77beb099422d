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

constexpr std::string_view kAuto = "auto";

}  // namespace

template <typename T>
std::string WholeNumber<T>::allowed() const {
  return fmt::format("a whole number from {} to {}", least, most);
}

template <typename T>
bool WholeNumber<T>::assign(const Target& target, std::string_view text) const {
  const auto number = parse_whole_number(text);
  if (!is_within(number, least, most)) return false;
  member.in(target) = static_cast<T>(*number);
  return true;
}

std::string NumberOrAuto::allowed() const {
  return WholeNumber<unsigned>{member, least, most}.allowed() + ", or auto";
}

std::string NumberOrAuto::text(const Target& target) const {
  return member.in(target) == 0 ? std::string(kAuto) : std::to_string(member.in(target));
}

bool NumberOrAuto::assign(const Target& target, std::string_view text) const {
  if (text != kAuto) return WholeNumber<unsigned>{member, least, most}.assign(target, text);
  member.in(target) = 0;
  return true;
}

template struct WholeNumber<std::uint16_t>;
template struct WholeNumber<unsigned>;

std::string Size::allowed() const {
  return fmt::format("a number of bytes from {} to {}, such as 16384, 16KiB or 16kB", size_text(least),
                     size_text(most));
}

std::string Size::text(const Target& target) const { return size_text(member.in(target)); }

bool Size::assign(const Target& target, std::string_view text) const {
  const auto size = parse_size(text);
  if (!is_within(size, least, most)) return false;
  member.in(target) = *size;
  return true;
}

std::string Time::allowed() const {
  // Of these the first three that are allowed.
  constexpr milliseconds kExamples[] = {seconds(30), milliseconds(500), std::chrono::minutes(2),
                                        std::chrono::hours(1)};
  std::vector<std::string> examples;
  for (const milliseconds example : kExamples)
    if (examples.size() < 3 && is_within(std::optional(example), least, most))
      examples.push_back(time_text(example));
  std::string allowed = fmt::format("a time from {} to {}", time_text(least), time_text(most));
  for (std::size_t i = 0; i < examples.size(); ++i)
    allowed += (i == 0 ? ", such as " : i + 1 == examples.size() ? " or " : ", ") + examples[i];
  return allowed;
}

std::string Time::text(const Target& target) const { return time_text(member.in(target)); }

bool Time::assign(const Target& target, std::string_view text) const {
  const auto time = parse_time(text);
  if (!is_within(time, least, most)) return false;
  member.in(target) = *time;
  return true;
}

std::string Releases::allowed() const {
  return fmt::format("a number of releases from 0 to {}, or a time from {} to {}, such as 24h or 7d",
                     KeptReleases::kMost, time_text(least), time_text(most));
}

std::string Releases::text(const Target& target) const {
  const KeptReleases& kept = member.in(target);
  return kept.time > milliseconds(0) ? time_text(kept.time) : std::to_string(kept.most);
}

bool Releases::assign(const Target& target, std::string_view text) const {
  KeptReleases& kept = member.in(target);
  if (const auto number = parse_whole_number(text)) {
    if (*number > KeptReleases::kMost) return false;
    kept = {.most = static_cast<unsigned>(*number)};
    return true;
  }
  const auto time = parse_time(text);
  if (!is_within(time, least, most)) return false;
  kept = {.most = KeptReleases::kMost, .time = *time};
  return true;
}

bool Switch::assign(const Target& target, std::string_view text) const {
  const auto value = parse_switch(text);
  if (value) member.in(target) = *value;
  return value.has_value();
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
std::string Choice<E>::text(const Target& target) const {
  const auto found =
      std::ranges::find(names, member.in(target), [](const auto& pair) { return pair.second; });
  ASSERT(found != names.end());
  return std::string(found->first);
}

template <typename E>
bool Choice<E>::assign(const Target& target, std::string_view text) const {
  const auto find = [&](std::string_view name) {
    return std::ranges::find(names, name, [](const auto& pair) { return pair.first; });
  };
  auto found = find(text);
  if (const auto value = parse_switch(text); found == names.end() && value)
    found = find(*value ? "on" : "off");
  if (found == names.end()) return false;
  member.in(target) = found->second;
  return true;
}

template struct Choice<SandboxMode>;
template struct Choice<Profile>;
template struct Choice<Uploads>;
template struct Choice<os::Links>;
template struct Choice<http::PathRules>;
template struct Choice<http::AddressField>;
template struct Choice<http::ClaimField>;
template struct Choice<observe::AccessFormat>;
template struct Choice<observe::LogLevel>;
template struct Choice<Tls>;
template struct Choice<Download>;
template struct Choice<net::tls::Policy>;
template struct Choice<std::optional<net::tls::ClientCertificates>>;
template struct Choice<files::CleanUrls>;
template struct Choice<files::TrailingSlash>;
template struct Choice<http::Compression>;
template struct Choice<std::optional<http::Compression>>;
template struct Choice<std::optional<http::ContentCoding>>;
template struct Choice<std::optional<observe::AccessFormat>>;
template struct Choice<store::Durability>;
template struct Choice<store::AfterSyncFailure>;

bool Text::assign(const Target& target, std::string_view text) const {
  return keep(member.in(target), accept(text));
}

std::string List::text(const Target& target) const {
  return fmt::format("{}", fmt::join(member.in(target), std::string_view(&separator, 1)));
}

bool List::assign(const Target& target, std::string_view text) const {
  std::string item;
  if (!keep(item, accept(text))) return false;
  member.in(target).push_back(std::move(item));
  return true;
}

}  // namespace bobbin::app
