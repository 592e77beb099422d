#pragma once

#include <cstddef>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/options.h"
#include "base/result.h"

namespace bobbin::app {

/// A file that an option names, as it was at one moment. It is read when a site is opened, and anew when it
/// has changed: see Reloader::follow_files.
class FollowedFile {
 public:
  /// `option`: the one that names it; its text lives as long as this. An empty name: there is no file.
  FollowedFile(std::string_view option, const std::string& name);
  /// One that somebody else has read, or not: nothing is as if no file were named.
  FollowedFile(std::string_view option, std::string name, std::optional<Result<std::string>> text)
      : option_(option), name_(std::move(name)), text_(std::move(text)) {}

  /// Of its text, or of why there is none. 0: no file is named.
  [[nodiscard]] std::size_t fingerprint() const;

  /// What `parse` makes of its text: a Result with a message as its error. Nothing: no file is named. The
  /// error is a sentence for the operator.
  template <typename Parse>
  [[nodiscard]] auto parsed(Parse parse) const {
    using Parsed = decltype(parse(std::string_view()))::value_type;
    using Outcome = Result<std::optional<Parsed>, std::string>;
    if (!text_) return Outcome(std::optional<Parsed>());
    if (!*text_)
      return Outcome(failure(
          fmt::format("{}: {} cannot be read: {}", option_, in_quotes(name_), text_->error().message())));
    auto value = parse(std::string_view(**text_));
    if (!value)
      return Outcome(
          failure(fmt::format("{}: {} cannot be used: {}", option_, in_quotes(name_), value.error())));
    return Outcome(std::optional<Parsed>(*std::move(value)));
  }

 private:
  std::string_view option_;
  std::string name_;
  std::optional<Result<std::string>> text_;
};

/// The fingerprints of several files together.
[[nodiscard]] inline std::size_t joined_fingerprint(std::size_t joined, std::size_t next) {
  return joined * 31 + next;
}

}  // namespace bobbin::app
