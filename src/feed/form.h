#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "feed/record_files.h"
#include "http/request_head.h"

namespace bobbin::feed {

/// How records are given to a reader.
enum class Form : std::uint8_t {
  cloud_events,  ///< CloudEvents 1.0, JSON batch format: an array of events
  lines,         ///< NDJSON: each record on a line
  events,        ///< server-sent events (HTML §9.2), without an end
  sequence,      ///< JSON text sequence (RFC 7464): each record byte for byte
};

[[nodiscard]] std::string_view media_type_of(Form form);
/// The form that a client wants most, by its Accept fields; cloud_events where it says nothing. Nothing: it
/// takes none of them.
[[nodiscard]] std::optional<Form> form_for(const http::RequestHead& head);

/// What stands in front of all records, and behind them.
[[nodiscard]] std::string_view beginning_of(Form form);
[[nodiscard]] std::string_view end_of(Form form);

/// Appends a record. `source`: of a CloudEvent, a URI reference; free of what JSON would escape. `is_first`:
/// no record is before it.
void append_record(std::string& out, Form form, const WholeRecord& whole, std::string_view source,
                   bool is_first);

}  // namespace bobbin::feed
