#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "journal/history.h"
#include "journal/medium.h"
#include "store/folder.h"

namespace bobbin::store {

/// The records of one segment of the journal, which become one file (Layout::segments): a JSON text sequence
/// (RFC 7464) of their entries, unchanged. What else stands in the segment is left out.
struct RecordSegment {
  /// A part of the segment, in bytes from its beginning, that holds nothing but entries of records.
  struct Part {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  std::uint64_t number = 0;  ///< of the segment in the journal
  std::string name;          ///< of the file, as the records say
  Instant begun;             ///< when the first record came
  std::uint64_t last = 0;    ///< the sequence of the last record
  std::vector<Part> parts = {};

  void add(Part part, std::uint64_t last_sequence);
  /// Names a file with the records, whose bytes are on stable storage when this returns. EEXIST when there is
  /// one of this name. The segment is durable, and nothing is written to it any more.
  [[nodiscard]] Result<void> publish(const std::string& segment, Folder& folder) const;
};

/// The files that recovery has to look after: records that share one are joined. Its sequence is that of the
/// last of them.
[[nodiscard]] std::vector<journal::OpenRecord> joined_by_file(std::vector<journal::OpenRecord> records);

}  // namespace bobbin::store
