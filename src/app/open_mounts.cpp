#include "app/open_mounts.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "app/bucket_roots.h"
#include "app/places.h"

namespace bobbin::app {
namespace {

/// `[[site.mount]] "/docs"`: the start of a message.
std::string name_of(const SiteConfig& site, const MountConfig& mount) {
  return fmt::format("{} \"{}\"", site.is_default ? "[[mount]]" : "[[site.mount]]", mount.path);
}

}  // namespace

Result<std::vector<OpenMount>, std::string> open_mounts(const SiteConfig& config,
                                                        const http::MediaTypes& types,
                                                        executor::Executor& executor,
                                                        const files::FileSettings& settings,
                                                        const ContentsOf& contents_of) {
  std::vector<OpenMount> mounts;
  for (const MountConfig& mount : config.mounts) {
    const bool is_second =
        std::ranges::any_of(mounts, [&](const OpenMount& other) { return other.config.path == mount.path; });
    if (is_second)
      return failure(fmt::format("{}: path: another mount of the site has this path; one of them is enough",
                                 name_of(config, mount)));
    files::FileSettings of_mount = settings;
    of_mount.contents = TRY(contents_of(mount.bucket, mount.root).map_error([&](const std::string& message) {
      return fmt::format("{}: root: {}", name_of(config, mount), message);
    }));
    auto files = files::FileHandler::create(mount.root, mount.path, types, executor, std::move(of_mount));
    if (!files)
      return failure(fmt::format("{}: root: \"{}\" cannot be served; an existing directory is needed: {}",
                                 name_of(config, mount), shown_root(mount), files.error().message()));
    mounts.push_back({mount, *std::move(files)});
  }
  std::ranges::sort(mounts,
                    [](const auto& a, const auto& b) { return a.config.path.size() > b.config.path.size(); });
  return mounts;
}

Result<void, std::string> check_mounts_beside_uploads(const SiteConfig& config,
                                                      const std::string& documents_path,
                                                      const std::string& documents,
                                                      const files::HiddenNames& hidden) {
  for (const MountConfig& mount : config.mounts) {
    if (mount.path == config.upload_path || mount.path == documents_path)
      return failure(fmt::format("{}: path: uploads have this path; another one is needed, or --uploads off",
                                 name_of(config, mount)));
    if (!path_in_root(canonical(documents), canonical(mount.root), hidden).empty())
      return failure(
          fmt::format("{}: root: the folder of uploads, \"{}\", lies in \"{}\" and would be shown "
                      "with it; --upload-dir names another place",
                      name_of(config, mount), documents, mount.root));
  }
  return {};
}

}  // namespace bobbin::app
