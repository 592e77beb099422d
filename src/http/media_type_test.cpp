#include "http/media_type.h"

#include <gtest/gtest.h>
#include <set>
#include <sstream>
#include <string>

#include "http/media_type_table.h"

namespace bobbin::http {
namespace {

TEST(MediaType, IsRecognisedWhateverItsParametersAndCase) {  // RFC 9110 §8.3.1
  const char* cases[] = {
      "application/json",
      "Application/JSON",
      "application/json;charset=utf-8",
      "application/json; charset=utf-8",
      "application/json \t;\t charset=UTF-8 ; v=1",
      "application/json; charset=\"utf-8\"",
      "application/json; note=\"a \\\" quote; and = more\"",
      "application/json; note=\"\"",
      "application/json;",  // §5.6.6: a parameter may be missing between semicolons
      "application/json; ;; a=b;",
      "application/json ",
  };
  for (const char* value : cases) EXPECT_TRUE(is_media_type(value, "application/json")) << value;
  for (const char* value : cases) EXPECT_TRUE(is_media_type(value)) << value;
}

TEST(MediaType, HasATypeASubtypeAndParameters) {
  for (const char* value : {"image/png", "text/csv; header=absent", "*/*", "a/b;"})
    EXPECT_TRUE(is_media_type(value)) << value;
  for (const char* value :
       {"", "application", "application/", "/json", "a/b/c", "a /b", "a/b c", "a/b; c", "a/b,"})
    EXPECT_FALSE(is_media_type(value)) << value;
}

TEST(MediaType, OfAnotherNameOrFormIsNotRecognised) {
  const char* cases[] = {
      "",
      "application",
      "application/",
      "/json",
      "json",
      "text/plain",
      "application/json5",
      "application/jso",
      "application/json+ld",
      "application/problem+json",
      "text/json",
      "application /json",
      "application/ json",
      " application/json",
      "application/json, text/plain",
      "application/json,",
      "application/json charset=utf-8",
      "application/json; charset",
      "application/json; charset=",
      "application/json; =utf-8",
      "application/json; charset =utf-8",
      "application/json; charset= utf-8",
      "application/json; charset=\"utf-8",
      "application/json; charset=\"utf-8\"x",
      "application/json; charset=\"utf-8\\",
      "application/json; a=b c",
      "application/json; a=\"\x01\"",
      "application/json\x01",
      "application/json/x",
      "*/*",
      "application/*",
  };
  for (const char* value : cases) EXPECT_FALSE(is_media_type(value, "application/json")) << value;
}

TEST(MediaTypes, KnowTheTypesOfTheWeb) {  // names: the IANA media types registry
  struct Case {
    const char* name;
    const char* media_type;
  };
  const Case cases[] = {
      {"index.html", "text/html; charset=utf-8"},
      {"INDEX.HTM", "text/html; charset=utf-8"},
      {"style.css", "text/css; charset=utf-8"},
      {"app.js", "text/javascript; charset=utf-8"},  // RFC 9239
      {"app.mjs", "text/javascript; charset=utf-8"},
      {"app.js.map", "application/json"},
      {"data.json", "application/json"},  // RFC 8259 §11: no charset parameter
      {"site.webmanifest", "application/manifest+json"},
      {"feed.xml", "application/xml"},
      {"readme.txt", "text/plain; charset=utf-8"},
      {"README.md", "text/markdown; charset=utf-8"},
      {"table.csv", "text/csv; charset=utf-8"},
      {"logo.png", "image/png"},
      {"photo.jpg", "image/jpeg"},
      {"photo.JPEG", "image/jpeg"},
      {"a.gif", "image/gif"},
      {"segment.ts", "video/mp2t"},
      {"segment.m4s", "video/iso.segment"},  // registered by DASH, ISO/IEC 23009-1
      {"film.mkv", "video/matroska"},        // RFC 9559
      {"scene.glb", "model/gltf-binary"},
      {"scene.gltf", "model/gltf+json"},
      {"report.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {"text.odt", "application/vnd.oasis.opendocument.text"},
      {"main.rs", "text/plain; charset=utf-8"},
      {"tool.py", "text/plain; charset=utf-8"},
      {"tool_1.0_amd64.deb", "application/vnd.debian.binary-package"},
      {"events.ndjson", "application/x-ndjson"},
      {"a.webp", "image/webp"},
      {"a.avif", "image/avif"},
      {"a.svg", "image/svg+xml"},
      {"favicon.ico", "image/vnd.microsoft.icon"},
      {"a.bmp", "image/bmp"},
      {"a.pdf", "application/pdf"},
      {"a.wasm", "application/wasm"},
      {"a.woff", "font/woff"},
      {"a.woff2", "font/woff2"},
      {"a.ttf", "font/ttf"},
      {"a.otf", "font/otf"},
      {"a.mp3", "audio/mpeg"},
      {"a.ogg", "audio/ogg"},
      {"a.oga", "audio/ogg"},
      {"a.opus", "audio/ogg"},  // RFC 7845 §9
      {"a.wav", "audio/wav"},
      {"a.flac", "audio/flac"},
      {"a.mp4", "video/mp4"},
      {"a.webm", "video/webm"},
      {"a.mov", "video/quicktime"},
      {"a.zip", "application/zip"},
      {"a.tar.gz", "application/gzip"},
      {"a.bz2", "application/x-bzip2"},
      {"a.xz", "application/x-xz"},
      {"a.zst", "application/zstd"},
      {"a.tar", "application/x-tar"},
      {"a.7z", "application/x-7z-compressed"},
      {"unknown.qqq", "application/octet-stream"},
      {"Makefile", "application/octet-stream"},
      {"html", "application/octet-stream"},
      {".html", "application/octet-stream"},
      {"name.", "application/octet-stream"},
      {"", "application/octet-stream"},
  };
  const MediaTypes types;
  for (const auto& [name, media_type] : cases) EXPECT_EQ(types.for_file_name(name), media_type) << name;
}

// What people serve besides pages. The reason is the registration, or who expects the type.
TEST(MediaTypes, KnowWhatPeopleServe) {
  struct Case {
    const char* extension;
    const char* media_type;
    const char* reason;
  };
  const Case cases[] = {
      // video
      {"ts", "video/mp2t", "RFC 3555 §4.2.9; RFC 8216 §4: what a player of HLS accepts"},
      {"m2ts", "video/mp2t", "the same stream"},
      {"mts", "video/mp2t", "the same stream, as cameras name it"},
      {"m4s", "video/iso.segment", "IANA: MPEG-DASH, ISO/IEC 23009-1"},
      {"m4v", "video/mp4", "RFC 4337"},
      {"mkv", "video/matroska", "RFC 9559 §27.3"},
      {"mka", "audio/matroska", "RFC 9559 §27.3"},
      {"avi", "video/x-msvideo", "what browsers and players know"},
      {"3gp", "video/3gpp", "RFC 3839"},
      {"m3u8", "application/vnd.apple.mpegurl", "RFC 8216 §4"},
      {"mpd", "application/dash+xml", "IANA: ISO/IEC 23009-1"},
      {"vtt", "text/vtt; charset=utf-8", "IANA: W3C WebVTT"},
      {"ttml", "application/ttml+xml", "IANA: W3C TTML"},
      {"m4b", "audio/mp4", "RFC 4337"},
      // images, three dimensions, fonts
      {"svg", "image/svg+xml", "IANA: W3C SVG"},
      {"avif", "image/avif", "IANA: AOMedia"},
      {"jxl", "image/jxl", "IANA: ISO/IEC 18181-2"},
      {"heic", "image/heic", "IANA: ISO/IEC 23008-12"},
      {"heif", "image/heif", "IANA: ISO/IEC 23008-12"},
      {"psd", "image/vnd.adobe.photoshop", "IANA"},
      {"gltf", "model/gltf+json", "IANA: Khronos"},
      {"glb", "model/gltf-binary", "IANA: Khronos"},
      {"stl", "model/stl", "IANA"},
      {"obj", "model/obj", "IANA"},
      {"usdz", "model/vnd.usdz+zip", "IANA; Safari shows nothing else"},
      {"eot", "application/vnd.ms-fontobject", "IANA"},
      {"woff2", "font/woff2", "RFC 8081 §4.4.6"},
      // documents
      {"md", "text/markdown; charset=utf-8", "RFC 7763"},
      {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "IANA: ECMA-376"},
      {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "IANA: ECMA-376"},
      {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "IANA: ECMA-376"},
      {"doc", "application/msword", "IANA"},
      {"odt", "application/vnd.oasis.opendocument.text", "IANA: OASIS"},
      {"ods", "application/vnd.oasis.opendocument.spreadsheet", "IANA: OASIS"},
      {"epub", "application/epub+zip", "IANA: W3C EPUB"},
      // data
      {"jsonl", "application/jsonl", "jsonlines.org"},
      {"ndjson", "application/x-ndjson", "ndjson.org"},
      {"geojson", "application/geo+json", "RFC 7946"},
      {"yaml", "application/yaml", "RFC 9512"},
      {"yml", "application/yaml", "RFC 9512"},
      {"toml", "application/toml", "IANA"},
      {"parquet", "application/vnd.apache.parquet", "IANA"},
      {"sqlite", "application/vnd.sqlite3", "IANA"},
      {"cbor", "application/cbor", "RFC 8949"},
      {"sql", "application/sql", "RFC 6922"},
      {"ttl", "text/turtle; charset=utf-8", "IANA: W3C Turtle"},
      {"wasm", "application/wasm", "IANA; WebAssembly.compileStreaming accepts nothing else"},
      {"map", "application/json", "ECMA-426"},
      // packages and images of disks
      {"deb", "application/vnd.debian.binary-package", "IANA"},
      {"rpm", "application/x-rpm", "shared-mime-info: what desktops open with the installer"},
      {"apk", "application/vnd.android.package-archive", "IANA; Android installs nothing else"},
      {"whl", "application/octet-stream", "PyPI; as application/zip Safari would unpack it"},
      {"jar", "application/java-archive", "IANA"},
      {"iso", "application/x-iso9660-image", "shared-mime-info"},
      {"img", "application/octet-stream", "bytes"},
      {"dmg", "application/x-apple-diskimage", "macOS"},
      {"zst", "application/zstd", "RFC 8878"},
      {"torrent", "application/x-bittorrent", "BEP 3 clients"},
      // sums, signatures and certificates
      {"sha256", "text/plain; charset=utf-8", "people read it"},
      {"asc", "application/pgp-signature", "RFC 3156 §5"},
      {"sig", "application/pgp-signature", "RFC 3156 §5"},
      {"pem", "application/pem-certificate-chain", "RFC 8555 §9.1"},
      {"crl", "application/pkix-crl", "RFC 2585 §4.2"},
      // source: browsers show text/plain and save what they do not know
      {"mjs", "text/javascript; charset=utf-8", "RFC 9239"},
      {"cjs", "text/javascript; charset=utf-8", "browsers run nothing else"},
      {"cts", "text/plain; charset=utf-8", "source"},
      {"rs", "text/plain; charset=utf-8", "source"},
      {"go", "text/plain; charset=utf-8", "source"},
      {"py", "text/plain; charset=utf-8", "source"},
      {"sh", "text/plain; charset=utf-8", "source"},
      {"c", "text/plain; charset=utf-8", "source"},
      {"patch", "text/plain; charset=utf-8", "source"},
      {"conf", "text/plain; charset=utf-8", "source"},
  };
  // The system's list maps several of these to something else; what is built in goes before it.
  MediaTypes types;
  types.add_mime_types(
      "text/vnd.trolltech.linguist ts\nmodel/vnd.mts mts\napplication/rls-services+xml rs\n"
      "application/x-sh sh\napplication/pgp-keys asc\n");
  for (const auto& [extension, media_type, reason] : cases)
    EXPECT_EQ(types.for_file_name("name." + std::string(extension)), media_type)
        << extension << ": " << reason;
}

TEST(MediaTypes, NameNoExtensionTwice) {
  std::set<std::string> seen;
  std::istringstream lines{std::string(kBuiltInMediaTypes)};
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string type, extension;
    words >> type;
    while (words >> extension) EXPECT_TRUE(seen.insert(extension).second) << extension;
  }
  EXPECT_GT(seen.size(), 200U);
}

TEST(MediaTypes, TakeMoreFromAMimeTypesFile) {
  MediaTypes types;
  types.add_mime_types(
      "# a comment\n"
      "\n"
      "application/vnd.example\tqqa  QQB\r\n"
      "  text/x-example qqc # an end\n"
      "Image/X-Example qqd\n"
      "application/no-extension\n"
      "image/wrong png html\n"
      "image/second qqa\n"
      "nonsense qqe\n"
      "broken/ qqf\n"
      "bad/type/x qqg\n"
      "bad\x01/type qqh\n"
      "bad/type;x=1 qqi\n"
      "last/line qqz");
  struct Case {
    const char* name;
    const char* media_type;
  };
  const Case cases[] = {
      {"x.qqa", "application/vnd.example"},
      {"x.QQb", "application/vnd.example"},
      {"x.qqc", "text/x-example; charset=utf-8"},
      {"x.qqd", "image/x-example"},
      {"x.png", "image/png"},  // what is built in wins
      {"x.html", "text/html; charset=utf-8"},
      {"x.qqe", "application/octet-stream"},
      {"x.qqf", "application/octet-stream"},
      {"x.qqg", "application/octet-stream"},
      {"x.qqh", "application/octet-stream"},
      {"x.qqi", "application/octet-stream"},
      {"x.an", "application/octet-stream"},
      {"x.qqz", "last/line"},
  };
  for (const auto& [name, media_type] : cases) EXPECT_EQ(types.for_file_name(name), media_type) << name;
}

TEST(Extension, IsWhatFollowsTheLastDot) {
  struct Case {
    const char* name;
    const char* extension;
  };
  const Case cases[] = {
      {"a.txt", "txt"},
      {"ARCHIVE.TAR.GZ", "gz"},
      {".profile", ""},
      {".config.json", "json"},
      {"name.", ""},
      {"name", ""},
      {"", ""},
      {".", ""},
      {"..", ""},
      {"a..b", "b"},
      {"a.\xC3\x84", "\xC3\x84"},
  };
  for (const auto& [name, want] : cases) EXPECT_EQ(extension(name), want) << name;
}

}  // namespace
}  // namespace bobbin::http
