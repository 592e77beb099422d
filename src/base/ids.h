#pragma once

#include <compare>
#include <cstdint>

namespace bobbin {

/// Names a connection of one worker: its slot, and which of all connections of this worker it is, from 1. An
/// answer to a departed client finds another one, or nobody, in the slot and is dropped. The count begins
/// again after 2^32 connections.
struct ConnectionId {
  std::uint32_t slot = 0;
  std::uint32_t ordinal = 0;
  friend bool operator==(ConnectionId, ConnectionId) = default;
};

/// Names an exchange of one connection: in HTTP/1 they are counted from 1, in HTTP/2 it is the stream.
enum class ExchangeId : std::uint64_t {};

}  // namespace bobbin
