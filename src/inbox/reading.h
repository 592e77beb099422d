#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "inbox/upload_folder.h"
#include "journal/history.h"

namespace bobbin::inbox {

/// An entry that belongs to the journal.
struct ListedEntry {
  journal::ReadEntry read;
  std::string_view text;      ///< all of it, in the bytes of its segment
  std::uint64_t segment = 0;  ///< in which it stands
};

/// A segment file that is no part of the journal.
struct OddSegment {
  enum class Kind : std::uint8_t {
    unreadable,   ///< see SegmentFile::problem
    other_epoch,  ///< it belongs to another journal
    misnamed,     ///< it is a segment of this journal under the name of another one
    headless,     ///< it does not begin as a segment does
    left_over,    ///< an old file that has its old name again after a power cut; it holds nothing of worth
  } kind = Kind::left_over;
  std::uint64_t number = 0;
  std::uint64_t records =
      0;  ///< intact ones in it behind the checkpoint, which no reader of the journal sees
};

/// What is found beside a server at work is found by chance; what is found so often is there.
inline constexpr int kReadings = 3;

/// What the files of a journal say.
struct Reading {
  JournalFiles files;
  journal::History history;
  std::vector<ListedEntry> entries;  ///< in the order of the journal; they refer to `files`
  std::uint64_t given_up = 0;        ///< records behind which no later segment goes on: nobody was told
  std::vector<std::uint64_t> gaps;   ///< segments that go on from an entry that is not there
  std::vector<OddSegment> odd_segments;
};

[[nodiscard]] std::unique_ptr<Reading> read(JournalFiles files);

}  // namespace bobbin::inbox
