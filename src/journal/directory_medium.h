#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/medium.h"
#include "os/fd.h"

namespace bobbin::journal {

/// The name of the file in which a segment stands: `0000000042.segment`.
[[nodiscard]] std::string segment_name(std::uint64_t number);
/// Nothing: the name is none of a segment.
[[nodiscard]] std::optional<std::uint64_t> segment_number(std::string_view name);

/// Whether a file of this name is one in which a segment will stand.
[[nodiscard]] bool is_prepared_segment(std::string_view name);

/// A directory with a file for each segment: `0000000042.segment`, and `spare` and `spare-2` for
/// those that are to be used again. Nobody but the owner can read them.
class DirectoryMedium final : public Medium {
 public:
  /// The directory at this path from `parent`, which is made when it is missing; its name is made durable.
  [[nodiscard]] static Result<std::unique_ptr<DirectoryMedium>> open(const os::Fd& parent,
                                                                     const std::string& path);

  [[nodiscard]] Result<std::vector<std::uint64_t>> segments() override;
  [[nodiscard]] Result<std::string> read(std::uint64_t number) override;
  [[nodiscard]] Result<std::unique_ptr<SegmentFile>> prepare(std::uint64_t size_bytes) override;
  void make_spare(std::uint64_t size_bytes) override;
  [[nodiscard]] Result<void> install(std::uint64_t number) override;
  [[nodiscard]] Result<void> retire(std::uint64_t number) override;
  [[nodiscard]] Result<void> remove_spares() override;

 private:
  explicit DirectoryMedium(os::Fd directory) : directory_(std::move(directory)) {}

  os::Fd directory_;
  std::string prepared_;          // the name of the file that was prepared last
  std::uint64_t size_bytes_ = 0;  // of the same
};

}  // namespace bobbin::journal
