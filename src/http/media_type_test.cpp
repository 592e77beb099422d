#include "http/media_type.h"

#include <gtest/gtest.h>

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
      {"SHA256SUMS.asc", "text/plain; charset=utf-8"},
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
