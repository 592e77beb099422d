#include "inbox/bucket_folder.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "inbox/record_file.h"
#include "inbox/record_name.h"
#include "inbox/retry_schedule.h"
#include "inbox/text.h"
#include "object_store/probe.h"
#include "object_store/stream.h"
#include "store/document_name.h"

namespace bobbin::inbox {
namespace {

using object_store::Created;
using object_store::ListRequest;
using object_store::Page;

// So that other folders have their turn.
constexpr std::size_t kMostAtOnce = 1000;
// What is noted of more records at once costs less; after a kill they are fetched once more at most.
constexpr std::size_t kMostUnsaved = 100;

auto fatal(std::string message) {
  return failure(Obstacle{.kind = Obstacle::Kind::fatal, .reason = std::move(message)});
}

/// Whether names of records, which begin with a digit, cannot stand behind this page.
bool is_behind_names(const Page& page, const std::string& prefix) {
  const std::string behind = prefix + static_cast<char>('9' + 1);
  const auto ends_there = [&](const std::vector<std::string>& names) {
    return !names.empty() && names.back() >= behind;
  };
  return ends_there(page.keys) || ends_there(page.folders);
}

/// The name that the record has in `new`. Empty: what is in the file is no single record of an inbox.
std::string name_in(const RecordFile& file) {
  constexpr std::string_view kNew = "new/";
  std::string_view name = file.first.name;
  if (name.starts_with(kNew)) name.remove_prefix(kNew.size());
  const bool is_single = file.records == 1 && name.ends_with(store::kRecordEnding) && is_record_name(name);
  return is_single ? std::string(name) : std::string();
}

}  // namespace

Result<Look, Obstacle> BucketTaker::take_new(BucketFolder& folder) {
  auto look = folder.is_stream ? take_numbers(folder) : take_names(folder);
  if (look || look.error().kind != Obstacle::Kind::fatal) TRY(save());
  return look;
}

Result<Look, Obstacle> BucketTaker::take_names(const BucketFolder& folder) {
  const std::string prefix = key_of(folder, "");
  const std::string last = last_in(folder);
  ListRequest request{.prefix = prefix, .start_after = last.empty() ? "" : prefix + last};
  for (Look look;;) {
    const Page page = TRY(parts_.bucket.list(request).map_error(obstacle_of));
    look.taken += TRY(take_names_of(folder, page));
    if (!page.next || is_behind_names(page, prefix)) return look;
    if (look.taken >= kMostAtOnce) {
      look.is_cut = true;
      return look;
    }
    request.continuation = *page.next;
  }
}

Result<std::size_t, Obstacle> BucketTaker::take_names_of(const BucketFolder& folder, const Page& page) {
  struct Name {
    std::string name;
    bool is_here;  // it need not be fetched
  };
  std::vector<Name> names;
  std::vector<std::string> awaited;
  for (const std::string& key : page.keys) {
    std::string name = key.substr(key_of(folder, "").size());
    if (!is_record_name(name) || name <= last_in(folder)) continue;
    const bool is_here = TRY(parts_.intake.has(name).map_error(fatal_obstacle));
    if (!is_here) awaited.push_back(key);
    names.push_back({std::move(name), is_here});
  }
  parts_.fetcher.expect(awaited);
  for (const auto& [name, is_here] : names) TRY(is_here ? note(folder, name) : take_named(folder, name));
  return names.size();
}

Result<Look, Obstacle> BucketTaker::take_numbers(BucketFolder& folder) {
  const std::uint64_t first = object_store::parse_number_name(last_in(folder)).value_or(0);
  std::uint64_t last = first;
  ListRequest request{.prefix = key_of(folder, ""),
                      .start_after = key_of(folder, object_store::number_name(first))};
  for (Look look;;) {
    const Page page = TRY(parts_.bucket.list(request).map_error(obstacle_of));
    look.waits = !TRY(take_page(folder, page, last));
    look.taken = last - first;
    if (look.waits || !page.next) return look;
    if (look.taken >= kMostAtOnce) {
      look.is_cut = true;
      return look;
    }
    request.continuation = *page.next;
  }
}

Result<bool, Obstacle> BucketTaker::take_page(BucketFolder& folder, const Page& page, std::uint64_t& last) {
  const std::size_t prefix = key_of(folder, "").size();
  std::vector<std::uint64_t> numbers;
  for (const std::string& key : page.keys)
    if (const auto number = object_store::parse_number_name(key.substr(prefix)); number && *number > last)
      numbers.push_back(*number);
  if (numbers.empty()) return true;
  const Instant now = monotonic_now();
  folder.missing.saw(last, numbers.back(), now);
  const std::size_t count = within_reach(folder.missing, last, numbers, now);
  std::vector<std::string> keys;
  keys.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    keys.push_back(key_of(folder, object_store::number_name(numbers[i])));
  parts_.fetcher.expect(keys);
  for (std::size_t i = 0; i < count; ++i) {
    for (; last + 1 < numbers[i]; ++last) TRY(close(folder, last + 1));
    TRY(take_numbered(folder, numbers[i]));
    last = numbers[i];
  }
  return count == numbers.size();
}

/// How many of these numbers can be taken: those in front of which nothing is missing that may not be closed
/// yet.
std::size_t BucketTaker::within_reach(const MissingNumbers& missing, std::uint64_t last,
                                      const std::vector<std::uint64_t>& numbers, Instant now) const {
  for (std::size_t i = 0; i < numbers.size(); last = numbers[i++]) {
    // The last one in front of it has been missing for the shortest time.
    const bool is_gap = numbers[i] > last + 1;
    if (is_gap && now - missing.missing_since(numbers[i] - 1, now) < parts_.gap) return i;
  }
  return numbers.size();
}

Result<void, Obstacle> BucketTaker::take_named(const BucketFolder& folder, const std::string& name) {
  if (parts_.stop.count() > 0) return failure(Obstacle{.kind = Obstacle::Kind::told});
  const std::string key = key_of(folder, name);
  const FetchedRecord fetched = TRY(parts_.fetcher.take(key));
  if (fetched.file == nullptr)
    return failure(not_whole(key, "it is a tombstone, which stands in streams only"));
  TRY(put(name, *fetched.file));
  return note(folder, name);
}

Result<void, Obstacle> BucketTaker::take_numbered(const BucketFolder& folder, std::uint64_t number) {
  if (parts_.stop.count() > 0) return failure(Obstacle{.kind = Obstacle::Kind::told});
  const std::string name = object_store::number_name(number);
  const std::string key = key_of(folder, name);
  const FetchedRecord fetched = TRY(parts_.fetcher.take(key));
  if (fetched.file == nullptr) return note(folder, name);
  const std::string record = name_in(fetched.records);
  if (record.empty())
    return failure(not_whole(key, fmt::format("its name \"{}\" is not that of one record of an inbox",
                                              printable(fetched.records.first.name))));
  TRY(put(record, *fetched.file));
  return note(folder, name);
}

Result<void, Obstacle> BucketTaker::put(const std::string& record, store::StagedFile& file) {
  TRY(parts_.cursors.bind().map_error(fatal_obstacle));
  return parts_.intake.put(record, file).map_error(fatal_obstacle);
}

Result<void, Obstacle> BucketTaker::close(const BucketFolder& folder, std::uint64_t number) {
  if (parts_.stop.count() > 0) return failure(Obstacle{.kind = Obstacle::Kind::told});
  TRY(prove());
  const std::string name = object_store::number_name(number);
  const std::string key = key_of(folder, name);
  const auto created = TRY(
      parts_.bucket.create(key, object_store::tombstone(name), "application/json").map_error(obstacle_of));
  if (created == Created::before) return take_numbered(folder, number);
  parts_.report(fmt::format("{} has been missing for {} or longer, and is closed: no record comes there now",
                            printable(key), rounded_text(parts_.gap)));
  return note(folder, name);
}

Result<void, Obstacle> BucketTaker::prove() {
  if (is_proven_) return {};
  std::string fault =
      TRY(object_store::fault_of_store(parts_.bucket, parts_.location).map_error(obstacle_of));
  if (!fault.empty()) return fatal(std::move(fault));
  is_proven_ = true;
  return {};
}

std::string BucketTaker::last_in(const BucketFolder& folder) const {
  const auto& cursors = parts_.cursors.all();
  const auto found = cursors.find(folder.name);
  return found == cursors.end() ? std::string() : found->second.last;
}

Result<void, Obstacle> BucketTaker::note(const BucketFolder& folder, const std::string& name) {
  parts_.cursors.all()[folder.name] = {.last = name, .taken_at = wall_now()};
  return ++unsaved_ < kMostUnsaved ? Result<void, Obstacle>() : save();
}

Result<void, Obstacle> BucketTaker::save() {
  if (unsaved_ == 0) return {};
  // In this order: what is noted is never fetched again.
  TRY(parts_.intake.sync().map_error(fatal_obstacle));
  TRY(parts_.cursors.save().map_error(fatal_obstacle));
  unsaved_ = 0;
  return {};
}

}  // namespace bobbin::inbox
