#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "os/fd.h"
#include "store/directory_key_files.h"
#include "store/folder.h"

namespace bobbin::store {

/// A folder of a real file system. Thread: see Folder.
class DirectoryFolder final : public Folder {
 public:
  /// How a file exists before it is published.
  enum class Staging : std::uint8_t {
    unnamed,  ///< O_TMPFILE: the file has no name, so nothing is left behind whatever happens
    named,    ///< `.bobbin-….tmp`, renamed later, where there is no O_TMPFILE; a crash may leave such files
  };

  /// Makes the folder when it is missing, and makes its own name durable. Without `staging` the best kind
  /// that the file system offers is used.
  [[nodiscard]] static Result<std::unique_ptr<DirectoryFolder>> open(const std::string& path,
                                                                     std::optional<Staging> staging = {});
  /// Makes kInboxFolders, for the owner alone.
  [[nodiscard]] Result<void> make_inbox_folders();

  /// The lock is flock(2) of the directory itself: it leaves no file behind, and ends with the process.
  [[nodiscard]] Result<Ownership> own() override;
  void disown() override;
  /// Removes temporary files only where the folder is known to be ours: they may be those of another server.
  [[nodiscard]] Result<void> prepare() override;
  [[nodiscard]] Result<void> prove() override;

  [[nodiscard]] Result<std::unique_ptr<StagedFile>> stage() override;
  [[nodiscard]] Result<void> sync_names() override;
  [[nodiscard]] Result<void> remove(const std::string& name) override;
  /// In `.bobbin/journal`, which nobody but the owner can look into.
  [[nodiscard]] Result<std::unique_ptr<journal::Medium>> open_journal(bool make) override;
  [[nodiscard]] Result<void> remove_journal() override;
  [[nodiscard]] journal::Circumstances circumstances() const override;
  [[nodiscard]] std::string journal_obstacle() const override;
  [[nodiscard]] Result<void> sync_everything() override;
  [[nodiscard]] std::string place_of(const std::string& name) override;
  void look_again() override { moved_.reset(); }
  [[nodiscard]] Result<std::optional<crypto::Digest>> digest_of(const std::string& name) override;
  [[nodiscard]] Result<void> write_again(const std::string& name, Bytes content) override;
  [[nodiscard]] Result<void> set_aside(const std::string& name) override;
  [[nodiscard]] Result<void> sync_hidden_names() override;
  [[nodiscard]] Result<void> publish_hidden(const std::string& name) override;
  [[nodiscard]] Result<void> remove_hidden_names() override;
  [[nodiscard]] std::unique_ptr<KeyFiles> key_files() override { return key_files_in(directory_); }
  [[nodiscard]] const std::string& path() const override { return path_; }
  [[nodiscard]] std::uint64_t device() const override { return device_; }

  /// Must be called after prepare().
  [[nodiscard]] Staging staging() const { return staging_.value_or(Staging::named); }

 private:
  DirectoryFolder(std::string path, os::Fd directory, std::uint64_t device, std::optional<Staging> staging)
      : path_(std::move(path)), directory_(std::move(directory)), device_(device), staging_(staging) {}

  const std::string path_;
  os::Fd directory_;
  os::Fd large_;  // the folder of hidden names, once there is a journal
  const std::uint64_t device_;
  std::optional<Staging> staging_;
  Ownership ownership_ = Ownership::unknown;
  /// What consumers have moved, once somebody has asked: the places, by their old names.
  std::optional<std::unordered_map<std::string, std::string>> moved_;
};

}  // namespace bobbin::store
