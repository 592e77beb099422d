#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/flag.h"

// What the name and the first bytes of a file say about it.
namespace bobbin::audit {

/// Names of files that would be archives of this very site: "www" for a root /srv/www, "example.org". In
/// lower case.
using SiteWords = std::vector<std::string>;

/// `path`: decoded, beneath a site, with '/' in front. The case of letters does not matter.
[[nodiscard]] std::optional<Flag> flag_of_name(std::string_view path, const SiteWords& words);

/// How many bytes of a file flag_of_content wants to see, at most.
inline constexpr std::size_t kBeginningBytes = 8 * 1024;
/// `beginning`: of the file's content.
[[nodiscard]] std::optional<Flag> flag_of_content(std::string_view beginning);

}  // namespace bobbin::audit
