#pragma once

#include <compare>
#include <cstdint>

namespace bobbin {

/// Names a connection of one worker: a slot, and how often the slot had been used before. An answer to a
/// departed client carries an old generation, finds nobody and is dropped.
struct ConnectionId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend bool operator==(ConnectionId, ConnectionId) = default;
};

/// Counts the exchanges of one connection, from 1.
enum class ExchangeId : std::uint64_t {};

}  // namespace bobbin
