#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Forms as browsers send them: application/x-www-form-urlencoded (WHATWG URL Standard, §5.1), and the JSON
// that is made of them.
namespace bobbin::uploads {

inline constexpr std::size_t kMostFormFields = 1000;

/// What is said of a field that is a file.
struct FormFile {
  std::string_view name;  ///< as its sender has given it; empty: none was chosen, or it has none
  std::string_view type;  ///< its media type; empty: none is said
};

/// A field of a form, decoded. The views lie in the text that it was read from.
struct FormField {
  std::string_view name;
  std::string_view value;  ///< of a file its content, which may be anything; otherwise UTF-8
  std::optional<FormFile> file = {};
};

/// The fields of a form in the order received. As the standard says, a `+` is a space, a `%` that begins no
/// encoding stands for itself, a field without `=` has no value, and nothing between two `&` is no field.
/// `content` is decoded in place: it is changed, and must outlive the fields.
///
/// Narrower than the standard, which would replace bytes: what is not UTF-8 is refused. So are more than
/// kMostFormFields. The failure is a sentence for the client; bytes of the content count from 0.
[[nodiscard]] Result<std::vector<FormField>, std::string> parse_form(std::string& content);

/// One JSON object: a member for each name, in the order in which the names first come. Its value is a
/// string; of a file an object that says its name, type, size in bytes and SHA-256, and has its content in
/// base64, or null where none was chosen; or an array of these when the name comes more than once. Nothing:
/// it would have more than `most_bytes`.
[[nodiscard]] std::optional<std::string> form_to_json(std::span<const FormField> fields,
                                                      std::uint64_t most_bytes);

}  // namespace bobbin::uploads
