#include "files/earlier_releases.h"

#include <algorithm>
#include <utility>

namespace bobbin::files {

bool EarlierReleases::is_immutable(std::string_view path) const {
  return std::ranges::any_of(immutable_, [&](const http::PathPattern& each) { return each.matches(path); });
}

http::Begin EarlierReleases::begin(const http::Request& request) const {
  http::Begin begin = newest_->begin(request);
  if (!http::is_not_found(begin) || !is_immutable(request.path)) return begin;
  const Instant now = monotonic_now();
  for (const Release& release : earlier_) {
    if (release.until < now) break;  // and so are all that are older
    http::Begin found = release.files->begin(request);
    if (http::is_not_found(found)) continue;
    request.note("file", {"it is there in an earlier release"});
    return found;
  }
  return begin;
}

}  // namespace bobbin::files
