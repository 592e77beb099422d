#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/endpoint.h"
#include "observe/event.h"

namespace bobbin::observe {

/// What messages look like.
enum class MessageFormat : std::uint8_t {
  text,     ///< "[YYYY-MM-DD HH:MM:SS] [Thread-1] message"
  untimed,  ///< the same without the time
  json,     ///< one object each
};

/// The connection, and perhaps the exchange on it, that a line is about.
struct Origin {
  unsigned worker = 0;
  std::uint64_t connection = 0;  ///< of this worker, counted from 1: both together are never used again
  std::uint64_t exchange = 0;    ///< of this connection, counted from 1; 0: of none in particular
  Endpoint client;               ///< its port is 0 where it is not known
  /// The other end of the connection, where that is a proxy which has named the client.
  std::optional<Endpoint> peer = std::nullopt;
};

/// Views live as long as the call. What has no thread or origin has an empty name, or null.
struct Message {
  WallTime time;
  Event event;
  std::string_view thread_name = {};
  std::string_view text;
  const Origin* origin = nullptr;
};

/// Appends one line, '\n' at its end. The text is escaped and cut as append_escaped does, in json as
/// format_exchange does; the client stands behind it, in json with the ids of connection and exchange in
/// fields of their own.
void append_message(std::string& out, MessageFormat format, const Message& message);

}  // namespace bobbin::observe
