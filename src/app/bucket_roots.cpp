#include "app/bucket_roots.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fmt/format.h>

#include "app/options.h"
#include "app/places.h"
#include "base/ascii.h"
#include "crypto/sha256.h"
#include "object_store/location.h"
#include "object_store/placeholder_tree.h"
#include "os/directory.h"

namespace bobbin::app {
namespace {

using object_store::Location;
using object_store::Mirrored;
using object_store::PlaceholderTree;

constexpr std::string_view kScheme = "s3://";

/// Of the folder of a location: its bucket for the reader, and what no other location has.
std::string folder_name(const Location& location) {
  constexpr std::size_t kDigits = 16;
  return fmt::format("{}-{}", location.bucket,
                     crypto::hex_of(crypto::sha256(location.text())).substr(0, kDigits));
}

Result<void, std::string> place(std::string& root, std::string& bucket, const char* option,
                                const std::string& cache) {
  if (!equals_ignoring_case(std::string_view(root).substr(0, kScheme.size()), kScheme)) return {};
  const auto location = object_store::parse_location(root);
  if (!location)
    return failure(fmt::format("{}: {} is no location; {} is needed", option, in_quotes(root),
                               object_store::kLocationForm));
  if (cache.empty())
    return failure(fmt::format("{}: {} needs --s3-cache, which names a folder for what is fetched from there",
                               option, in_quotes(root)));
  bucket = location->text();
  root = (std::filesystem::path(cache) / folder_name(*location) / PlaceholderTree::kTree).string();
  return {};
}

Result<void, std::string> check_uploads(const SiteConfig& site) {
  if (site.bucket.empty() || site.uploads != Uploads::on || !site.upload_dir.empty()) return {};
  return failure(fmt::format(
      "--uploads: on is not possible below the root {}, which is only read; --upload-dir names a folder "
      "that takes documents",
      in_quotes(site.bucket)));
}

/// Where the cache can be reached as a folder like any other, placeholders would be given as what they are
/// not.
Result<void, std::string> check_apart(const std::string& root, const std::string& bucket,
                                      const std::string& cache) {
  if (!bucket.empty()) return {};
  const std::string folder = canonical(root);
  if (!lies_in(canonical(cache), folder) && !lies_in(folder, canonical(cache))) return {};
  return failure(fmt::format("--s3-cache: {} and the root {} lie in each other; a place of its own is needed",
                             in_quotes(cache), in_quotes(root)));
}

std::string directory_of(const std::string& root) {
  return std::filesystem::path(root).parent_path().string();
}

std::string unusable_cache(const std::string& cache, const Error& error) {
  return fmt::format("--s3-cache: {} cannot be used; a folder that this user may write to is needed: {}",
                     in_quotes(cache), error.message());
}

}  // namespace

Result<void, std::string> place_bucket_roots(Config& config) {
  for (SiteConfig& site : config.sites) {
    TRY(place(site.root, site.bucket, "--root", config.server.s3_cache));
    TRY(check_uploads(site));
    for (MountConfig& mount : site.mounts)
      TRY(place(mount.root, mount.bucket, site.is_default ? "[[mount]]: root" : "[[site.mount]]: root",
                config.server.s3_cache));
  }
  if (mirrored_in(config).empty()) return {};
  for (const SiteConfig& site : config.sites) {
    TRY(check_apart(site.root, site.bucket, config.server.s3_cache));
    for (const MountConfig& mount : site.mounts)
      TRY(check_apart(mount.root, mount.bucket, config.server.s3_cache));
  }
  return {};
}

std::vector<Mirrored> mirrored_in(const Config& config) {
  std::vector<Mirrored> all;
  const auto add = [&](const std::string& bucket, const std::string& root) {
    if (bucket.empty()) return;
    Mirrored each{.location = *object_store::parse_location(bucket), .directory = directory_of(root)};
    if (std::ranges::find(all, each) == all.end()) all.push_back(std::move(each));
  };
  for (const SiteConfig& site : config.sites) {
    add(site.bucket, site.root);
    for (const MountConfig& mount : site.mounts) add(mount.bucket, mount.root);
  }
  return all;
}

Result<void, std::string> make_cache_folders(const std::string& root) {
  const std::string directory = directory_of(root);
  const std::string cache = directory_of(directory);
  const auto made = [&]() -> Result<void> {
    static_cast<void>(TRY(os::make_directory(cache)));
    return PlaceholderTree::make_folders(directory);
  }();
  if (made) return {};
  if (made.error().code == EOPNOTSUPP)
    return failure(
        fmt::format("--s3-cache: {} cannot be used: its file system keeps no attributes of files (user.* of "
                    "xattr), which "
                    "say what was fetched; most file systems of disks do",
                    in_quotes(cache)));
  return failure(unusable_cache(cache, made.error()));
}

Result<void, std::string> check_cache_folders(const std::string& root) {
  const std::string directory = directory_of(root);
  const std::string cache = directory_of(directory);
  const std::string above = directory_of(cache);
  // Where a folder is missing, it is made in the one above.
  Result<void> usable = os::may_write(directory);
  for (const std::string& folder : {cache, above.empty() ? "." : above})
    if (!usable && usable.error().code == ENOENT) usable = os::may_write(folder);
  return usable.map_error([&](const Error& error) { return unusable_cache(cache, error); });
}

}  // namespace bobbin::app
