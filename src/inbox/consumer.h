#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "inbox/record_folders.h"
#include "os/fd.h"

namespace bobbin::inbox {

/// Takes a sentence for the operator, without a full stop.
using Report = std::function<void(const std::string& message)>;

/// A record that a consumer has claimed. Its file is locked (flock(2)) for as long as this object lives: so a
/// claim whose consumer is at work is told from one that was left behind.
struct ClaimedRecord {
  Claim claim;
  os::Fd file;  ///< from its beginning
  [[nodiscard]] RecordPlace place() const { return {RecordFolder::claimed, claim.name()}; }
};

/// Claims records, the oldest first, in a race with any number of other consumers. What is not whole, and
/// what already has a claim of this consumer, is reported once and left in `new`. Errors are messages, after
/// which nothing more can be claimed. Thread: one at a time.
class Consumer {
 public:
  /// `folders` must outlive this object. `name`: see is_consumer_name.
  Consumer(const RecordFolders& folders, std::string name, Report report);

  /// Nothing: there is no record that can be claimed now.
  [[nodiscard]] Result<std::optional<ClaimedRecord>, std::string> claim_next();
  /// Moves the claims of this name that nobody holds back to `new`: their consumer was interrupted.
  [[nodiscard]] Result<void, std::string> take_back();

 private:
  [[nodiscard]] Result<void, std::string> list_again();
  /// Nothing: this record cannot be claimed, or another consumer was quicker.
  [[nodiscard]] Result<std::optional<ClaimedRecord>, std::string> claim(const std::string& record);
  void report_once(const std::string& record, const std::string& message);

  const RecordFolders* folders_;
  std::string name_;
  Report report_;
  std::vector<std::string> listed_;  // of `new`, as it was some time ago
  std::size_t position_ = 0;
  std::size_t claimed_ = 0;  // of these names
  std::set<std::string> reported_;
};

/// Moves claims back to `new` that were made `older` ago or longer before `now`, and that nobody holds;
/// `tell` gets the name of each. A claim is as old as the last change of its status (ctime), which is when it
/// was moved to `work`. False: one could not be moved, and `report` has said why.
[[nodiscard]] Result<bool, std::string> reclaim(const RecordFolders& folders, Duration older, WallTime now,
                                                const std::function<void(const Claim&)>& tell,
                                                const Report& report);

}  // namespace bobbin::inbox
