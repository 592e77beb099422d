#include "inbox/cat.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <set>
#include <utility>
#include <variant>

#include "inbox/reading.h"

namespace bobbin::inbox {
namespace {

using What = CatOptions::What;

bool is_whole(const Reading& reading) {
  return reading.history.damage.empty() && reading.history.damage_before_checkpoint.empty() &&
         reading.gaps.empty() && std::ranges::all_of(reading.odd_segments, [](const OddSegment& odd) {
           return odd.kind == OddSegment::Kind::left_over;
         });
}

Result<std::unique_ptr<Reading>, std::string> read_settled(const UploadFolder& folder) {
  std::unique_ptr<Reading> reading;
  for (int attempt = 0; attempt < kReadings && (reading == nullptr || !is_whole(*reading)); ++attempt)
    reading = read(TRY(folder.read_journal()));
  return reading;
}

/// Or of a bundle that is not complete.
std::set<std::uint64_t> withdrawn_in(const Reading& reading) {
  const auto& unfinished = reading.history.unfinished;
  std::set<std::uint64_t> withdrawn(unfinished.begin(), unfinished.end());
  for (const ListedEntry& entry : reading.entries)
    if (const auto* each = std::get_if<journal::Withdrawal>(&entry.read.entry.content))
      withdrawn.insert(each->sequence);
  return withdrawn;
}

class Printer {
 public:
  Printer(const UploadFolder& folder, const Reading& reading, const CatOptions& options)
      : folder_(folder), options_(options), withdrawn_(withdrawn_in(reading)) {}

  /// What is printed of an entry; empty: nothing is.
  [[nodiscard]] std::string text_of(const ListedEntry& entry) {
    switch (options_.what) {
      case What::entries: return std::string(entry.text);
      case What::receipts: return fmt::format("{}{}}}\n", journal::kEntryBegin, entry.read.head);
      case What::bodies: break;
    }
    const auto* record = std::get_if<journal::Record>(&entry.read.entry.content);
    if (record == nullptr || withdrawn_.contains(record->sequence)) return {};
    if (record->has_body) return fmt::format("{}{}\n", journal::kEntryBegin, entry.read.body);
    return large_document(*record);
  }

  /// How many documents could not be printed.
  [[nodiscard]] std::uint64_t missing() const { return missing_; }

 private:
  std::string large_document(const journal::Record& record) {
    const auto content = folder_.content_of(record.name, record.size_bytes);
    if (content && crypto::sha256(*content) == record.digest)
      return fmt::format("{}{}\n", journal::kEntryBegin, *content);
    ++missing_;
    return {};
  }

  const UploadFolder& folder_;
  const CatOptions& options_;
  const std::set<std::uint64_t> withdrawn_;
  std::uint64_t missing_ = 0;
};

/// The first entry that is printed.
auto first_entry(const Reading& reading, std::uint64_t from) {
  if (from == 0) return reading.entries.begin();
  return std::ranges::find_if(reading.entries, [&](const ListedEntry& entry) {
    const auto* record = std::get_if<journal::Record>(&entry.read.entry.content);
    return record != nullptr && record->sequence >= from;
  });
}

}  // namespace

Result<void, std::string> cat(const UploadFolder& folder, const CatOptions& options,
                              const std::function<bool(std::string_view)>& write) {
  const std::unique_ptr<Reading> reading = TRY(read_settled(folder));
  Printer printer(folder, *reading, options);
  for (auto entry = first_entry(*reading, options.from); entry != reading->entries.end(); ++entry)
    if (!write(printer.text_of(*entry))) return {};
  if (printer.missing() > 0)
    return failure(
        fmt::format("{} large {} not printed: the journal does not hold such documents, and their "
                    "files have been taken or altered",
                    printer.missing(), printer.missing() == 1 ? "document was" : "documents were"));
  if (!is_whole(*reading))
    return failure(
        fmt::format("the journal is not whole, and what it still holds was printed; bobbin inbox verify {} "
                    "says what is missing",
                    folder.path()));
  return {};
}

}  // namespace bobbin::inbox
