#include "inbox/consumer.h"

#include <cerrno>
#include <fmt/format.h>
#include <utility>

#include "inbox/record_file.h"
#include "inbox/text.h"
#include "os/file.h"
#include "os/lock.h"

namespace bobbin::inbox {
namespace {

// Records that were given back are older than those of the last listing. After so many claims they get
// their turn.
constexpr std::size_t kClaimsPerListing = 1000;

/// Whether the file is ours now. Where there are no locks, one that has a claim is nobody's.
bool is_locked_by_us(const os::Fd& file) {
  const auto locked = os::try_lock(file);
  return locked ? *locked : os::is_unsupported_lock(locked.error());
}

/// The claim's file, locked. Nothing: it is gone, or its consumer is at work.
Result<std::optional<os::Fd>> hold(const RecordFolders& folders, const RecordPlace& place) {
  auto file = folders.open_file(place);
  if (!file && file.error().code == ENOENT) return std::nullopt;
  if (!file) return failure(file.error());
  if (!is_locked_by_us(*file)) return std::nullopt;
  return *std::move(file);
}

/// True: the claim is in `new` again.
Result<bool, std::string> give_back(const RecordFolders& folders, const Claim& claim) {
  const RecordPlace place{RecordFolder::claimed, claim.name()};
  const auto held = hold(folders, place);
  if (!held) return failure(fmt::format("{} is left there: {}", place.text(), reason_of(held.error())));
  return *held ? folders.settle(place, {RecordFolder::unclaimed, claim.record}) : false;
}

}  // namespace

Consumer::Consumer(const RecordFolders& folders, std::string name, Report report)
    : folders_(&folders), name_(std::move(name)), report_(std::move(report)) {}

Result<std::optional<ClaimedRecord>, std::string> Consumer::claim_next() {
  if (claimed_ >= kClaimsPerListing) TRY(list_again());
  for (bool is_fresh = false;; is_fresh = true) {
    while (position_ < listed_.size())
      if (auto claimed = TRY(claim(listed_[position_++]))) {
        ++claimed_;
        return claimed;
      }
    if (is_fresh) return std::nullopt;
    TRY(list_again());
  }
}

/// A listing may have a record that came while it was made, and lack one that came just before. So what is
/// later than the last one of an earlier listing is left for the next.
Result<void, std::string> Consumer::list_again() {
  auto earlier = TRY(folders_->names(RecordFolder::unclaimed));
  while (true) {
    listed_ = TRY(folders_->names(RecordFolder::unclaimed));
    auto last = std::ranges::upper_bound(listed_, earlier.empty() ? std::string() : earlier.back());
    if (earlier.empty() || listed_.empty() || last != listed_.begin()) {
      listed_.erase(last, listed_.end());
      break;
    }
    earlier = std::move(listed_);
  }
  position_ = 0;
  claimed_ = 0;
  return {};
}

Result<std::optional<ClaimedRecord>, std::string> Consumer::claim(const std::string& record) {
  const RecordPlace place{RecordFolder::unclaimed, record};
  auto file = folders_->open_file(place);
  if (!file) {
    if (file.error().code != ENOENT)
      report_once(record, fmt::format("{} is left there: {}", place.text(), opening_problem(file.error())));
    return std::nullopt;
  }
  // Before it is moved, so that there is no moment at which it has a claim that nobody seems to hold.
  if (!is_locked_by_us(*file)) return std::nullopt;
  if (const auto whole = read_record_file(*file); !whole) {
    report_once(record, fmt::format("{} is left there, since the file is not whole: {}", place.text(),
                                    whole.error()));
    return std::nullopt;
  }
  ClaimedRecord claimed{.claim = {.consumer = name_, .record = record}, .file = *std::move(file)};
  const auto moved = folders_->move(place, claimed.place());
  if (moved) return claimed;
  if (moved.error().code == EEXIST)
    report_once(record, fmt::format("{} is left there, since {} has not been ended", place.text(),
                                    claimed.place().text()));
  else if (moved.error().code != ENOENT)
    return failure(fmt::format("{} cannot be moved to {}: {}", place.text(), claimed.place().text(),
                               reason_of(moved.error())));
  return std::nullopt;
}

Result<void, std::string> Consumer::take_back() {
  for (const std::string& name : TRY(folders_->names(RecordFolder::claimed))) {
    const auto claim = claim_in(name);
    if (claim->consumer != name_) continue;
    const auto given = give_back(*folders_, *claim);
    if (!given)
      report_(given.error());
    else if (*given)
      report_(fmt::format("new/{} is given out again, since its consumer was interrupted", claim->record));
  }
  return {};
}

void Consumer::report_once(const std::string& record, const std::string& message) {
  if (reported_.insert(record).second) report_(message);
}

Result<bool, std::string> reclaim(const RecordFolders& folders, Duration older, WallTime now,
                                  const std::function<void(const Claim&)>& tell, const Report& report) {
  bool is_complete = true;
  for (const std::string& name : TRY(folders.names(RecordFolder::claimed))) {
    const auto claim = claim_in(name);
    const auto status = os::status_at(folders.at(RecordFolder::claimed), name);
    if (!status || now - status->changed < older) continue;
    const auto given = give_back(folders, *claim);
    if (!given) {
      is_complete = false;
      report(given.error());
    } else if (*given) {
      tell(*claim);
    }
  }
  return is_complete;
}

}  // namespace bobbin::inbox
