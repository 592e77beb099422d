#include "http/content_disposition.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/utf8.h"
#include "http/percent_encoding.h"

namespace bobbin::http {
namespace {

/// Whether every client reads `c` in a quoted `filename` the same way (RFC 6266 Appendix D): some decode
/// `%41` there, some do not undo the escapes of `"` and `\`.
bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '%'; }

/// attr-char (RFC 8187 §3.2.1), besides letters and digits: what needs no percent-encoding in `filename*`.
constexpr std::string_view kAttributeCharacters = "!#$&+-.^_`|~";

/// Every character that is not plain becomes one '_'.
std::string plain_fallback(std::string_view name) {
  std::string fallback;
  while (!name.empty()) {
    fallback += is_plain(name.front()) ? name.front() : '_';
    name.remove_prefix(utf8_length(name));
  }
  return fallback;
}

}  // namespace

std::string attachment(std::string_view file_name) {
  std::string name(file_name);
  if (!is_utf8(name)) {
    std::erase_if(name, [](char c) { return static_cast<std::uint8_t>(c) >= 0x80; });
    if (name.starts_with('.'))
      name.insert(0, "download");  // nothing but an extension is left: it would be hidden
  }
  // An empty name would make the client invent one from the whole URI, query included.
  if (name.empty()) name = "download";
  std::string value = "attachment; filename=\"" + plain_fallback(name) + "\"";
  if (!std::all_of(name.begin(), name.end(), is_plain))
    value += "; filename*=UTF-8''" + percent_encode(name, kAttributeCharacters);
  return value;
}

}  // namespace bobbin::http
