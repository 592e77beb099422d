#include "app/profile.h"

namespace bobbin::app {

SiteConfig defaults_of(Profile profile) {
  SiteConfig site;  // its initial values are those of the profile classic
  site.profile = profile;
  if (profile == Profile::classic) return site;
  // The files of a folder are shown as they are. Paths are understood as browsers and package managers write
  // them. Nothing is uploaded unasked. A change of a file is seen at the next request.
  site.downloads.clear();
  site.path_rules = http::PathRules::standard;
  site.uploads_where_folder_is = false;
  site.cache_control = "no-cache";
  site.compression = http::Compression::on;
  return site;
}

}  // namespace bobbin::app
