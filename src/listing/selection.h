#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/budget.h"
#include "listing/order.h"
#include "os/pages.h"

namespace bobbin::listing {

/// Sorts the names of a folder in a bounded memory, in several passes over the folder where that is needed.
/// In each pass all names are offered; it keeps those that come first among the ones that no pass has kept
/// yet, as many as there is room for, and gives them sorted. Thread: one at a time.
class Selection {
 public:
  /// What one takes of memory in any case, and the most that it may take, in bytes.
  static constexpr std::size_t kLeastBytes = 16 * 1024;
  static constexpr std::size_t kMostBytes = 1024 * 1024;

  /// `memory`: as large as it may become, at least kLeastBytes. `budget` outlives it; its owner has taken
  /// kLeastBytes from it. Where the budget has no more, there are more passes.
  Selection(Order order, os::Pages memory, Budget& budget);

  /// A name is 1 to 255 bytes long.
  void offer(const SortKey& key);
  /// All names have been offered: next() gives those that were kept.
  void end_pass();
  /// In order. Nothing: that was the last of this pass. The view is valid until the next pass.
  [[nodiscard]] std::optional<SortKey> next();

  /// Whether names were left for another pass.
  [[nodiscard]] bool left_some() const { return left_count_ > 0; }
  void begin_next_pass();
  /// About how many passes there will be in all, after the first one.
  [[nodiscard]] std::size_t expected_passes() const;

 private:
  /// A key of which the name is owned.
  struct OwnedKey {
    std::string name;
    bool is_folder;
    std::uint64_t number;
    explicit OwnedKey(const SortKey& key) : name(key.name), is_folder(key.is_folder), number(key.number) {}
    [[nodiscard]] SortKey view() const { return {.name = name, .is_folder = is_folder, .number = number}; }
  };

  [[nodiscard]] bool has_room(std::size_t record_bytes) const;
  void append(const void* bytes, std::size_t count);
  [[nodiscard]] bool grow();
  [[nodiscard]] std::span<std::uint32_t> offsets() const { return all_offsets_.first(count_); }
  void leave_out_the_last();
  void close_gaps();
  [[nodiscard]] SortKey at(std::uint32_t offset) const;
  [[nodiscard]] std::size_t record_bytes(std::size_t name_bytes) const;
  [[nodiscard]] bool precedes(std::uint32_t one, std::uint32_t other) const {
    return comes_before(at(one), at(other), order_);
  }

  const Order order_;
  os::Pages memory_;
  Budget::Share share_;
  std::size_t allowed_bytes_ = kLeastBytes;  // of the memory, by the budget
  // A quarter of the memory is for the offsets of records, in order once the pass has ended.
  std::span<std::uint32_t> all_offsets_;
  std::size_t count_ = 0;
  // The rest is for records, one behind the other: the length of the name, whether it is a folder, the number
  // unless names are sorted by name, and the name.
  std::span<char> records_;
  std::size_t records_end_ = 0;
  std::size_t given_ = 0;
  std::size_t left_count_ = 0;             // in this pass
  std::optional<OwnedKey> last_given_;     // of the passes before: only what comes behind it is new
  std::optional<OwnedKey> last_possible_;  // in this pass: what comes behind it is left out
};

}  // namespace bobbin::listing
