#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "http/path_pattern.h"

namespace bobbin::files {

/// Which names are not served: those that begin with a dot, but for those that the operator includes.
/// Thread: any (immutable).
class HiddenNames {
 public:
  HiddenNames() = default;
  /// Each pattern is about a name.
  explicit HiddenNames(std::vector<http::PathPattern> included) : included_(std::move(included)) {}

  /// A name with this beginning belongs to the server (the journal of its uploads, for example) and is
  /// hidden whatever is included.
  static constexpr std::string_view kOwnStart = ".bobbin";

  /// `name`: of a file or a folder, without those above it.
  [[nodiscard]] bool hides_name(std::string_view name) const {
    return name.starts_with('.') && !includes(name);
  }
  /// Whether any name on the path is hidden. `path` begins with '/', or is empty.
  [[nodiscard]] bool hides(std::string_view path) const {
    const std::size_t dot = path.find("/.");
    return dot != std::string_view::npos && (included_.empty() || hides_any_name(path.substr(dot)));
  }

 private:
  [[nodiscard]] bool includes(std::string_view name) const;
  [[nodiscard]] bool hides_any_name(std::string_view path) const;

  std::vector<http::PathPattern> included_;
};

}  // namespace bobbin::files
