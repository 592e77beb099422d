#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "given.h"
#include "inbox/reading.h"
#include "journal/history.h"

// The segment of a journal after a crash. A segment is written, a part of which has been flushed; what stands
// behind that part is whatever the disk has made of it: some of its sectors, zeros, or the input. Nothing of
// what had been flushed may be missing, and nothing that was not written may be found.
namespace bobbin::fuzz {
namespace {

using journal::Entry;
using journal::History;

constexpr std::size_t kSectorBytes = 512;

std::string body_of(std::uint64_t sequence) {
  return "[" + std::to_string(sequence) + ",\"" + std::string(sequence * 97 % 900, 'x') + "\"]";
}

struct Segment {
  std::string bytes;
  std::size_t flushed_bytes = 0;
  std::uint64_t flushed = 0;  // sequence
  std::uint64_t written = 0;
};

Segment write(Choices& choices) {
  Segment segment;
  crypto::Digest receipt{};
  const auto add = [&](decltype(Entry::content) content, std::string_view body = {}) {
    receipt = journal::append_entry(
        segment.bytes,
        {.epoch = "e", .previous = receipt, .flushed = segment.flushed, .content = std::move(content)}, body);
  };
  add(journal::SegmentBegin{.number = 1, .first = 1});
  segment.flushed_bytes = segment.bytes.size();
  for (std::size_t steps = choices.below(24); steps > 0; --steps) {
    if (choices.one_in(5)) {
      add(journal::Published{segment.written});
    } else if (choices.one_in(4)) {
      segment.flushed = segment.written;
      segment.flushed_bytes = segment.bytes.size();
    } else {
      const std::string body = body_of(++segment.written);
      add(journal::Record{.sequence = segment.written,
                          .id = "i",
                          .inbox = "upload",
                          .received = WallTime(seconds(1)),
                          .name = "n",
                          .size_bytes = body.size(),
                          .digest = crypto::sha256(body)},
          body);
    }
  }
  return segment;
}

/// What a power cut leaves.
std::string left_of(const Segment& segment, std::string_view input, Choices& choices) {
  std::string disk = segment.bytes.substr(0, segment.flushed_bytes);
  for (std::size_t at = segment.flushed_bytes; at < segment.bytes.size();) {
    const std::size_t size = std::min(kSectorBytes - at % kSectorBytes, segment.bytes.size() - at);
    if (choices.one_in(3))
      disk.append(size, '\0');
    else
      disk.append(segment.bytes, at, size);
    at += size;
  }
  disk += input;
  return disk;
}

void check(const History& history, const Segment& segment) {
  ASSERT(history.damage.empty());
  ASSERT(history.open.size() >= segment.flushed && history.sequence == history.open.size());
  for (std::size_t i = 0; i < history.open.size(); ++i) {
    ASSERT(history.open[i].record.sequence == i + 1);
    // What is behind the last one that was written has been found in the input.
    if (i < segment.written) ASSERT(history.open[i].content == body_of(i + 1));
  }
}

History history_of(std::string_view bytes) {
  journal::HistoryReader reader;
  reader.add(1, bytes);
  return std::move(reader).finish();
}

/// What an operator is shown is what recovery sees.
void check_reading(std::string bytes) {
  const History history = history_of(bytes);
  inbox::JournalFiles files;
  files.segments.push_back({.number = 1, .size_bytes = bytes.size(), .bytes = std::move(bytes)});
  const auto reading = inbox::read(std::move(files));
  ASSERT(reading->history.sequence == history.sequence && reading->history.damage == history.damage);
  ASSERT(reading->entries.empty() == history.epoch.empty());
  ASSERT(reading->odd_segments.size() == (history.epoch.empty() ? 1 : 0));
  std::string_view rest = reading->files.segments.front().bytes;
  for (const inbox::ListedEntry& entry : reading->entries) {
    ASSERT(rest.starts_with(entry.text) && entry.text.size() == entry.read.size);
    rest.remove_prefix(entry.text.size());
  }
}

void run(const Given& given) {
  // The input alone: an entry is as long as it says, and reads the same when nothing follows.
  if (const auto read = journal::read_entry(given.input)) {
    ASSERT(read->size <= given.input.size());
    const auto again = journal::read_entry(given.input.substr(0, read->size));
    ASSERT(again && again->entry == read->entry && again->receipt == read->receipt);
  }
  check_reading(std::string(given.input));

  Choices choices = given.choices;
  const Segment segment = write(choices);
  // An intact entry with a higher `flushed` would be a message from the future.
  const bool is_of_ours = given.input.find("\"epoch\":\"e\"") != std::string_view::npos;
  const std::string left = left_of(segment, given.input, choices);
  if (!is_of_ours) check(history_of(left), segment);
  check_reading(left);
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given);
  return 0;
}
