#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "listing/form.h"
#include "listing/listed_root.h"
#include "listing/order.h"
#include "listing/selection.h"
#include "os/directory.h"
#include "os/open_beneath.h"
#include "os/pages.h"

namespace bobbin::listing {

/// One folder on its way into text, a step at a time; every step may wait for a disk. The names are read
/// first, and each entry is looked at only when it is written; for an order by size or time it is looked at
/// before, too.
///
/// What is there is written as it is found. An entry that comes or goes meanwhile may be missing or not. But
/// when the folder itself is replaced, or may no longer be read, the listing fails: what would follow might
/// belong to another folder, or be missing for want of permission.
///
/// Thread: one at a time.
class FolderListing {
 public:
  /// A folder is sorted as long as that takes so many passes over it: more where only names are read. Beyond
  /// that it is listed as the system gives it.
  static constexpr std::size_t kMostPassesByName = 16;
  static constexpr std::size_t kMostPassesByStatus = 4;

  /// What each takes of the budget in any case, in bytes: the names that it begins with, and a piece of text.
  static constexpr std::size_t kLeastBytes = Selection::kLeastBytes + 48 * 1024;

  /// Null: the budget of the root, or the system, has no memory for it. `path` is that of the folder, as in
  /// ListedRoot.
  [[nodiscard]] static std::unique_ptr<FolderListing> create(std::shared_ptr<const ListedRoot> root,
                                                             std::string path, os::Opened folder, Order order,
                                                             std::unique_ptr<Form> form,
                                                             std::size_t most_bytes = Selection::kMostBytes);

  /// What stands in front of the first entry; does not wait.
  void begin(std::string& text) const { form_->begin(text); }
  /// Appends what a step yields, which may be nothing. False: that was the last one. The error is for the
  /// operator.
  [[nodiscard]] Result<bool, std::string> step(std::string& text);

  [[nodiscard]] std::uint64_t device() const { return folder_.status.device; }

 private:
  FolderListing(std::shared_ptr<const ListedRoot> root, std::string path, os::Opened folder, Order order,
                std::unique_ptr<Form> form, os::Pages memory);

  enum class Stage : std::uint8_t { selecting, writing, writing_unsorted, ended };

  [[nodiscard]] Result<void> select();
  void offer(const os::DirectoryEntry& found);
  void offer_as_it_is(std::string_view name);
  [[nodiscard]] bool is_mount(std::string_view name) const;
  [[nodiscard]] Result<void> end_pass();
  [[nodiscard]] Result<void> write_selected(std::string& text);
  [[nodiscard]] Result<void> write_unsorted(std::string& text);
  void write(std::string& text, std::string_view name);
  void end(std::string& text) const;

  const std::shared_ptr<const ListedRoot> root_;
  const std::string path_;
  const os::Opened folder_;
  const Order order_;
  const std::unique_ptr<Form> form_;
  Budget::Share share_;
  const std::vector<std::string_view> mounts_;  // names, which stand in the place of those in the folder
  std::optional<Selection> selection_;          // nothing when the names need not be kept any more
  Totals totals_;
  Stage stage_ = Stage::selecting;
  bool is_first_pass_ = true;
  bool pass_begins_ = true;
  bool says_unsorted_ = false;
};

}  // namespace bobbin::listing
