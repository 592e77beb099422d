#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "uploads/form.h"

// Forms as browsers and curl -F send them: multipart/form-data (RFC 7578, RFC 2046 §5.1).
namespace bobbin::uploads {

inline constexpr std::size_t kMostPartHeadBytes = 8UL * 1024;

/// The boundary that a Content-Type of multipart/form-data names (RFC 2046 §5.1.1). Nothing: it names none of
/// 1 to 70 characters that may stand in one, or several.
[[nodiscard]] std::optional<std::string> boundary_of(std::string_view content_type);

/// What becomes of a part that is a file.
enum class FormFiles : std::uint8_t {
  refused,  ///< and the whole form with it
  taken,
};

/// Why a form is not taken.
struct MultipartFault {
  bool is_file = false;  ///< a part is a file, which is refused; otherwise the form is malformed
  std::string reason;    ///< a sentence for the client; parts count from 1
};

/// The parts of a form, as fields in the order received. What stands in front of the first boundary and
/// behind the last one is passed over. A name stands between quotes, in which `\"` is a quote. Browsers write
/// `%22` for a quote; that is left as it is, since it may be meant so.
///
/// Refused are what is not UTF-8, but for the content of files, and more than kMostFormFields, or than
/// kMostPartHeadBytes in front of one. `content` outlives the fields, whose names may be changed in place in
/// it.
[[nodiscard]] Result<std::vector<FormField>, MultipartFault> parse_multipart(std::string& content,
                                                                             std::string_view boundary,
                                                                             FormFiles files);

}  // namespace bobbin::uploads
