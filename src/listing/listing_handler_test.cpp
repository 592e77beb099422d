#include "listing/listing_handler.h"

#include <algorithm>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/base64.h"
#include "crypto/sha256.h"
#include "executor/test_gate.h"
#include "files/file_handler.h"
#include "http/test_reply_sink.h"
#include "listing/folder_listing.h"
#include "listing/html_form.h"
#include "listing/json_form.h"
#include "os/directory.h"
#include "os/test_directory.h"

namespace bobbin::listing {
namespace {

namespace fs = std::filesystem;
using http::Method;
using http::Response;
using http::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

/// Everything that a source gives.
std::string content(Response& response) {
  auto* source = std::get_if<std::unique_ptr<http::ContentSource>>(&response.content);
  if (source == nullptr) return "(no source)";
  std::string all;
  while (true) {
    const http::ContentSource::Piece piece = (*source)->pull();
    if (const auto* bytes = std::get_if<Bytes>(&piece)) all += as_text(*bytes);
    if (std::holds_alternative<http::Wait>(piece)) std::this_thread::yield();
    if (const auto* failed = std::get_if<http::Failed>(&piece)) return "failed: " + failed->cause;
    if (std::holds_alternative<http::End>(piece)) return all;
  }
}

/// What stands between `begin` and `end`, each time.
std::vector<std::string> all_between(const std::string& text, const std::string& begin,
                                     const std::string& end) {
  std::vector<std::string> found;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    found.push_back(text.substr(at, text.find(end, at) - at));
  }
  return found;
}

/// The references of the entries, in order: those that lead upwards begin with "../".
std::vector<std::string> references(const std::string& page) {
  std::vector<std::string> found = all_between(page, "<td><a href=\"", "\"");
  return found;
}

class ListingHandlerTest : public ::testing::Test {
 protected:
  ListingHandlerTest() { place.make_folder("site/folder"); }
  ~ListingHandlerTest() override {
    executor.shut_down([] {});
    executor.join();
  }

  void write(const std::string& name, std::string_view text = "x") const {
    place.write("site/" + name, text);
  }
  void make_folder(const std::string& name) const { place.make_folder("site/" + name); }

  void open(ListingSettings settings = {}) {
    auto made = files::FileHandler::create(place.path("site"), "", types, executor,
                                           {.allowed_types = settings.allowed_types, .links = links});
    ASSERT_TRUE(made);
    const std::shared_ptr<files::FileHandler> files = *std::move(made);
    root = *ListedRoot::create(files->root(), std::move(settings));
    handler = std::make_unique<ListingHandler>(files, root, executor);
  }

  [[nodiscard]] Response ask(std::string_view target, Method method = Method::get,
                             std::string_view accept = "") {
    if (!handler) open();
    http::RequestHead head;
    head.method = method;
    head.target = target;
    head.authority = "example.org";
    EXPECT_TRUE(accept.empty() || head.fields.add({http::FieldName::accept, "Accept", accept}));
    http::Begin begin = handler->begin({.head = head,
                                        .local = local,
                                        .path = target.substr(0, target.find('?')),
                                        .exchange = {.sink = &sink}});
    if (const auto* prepared = std::get_if<const http::PreparedResponse*>(&begin))
      return Response::error((*prepared)->status, "");
    return std::get<Response>(std::move(begin));
  }
  [[nodiscard]] std::string page(std::string_view target) {
    Response response = ask(target);
    EXPECT_EQ(response.status, Status::ok);
    return content(response);
  }

  const os::TestDirectory place;
  const http::MediaTypes types;
  const Endpoint local;
  http::NobodyWaits sink;
  executor::Executor executor;
  std::shared_ptr<const ListedRoot> root;
  std::unique_ptr<ListingHandler> handler;
  os::Links links = os::Links::inside;
};

TEST_F(ListingHandlerTest, ListsAFolderWithoutIndex) {
  write("folder/b10.txt", std::string(1'234, 'x'));
  write("folder/B9.txt", "");
  make_folder("folder/sub");
  Response response = ask("/folder/");
  EXPECT_EQ(response.status, Status::ok);
  EXPECT_EQ(response.media_type, "text/html; charset=utf-8");
  EXPECT_THAT(response.fields,
              HasSubstr("Cache-Control: no-cache\r\nVary: Accept\r\nContent-Security-Policy: "));
  EXPECT_THAT(response.fields, Not(HasSubstr("ETag")));
  EXPECT_EQ(http::size_bytes(response.content), std::nullopt);
  const std::string page = content(response);
  EXPECT_THAT(references(page), ElementsAre("sub/", "B9.txt", "b10.txt"));
  EXPECT_THAT(page, HasSubstr("<data value=\"1234\" title=\"1234 bytes\">1.2 kB</data>"));
  EXPECT_THAT(page, HasSubstr("<td>0 B<td>"));
  EXPECT_THAT(page, HasSubstr("1 folder, 2 files, 1.2 kB"));
  EXPECT_THAT(page, HasSubstr("<title>/folder/ on example.org</title>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"../\">example.org</a><li><h1 aria-current=\"page\">folder</h1>"));
}

TEST_F(ListingHandlerTest, NeedsNothingButItself) {
  Response response = ask("/folder/");
  const std::string page = content(response);
  EXPECT_THAT(page, HasSubstr("This folder is empty."));
  for (const auto& [tag, source] : {std::pair("<style>", "style-src"), std::pair("<script>", "script-src")}) {
    const std::string text = all_between(page, tag, std::string("</") + (tag + 1)).at(0);
    const auto digest = crypto::sha256(text);
    EXPECT_THAT(response.fields,
                HasSubstr(std::string(source) + " 'sha256-" + encode_base64(as_text(digest)) + "'"));
  }
  for (const std::string& address : all_between(page, "url(\"", "\""))
    EXPECT_THAT(address, StartsWith("data:"));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
}

TEST_F(ListingHandlerTest, NamesTheWayUpFromDeepWithin) {
  make_folder("folder/<b>/c d");
  const std::string page = this->page("/folder/<b>/c d/");
  EXPECT_THAT(page, HasSubstr("<li><a href=\"../../../\">example.org</a><li><a href=\"../../\">folder</a>"
                              "<li><a href=\"../\">&lt;b&gt;</a><li><h1 aria-current=\"page\">c d</h1>"));
  write("folder/file");
  EXPECT_THAT(this->page("/"), Not(HasSubstr("Parent folder")));
  EXPECT_THAT(this->page("/"), HasSubstr("<ol><li><h1 aria-current=\"page\">example.org</h1></ol>"));
}

TEST_F(ListingHandlerTest, SortsByEachColumn) {
  write("folder/a", "333");
  write("folder/b", "1");
  write("folder/c", "22");
  const auto set_time = [this](const char* name, int days) {
    fs::last_write_time(place.path(std::string("site/folder/") + name),
                        fs::file_time_type::clock::now() - std::chrono::days(days));
  };
  set_time("a", 2);
  set_time("b", 3);
  set_time("c", 1);
  const auto order = [this](const std::string& query) { return references(page("/folder/" + query)); };
  EXPECT_THAT(order(""), ElementsAre("a", "b", "c"));
  EXPECT_THAT(order("?order=desc"), ElementsAre("c", "b", "a"));
  EXPECT_THAT(order("?sort=size"), ElementsAre("b", "c", "a"));
  EXPECT_THAT(order("?sort=size&order=desc"), ElementsAre("a", "c", "b"));
  EXPECT_THAT(order("?sort=time"), ElementsAre("b", "a", "c"));
  EXPECT_THAT(order("?sort=time&order=desc"), ElementsAre("c", "a", "b"));
  EXPECT_THAT(page("/folder/?sort=size&order=desc"),
              HasSubstr("aria-sort=\"descending\"><form><input type=\"hidden\" "
                        "name=\"sort\" value=\"size\"><button name=\"order\" "
                        "value=\"asc\">"));
}

TEST_F(ListingHandlerTest, ShowsWhatAGetWouldServeAndNothingElse) {
  place.write("secret", "x");
  write("folder/file.txt");
  write("folder/.hidden");
  write("folder/back\\slash");
  write("folder/%2e%2e");
  write("folder/100%25.txt");
  make_folder("folder/.git");
  place.make_fifo("site/folder/fifo");
  place.make_link("site/folder/out", "../../secret");
  place.make_link("site/folder/absolute", place.path("site/folder/file.txt"));
  place.make_link("site/folder/dangling", "nowhere");
  place.make_link("site/folder/inside", "../folder/file.txt");
  place.make_link("site/folder/up", "..");
  make_folder("folder/indexed");
  write("folder/indexed/index.html");
  make_folder("folder/lost");
  place.make_link("site/folder/lost/index.html", "../../../secret");
  EXPECT_THAT(references(page("/folder/")),
              ElementsAre("indexed/", "up/", "100%2525.txt", "absolute", "file.txt", "inside"));
  EXPECT_EQ(ask("/folder/.git/").status, Status::not_found);
  EXPECT_EQ(ask("/folder/lost/").status, Status::forbidden);
}

TEST_F(ListingHandlerTest, ShowsTheLinksThatAreFollowed) {
  place.write("secret", "x");
  write("folder/file");
  place.make_link("site/folder/inside", "file");
  place.make_link("site/folder/out", "../../secret");
  place.make_folder("outside/deep");
  place.make_link("site/folder/outside", "../../outside");
  links = os::Links::no;
  open();
  EXPECT_THAT(references(page("/folder/")), ElementsAre("file"));
  EXPECT_EQ(ask("/folder/outside/").status, Status::forbidden);
  links = os::Links::yes;
  open();
  EXPECT_THAT(references(page("/folder/")), ElementsAre("outside/", "file", "inside", "out"));
  EXPECT_THAT(references(page("/folder/outside/")), ElementsAre("deep/"));
}

TEST_F(ListingHandlerTest, LeavesOutTypesThatAreNotAllowed) {
  write("folder/a.txt");
  write("folder/b.PNG");
  write("folder/c.gif");
  make_folder("folder/empty");
  make_folder("folder/indexed");
  write("folder/indexed/index.html");
  open({.allowed_types = {"txt", "png"}});
  EXPECT_THAT(references(page("/folder/")), ElementsAre("empty/", "a.txt", "b.PNG"))
      << "the index is answered 415, so its folder is not shown";
}

TEST_F(ListingHandlerTest, ListsNoUploads) {
  make_folder("uploads");
  write("uploads/document");
  write("upload");
  write("other");
  place.make_link("site/alias", "uploads");
  const auto uploads = os::status(*os::open_directory(place.path("site/uploads")));
  ASSERT_TRUE(uploads);
  open({.unlisted_paths = {"/upload"}, .unlisted_folder = FolderId{uploads->device, uploads->inode}});
  EXPECT_THAT(references(page("/")), ElementsAre("folder/", "other"));
  for (const char* target : {"/uploads/", "/uploads", "/alias/", "/alias"})
    EXPECT_EQ(ask(target).status, Status::not_found) << target;
}

TEST_F(ListingHandlerTest, MountsStandInTheFolderAboveThem) {
  const auto mounted = [this](const std::string& folder, const std::string& url_path) {
    place.make_folder(folder);
    ListingSettings settings;
    settings.url_path = url_path;
    return *ListedRoot::create(*os::Root::open(place.path(folder)), settings);
  };
  make_folder("folder/docs");
  write("folder/docs/hidden");
  make_folder("folder/zeta");
  write("folder/file");
  place.make_folder("indexed");
  place.write("indexed/index.html", "x");
  ListingSettings settings;
  settings.mounts = {mounted("docs", "/folder/docs"), mounted("indexed", "/folder/indexed"),
                     mounted("deep", "/folder/docs/deep"), mounted("dot", "/folder/.dot"),
                     mounted("elsewhere", "/folders")};
  open(settings);
  EXPECT_THAT(references(page("/folder/")), ElementsAre("docs/", "indexed/", "zeta/", "file"));
  EXPECT_THAT(references(page("/folder/?sort=time&order=desc")),
              testing::UnorderedElementsAre("docs/", "indexed/", "zeta/", "file"));
  EXPECT_THAT(references(page("/")), ElementsAre("folder/", "folders/"));
}

TEST_F(ListingHandlerTest, ListsARootBeneathItsPath) {
  write("folder/file");
  write("folder/.hidden");
  auto made = files::FileHandler::create(place.path("site"), "/a/.b", types, executor, {});
  ASSERT_TRUE(made);
  const std::shared_ptr<files::FileHandler> files = *std::move(made);
  ListingSettings settings;
  settings.url_path = "/a/.b";
  settings.unlisted_paths = {"/a/.b/folder/file"};
  write("folder/other");
  root = *ListedRoot::create(files->root(), settings);
  handler = std::make_unique<ListingHandler>(files, root, executor);
  EXPECT_THAT(references(page("/a/.b/")), ElementsAre("folder/"));
  EXPECT_THAT(references(page("/a/.b/folder/")), ElementsAre("other"));
  EXPECT_EQ(ask("/a/.b/folder/.hidden").status, Status::not_found);
  for (const std::string path : {"/a/.b", "/a/.b/folder"}) {
    const Response response = ask(path);
    EXPECT_EQ(response.status, Status::permanent_redirect);
    EXPECT_THAT(response.fields, HasSubstr("Location: " + path + "/\r\n"));
  }
}

TEST_F(ListingHandlerTest, RedirectsToTheNameWithASlash) {
  const Response response = ask("/folder?sort=size");
  EXPECT_EQ(response.status, Status::permanent_redirect);
  EXPECT_THAT(response.fields, HasSubstr("Location: /folder/?sort=size\r\n"));
  EXPECT_EQ(ask("/nothing").status, Status::not_found);
  EXPECT_EQ(ask("/nothing/").status, Status::not_found);
  write("file");
  EXPECT_EQ(ask("/file/").status, Status::not_found);
}

TEST_F(ListingHandlerTest, AnIndexGoesBeforeIt) {
  write("folder/index.html", "index");
  EXPECT_EQ(std::get<std::string>(ask("/folder/").content), "index");
}

TEST_F(ListingHandlerTest, CanOnlyBeRead) {
  const Response options = ask("/folder/", Method::options);
  EXPECT_EQ(options.status, Status::no_content);
  EXPECT_THAT(options.fields, HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
  for (const Method method : {Method::post, Method::put, Method::delete_}) {
    const Response response = ask("/folder/", method);
    EXPECT_EQ(response.status, Status::method_not_allowed);
    EXPECT_THAT(response.fields, HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
  }
  EXPECT_EQ(ask("/folder/", Method::head).fields, ask("/folder/").fields);
}

TEST_F(ListingHandlerTest, IsJsonForWhoPrefersIt) {
  write("folder/a \"b\"\xE9.txt", "12345");
  make_folder("folder/sub");
  for (const auto& [target, accept] :
       {std::pair("/folder/?format=json", ""), std::pair("/folder/", "application/json")}) {
    Response response = ask(target, Method::get, accept);
    EXPECT_EQ(response.media_type, "application/json");
    EXPECT_THAT(response.fields, HasSubstr("Vary: Accept\r\n"));
    EXPECT_THAT(response.fields, Not(HasSubstr("Content-Security-Policy")));
    const std::string json = content(response);
    EXPECT_THAT(json, StartsWith("[\n{\"name\":\"sub\",\"type\":\"directory\",\"mtime\":\""));
    EXPECT_THAT(
        json,
        HasSubstr("GMT\",\"href\":\"sub/\"},\n{\"name\":\"a \\\"b\\\"\xEF\xBF\xBD.txt\",\"type\":\"file\""));
    EXPECT_THAT(json, HasSubstr("GMT\",\"size\":5,\"href\":\"a%20%22b%22%E9.txt\"}\n]\n"));
  }
  EXPECT_EQ(ask("/folder/?format=html", Method::get, "application/json").media_type,
            "text/html; charset=utf-8");
}

TEST_F(ListingHandlerTest, ShowsTheReadmeWhenAskedTo) {
  write("folder/README", "third");
  write("folder/README.md", "# First\n<script>");
  EXPECT_THAT(page("/folder/"), Not(HasSubstr("First")));
  open({.shows_readme = true});
  EXPECT_THAT(page("/folder/"),
              HasSubstr("<h2 id=\"readme\">README.md</h2>\n<pre># First\n&lt;script&gt;\n</pre>\n"
                        "</section>\n</main>\n<script>"));
  Response json = ask("/folder/?format=json");
  EXPECT_THAT(content(json), Not(HasSubstr("First")));

  place.write("secret", "secret");
  fs::remove(place.path("site/folder/README.md"));
  place.make_link("site/folder/README.md", "../../secret");
  make_folder("folder/README.txt");
  EXPECT_THAT(page("/folder/"), HasSubstr("<pre>third\n</pre>"))
      << "what a GET would not serve is passed over";
  write("folder/README", std::string(ListedRoot::kMostReadmeBytes + 1, 'x'));
  EXPECT_THAT(page("/folder/"),
              HasSubstr("x\n</pre>\n<p><a href=\"README\">This is only the beginning.</a></p>"));
}

TEST_F(ListingHandlerTest, IsRefusedWhenTheBudgetIsUsedUp) {
  open();
  Budget::Share others(root->budget());
  ASSERT_TRUE(others.take(ListedRoot::kBudgetBytes));
  const Response response = ask("/folder/");
  EXPECT_EQ(response.status, Status::service_unavailable);
  EXPECT_THAT(response.fields, HasSubstr("Retry-After: 5\r\n"));
  others.give_back(others.bytes());
  EXPECT_EQ(ask("/folder/").status, Status::ok);
  EXPECT_EQ(root->budget().used_bytes(), 0U);
}

// ---- FolderListing ----

class FolderListingTest : public ListingHandlerTest {
 protected:
  FolderListingTest() { open(); }

  [[nodiscard]] std::unique_ptr<FolderListing> listing(
      Order order, std::unique_ptr<Form> form, std::size_t most_bytes = Selection::kLeastBytes) const {
    return FolderListing::create(root, "folder", *std::move(*root->open_folder("folder")), order,
                                 std::move(form), most_bytes);
  }
  /// All steps that are left; the error as text.
  static std::string rest_of(FolderListing& listing) {
    std::string text;
    while (true) {
      const auto goes_on = listing.step(text);
      if (!goes_on) return "failed: " + goes_on.error();
      if (!*goes_on) return text;
    }
  }
  void write_many(int count) const {
    for (int i = 0; i < count; ++i) write("folder/" + std::to_string(i) + ".txt", "");
  }
};

TEST_F(FolderListingTest, SortsALargeFolderInSeveralPasses) {
  constexpr int kCount = 3'000;
  write_many(kCount);
  for (const SortBy by : {SortBy::name, SortBy::size}) {
    const auto listing = this->listing({by, false}, std::make_unique<JsonForm>(), 2 * Selection::kLeastBytes);
    const auto found = all_between(rest_of(*listing), "\"href\":\"", ".txt");
    ASSERT_EQ(found.size(), std::size_t{kCount});
    for (int i = 0; i < kCount; ++i) EXPECT_EQ(found[static_cast<std::size_t>(i)], std::to_string(i));
  }
}

TEST_F(FolderListingTest, DoesNotSortWhatWouldTakeTooManyPasses) {
  constexpr int kCount = 9'000;  // 16 KiB hold some 1,000 names
  write_many(kCount);
  const auto listing =
      this->listing({SortBy::size, false}, std::make_unique<HtmlForm>("", "/folder/", Order{}));
  const std::string text = rest_of(*listing);
  EXPECT_THAT(
      text,
      StartsWith("<tr class=\"note\"><td colspan=\"3\">This folder has too many entries to be sorted."));
  auto found = references(text);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  EXPECT_EQ(found.size(), std::size_t{kCount});
}

TEST_F(FolderListingTest, ComesInPieces) {
  write_many(2'000);
  const auto listing = this->listing({}, std::make_unique<JsonForm>(), Selection::kMostBytes);
  std::string text;
  std::size_t largest = 0;
  std::size_t total = 0;
  while (true) {
    text.clear();
    const auto goes_on = listing->step(text);
    ASSERT_TRUE(goes_on);
    largest = std::max(largest, text.size());
    total += text.size();
    if (!*goes_on) break;
  }
  EXPECT_LT(largest, 48U * 1024);
  EXPECT_GT(total, 2'000U * 80);
}

TEST_F(FolderListingTest, FailsWhenTheFolderIsReplacedRemovedOrHidden) {
  write_many(1'000);
  const auto listing_under_way = [this] {
    auto made = listing({}, std::make_unique<JsonForm>(), Selection::kMostBytes);
    std::string text;
    EXPECT_EQ(made->step(text), true);
    EXPECT_EQ(made->step(text), true);
    EXPECT_FALSE(text.empty());
    return made;
  };
  const auto renamed = listing_under_way();
  fs::rename(place.path("site/folder"), place.path("site/moved"));
  EXPECT_THAT(rest_of(*renamed), StartsWith("failed: the folder can no longer be reached: "));
  fs::rename(place.path("site/moved"), place.path("site/folder"));

  const auto replaced = listing_under_way();
  fs::rename(place.path("site/folder"), place.path("site/moved"));
  make_folder("folder");
  EXPECT_EQ(rest_of(*replaced), "failed: another folder has taken its place");
  fs::remove(place.path("site/folder"));
  fs::rename(place.path("site/moved"), place.path("site/folder"));

  const auto removed = listing_under_way();
  fs::remove_all(place.path("site/folder"));
  EXPECT_THAT(rest_of(*removed), StartsWith("failed: "));
}

TEST_F(FolderListingTest, TakesAnEntryThatHasGoneForNone) {
  write_many(10);
  const auto listing = this->listing({}, std::make_unique<JsonForm>());
  std::string text;
  EXPECT_EQ(listing->step(text), true);
  EXPECT_THAT(text, IsEmpty()) << "the names have been read, and nothing has been looked at";
  fs::remove(place.path("site/folder/4.txt"));
  const auto found = all_between(rest_of(*listing), "\"href\":\"", ".txt");
  EXPECT_THAT(found, ElementsAre("0", "1", "2", "3", "5", "6", "7", "8", "9"));
}

TEST_F(ListingHandlerTest, AClientThatLeavesCostsNoMoreThanTheStepUnderWay) {
  open();
  const auto gate = std::make_shared<executor::Gate>();  // the tasks may end after this test
  const auto device = os::status(*os::open_directory(place.path("site")))->device;
  // Holds every thread of the lane, so that the step of the listing has to wait.
  {
    Response warm = ask("/folder/");
    EXPECT_THAT(content(warm), HasSubstr("</html>"));
  }
  executor::Lane& lane = executor.lane(device, "list", {});
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(lane.run([gate] { gate->pass(); }));
  ASSERT_TRUE(gate->wait_for(2));
  {
    Response response = ask("/folder/");
    auto& source = std::get<std::unique_ptr<http::ContentSource>>(response.content);
    EXPECT_TRUE(std::holds_alternative<Bytes>(source->pull())) << "what stands in front waits for nothing";
    EXPECT_TRUE(std::holds_alternative<http::Wait>(source->pull()));
    EXPECT_GT(root->budget().used_bytes(), 0U);
  }
  EXPECT_EQ(root->budget().used_bytes(), 0U);
  gate->open();
}

}  // namespace
}  // namespace bobbin::listing
