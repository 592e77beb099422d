#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "http/filter.h"
#include "http/status.h"

namespace bobbin::http {

/// An address that has moved, as an operator writes it: `FROM TO [STATUS]`, with white space in between, as
/// in the `_redirects` files of several hosts for static sites.
///
/// FROM is a path. `*` for its last segment stands for anything beneath, and `:splat` in the path of TO for
/// what that was. TO is a path of the same site, or an absolute URL under http or https. STATUS is 301 when
/// it is not given, 302, 303, 307 or 308.
struct Redirect {
  std::string from;          ///< decoded; with `*` at its end only up to and with the last '/'
  bool is_prefix = false;    ///< whether it had a `*` at its end
  std::string before_splat;  ///< of the target, percent-encoded
  std::string after_splat;   ///< of the target, behind `:splat`; without one it is empty
  bool has_splat = false;
  Status status = Status::moved_permanently;

  /// The error says what is wrong with the text, and what is allowed.
  [[nodiscard]] static Result<Redirect, std::string> parse(std::string_view text);
};

/// Reads the lines of a file; blank ones, and those that begin with '#', say nothing. The error begins with
/// the number of the line.
[[nodiscard]] Result<std::vector<Redirect>, std::string> parse_redirects(std::string_view text);

/// Answers requests for addresses that have moved; of several redirects the first one counts. The query of
/// the request is carried on, unless the target has one of its own. One that would lead a client to where it
/// is already says nothing. Thread: any (immutable).
///
/// None can lead to a host that the operator has not written: what a client says becomes a part of the path
/// only, and a path that would begin with two slashes begins with one.
class Redirects final : public Filter {
 public:
  /// `exempt`: paths beneath this one are never redirected; empty: none.
  Redirects(std::vector<Redirect> redirects, std::string exempt);

  [[nodiscard]] std::optional<Begin> before(const Request& request) const override;

 private:
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard library looks for it
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  /// Paths, and which redirect is theirs.
  using Index = std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;

  [[nodiscard]] const Redirect* find(std::string_view path) const;

  std::vector<Redirect> redirects_;
  Index exact_;
  Index prefixes_;
  std::string exempt_;
};

}  // namespace bobbin::http
