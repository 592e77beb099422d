#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "server/connection.h"

namespace bobbin::server {

/// The connections of one worker, by id. They lie side by side in blocks, which are kept for the next ones: a
/// connection costs neither an allocation nor more memory than itself. Thread: the worker's.
class ConnectionTable {
 public:
  /// Makes one, as Connection's constructor does, and gives it its id.
  Connection& emplace(http::http1::Session::Context& context, Arrival&& arrival, Instant now) {
    if (free_.empty()) add_block();
    const std::uint32_t number = free_.back();
    free_.pop_back();
    ++size_;
    return at(number).emplace(context, std::move(arrival), ConnectionId{.slot = number, .ordinal = ++count_},
                              now);
  }

  /// Null when it is gone.
  [[nodiscard]] Connection* find(ConnectionId id) {
    if (id.slot >= blocks_.size() * kBlock) return nullptr;
    Slot& slot = at(id.slot);
    return slot && slot->id() == id ? &*slot : nullptr;
  }

  void erase(ConnectionId id) {
    at(id.slot).reset();
    free_.push_back(id.slot);
    --size_;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  /// `action` may erase the connection it is given.
  template <typename Action>
  void for_each(Action action) {
    for (std::uint32_t number = 0; number < blocks_.size() * kBlock; ++number)
      if (Slot& slot = at(number)) action(*slot);
  }

 private:
  static constexpr std::size_t kBlock = 64;
  using Slot = std::optional<Connection>;

  [[nodiscard]] Slot& at(std::uint32_t number) { return (*blocks_[number / kBlock])[number % kBlock]; }
  void add_block() {
    const auto first = static_cast<std::uint32_t>(blocks_.size() * kBlock);
    blocks_.push_back(std::make_unique<std::array<Slot, kBlock>>());
    // The lowest number is taken first, so that few connections stay close together.
    for (std::uint32_t i = kBlock; i > 0; --i) free_.push_back(first + i - 1);
  }

  std::vector<std::unique_ptr<std::array<Slot, kBlock>>> blocks_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
  std::uint32_t count_ = 0;  // of all that there have been
};

}  // namespace bobbin::server
