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

std::optional<std::size_t> chunk_size(std::string_view line) {
  const std::size_t digits = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
  const std::size_t extension = std::min(line.find_first_not_of(" \t", digits), line.size());
  if (digits == 0 || digits > 16) return std::nullopt;
  if (digits < line.size() && (extension == line.size() || line[extension] != ';')) return std::nullopt;
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
