#pragma once

#include <cstdint>
#include <string_view>

namespace bobbin::store {

/// Learns of the records of an inbox as they come (Layout::record). Thread: any, but one call at a time. It
/// is told while the store holds its journal, so it may neither wait nor call the store.
class RecordWatcher {
 public:
  virtual ~RecordWatcher() = default;

  /// What is there. `epoch`: of the journal; "": it begins with the next record. The files of all records
  /// through `named` have got their names, unless they were withdrawn; those through `checkpointed` are on
  /// stable storage with these. Called once, before all else.
  virtual void begin(std::string_view epoch, std::uint64_t named, std::uint64_t checkpointed) = 0;
  /// The file of another record has got its name, which is not durable yet. `name`: in the folder `new`.
  virtual void named(std::uint64_t sequence, std::string_view name, std::uint64_t file_bytes) = 0;
  /// All records through this sequence are on stable storage under their names: no power cut takes them back.
  virtual void checkpointed(std::uint64_t through) = 0;
};

}  // namespace bobbin::store
