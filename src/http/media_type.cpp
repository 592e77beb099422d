#include "http/media_type.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/field_syntax.h"
#include "http/media_type_table.h"

namespace bobbin::http {
namespace {

constexpr std::string_view kDefault = "application/octet-stream";

/// `type/subtype` at the front of `reader`; both empty when there is none.
struct TypeName {
  std::string_view type;
  std::string_view subtype;
};
TypeName read_type_name(FieldValueReader& reader) {
  const std::string_view type = reader.token();
  if (type.empty() || !reader.skip('/')) return {};
  const std::string_view subtype = reader.token();
  if (subtype.empty()) return {};
  return {type, subtype};
}

/// As it is sent. Everything that we call text is UTF-8; a text type without charset would leave browsers to
/// guess.
std::string with_charset(std::string_view media_type) {
  std::string value(media_type);
  if (media_type.starts_with("text/")) value += "; charset=utf-8";
  return value;
}

bool is_white_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// The word at the front of `line`, which it leaves; empty at the end.
std::string_view take_word(std::string_view& line) {
  const auto begin = std::find_if_not(line.begin(), line.end(), is_white_space);
  const auto end = std::find_if(begin, line.end(), is_white_space);
  const std::string_view word(begin, end);
  line = std::string_view(end, line.end());
  return word;
}

}  // namespace

bool is_media_type(std::string_view field_value, std::string_view type_and_subtype) {
  FieldValueReader reader(field_value);
  const auto [type, subtype] = read_type_name(reader);
  if (type.empty() || !reader.parameters([](auto...) {}) || !reader.at_end()) return false;
  return equals_ignoring_case(field_value.substr(0, type.size() + 1 + subtype.size()), type_and_subtype);
}

bool is_media_type(std::string_view field_value) {
  FieldValueReader reader(field_value);
  return !read_type_name(reader).type.empty() && reader.parameters([](auto...) {}) && reader.at_end();
}

bool is_compressible(std::string_view media_type) {
  constexpr std::string_view kTypes[] = {"application/javascript",
                                         "application/json",
                                         "application/xml",
                                         "application/wasm",
                                         "application/x-ndjson",
                                         "application/jsonl",
                                         "application/toml",
                                         "application/yaml",
                                         "application/sql",
                                         "application/json5",
                                         "application/x-sh",
                                         "application/rtf",
                                         "application/postscript",
                                         "application/vnd.apple.mpegurl",
                                         "application/vnd.ms-fontobject",
                                         "application/x-javascript",
                                         "audio/x-mpegurl",
                                         "font/ttf",
                                         "font/otf",
                                         "font/collection",
                                         "image/bmp",
                                         "image/vnd.microsoft.icon",
                                         "image/x-icon",
                                         "model/gltf+json",
                                         "model/stl"};
  std::string type = lowercase(media_type.substr(0, media_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         std::ranges::find(kTypes, type) != std::end(kTypes);
}

MediaTypes::MediaTypes() { add_mime_types(kBuiltInMediaTypes); }

void MediaTypes::add_mime_types(std::string_view file_text) {
  while (!file_text.empty()) {
    const std::size_t end = std::min(file_text.find('\n'), file_text.size());
    std::string_view line = file_text.substr(0, end);
    file_text.remove_prefix(std::min(end + 1, file_text.size()));
    line = line.substr(0, line.find('#'));
    const std::string_view media_type = take_word(line);
    FieldValueReader reader(media_type);
    if (read_type_name(reader).type.empty() || !reader.at_end()) continue;
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line))
      by_extension_.try_emplace(lowercase(word), with_charset(lowercase(media_type)));
  }
}

std::string_view MediaTypes::for_file_name(std::string_view name) const {
  const auto found = by_extension_.find(extension(name));
  return found == by_extension_.end() ? kDefault : std::string_view(found->second);
}

std::string extension(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  // A dot in front hides a file, it does not begin an extension.
  if (dot == 0 || dot == std::string_view::npos) return {};
  return lowercase(file_name.substr(dot + 1));
}

}  // namespace bobbin::http
