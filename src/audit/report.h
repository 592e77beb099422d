#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "audit/flag.h"

namespace bobbin::audit {

/// A folder that is served, and where.
struct FolderName {
  std::string url_path;  ///< "" for the root of the site, "/docs"
  std::string name;      ///< as it is configured
};

struct Amount {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Files that can be fetched.
struct Reached {
  Amount all;
  std::map<std::string, Amount> by_type;  ///< by media type, without its parameters
};

struct ReachedUrl {
  std::string url;  ///< percent-encoded
  std::string media_type;
  std::uint64_t bytes = 0;
  bool is_restricted = false;
};

struct Finding {
  Flag flag;
  std::string url;    ///< percent-encoded
  std::string place;  ///< on the disk
  std::string note;   ///< what is particular about this one; may be empty
};

/// What was found out about one site.
struct SiteReport {
  std::string title;  ///< the names of the site
  std::vector<FolderName> folders;
  Reached by_everybody;
  Reached restricted;  ///< by those alone who show a password, a token, a certificate, or have an address
  std::uint64_t listed_folders = 0;
  std::map<std::string, std::uint64_t> not_served;  ///< how many files are not, by the reason
  std::vector<ReachedUrl> urls;                     ///< where they were asked for
  std::vector<Finding> findings;
};

/// A report for people. Of each kind of flag so many findings are shown, unless `shows_all`.
inline constexpr std::size_t kMostShown = 20;
[[nodiscard]] std::string as_text(const std::vector<SiteReport>& sites, bool shows_all);
/// The same for programs: one JSON object.
[[nodiscard]] std::string as_json(const std::vector<SiteReport>& sites);

[[nodiscard]] std::size_t count_findings(const std::vector<SiteReport>& sites);

}  // namespace bobbin::audit
