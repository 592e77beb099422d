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

/// A field of a form, decoded. The views lie in the text that was given to parse_form.
struct FormField {
  std::string_view name;
  std::string_view value;
};

/// The fields of a form in the order received. As the standard says, a `+` is a space, a `%` that begins no
/// encoding stands for itself, a field without `=` has no value, and nothing between two `&` is no field.
/// `content` is decoded in place: it is changed, and must outlive the fields.
///
/// Narrower than the standard, which would replace bytes: what is not UTF-8 is refused. So are more than
/// kMostFormFields. The failure is a sentence for the client; bytes of the content count from 0.
[[nodiscard]] Result<std::vector<FormField>, std::string> parse_form(std::string& content);

/// One JSON object: a member for each name, in the order in which the names first come. Its value is a
/// string, or an array of strings when the name comes more than once. Nothing: it would have more than
/// `most_bytes`. The names and values are UTF-8.
[[nodiscard]] std::optional<std::string> form_to_json(std::span<const FormField> fields,
                                                      std::uint64_t most_bytes);

}  // namespace bobbin::uploads
