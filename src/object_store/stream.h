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

/// "000000000042.json": names sort as numbers do.
[[nodiscard]] std::string number_name(std::uint64_t number);
/// Nothing: it is no such name, or its number is 0.
[[nodiscard]] std::optional<std::uint64_t> parse_number_name(std::string_view name);

/// The content of an object that closes a number. `name`: of the object, without what stands before it.
[[nodiscard]] std::string tombstone(std::string_view name);
/// Whether the content is that, of which the beginning is enough.
[[nodiscard]] bool is_tombstone(std::string_view content);

}  // namespace bobbin::object_store
