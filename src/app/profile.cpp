#include "app/profile.h"

namespace bobbin::app {

SiteConfig defaults_of(Profile profile) {
  SiteConfig site;  // as the seeds want it
  site.profile = profile;
  if (profile == Profile::classic) return site;
  // A folder is shown as it is, understood as browsers and package managers ask for it, takes nothing
  // unasked, and what changes in it is seen at the next request.
  site.downloads.clear();
  site.path_rules = http::PathRules::standard;
  site.uploads_where_folder_is = false;
  site.cache_control = "no-cache";
  return site;
}

}  // namespace bobbin::app
