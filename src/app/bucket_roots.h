#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "object_store/mirrors.h"

// Roots whose files are the objects of a bucket: where what is served of them lies.
namespace bobbin::app {

/// Puts the trees beneath --s3-cache in the place of roots such as "s3://site/www", which are in
/// SiteConfig::bucket and MountConfig::bucket then. The error is a sentence for the operator.
[[nodiscard]] Result<void, std::string> place_bucket_roots(Config& config);

/// The locations that the sites of a configuration serve, each once.
[[nodiscard]] std::vector<object_store::Mirrored> mirrored_in(const Config& config);

/// What a site or a mount serves, as its operator names it.
template <typename SiteOrMount>
[[nodiscard]] const std::string& shown_root(const SiteOrMount& config) {
  return config.bucket.empty() ? config.root : config.bucket;
}

/// Makes the folders of the tree that is served at `root`, where they are missing. The error is a sentence
/// for the operator.
[[nodiscard]] Result<void, std::string> make_cache_folders(const std::string& root);
/// Whether it could, as far as that can be told without making anything.
[[nodiscard]] Result<void, std::string> check_cache_folders(const std::string& root);

}  // namespace bobbin::app
