#pragma once

#include <memory>
#include <optional>

#include "executor/executor.h"
#include "http/content.h"
#include "http/handler.h"
#include "listing/folder_listing.h"

namespace bobbin::listing {

/// The content of an answer that is a listing. What stands in front of the entries is given at once; then the
/// executor makes one piece after the other, and the source says Wait meanwhile. A client that has left costs
/// no more than the step under way.
class ListingSource final : public http::ContentSource {
 public:
  /// `executor` outlives the source; `resume`: of the exchange whose content this is.
  ListingSource(std::unique_ptr<FolderListing> listing, executor::Executor& executor, http::Resume resume);

  /// Nobody knows before the last entry has been looked at.
  [[nodiscard]] std::optional<std::uint64_t> size_bytes() const override { return std::nullopt; }
  [[nodiscard]] Piece pull() override;

 private:
  /// Shared with the executor, since either may end first. The worker touches it only while no step runs.
  struct Work;

  [[nodiscard]] bool begin_step();

  executor::Executor& executor_;
  http::Resume resume_;
  std::shared_ptr<Work> work_;
  bool has_begun_ = false;
  bool step_runs_ = false;
};

}  // namespace bobbin::listing
