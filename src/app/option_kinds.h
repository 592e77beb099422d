#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "app/config.h"

// The kinds of value that an option can have. Each knows the member of Config it sets and says
//   allowed()             what an operator may write, for messages and documents: "a whole number from 0 to
//   65535" text(config)          the member's value as an operator would write it: "8080" assign(config,
//   text)  false, and no change, when `text` is not allowed kFileTypes            what the TOML file writes
//   it as
namespace bobbin::app {

struct FileTypes {
  std::string_view name;  ///< "an integer"
  bool integer = false;
  bool fraction = false;
  bool boolean = false;
  bool string = false;  ///< for a list: strings in an array
};

template <typename T>
struct WholeNumber {
  static constexpr FileTypes kFileTypes{.name = "an integer", .integer = true};
  T Config::* member;
  std::uint64_t least;
  std::uint64_t most;
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string text(const Config& config) const { return std::to_string(config.*member); }
  [[nodiscard]] bool assign(Config& config, std::string_view text) const;
};

struct Size {
  static constexpr FileTypes kFileTypes{.name = "an integer or a string", .integer = true, .string = true};
  std::uint64_t Config::* member;
  std::uint64_t least;
  std::uint64_t most;
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string text(const Config& config) const;
  [[nodiscard]] bool assign(Config& config, std::string_view text) const;
};

struct Time {
  static constexpr FileTypes kFileTypes{
      .name = "a number or a string", .integer = true, .fraction = true, .string = true};
  milliseconds Config::* member;
  milliseconds least;
  milliseconds most;
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string text(const Config& config) const;
  [[nodiscard]] bool assign(Config& config, std::string_view text) const;
};

struct Switch {
  static constexpr FileTypes kFileTypes{.name = "a boolean", .boolean = true};
  bool Config::* member;
  [[nodiscard]] std::string allowed() const { return "on or off"; }
  [[nodiscard]] std::string text(const Config& config) const { return config.*member ? "on" : "off"; }
  [[nodiscard]] bool assign(Config& config, std::string_view text) const;
};

template <typename E>
struct Choice {
  static constexpr FileTypes kFileTypes{.name = "a string", .string = true};
  E Config::* member;
  std::span<const std::pair<std::string_view, E>> names;
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string text(const Config& config) const;
  [[nodiscard]] bool assign(Config& config, std::string_view text) const;
};

/// Gives the value to keep, or nothing for a text that is not allowed.
using Accept = std::optional<std::string> (*)(std::string_view text);

struct Text {
  static constexpr FileTypes kFileTypes{.name = "a string", .string = true};
  std::string Config::* member;
  Accept accept;
  std::string_view form;         ///< what allowed() says
  std::string_view empty_means;  ///< what an empty value stands for, where one is allowed
  [[nodiscard]] std::string allowed() const { return std::string(form); }
  [[nodiscard]] std::string text(const Config& config) const { return config.*member; }
  [[nodiscard]] bool assign(Config& config, std::string_view text) const;
};

/// Several values: a flag may be repeated, and flag and environment variable take them with separators.
struct List {
  static constexpr FileTypes kFileTypes{.name = "an array of strings", .string = true};
  std::vector<std::string> Config::* member;
  Accept accept;  ///< judges one item
  std::string_view form;
  std::string_view empty_means;  ///< nothing: the list may not be empty
  char separator = ',';
  [[nodiscard]] std::string allowed() const { return std::string(form); }
  [[nodiscard]] std::string text(const Config& config) const;
  /// Appends one item.
  [[nodiscard]] bool assign(Config& config, std::string_view text) const;
};

using Kind = std::variant<WholeNumber<std::uint16_t>, WholeNumber<unsigned>, Size, Time, Switch,
                          Choice<observe::AccessFormat>, Choice<observe::LogLevel>, Text, List>;

}  // namespace bobbin::app
