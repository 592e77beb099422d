#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>

namespace bobbin::object_inbox {

/// The numbers of a stream. Each is given to one document; one that was not used is given to the next, or has
/// to be closed, since whoever reads in order waits for it. Thread: one at a time.
class Numbers {
 public:
  /// From 1. The lowest that was given back, or else the next one.
  [[nodiscard]] std::uint64_t take();
  /// Nothing was, or will be, created under the number.
  void give_back(std::uint64_t number) { spare_.insert(number); }
  /// Nobody knows whether something was created under the number.
  void leave(std::uint64_t number) { unknown_.push_back(number); }

  /// One that somebody may wait for, and that is to be closed: it is nobody's then. Nothing: there is none.
  [[nodiscard]] std::optional<std::uint64_t> next_to_close();

 private:
  std::uint64_t last_ = 0;
  std::set<std::uint64_t> spare_;
  std::deque<std::uint64_t> unknown_;
};

}  // namespace bobbin::object_inbox
