#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/file_rules.h"
#include "http/filter.h"
#include "http/path_pattern.h"

namespace bobbin::http {

/// One rule of a site: for which exchanges it holds, who may ask, and what it does with the responses.
struct SiteRule {
  std::string title = {};  ///< for Request::note: where it is written; "": it is the site's own

  /// A filter that is asked before the handler; null: nobody is refused. Nothing: as an earlier rule says.
  using Guard = std::optional<std::shared_ptr<const Filter>>;

  std::vector<PathPattern> paths;  ///< any of them; every path when there are none
  std::vector<Method> methods;     ///< every one when there are none; GET is HEAD, too
  /// Codes such as 404, and classes as 4 for 4xx. When there are none, it holds for what is no error.
  std::vector<int> statuses;
  bool on_errors = false;  ///< whether it holds for errors too, where no status is named

  std::vector<std::string> remove;                       ///< names of fields
  std::vector<std::pair<std::string, std::string>> set;  ///< in place of all of the same name
  std::vector<std::pair<std::string, std::string>> add;
  FileRules files;
  /// Of other sites whose scripts may read the response (the Fetch standard's CORS protocol): "*", or
  /// origins such as "https://example.org". Holds for errors too.
  std::vector<std::string> origins;

  Guard clients;         ///< by address
  Guard requests;        ///< by how many requests a client has made
  Guard certificates;    ///< by the certificate that a client shows
  Guard authentication;  ///< by a password or a token
  Guard user_requests;   ///< by how many requests a user has made
};

/// The rules of a site, merged in their order: what a later one says goes before what an earlier one said.
/// Thread: any (immutable).
class SiteRules final : public Filter {
 public:
  static constexpr std::size_t kMost = 48;
  static constexpr std::size_t kMostOrigins = 65'535;  ///< in one rule

  explicit SiteRules(std::vector<SiteRule> rules);

  /// Which rules hold for such a request, and for which origin: see Request::variant.
  [[nodiscard]] std::uint64_t variant(std::string_view path, const RequestHead& head) const;
  /// How files are given.
  [[nodiscard]] FileRules file_rules(std::uint64_t variant) const {
    return (variant & about_files_) == 0 ? FileRules() : merged_file_rules(variant);
  }

  /// Tells of the rules that hold for the request.
  void note(const Request& request) const;

  /// Refuses who may not ask. Answers the question of a browser that is about to ask for something on behalf
  /// of another site (CORS-preflight), which comes without a password.
  [[nodiscard]] std::optional<Begin> before(const Request& request) const override;
  void after(const RequestSummary& request, Response& response) const override;

 private:
  [[nodiscard]] FileRules merged_file_rules(std::uint64_t variant) const;
  [[nodiscard]] const SiteRule* cors_rule(std::uint64_t variant) const;
  [[nodiscard]] std::optional<Response> preflight(const Request& request) const;
  [[nodiscard]] const Filter* guard(std::uint64_t variant, SiteRule::Guard SiteRule::* kind) const;

  std::vector<SiteRule> rules_;
  std::uint64_t about_files_ = 0;  // of a variant: the rules that say how files are given
};

}  // namespace bobbin::http
