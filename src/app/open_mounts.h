#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "executor/executor.h"
#include "files/file_handler.h"
#include "http/media_type.h"

namespace bobbin::app {

/// A folder that stands in the place of what a site's root has at this path, open.
struct OpenMount {
  MountConfig config;
  std::shared_ptr<files::FileHandler> files;
};

/// Where the content of a root comes from, as place_bucket_roots has put it; null: of an ordinary one. The
/// error is the end of a sentence.
using ContentsOf = std::function<Result<std::shared_ptr<files::Contents>, std::string>(
    const std::string& bucket, const std::string& root)>;

/// Opens the mounts of a site; those with the longest paths come first. `types` and `executor` outlive them.
/// The error is a sentence for the operator.
[[nodiscard]] Result<std::vector<OpenMount>, std::string> open_mounts(const SiteConfig& config,
                                                                      const http::MediaTypes& types,
                                                                      executor::Executor& executor,
                                                                      const files::FileSettings& settings,
                                                                      const ContentsOf& contents_of);

/// Whether no mount takes the place of what the site stores, and none shows it besides. `documents_path`:
/// where the stored documents stand in the site; `documents`: the directory that they lie in.
[[nodiscard]] Result<void, std::string> check_mounts_beside_uploads(const SiteConfig& config,
                                                                    const std::string& documents_path,
                                                                    const std::string& documents,
                                                                    const files::HiddenNames& hidden);

}  // namespace bobbin::app
