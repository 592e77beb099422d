#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "app/config.h"

// The kinds of value that an option can have. Each knows the member that it sets, and has
//   allowed()            what an operator may write, for messages and documents:
//                        "a whole number from 0 to 65535"
//   text(target)         the member's value as an operator would write it: "8080"
//   assign(target,text)  sets the member; false, and no change, when `text` is not allowed
//   kFileTypes           the types that the value can have in the TOML file
namespace bobbin::app {

/// The structs that options set: the server's, and one listener, one site, one rule, one mount and one
/// inbox.
struct Target {
  ServerConfig& server;
  ListenerConfig& listener;
  SiteConfig& site;
  RuleConfig& rule;
  MountConfig& mount;
  InboxConfig& inbox;
};

/// Such structs with their defaults, for those who want to set or to read only some of them.
struct OwnTarget {
  ServerConfig server = {};
  ListenerConfig listener = {};
  SiteConfig site = {};
  RuleConfig rule = {};
  MountConfig mount = {};
  InboxConfig inbox = {};
  [[nodiscard]] Target target() { return {server, listener, site, rule, mount, inbox}; }
};

/// Which of these structs an option sets, and so where it stands in the configuration file.
enum class Scope : std::uint8_t { server, listener, site, rule, mount, inbox };

/// A member of one of these structs.
template <typename T>
class Member {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a row of the table names the member alone
  constexpr Member(T ServerConfig::* member) : server_(member), scope_(Scope::server) {}
  constexpr Member(T ListenerConfig::* member) : listener_(member), scope_(Scope::listener) {}
  constexpr Member(T SiteConfig::* member) : site_(member), scope_(Scope::site) {}
  constexpr Member(T RuleConfig::* member) : rule_(member), scope_(Scope::rule) {}
  constexpr Member(T MountConfig::* member) : mount_(member), scope_(Scope::mount) {}
  constexpr Member(T InboxConfig::* member) : inbox_(member), scope_(Scope::inbox) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] constexpr Scope scope() const { return scope_; }
  [[nodiscard]] T& in(const Target& target) const {
    switch (scope_) {
      case Scope::server: return target.server.*server_;
      case Scope::listener: return target.listener.*listener_;
      case Scope::site: return target.site.*site_;
      case Scope::rule: return target.rule.*rule_;
      case Scope::mount: return target.mount.*mount_;
      case Scope::inbox: break;
    }
    return target.inbox.*inbox_;
  }

 private:
  T ServerConfig::* server_ = nullptr;
  T ListenerConfig::* listener_ = nullptr;
  T SiteConfig::* site_ = nullptr;
  T RuleConfig::* rule_ = nullptr;
  T MountConfig::* mount_ = nullptr;
  T InboxConfig::* inbox_ = nullptr;
  Scope scope_;
};

struct FileTypes {
  std::string_view name;  ///< "an integer"
  bool integer = false;
  bool fraction = false;
  bool boolean = false;
  bool string = false;  ///< for a list: strings in an array, or one string
};

template <typename T>
struct WholeNumber {
  static constexpr FileTypes kFileTypes{.name = "an integer", .integer = true};
  Member<T> member;
  std::uint64_t least;
  std::uint64_t most;
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string text(const Target& target) const { return std::to_string(member.in(target)); }
  [[nodiscard]] bool assign(const Target& target, std::string_view text) const;
};

/// A whole number, or `auto`, for which 0 stands until it is known what that means.
struct NumberOrAuto {
  static constexpr FileTypes kFileTypes{.name = "an integer or \"auto\"", .integer = true, .string = true};
  Member<unsigned> member;
  std::uint64_t least;
  std::uint64_t most;
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string text(const Target& target) const;
  [[nodiscard]] bool assign(const Target& target, std::string_view text) const;
};

struct Size {
  static constexpr FileTypes kFileTypes{.name = "an integer or a string", .integer = true, .string = true};
  Member<std::uint64_t> member;
  std::uint64_t least;
  std::uint64_t most;
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string text(const Target& target) const;
  [[nodiscard]] bool assign(const Target& target, std::string_view text) const;
};

struct Time {
  static constexpr FileTypes kFileTypes{
      .name = "a number or a string", .integer = true, .fraction = true, .string = true};
  Member<milliseconds> member;
  milliseconds least;
  milliseconds most;
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string text(const Target& target) const;
  [[nodiscard]] bool assign(const Target& target, std::string_view text) const;
};

/// How many releases, or a time.
struct Releases {
  static constexpr FileTypes kFileTypes{.name = "an integer or a string", .integer = true, .string = true};
  Member<KeptReleases> member;
  milliseconds least;
  milliseconds most;
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string text(const Target& target) const;
  [[nodiscard]] bool assign(const Target& target, std::string_view text) const;
};

/// on or off; true and false, yes and no, 1 and 0 are understood too.
struct Switch {
  static constexpr FileTypes kFileTypes{.name = "a boolean or a string", .boolean = true, .string = true};
  Member<bool> member;
  [[nodiscard]] std::string allowed() const { return "on or off"; }
  [[nodiscard]] std::string text(const Target& target) const { return member.in(target) ? "on" : "off"; }
  [[nodiscard]] bool assign(const Target& target, std::string_view text) const;
};

/// One of several names. Where on and off are among them, all that a Switch takes is understood.
template <typename E>
struct Choice {
  static constexpr FileTypes kFileTypes{
      .name = std::is_same_v<E, Tls> || std::is_same_v<E, files::CleanUrls> ||
                      std::is_same_v<E, http::Compression> ||
                      std::is_same_v<E, std::optional<http::Compression>>
                  ? "a boolean or a string"
                  : "a string",
      .boolean = std::is_same_v<E, files::CleanUrls> || std::is_same_v<E, http::Compression> ||
                 std::is_same_v<E, std::optional<http::Compression>> || std::is_same_v<E, Uploads> ||
                 std::is_same_v<E, Tls> || std::is_same_v<E, Download>,
      .string = true};
  Member<E> member;
  std::span<const std::pair<std::string_view, E>> names;
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string text(const Target& target) const;
  [[nodiscard]] bool assign(const Target& target, std::string_view text) const;
};

/// Returns the value to keep, or nothing for a text that is not allowed.
using Accept = std::optional<std::string> (*)(std::string_view text);

struct Text {
  static constexpr FileTypes kFileTypes{.name = "a string", .string = true};
  Member<std::string> member;
  Accept accept;
  std::string_view form;              ///< what allowed() says
  std::string_view empty_means = {};  ///< what an empty value stands for, where one is allowed
  [[nodiscard]] std::string allowed() const { return std::string(form); }
  [[nodiscard]] std::string text(const Target& target) const { return member.in(target); }
  [[nodiscard]] bool assign(const Target& target, std::string_view text) const;
};

/// Several values. A flag may be repeated; flags and environment variables also take several values with
/// separators between them.
struct List {
  static constexpr FileTypes kFileTypes{.name = "a string or an array of strings", .string = true};
  Member<std::vector<std::string>> member;
  Accept accept;  ///< judges one item
  std::string_view form;
  std::string_view empty_means = {};  ///< as in Text; when it is empty, the list may not be
  char separator = ',';
  [[nodiscard]] std::string allowed() const { return std::string(form); }
  [[nodiscard]] std::string text(const Target& target) const;
  /// Appends one item.
  [[nodiscard]] bool assign(const Target& target, std::string_view text) const;
};

using Kind =
    std::variant<WholeNumber<std::uint16_t>, WholeNumber<unsigned>, NumberOrAuto, Size, Time, Switch,
                 Choice<http::AddressField>, Choice<http::ClaimField>, Choice<SandboxMode>, Choice<Profile>,
                 Choice<Uploads>, Choice<os::Links>, Choice<http::PathRules>, Choice<observe::AccessFormat>,
                 Choice<observe::LogLevel>, Choice<Tls>, Choice<Download>, Choice<net::tls::Policy>,
                 Choice<std::optional<net::tls::ClientCertificates>>, Choice<files::CleanUrls>,
                 Choice<files::TrailingSlash>, Choice<files::TagSource>, Choice<http::Compression>,
                 Choice<std::optional<http::Compression>>, Choice<std::optional<http::ContentCoding>>,
                 Choice<std::optional<observe::AccessFormat>>, Releases, Choice<store::Durability>,
                 Choice<store::AfterSyncFailure>, Text, List>;

}  // namespace bobbin::app
