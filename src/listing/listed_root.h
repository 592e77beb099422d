#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/result.h"
#include "files/contents.h"
#include "files/hidden_names.h"
#include "listing/entry.h"
#include "listing/readme_text.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/open_beneath.h"
#include "os/root.h"

namespace bobbin::listing {

/// Names a directory, by whichever path it is reached.
struct FolderId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

class ListedRoot;

struct ListingSettings {
  std::string url_path;                     ///< where the root stands in the site: "", or "/name"
  std::vector<std::string> allowed_types;   ///< as FileSettings::allowed_types
  files::HiddenNames hidden = {};           ///< as FileSettings::hidden
  std::vector<std::string> unlisted_paths;  ///< where something else answers: "/upload", decoded
  std::optional<FolderId> unlisted_folder;  ///< of the uploads
  bool says_no_cache = true;                ///< whether an answer has `Cache-Control: no-cache`
  bool is_coded = false;                    ///< in a content coding that the client accepts
  bool shows_readme = false;                ///< beneath the entries of a page
  /// As FileSettings::contents. A README that is a placeholder is wanted from it, and shown once it is there.
  std::shared_ptr<files::Contents> contents = {};
  /// The folders that stand in the place of what this root has at their paths.
  std::vector<std::shared_ptr<const ListedRoot>> mounts = {};
};

/// What may be shown of a root: what a GET would serve, and nothing else. Paths here are beneath the root,
/// decoded, without '/' at their ends; "" is the root. Immutable but for the budget. Thread: any.
class ListedRoot {
 public:
  /// Of memory that all listings of one root may take together, in bytes; further ones are answered 503.
  static constexpr std::size_t kBudgetBytes = 64 * 1024 * 1024;

  /// Keeps a descriptor of its own for `root`, since a listing may outlive what serves the root.
  [[nodiscard]] static Result<std::shared_ptr<const ListedRoot>> create(const os::Root& root,
                                                                        ListingSettings settings);

  /// As os::open_beneath; nothing when there is no folder, or one that is not listed.
  [[nodiscard]] Result<std::optional<os::Opened>> open_folder(const std::string& path) const;
  /// Whether a GET of the path with '/' at its end would show a listing or the folder's index.
  [[nodiscard]] bool serves_folder(const std::string& path) const;
  /// Whether the folder at this path is still this one, and may still be listed. The error says what became
  /// of it.
  [[nodiscard]] Result<void, std::string> still_lists(const std::string& path,
                                                      const os::FileStatus& folder) const;

  /// The names of the mounts in a folder. They live as long as this.
  [[nodiscard]] std::vector<std::string_view> mounts_in(const std::string& path) const;
  /// Whether a name can be shown at all, judged without a look at the file system. `is_file`: it is surely
  /// one.
  [[nodiscard]] bool may_show(std::string_view name, bool is_file) const;
  /// What is to be shown of this name in an open folder, if it is shown: of the mount that has it, or of what
  /// lies in the folder. The name is that which was given.
  [[nodiscard]] std::optional<Entry> look_at(const os::Fd& folder, const std::string& path,
                                             std::string_view name) const;

  /// Of a longer README only so many bytes are shown.
  static constexpr std::size_t kMostReadmeBytes = 32 * 1024;
  /// Of README.md, README.txt and README the first that a GET would serve, where the settings ask for it.
  [[nodiscard]] std::optional<Readme> readme(const os::Fd& folder, const std::string& path) const;

  [[nodiscard]] const ListingSettings& settings() const { return settings_; }
  [[nodiscard]] Budget& budget() const { return budget_; }

 private:
  ListedRoot(os::Root root, ListingSettings settings)
      : root_(std::move(root)), settings_(std::move(settings)) {}
  [[nodiscard]] bool serves_folder(const std::string& path, const os::FileStatus& status) const;
  [[nodiscard]] std::string site_path(std::string_view path) const;
  [[nodiscard]] const ListedRoot* mount_at(std::string_view path) const;
  [[nodiscard]] std::optional<Entry> as_entry(std::string_view name) const;
  [[nodiscard]] bool is_unlisted(const os::FileStatus& folder) const;

  const os::Root root_;
  const ListingSettings settings_;
  mutable Budget budget_{kBudgetBytes};
};

}  // namespace bobbin::listing
