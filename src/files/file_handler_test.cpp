#include "files/file_handler.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "http/content_disposition.h"
#include "http/date.h"
#include "http/test_reply_sink.h"
#include "os/test_directory.h"

namespace bobbin::files {
namespace {

namespace fs = std::filesystem;
using http::FieldName;
using http::HandlerLogFields;
using http::Method;
using http::Response;
using http::Status;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using FieldList = std::vector<std::pair<FieldName, std::string>>;

/// The names of a response's field lines, in order.
std::vector<std::string> field_names(const Response& response) {
  std::vector<std::string> names;
  for (std::size_t start = 0; start < response.fields.size(); start = response.fields.find("\r\n", start) + 2)
    names.push_back(response.fields.substr(start, response.fields.find(':', start) - start));
  return names;
}

/// The value of a response's field; "(none)" when there is no such line.
std::string field(const Response& response, const std::string& name) {
  const std::string lines = "\r\n" + response.fields;
  const std::string start = "\r\n" + name + ": ";
  const std::size_t found = lines.find(start);
  if (found == std::string::npos) return "(none)";
  const std::size_t value = found + start.size();
  return lines.substr(value, lines.find("\r\n", value) - value);
}

std::string bytes_of(const http::FilePiece& piece) {
  std::string bytes(piece.length, '\0');
  const auto count = os::read_at(piece.descriptor, std::as_writable_bytes(std::span(bytes)), piece.offset);
  EXPECT_TRUE(count && *count == piece.length);
  return bytes;
}
/// Everything that a source gives. What it gives can be had only once.
std::string bytes_of(const std::unique_ptr<http::ContentSource>& source) {
  std::string all;
  while (true) {
    const http::ContentSource::Piece piece = source->pull();
    if (const auto* bytes = std::get_if<Bytes>(&piece)) all += as_text(*bytes);
    if (const auto* file = std::get_if<http::FilePiece>(&piece)) all += bytes_of(*file);
    if (std::holds_alternative<http::Wait>(piece)) std::this_thread::yield();
    if (const auto* failed = std::get_if<http::Failed>(&piece)) return "failed: " + failed->cause;
    if (std::holds_alternative<http::End>(piece)) return all;
  }
}
std::string bytes_of(const std::string& bytes) { return bytes; }
std::string bytes_of(const http::SharedBytes& bytes) { return *bytes; }
std::string bytes_of(std::monostate) { return ""; }
std::string content(const Response& response) {
  return std::visit([](const auto& part) { return bytes_of(part); }, response.content);
}
bool comes_from_a_source(const Response& response) {
  return std::holds_alternative<std::unique_ptr<http::ContentSource>>(response.content);
}

std::string pattern(std::size_t size_bytes) {
  std::string text(size_bytes, '\0');
  for (std::size_t i = 0; i < size_bytes; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

constexpr std::size_t kLarge = 200'000;

class FileHandlerTest : public ::testing::Test {
 protected:
  FileHandlerTest() {
    place.make_folder("site");
    place.write("secret", "secret");
    write("index.html", "<h1>home</h1>");
    write("about.html", "<h1>about</h1>");
    write("style.css", "body {}");
    write("logo.PNG", "png");
    write("sample.txt", "hello world");
    write("large.png", pattern(kLarge));
    write("empty.css", "");
    handler = make({.downloads = {"txt", "png", "jpg", "jpeg"}, .allowed_types = {}});
  }

  void write(const std::string& name, std::string_view text) const { place.write("site/" + name, text); }
  void make_folder(const std::string& name) const { place.make_folder("site/" + name); }

  [[nodiscard]] std::unique_ptr<FileHandler> make(FileSettings settings, std::string_view prefix = "") const {
    auto made = FileHandler::create(place.path("site"), prefix, types, executor, std::move(settings));
    EXPECT_TRUE(made) << made.error().message();
    return *std::move(made);
  }

  /// `path` is the decoded path; the target is the same unless it is given.
  [[nodiscard]] Response ask(Method method, std::string_view path, const FieldList& fields = {},
                             std::string_view target = "") const {
    http::RequestHead head;
    head.method = method;
    head.target = target.empty() ? path : target;
    for (const auto& [name, value] : fields)
      EXPECT_TRUE(head.fields.add({.name = name, .name_text = "", .value = value}));
    const Endpoint local;
    auto begun = handler->begin({.head = head,
                                 .local = local,
                                 .path = path,
                                 .exchange = {.sink = &nobody, .connection = {}, .exchange = {}},
                                 .date = date});
    EXPECT_TRUE(std::holds_alternative<Response>(begun));
    return std::get<Response>(std::move(begun));
  }
  [[nodiscard]] Response get(std::string_view path, const FieldList& fields = {}) const {
    return ask(Method::get, path, fields);
  }
  [[nodiscard]] Status status_of(std::string_view path) const { return get(path).status; }

  /// Until every entity tag is strong.
  static void let_the_files_settle() { std::this_thread::sleep_for(milliseconds(25)); }

  os::TestDirectory place;
  http::MediaTypes types;
  mutable http::NobodyWaits nobody;
  mutable executor::Executor executor;
  std::unique_ptr<FileHandler> handler;
  WallTime date = WallTime::max();  ///< of the requests
};

TEST(FileHandlerCreation, FailsWithoutARoot) {
  const http::MediaTypes types;
  executor::Executor executor;
  const auto made = FileHandler::create("/nonexistent/folder", "", types, executor, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ENOENT);
}

// CONTRACT §7 rows 1 and 2, §2.
TEST_F(FileHandlerTest, ServesFilesByTheirType) {
  write("photo.jpg", "jpeg"), write("data.unknown-type", "?"), write("no-extension", "?");
  write("a b.html", "space"), write("\u00fc.html", "umlaut");
  const struct {
    const char* path;
    const char* media_type;
    const char* want;
    const char* saved_as;  // "": shown
    HandlerLogFields::Action action;
    const char* subject;
  } cases[] = {
      {"/", "text/html; charset=utf-8", "<h1>home</h1>", "", HandlerLogFields::Action::sent_html,
       "index.html"},
      {"/index.html", "text/html; charset=utf-8", "<h1>home</h1>", "", HandlerLogFields::Action::sent_html,
       "index.html"},
      {"/about.html", "text/html; charset=utf-8", "<h1>about</h1>", "", HandlerLogFields::Action::sent_html,
       "about.html"},
      {"/a b.html", "text/html; charset=utf-8", "space", "", HandlerLogFields::Action::sent_html, "a b.html"},
      {"/\u00fc.html", "text/html; charset=utf-8", "umlaut", "", HandlerLogFields::Action::sent_html,
       "\u00fc.html"},
      {"/style.css", "text/css; charset=utf-8", "body {}", "", HandlerLogFields::Action::sent_binary,
       "style.css"},
      {"/empty.css", "text/css; charset=utf-8", "", "", HandlerLogFields::Action::sent_binary, "empty.css"},
      {"/logo.PNG", "application/octet-stream", "png", "logo.PNG", HandlerLogFields::Action::sent_binary,
       "logo.PNG"},
      {"/photo.jpg", "application/octet-stream", "jpeg", "photo.jpg", HandlerLogFields::Action::sent_binary,
       "photo.jpg"},
      {"/sample.txt", "application/octet-stream", "hello world", "sample.txt",
       HandlerLogFields::Action::sent_binary, "sample.txt"},
      {"/data.unknown-type", "application/octet-stream", "?", "data.unknown-type",
       HandlerLogFields::Action::sent_binary, "data.unknown-type"},
      {"/no-extension", "application/octet-stream", "?", "no-extension",
       HandlerLogFields::Action::sent_binary, "no-extension"},
  };
  for (const auto& [path, media_type, want, saved_as, action, subject] : cases) {
    SCOPED_TRACE(path);
    const Response response = get(path);
    EXPECT_EQ(response.status, Status::ok);
    EXPECT_EQ(response.media_type, media_type);
    EXPECT_EQ(content(response), want);
    const std::string_view name = saved_as;
    EXPECT_EQ(field(response, "Content-Disposition"), name.empty() ? "(none)" : http::attachment(name));
    EXPECT_EQ(response.log_fields.action, action);
    EXPECT_EQ(response.log_fields.subject, subject);
    EXPECT_FALSE(response.close);
  }
}

/// "200 content" or "308 location" for a path.
class AddressesTest : public FileHandlerTest {
 protected:
  AddressesTest() {
    write("docs.html", "docs page"), write("guide.html", "guide");
    make_folder("docs"), write("docs/index.html", "docs index"), write("docs/a.html", "docs a");
    make_folder("bare"), write("bare/b.htm", "bare b");
    make_folder("old"), write("old/index.htm", "old index");
    write("bare.html", "bare page");
  }
  void use(AddressRules rules) { handler = make({.addresses = std::move(rules)}); }
  [[nodiscard]] std::string answer(std::string_view path) const {
    const Response response = ask(Method::get, path, {}, std::string(path) + "?q=1");
    const std::string status = std::to_string(http::code(response.status));
    return response.status == Status::permanent_redirect ? status + " " + field(response, "Location")
                                                         : status + " " + content(response);
  }
};

TEST_F(AddressesTest, OrdinarilyAFileIsItsNameAndAFolderItsIndex) {
  use({});
  EXPECT_EQ(answer("/docs"), "308 /docs/?q=1");
  EXPECT_EQ(answer("/docs/"), "200 docs index");
  EXPECT_EQ(answer("/guide"), "404 ");
  EXPECT_EQ(answer("/guide/"), "404 ");
  EXPECT_EQ(answer("/guide.html"), "200 guide");
  EXPECT_EQ(answer("/bare"), "404 ");
  EXPECT_EQ(answer("/old/"), "404 ");
}

TEST_F(AddressesTest, TheFirstIndexThatIsThereIsShown) {
  use({.index_names = {"index.html", "index.htm"}});
  EXPECT_EQ(answer("/old/"), "200 old index");
  EXPECT_EQ(answer("/old"), "308 /old/?q=1");
  write("old/index.html", "newer");
  EXPECT_EQ(answer("/old/"), "200 newer");
  EXPECT_EQ(answer("/"), "200 <h1>home</h1>");
}

TEST_F(AddressesTest, CleanUrlsShowThePageWithoutItsExtension) {
  use({.clean_urls = CleanUrls::on});
  EXPECT_EQ(answer("/guide"), "200 guide");
  EXPECT_EQ(answer("/docs/a"), "200 docs a");
  EXPECT_EQ(answer("/guide.html"), "200 guide");
  EXPECT_EQ(answer("/guide/"), "308 /guide?q=1");
  EXPECT_EQ(answer("/docs"), "308 /docs/?q=1") << "a folder with an index goes first";
  EXPECT_EQ(answer("/bare"), "200 bare page") << "the folder has none";
  EXPECT_EQ(answer("/none"), "404 ");
  EXPECT_EQ(answer("/none/"), "404 ");
  EXPECT_EQ(answer("/style.css/x"), "404 ");
  EXPECT_EQ(get("/guide").media_type, "text/html; charset=utf-8");
}

TEST_F(AddressesTest, RedirectsLeadToTheCleanUrl) {
  use({.clean_urls = CleanUrls::redirect});
  EXPECT_EQ(answer("/guide.html"), "308 /guide?q=1");
  EXPECT_EQ(answer("/docs/index.html"), "308 /docs/?q=1");
  EXPECT_EQ(answer("/index.html"), "308 /?q=1");
  EXPECT_EQ(answer("/docs.html"), "200 docs page") << "/docs is the folder";
  EXPECT_EQ(answer("/none.html"), "404 ");
  EXPECT_EQ(answer("/none/index.html"), "404 ");
  EXPECT_EQ(answer("/style.css"), "200 body {}");
  write("/.html", "only an extension");
  EXPECT_EQ(answer("/.html"), "404 ");
}

TEST_F(AddressesTest, PagesCanAlwaysEndWithASlash) {
  use({.clean_urls = CleanUrls::redirect, .trailing_slash = TrailingSlash::always});
  EXPECT_EQ(answer("/guide/"), "200 guide");
  EXPECT_EQ(answer("/guide"), "308 /guide/?q=1");
  EXPECT_EQ(answer("/guide.html"), "308 /guide/?q=1");
  EXPECT_EQ(answer("/docs"), "308 /docs/?q=1");
  EXPECT_EQ(answer("/docs/index.html"), "308 /docs/?q=1");
  EXPECT_EQ(answer("/style.css"), "200 body {}");
}

TEST_F(AddressesTest, PagesCanNeverEndWithASlash) {
  use({.clean_urls = CleanUrls::redirect, .trailing_slash = TrailingSlash::never});
  EXPECT_EQ(answer("/docs"), "200 docs index");
  EXPECT_EQ(answer("/docs/"), "308 /docs?q=1");
  EXPECT_EQ(answer("/docs/index.html"), "308 /docs?q=1");
  EXPECT_EQ(answer("/guide/"), "308 /guide?q=1");
  EXPECT_EQ(answer("/guide"), "200 guide");
  EXPECT_EQ(answer("/"), "200 <h1>home</h1>");
  EXPECT_EQ(answer("/index.html"), "308 /?q=1");
  EXPECT_EQ(answer("/none/"), "404 ");
}

TEST_F(AddressesTest, NoRedirectLeadsToAnotherHost) {
  use({.clean_urls = CleanUrls::redirect, .trailing_slash = TrailingSlash::never});
  make_folder("\\evil.example"), write("\\evil.example/index.html", "x");
  EXPECT_EQ(answer("/\\evil.example/"), "308 /%5Cevil.example?q=1");
}

TEST_F(FileHandlerTest, FieldsOfAFileStandInTheOrderOfTheContract) {  // CONTRACT §2
  using Names = std::vector<std::string>;
  EXPECT_EQ(field_names(get("/sample.txt")),
            (Names{"Content-Disposition", "ETag", "Last-Modified", "Accept-Ranges"}));
  EXPECT_EQ(field_names(get("/about.html")), (Names{"ETag", "Last-Modified", "Accept-Ranges"}));
  EXPECT_EQ(field_names(get("/sample.txt", {{FieldName::range, "bytes=0-0"}})),
            (Names{"Content-Disposition", "ETag", "Last-Modified", "Accept-Ranges", "Content-Range"}));
  EXPECT_EQ(field(get("/about.html"), "Accept-Ranges"), "bytes");
}

TEST_F(FileHandlerTest, LastModifiedIsTheFilesOwn) {
  const auto when = fs::file_time_type::clock::from_sys(std::chrono::sys_seconds(seconds(784111777)));
  fs::last_write_time(place.path("site/about.html"), when);
  EXPECT_EQ(field(get("/about.html"), "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 §5.6.7
}

TEST_F(FileHandlerTest, LastModifiedIsNeverInTheFuture) {  // RFC 9110 §8.8.2.1
  fs::last_write_time(place.path("site/about.html"),
                      fs::file_time_type::clock::now() + std::chrono::hours(12));
  const auto told = http::parse_date(field(get("/about.html"), "Last-Modified"), wall_now());
  ASSERT_TRUE(told);
  EXPECT_LE(*told, wall_now());
}

TEST_F(FileHandlerTest, LastModifiedIsNeverLaterThanDate) {  // RFC 9110 §8.8.2.1
  // The file is written while the worker is busy with what it has begun.
  date = std::chrono::floor<seconds>(wall_now()) - milliseconds(1);
  fs::last_write_time(place.path("site/about.html"), fs::file_time_type::clock::now());
  const std::string as_told = http::format_date(date);
  EXPECT_EQ(field(get("/about.html"), "Last-Modified"), as_told);
  EXPECT_EQ(field(ask(Method::head, "/about.html"), "Last-Modified"), as_told);
  EXPECT_EQ(field(get("/about.html", {{FieldName::if_none_match, "*"}}), "Last-Modified"), as_told);
}

TEST_F(FileHandlerTest, ATimeThatTellsNothingIsNotTold) {  // CONTRACT §2
  const std::string now = http::format_date(wall_now());
  for (const std::int64_t second :
       {std::int64_t{1}, std::int64_t{10413792000}}) {  // touch -d @1, -d 2300-01-01
    fs::last_write_time(place.path("site/about.html"),
                        fs::file_time_type::clock::from_sys(std::chrono::sys_seconds(seconds(second))));
    EXPECT_EQ(field_names(get("/about.html")), (std::vector<std::string>{"ETag", "Accept-Ranges"}));
    EXPECT_EQ(get("/about.html", {{FieldName::if_modified_since, now}}).status, Status::ok);
    EXPECT_EQ(get("/about.html", {{FieldName::if_unmodified_since, now}}).status, Status::ok);
  }
}

// Up to 64 KiB comes from memory, more straight from the file.
TEST_F(FileHandlerTest, LargeFilesAreNotRead) {
  write("64k.css", pattern(65536)), write("64k+1.css", pattern(65537));
  const Response small = get("/64k.css");
  EXPECT_TRUE(std::holds_alternative<std::string>(small.content));
  EXPECT_EQ(content(small), pattern(65536));
  const Response large = get("/64k+1.css");
  EXPECT_TRUE(comes_from_a_source(large));
  EXPECT_EQ(content(large), pattern(65537));
}

TEST_F(FileHandlerTest, HeadAnswersAsGetAndReadsNothing) {  // RFC 9110 §9.3.2
  make_folder("folder");
  write("folder/index.html", "x");
  let_the_files_settle();
  for (const char* path : {"/", "/sample.txt", "/large.png", "/empty.css", "/folder", "/nonexistent"}) {
    SCOPED_TRACE(path);
    const Response head = ask(Method::head, path);
    const Response whole = get(path);
    EXPECT_EQ(head.status, whole.status);
    EXPECT_EQ(head.media_type, whole.media_type);
    EXPECT_EQ(head.fields, whole.fields);
    EXPECT_EQ(http::size_bytes(head.content), http::size_bytes(whole.content));
    EXPECT_FALSE(std::holds_alternative<std::string>(head.content));
    EXPECT_EQ(head.log_fields.action, HandlerLogFields::Action::none) << "no file is sent";
  }
}

// CONTRACT §2, §7 row 3. All of them look alike from outside.
TEST_F(FileHandlerTest, AnswersNotFound) {
  make_folder("folder"), make_folder("strange/index.html");
  write("strange/index.html/index.html", "not the index of strange");
  write(".hidden", ""), write("folder/.htaccess", ""), make_folder(".git"), write(".git/config", "");
  make_folder(".well-known"), write(".well-known/.secret", ""), write(".well-knownish", "");
  make_folder("folder/.well-known"), write("folder/.well-known/x", "");
  place.make_fifo("site/fifo"), place.make_link("site/dangling", "nothing"),
      place.make_link("site/null", "fifo");
  place.make_folder("site-old"), place.write("site-old/file", "");
  const std::string long_name = "/" + std::string(300, 'x');
  const std::string cases[] = {"/nonexistent.png",
                               "/nonexistent/file",
                               "/about.html/",  // RFC 3986: not the same resource as without '/'
                               "/about.html/more",
                               "/.hidden",
                               "/.git/config",
                               "/.git",
                               "/folder/.htaccess",
                               "/.well-known/.secret",
                               "/.well-knownish",
                               "/.well-known",  // no index in it
                               "/folder/.well-known/x",
                               "/folder",  // no index, no listing
                               "/folder/",
                               "/strange",
                               "/strange/",
                               "/fifo",
                               "/fifo/",
                               "/null",
                               "/dangling",
                               "/site-old/file",
                               long_name};
  const std::string detail = get("/nonexistent.png").detail;
  EXPECT_FALSE(detail.empty());
  for (const std::string& path : cases) {
    for (const Method method : {Method::get, Method::head, Method::post, Method::options}) {
      SCOPED_TRACE(path + " " + std::to_string(static_cast<int>(method)));
      const Response response = ask(method, path);
      EXPECT_EQ(response.status, Status::not_found);
      EXPECT_EQ(response.detail, detail);
      EXPECT_EQ(response.fields, "");
      EXPECT_FALSE(response.close);
    }
  }
}

TEST_F(FileHandlerTest, ServesWellKnownFiles) {  // RFC 8615 §3
  make_folder(".well-known/acme-challenge");
  write(".well-known/security.txt", "Contact:"), write(".well-known/acme-challenge/token", "token");
  EXPECT_EQ(content(get("/.well-known/security.txt")), "Contact:");
  EXPECT_EQ(content(get("/.well-known/acme-challenge/token")), "token");
}

// CONTRACT §7 row 7.
TEST_F(FileHandlerTest, FollowsLinksInsideOnly) {
  make_folder("folder"), write("folder/file.css", "in folder"), place.make_folder("site-old");
  place.write("site-old/file", "sibling");
  place.make_link("site/inside.css", "folder/file.css"),
      place.make_link("site/folder/up.css", "../style.css");
  place.make_link("site/out", "../secret"), place.make_link("site/out-folder", "..");
  place.make_link("site/sibling", "../site-old"), place.make_link("site/absolute", place.path("secret"));
  place.make_link("site/absolute-inside", place.path("site/style.css"));
  place.make_link("site/loop", "loop");
  const struct {
    const char* path;
    Status want;
    const char* want_content;
    const char* violation;
  } cases[] = {
      {"/inside.css", Status::ok, "in folder", ""},
      {"/folder/up.css", Status::ok, "body {}", ""},
      {"/out", Status::forbidden, "", "Symbolic link leaves the root (/out)"},
      {"/out-folder/secret", Status::forbidden, "", "Symbolic link leaves the root (/out-folder/secret)"},
      {"/out-folder", Status::forbidden, "", "Symbolic link leaves the root (/out-folder)"},
      {"/out-folder/", Status::forbidden, "", "Symbolic link leaves the root (/out-folder/)"},
      {"/sibling/file", Status::forbidden, "", "Symbolic link leaves the root (/sibling/file)"},
      {"/absolute", Status::forbidden, "", "Symbolic link leaves the root (/absolute)"},
      {"/absolute-inside", Status::ok, "body {}", ""},
      {"/loop", Status::forbidden, "", ""}};
  for (const auto& [path, want, want_content, violation] : cases) {
    SCOPED_TRACE(path);
    const Response response = get(path);
    EXPECT_EQ(response.status, want);
    EXPECT_EQ(content(response), want_content);
    EXPECT_EQ(response.log_fields.violation, violation);
    EXPECT_EQ(response.close, want == Status::forbidden);
  }
}

TEST_F(FileHandlerTest, FollowsTheLinksThatTheSettingsAllow) {
  place.make_link("site/inside", "style.css"), place.make_link("site/out", "../secret");
  FileSettings settings;
  settings.links = os::Links::no;
  handler = make(settings);
  for (const char* path : {"/inside", "/out"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(get(path).status, Status::forbidden);
  }
  EXPECT_EQ(content(get("/style.css")), "body {}");
  settings.links = os::Links::yes;
  handler = make(settings);
  EXPECT_EQ(content(get("/inside")), "body {}");
  EXPECT_EQ(content(get("/out")), "secret");
}

// The fence holds by itself, whatever the router lets through.
TEST_F(FileHandlerTest, NeverLeavesTheRoot) {
  for (const char* path : {"/../secret", "/folder/../../secret", "//etc/passwd"}) {
    SCOPED_TRACE(path);
    const Response response = get(path);
    EXPECT_THAT(code(response.status), ::testing::AnyOf(403, 404));
    EXPECT_EQ(content(response), "");
  }
}

TEST_F(FileHandlerTest, DirectoryIsItsIndexAtTheNameWithASlash) {  // RFC 9110 §15.4.9
  const std::string umlaut = "\u00fc";
  for (const std::string& name : {std::string("folder"), std::string("a b"), umlaut, std::string("50%"),
                                  std::string("what?"), std::string("a#b"), std::string("a\"<>`{}|^")}) {
    make_folder(name);
    write(name + "/index.html", "index of " + name);
  }
  make_folder("folder/deep"), write("folder/deep/index.html", "deep");
  place.make_link("site/linked", "folder");
  const struct {
    const char* path;    // decoded
    const char* target;  // as sent
    const char* location;
  } cases[] = {{"/folder", "/folder", "/folder/"},
               {"/folder/deep", "/folder/deep", "/folder/deep/"},
               {"/linked", "/linked", "/linked/"},
               {"/folder", "/folder?", "/folder/?"},
               {"/folder", "/folder?a=1&b=%20?", "/folder/?a=1&b=%20?"},
               {"/folder", "/f%6Flder?q", "/folder/?q"},
               {"/folder", "http://example.com:8080/folder?q", "/folder/?q"},
               {"/a b", "/a%20b", "/a%20b/"},
               {"/\u00fc", "/%C3%BC", "/%C3%BC/"},
               {"/50%", "/50%25", "/50%25/"},
               {"/what?", "/what%3F?not=%3F", "/what%3F/?not=%3F"},
               {"/a#b", "/a%23b", "/a%23b/"},
               {"/a\"<>`{}|^", "/a%22%3C%3E%60%7B%7D%7C%5E", "/a%22%3C%3E%60%7B%7D%7C%5E/"}};
  for (const auto& [path, target, location] : cases) {
    SCOPED_TRACE(target);
    const Response response = ask(Method::get, path, {}, target);
    EXPECT_EQ(response.status, Status::permanent_redirect);
    EXPECT_EQ(response.fields, "Location: " + std::string(location) + "\r\n");
    EXPECT_EQ(http::size_bytes(response.content), 0U);
    const Response there = get(std::string(path) + "/");
    EXPECT_EQ(there.status, Status::ok);
    EXPECT_EQ(there.media_type, "text/html; charset=utf-8");
  }
}

TEST_F(FileHandlerTest, QueryDoesNotMatterForAFile) {  // CONTRACT §2
  EXPECT_EQ(content(ask(Method::get, "/about.html", {}, "/about.html?version=2")), "<h1>about</h1>");
}

TEST_F(FileHandlerTest, TakesItsPrefixOffThePath) {
  make_folder("folder"), write("folder/index.html", "deep"), make_folder(".well-known"),
      write(".well-known/x", "");
  handler = make({}, "/uploads");
  EXPECT_EQ(content(get("/uploads/about.html")), "<h1>about</h1>");
  EXPECT_EQ(content(get("/uploads/")), "<h1>home</h1>");
  EXPECT_EQ(content(get("/uploads/folder/")), "deep");
  EXPECT_EQ(field(get("/uploads/folder"), "Location"), "/uploads/folder/");
  EXPECT_EQ(field(get("/uploads"), "Location"), "/uploads/");
  EXPECT_EQ(status_of("/uploads/nothing"), Status::not_found);
  EXPECT_EQ(status_of("/uploads/.well-known/x"), Status::not_found)
      << "RFC 8615 §3: only at the root of the site";
}

TEST_F(FileHandlerTest, OnlyReadsFiles) {  // CONTRACT §7 row 4, RFC 9110 §10.2.1, §15.5.6
  for (const char* path : {"/", "/about.html", "/large.png"}) {
    for (const Method method :
         {Method::post, Method::put, Method::delete_, Method::patch, Method::trace, Method::unknown}) {
      SCOPED_TRACE(std::string(path) + " " + std::to_string(static_cast<int>(method)));
      const Response response = ask(method, path);
      EXPECT_EQ(response.status, Status::method_not_allowed);
      EXPECT_EQ(response.fields, "Allow: GET, HEAD, OPTIONS\r\n");
      EXPECT_FALSE(response.detail.empty());
    }
    const Response options = ask(Method::options, path);
    EXPECT_EQ(options.status, Status::no_content);
    EXPECT_EQ(options.fields, "Allow: GET, HEAD, OPTIONS\r\n");
    EXPECT_EQ(http::size_bytes(options.content), 0U);
  }
}

TEST_F(FileHandlerTest, AllowListDecidesAboutFilesThatExist) {  // CONTRACT §2
  write("page.HTML", "x"), write("no-extension", "x");
  handler = make({.downloads = {}, .allowed_types = {"html", "css"}});
  EXPECT_EQ(status_of("/about.html"), Status::ok);
  EXPECT_EQ(status_of("/page.HTML"), Status::ok);
  EXPECT_EQ(status_of("/"), Status::ok);
  EXPECT_EQ(status_of("/sample.txt"), Status::unsupported_media_type);
  EXPECT_EQ(status_of("/no-extension"), Status::unsupported_media_type);
  EXPECT_EQ(status_of("/nonexistent.txt"), Status::not_found) << "missing before any judgement of its type";
  EXPECT_EQ(ask(Method::put, "/sample.txt").status, Status::method_not_allowed);
}

// Whether a name is there makes no difference to what is allowed.
TEST_F(FileHandlerTest, MethodsThatNoNameTakesAreRefusedForMissingNamesToo) {
  for (const Method method : {Method::put, Method::delete_, Method::patch, Method::trace}) {
    const Response response = ask(method, "/nonexistent.txt");
    EXPECT_EQ(response.status, Status::method_not_allowed);
    EXPECT_EQ(response.fields, "Allow: GET, HEAD, OPTIONS\r\n");
  }
}

TEST_F(FileHandlerTest, DownloadsAreASetting) {
  handler = make({.downloads = {"html"}, .allowed_types = {}});
  const Response page = get("/about.html");
  EXPECT_EQ(page.media_type, "application/octet-stream");
  EXPECT_EQ(field(page, "Content-Disposition"), http::attachment("about.html"));
  EXPECT_EQ(page.log_fields.action, HandlerLogFields::Action::sent_binary);
  const Response text = get("/sample.txt");
  EXPECT_EQ(text.media_type, "text/plain; charset=utf-8");
  EXPECT_EQ(field(text, "Content-Disposition"), "(none)");
}

TEST_F(FileHandlerTest, AnswersPreconditions) {  // RFC 9110 §13.1
  const auto when = fs::file_time_type::clock::from_sys(std::chrono::sys_seconds(seconds(784111777)));
  fs::last_write_time(place.path("site/sample.txt"), when);
  let_the_files_settle();
  const std::string etag = field(get("/sample.txt"), "ETag");
  ASSERT_THAT(etag, StartsWith("\""));
  const struct {
    const char* name;
    FieldList fields;
    Status want;
  } cases[] = {{"If-None-Match, the same", {{FieldName::if_none_match, etag}}, Status::not_modified},
               {"If-None-Match, weak", {{FieldName::if_none_match, "W/" + etag}}, Status::not_modified},
               {"If-None-Match, another", {{FieldName::if_none_match, "\"x\""}}, Status::ok},
               {"If-Match, the same", {{FieldName::if_match, etag}}, Status::ok},
               {"If-Match, another", {{FieldName::if_match, "\"x\""}}, Status::precondition_failed},
               {"If-Modified-Since, since then",
                {{FieldName::if_modified_since, "Sun, 06 Nov 1994 08:49:37 GMT"}},
                Status::not_modified},
               {"If-Modified-Since, before",
                {{FieldName::if_modified_since, "Sun, 06 Nov 1994 08:49:36 GMT"}},
                Status::ok},
               {"If-Unmodified-Since, before",
                {{FieldName::if_unmodified_since, "Sun, 06 Nov 1994 08:49:36 GMT"}},
                Status::precondition_failed},
               // §13.2.2, §14.2: Range is looked at last
               {"If-None-Match and Range",
                {{FieldName::if_none_match, etag}, {FieldName::range, "bytes=99-"}},
                Status::not_modified}};
  for (const auto& [name, fields, want] : cases) {
    for (const Method method : {Method::get, Method::head}) {
      SCOPED_TRACE(name);
      const Response response = ask(method, "/sample.txt", fields);
      EXPECT_EQ(response.status, want);
      if (want == Status::not_modified) {  // §15.4.5
        EXPECT_EQ(response.fields, "ETag: " + etag + "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
        EXPECT_EQ(response.media_type, "");
        EXPECT_EQ(http::size_bytes(response.content), 0U);
        EXPECT_EQ(response.log_fields.action, HandlerLogFields::Action::none);
      }
    }
  }
}

// All seven peers that were measured answer 304 here: their tags are made of mtime and size.
TEST_F(FileHandlerTest, EditThatSetsTheTimeBackIsNoticed) {
  let_the_files_settle();
  const std::string etag = field(get("/sample.txt"), "ETag");
  const auto before = fs::last_write_time(place.path("site/sample.txt"));
  write("sample.txt", "HELLO WORLD");
  fs::last_write_time(place.path("site/sample.txt"), before);
  const Response response = get("/sample.txt", {{FieldName::if_none_match, etag}});
  EXPECT_EQ(response.status, Status::ok);
  EXPECT_EQ(content(response), "HELLO WORLD");
}

TEST_F(FileHandlerTest, TagIsWeakAtFirstAndThenStrong) {  // RFC 9110 §8.8.1
  std::string weak;
  // A machine that is busy elsewhere may come back too late to see a file that is young.
  for (int attempt = 0; attempt < 1000 && !weak.starts_with("W/"); ++attempt) {
    write("young.css", "x");
    weak = field(get("/young.css"), "ETag");
  }
  ASSERT_THAT(weak, StartsWith("W/\""));
  let_the_files_settle();
  const std::string strong = field(get("/young.css"), "ETag");
  EXPECT_THAT(strong, StartsWith("\""));
  EXPECT_EQ(field(get("/young.css"), "ETag"), strong);
  EXPECT_EQ(get("/young.css", {{FieldName::if_none_match, weak}}).status, Status::ok);
}

struct RangeCase {
  const char* field;
  Status status;
  const char* content_range;
  const char* content;
};

TEST_F(FileHandlerTest, ServesOneRange) {  // RFC 9110 §14.1.2, §14.2, §15.3.7.1, §15.5.17
  const RangeCase cases[] = {{"bytes=0-4", Status::partial_content, "bytes 0-4/11", "hello"},
                             {"bytes=6-", Status::partial_content, "bytes 6-10/11", "world"},
                             {"bytes=-5", Status::partial_content, "bytes 6-10/11", "world"},
                             {"bytes=6-99", Status::partial_content, "bytes 6-10/11", "world"},
                             {"bytes=0-10", Status::partial_content, "bytes 0-10/11", "hello world"},
                             {"bytes=11-", Status::range_not_satisfiable, "bytes */11", ""},
                             {"bytes=-0", Status::range_not_satisfiable, "bytes */11", ""},
                             {"lines=1-2", Status::ok, "(none)", "hello world"},
                             {"bytes=4-2", Status::ok, "(none)", "hello world"},
                             {"nonsense", Status::ok, "(none)", "hello world"}};
  for (const auto& [range, status, content_range, want] : cases) {
    SCOPED_TRACE(range);
    const Response response = get("/sample.txt", {{FieldName::range, range}});
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(field(response, "Content-Range"), content_range);
    EXPECT_EQ(content(response), want);
    if (status != Status::range_not_satisfiable) {
      EXPECT_EQ(response.media_type, "application/octet-stream");
      EXPECT_EQ(field(response, "Content-Disposition"), http::attachment("sample.txt"));
      EXPECT_EQ(response.log_fields.action, HandlerLogFields::Action::sent_binary);
    }
  }
}

TEST_F(FileHandlerTest, ARangeOfALargeFileIsNotRead) {
  const Response response = get("/large.png", {{FieldName::range, "bytes=1000-100999"}});
  EXPECT_EQ(response.status, Status::partial_content);
  ASSERT_TRUE(comes_from_a_source(response));
  EXPECT_EQ(content(response), pattern(kLarge).substr(1000, 100'000));
}

TEST_F(FileHandlerTest, NothingOfAnEmptyFileCanBeSelected) {  // RFC 9110 §14.1.2
  const Response response = get("/empty.css", {{FieldName::range, "bytes=0-"}});
  EXPECT_EQ(response.status, Status::range_not_satisfiable);
  EXPECT_EQ(field(response, "Content-Range"), "bytes */0");
  EXPECT_FALSE(response.detail.empty());
}

TEST_F(FileHandlerTest, RangeIsForGetAndNotRepeated) {  // RFC 9110 §14.2
  const Response head = ask(Method::head, "/sample.txt", {{FieldName::range, "bytes=0-4"}});
  EXPECT_EQ(head.status, Status::ok);
  EXPECT_EQ(http::size_bytes(head.content), 11U);
  const Response twice =
      get("/sample.txt", {{FieldName::range, "bytes=0-4"}, {FieldName::range, "bytes=6-"}});
  EXPECT_EQ(twice.status, Status::ok);
  EXPECT_EQ(content(twice), "hello world");
}

TEST_F(FileHandlerTest, RangeOnlyOfTheRepresentationTheClientHas) {  // RFC 9110 §13.1.5
  const auto when = fs::file_time_type::clock::from_sys(std::chrono::sys_seconds(seconds(784111777)));
  fs::last_write_time(place.path("site/sample.txt"), when);
  let_the_files_settle();
  const std::string etag = field(get("/sample.txt"), "ETag");
  const std::pair<std::string, Status> cases[] = {{etag, Status::partial_content},
                                                  {"W/" + etag, Status::ok},
                                                  {"\"x\"", Status::ok},
                                                  // a date that somebody has set (§8.8.2.2)
                                                  {"Sun, 06 Nov 1994 08:49:37 GMT", Status::ok},
                                                  {"Sun, 06 Nov 1994 08:49:38 GMT", Status::ok}};
  for (const auto& [if_range, want] : cases) {
    SCOPED_TRACE(if_range);
    EXPECT_EQ(get("/sample.txt", {{FieldName::range, "bytes=0-4"}, {FieldName::if_range, if_range}}).status,
              want);
  }
}

TEST_F(FileHandlerTest, StreamsSeveralRanges) {  // RFC 9110 §14.6, §15.3.7.2
  const std::string all = pattern(kLarge);
  const Response response = get("/large.png", {{FieldName::range, "bytes=0-9, 150000-199999, -1"}});
  EXPECT_EQ(response.status, Status::partial_content);
  constexpr std::string_view kType = "multipart/byteranges; boundary=";
  ASSERT_THAT(response.media_type, StartsWith(kType));
  const std::string boundary = response.media_type.substr(kType.size());
  EXPECT_EQ(field(response, "Content-Range"), "(none)");
  EXPECT_THAT(field(response, "Content-Disposition"), HasSubstr("large.png"));
  const auto part = [](const char* range) {
    return "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes " + std::string(range) +
           "\r\n\r\n";
  };
  const std::string want = "--" + boundary + part("0-9/200000") + all.substr(0, 10) +                  //
                           "\r\n--" + boundary + part("150000-199999/200000") + all.substr(150'000) +  //
                           "\r\n--" + boundary + part("199999-199999/200000") + all.substr(199'999) +  //
                           "\r\n--" + boundary + "--\r\n";
  EXPECT_EQ(content(response), want);
  EXPECT_EQ(http::size_bytes(response.content), want.size());
}

TEST_F(FileHandlerTest, OneSatisfiableRangeOfSeveralNeedsNoMultipart) {  // RFC 9110 §15.3.7.2
  const Response response = get("/sample.txt", {{FieldName::range, "bytes=0-4, 50-60"}});
  EXPECT_EQ(response.status, Status::partial_content);
  EXPECT_EQ(field(response, "Content-Range"), "bytes 0-4/11");
  EXPECT_EQ(content(response), "hello");
}

// CONTRACT §7 row 16: what has begun goes on with the old content.
TEST_F(FileHandlerTest, AFileOutlivesItsName) {
  let_the_files_settle();
  const Response deleted = get("/large.png");
  fs::remove(place.path("site/large.png"));
  EXPECT_EQ(status_of("/large.png"), Status::not_found);
  EXPECT_EQ(content(deleted), pattern(kLarge));
}

TEST_F(FileHandlerTest, ReplacementByRenameIsNeverSeenHalf) {
  const std::string old_content(60'000, 'a'), new_content(50'000, 'b');
  std::atomic<bool> stop = false;
  write("swapped.css", old_content);
  std::thread writer([&] {
    for (int turn = 0; !stop; ++turn) {
      place.write("next", turn % 2 == 0 ? new_content : old_content);
      fs::rename(place.path("next"), place.path("site/swapped.css"));
    }
  });
  int wrong = 0;
  for (int turn = 0; turn < 500; ++turn) {
    const Response response = get("/swapped.css");
    const std::string got = content(response);
    if (response.status != Status::ok || (got != old_content && got != new_content)) ++wrong;
  }
  stop = true;
  writer.join();
  EXPECT_EQ(wrong, 0);
}

// sysfs claims 4096 bytes for every file and has fewer: to a reader, a file that shrinks each time it is
// read.
TEST_F(FileHandlerTest, FileThatIsNeverWhatItSaysIsGivenUp) {
  if (!fs::exists("/sys/kernel/uevent_seqnum")) GTEST_SKIP() << "no sysfs here";
  auto made = FileHandler::create("/sys/kernel", "", types, executor, {});
  ASSERT_TRUE(made);
  handler = *std::move(made);
  const Response response = get("/uevent_seqnum");
  EXPECT_EQ(response.status, Status::service_unavailable);
  EXPECT_EQ(response.fields, "Retry-After: 5\r\n");
}

// A change of mode looks like a write whose mtime was set back, so it makes a read start again. Some of these
// land in the middle of a read; none comes four times in a row.
TEST_F(FileHandlerTest, FileThatChangesWhileItIsReadIsReadAgain) {
  constexpr unsigned kTurns = 200;
  std::atomic<bool> done = false;
  write("busy.css", pattern(65536));
  std::thread changer([&] {
    for (unsigned turn = 0; turn < kTurns; ++turn) {
      fs::permissions(place.path("site/busy.css"),
                      turn % 2 == 0 ? fs::perms::owner_all : fs::perms::owner_read);
      std::this_thread::sleep_for(milliseconds(1));
    }
    done = true;
  });
  // On a machine that is slow enough every attempt meets a change, and the client is asked to come back:
  // never a mix.
  const std::string want = pattern(65536);
  while (!done) {
    const Response response = get("/busy.css");
    if (response.status == Status::service_unavailable) continue;
    EXPECT_EQ(response.status, Status::ok);
    EXPECT_TRUE(content(response) == want);
  }
  changer.join();
  const Response response = get("/busy.css");
  EXPECT_EQ(response.status, Status::ok);
  EXPECT_TRUE(content(response) == want);
}

}  // namespace
}  // namespace bobbin::files
