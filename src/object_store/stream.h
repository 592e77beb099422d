#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Objects that a process creates side by side, and that are read in order: a stream is a folder of them,
// named after the node and the moment when the process began, in which each has a number. A number may be
// missing, since its object could not be stored, or comes later: whoever has to know creates an object of
// that name that says that it is closed. The store creates one of the two, so both sides agree.
namespace bobbin::object_store {

/// The name of a stream.
struct StreamName {
  std::string node;   ///< see is_node_name
  std::string epoch;  ///< see is_epoch
  [[nodiscard]] std::string text() const { return node + "." + epoch; }
  friend bool operator==(const StreamName&, const StreamName&) = default;
};

/// 1 to 64 of a-z, 0-9 and hyphen.
[[nodiscard]] bool is_node_name(std::string_view text);

/// When the process began, and 26 characters that no other one has, as names of records begin:
/// `20261130T060000.123456Z-` and 26 of a-z and 2-7.
[[nodiscard]] bool is_epoch(std::string_view text);

/// Reads NODE.EPOCH. Nothing: it is something else.
[[nodiscard]] std::optional<StreamName> parse_stream_name(std::string_view text);

/// "000000000042.json": names sort as numbers do.
[[nodiscard]] std::string number_name(std::uint64_t number);
/// Nothing: it is no such name, or its number is 0.
[[nodiscard]] std::optional<std::uint64_t> parse_number_name(std::string_view name);

/// The content of an object that closes a number. `name`: of the object, without what stands before it.
[[nodiscard]] std::string tombstone(std::string_view name);
/// Whether the content is that, of which the beginning is enough.
[[nodiscard]] bool is_tombstone(std::string_view content);

}  // namespace bobbin::object_store
