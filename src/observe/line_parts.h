#pragma once

#include "base/clock.h"
#include "base/endpoint.h"
#include "observe/line_builder.h"
#include "observe/message.h"

// What lines of the log have in common.
namespace bobbin::observe {

/// "127.0.0.1"
void add_address(LineBuilder& line, const Endpoint& endpoint);
/// "127.0.0.1:8080", as Endpoint::text; the address alone where the port is 0, which means that it is not
/// known.
void add_endpoint(LineBuilder& line, const Endpoint& endpoint);
/// The client, and behind it the proxy that has named it: "203.0.113.7 through 127.0.0.1:54321".
void add_client(LineBuilder& line, const Origin& origin);
/// "[YYYY-MM-DD HH:MM:SS] ", and "[Thread-1] " when there is a name.
void add_line_start(LineBuilder& line, WallTime time, std::string_view thread_name);
/// "[Thread-1] " when there is a name.
void add_thread(LineBuilder& line, std::string_view thread_name);

/// "GET" of "GET /x HTTP/1.1"
[[nodiscard]] std::string_view method_of(std::string_view request_line);
/// "HTTP/1.1", or "HTTP/2", as the version is written (RFC 9113 §1); nothing where the line does not end with
/// one.
[[nodiscard]] std::string_view protocol_of(std::string_view request_line);

/// "2024-03-15T10:30:00.007+01:00" (RFC 3339)
void add_json_time(LineBuilder& line, WallTime time);
/// `"client":"203.0.113.7","peer":"127.0.0.1:54321"`; the peer only where it is not the client.
void add_json_client(LineBuilder& line, const Origin& origin);
/// `,"connection_id":"3-128","exchange_id":2`, as far as they are known.
void add_json_ids(LineBuilder& line, const Origin& origin);

}  // namespace bobbin::observe
