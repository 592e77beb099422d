#pragma once

#include <cstdint>
#include <optional>

#include "os/fd.h"
#include "uploads/store.h"

namespace bobbin::uploads {

/// A folder of a real file system. Thread: any.
class DirectoryStore : public Store {
 public:
  /// How a file exists before it is published.
  enum class Staging : std::uint8_t {
    unnamed,  ///< O_TMPFILE: no name at all, so nothing is left behind whatever happens
    named,    ///< `.bobbin-….tmp`, renamed: for file systems without O_TMPFILE; a crash may leave some behind
  };

  /// Makes the folder when it is missing, makes its own name durable, removes temporaries that an earlier run
  /// left behind, and tries out whether syncing and staging work here, so that a folder which cannot keep a
  /// promise is found before anything is promised. `staging`: nothing means whichever the file system offers.
  /// One server to a folder: a second one would take the first one's named temporaries for stale.
  [[nodiscard]] static Result<std::unique_ptr<DirectoryStore>> create(const std::string& path,
                                                                      std::optional<Staging> staging = {});

  [[nodiscard]] Result<std::unique_ptr<StagedFile>> stage() override;
  [[nodiscard]] Result<void> sync_names() override;
  [[nodiscard]] Result<void> remove(const std::string& name) override;

  [[nodiscard]] Staging staging() const { return staging_; }

 private:
  DirectoryStore(os::Fd directory, Staging staging) : directory_(std::move(directory)), staging_(staging) {}

  os::Fd directory_;
  Staging staging_;
};

}  // namespace bobbin::uploads
