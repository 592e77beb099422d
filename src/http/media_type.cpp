#include "http/media_type.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/field_syntax.h"

namespace bobbin::http {
namespace {

constexpr std::string_view kDefault = "application/octet-stream";

struct Entry {
  std::string_view extension;
  std::string_view media_type;
};

// The names registered with IANA; where a type has none, the one that browsers know.
constexpr Entry kBuiltIn[] = {
    // documents
    {"html", "text/html"},
    {"htm", "text/html"},
    {"xhtml", "application/xhtml+xml"},
    {"css", "text/css"},
    {"js", "text/javascript"},
    {"mjs", "text/javascript"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"cjs", "text/javascript"},
    {"jsonl", "application/jsonl"},
    {"ndjson", "application/x-ndjson"},
    {"jsonld", "application/ld+json"},
    {"geojson", "application/geo+json"},
    {"webmanifest", "application/manifest+json"},
    {"xml", "application/xml"},
    {"xsl", "application/xslt+xml"},
    {"rss", "application/rss+xml"},
    {"atom", "application/atom+xml"},
    {"txt", "text/plain"},
    {"log", "text/plain"},
    {"md", "text/markdown"},
    {"csv", "text/csv"},
    {"tsv", "text/tab-separated-values"},
    {"ics", "text/calendar"},
    {"vcf", "text/vcard"},
    {"vtt", "text/vtt"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"toml", "application/toml"},
    {"pdf", "application/pdf"},
    {"epub", "application/epub+zip"},
    {"rtf", "application/rtf"},
    {"wasm", "application/wasm"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    // source, which is read as text (`ts` is a transport stream below: browsers ask for video by that name)
    {"mts", "text/plain"},
    {"cts", "text/plain"},
    {"tsx", "text/plain"},
    {"jsx", "text/javascript"},
    {"rs", "text/plain"},
    {"go", "text/plain"},
    {"py", "text/plain"},
    {"sh", "text/plain"},
    {"c", "text/plain"},
    {"h", "text/plain"},
    {"cpp", "text/plain"},
    {"hpp", "text/plain"},
    {"java", "text/plain"},
    {"kt", "text/plain"},
    {"rb", "text/plain"},
    {"diff", "text/plain"},
    {"patch", "text/plain"},
    {"ini", "text/plain"},
    {"conf", "text/plain"},
    {"sha256", "text/plain"},
    {"sha512", "text/plain"},
    {"md5", "text/plain"},
    {"asc", "text/plain"},
    {"sig", "application/pgp-signature"},
    {"gltf", "model/gltf+json"},
    {"glb", "model/gltf-binary"},
    // images
    {"png", "image/png"},
    {"apng", "image/apng"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"jxl", "image/jxl"},
    {"heic", "image/heic"},
    {"heif", "image/heif"},
    {"svg", "image/svg+xml"},
    {"ico", "image/vnd.microsoft.icon"},
    {"bmp", "image/bmp"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    // fonts
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"ttc", "font/collection"},
    {"eot", "application/vnd.ms-fontobject"},
    // sound
    {"mp3", "audio/mpeg"},
    {"m4a", "audio/mp4"},
    {"aac", "audio/aac"},
    {"ogg", "audio/ogg"},
    {"oga", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"wav", "audio/wav"},
    {"flac", "audio/flac"},
    {"weba", "audio/webm"},
    {"mid", "audio/midi"},
    {"midi", "audio/midi"},
    // video
    {"mp4", "video/mp4"},
    {"m4v", "video/mp4"},
    {"webm", "video/webm"},
    {"ogv", "video/ogg"},
    {"mov", "video/quicktime"},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"mpd", "application/dash+xml"},
    {"mkv", "video/matroska"},
    {"m4s", "video/iso.segment"},
    {"ts", "video/mp2t"},
    {"m2ts", "video/mp2t"},
    // archives
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"bz2", "application/x-bzip2"},
    {"xz", "application/x-xz"},
    {"zst", "application/zstd"},
    {"tar", "application/x-tar"},
    {"7z", "application/x-7z-compressed"},
    {"rar", "application/vnd.rar"},
    // packages and images
    {"deb", "application/vnd.debian.binary-package"},
    {"rpm", "application/x-rpm"},
    {"apk", "application/vnd.android.package-archive"},
    {"whl", "application/zip"},
    {"iso", "application/vnd.efi.iso"},
    {"img", "application/octet-stream"},
};

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

MediaTypes::MediaTypes() {
  for (const auto& [extension, media_type] : kBuiltIn)
    by_extension_.emplace(std::string(extension), with_charset(media_type));
}

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
