#include "chunked_reference.h"

#include <cstdint>
#include <cstdlib>

namespace bobbin::fuzz {
namespace {

/// Takes a line that ends in CR LF off the front.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return std::nullopt;
  text.remove_prefix(end + 2);
  return line;
}

constexpr std::string_view kToken =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Takes the bytes at the front of `text` that are in `set`; says how many.
std::size_t take(std::string_view& text, std::string_view set) {
  const std::size_t count = std::min(text.find_first_not_of(set), text.size());
  text.remove_prefix(count);
  return count;
}

/// The size of the quoted-string at the front of `text` (RFC 9110 §5.6.4); 0 when there is none.
std::size_t quoted_size(std::string_view text) {
  if (!text.starts_with('"')) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\' && ++i == text.size()) return 0;
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return 0;
  }
  return 0;
}

/// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
bool are_extensions(std::string_view text) {
  while (!text.empty()) {
    take(text, " \t");
    if (!text.starts_with(';')) return false;
    text.remove_prefix(1);
    take(text, " \t");
    if (take(text, kToken) == 0) return false;
    std::string_view behind = text;
    take(behind, " \t");
    if (!behind.starts_with('=')) continue;
    behind.remove_prefix(1);
    take(behind, " \t");
    const std::size_t quoted = quoted_size(behind);
    if (quoted == 0 && take(behind, kToken) == 0) return false;
    behind.remove_prefix(quoted);
    text = behind;
  }
  return true;
}

std::optional<std::size_t> chunk_size(std::string_view line) {
  const std::size_t digits = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
  if (digits == 0 || digits > 16 || !are_extensions(line.substr(digits))) return std::nullopt;
  return static_cast<std::size_t>(std::strtoull(std::string(line.substr(0, digits)).c_str(), nullptr, 16));
}

}  // namespace

std::optional<Chunked> read_chunked(std::string_view text) {
  Chunked message;
  std::string_view rest = text;
  while (true) {
    const auto line = take_line(rest);
    const auto size = line ? chunk_size(*line) : std::nullopt;
    if (!size) return std::nullopt;
    if (*size == 0) break;
    if (*size > rest.size()) return std::nullopt;
    message.content += rest.substr(0, *size);
    rest.remove_prefix(*size);
    if (!rest.starts_with("\r\n")) return std::nullopt;
    rest.remove_prefix(2);
  }
  while (true) {
    const auto line = take_line(rest);
    if (!line) return std::nullopt;
    if (line->empty()) break;
    if (line->find(':') == std::string_view::npos) return std::nullopt;
  }
  message.size_bytes = text.size() - rest.size();
  return message;
}

}  // namespace bobbin::fuzz
