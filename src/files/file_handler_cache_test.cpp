#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "executor/executor.h"
#include "files/file_handler.h"
#include "http/test_reply_sink.h"
#include "os/test_directory.h"

namespace bobbin::files {
namespace {

namespace fs = std::filesystem;
using http::FieldName;
using http::Method;
using http::Response;
using http::Status;

using FieldList = std::vector<std::pair<FieldName, std::string>>;

/// What a client was given, and from where.
struct Answer {
  Status status;
  std::string content;
  std::string fields;  // of a prepared one: its head
  std::uint64_t content_length_bytes;
  bool was_prepared;
};

/// A handler with a cache, asked as a session asks it: what it wants to keep is kept, each request in a round
/// of its own.
class FileHandlerCacheTest : public ::testing::Test {
 protected:
  FileHandlerCacheTest() {
    place.make_folder("root/a/b");
    place.make_folder("outside");
    place.write("root/page.html", "a page");
    place.write("root/a/b/page.html", "deep");
    place.write("root/large.html", std::string(100'000, 'x'));
    fs::create_symlink("a/b/page.html", place.path("root/link.html"));
    use(os::Links::inside);
    let_it_settle();
  }

  void use(os::Links links) {
    auto made = FileHandler::create(
        place.path("root"), "", types, executor,
        {.downloads = {}, .allowed_types = {}, .cache_bytes = 1024UL * 1024, .links = links});
    EXPECT_TRUE(made);
    handler = *std::move(made);
  }

  /// Until tags are strong and folders can be relied upon. Nothing but the clock can tell.
  static void let_it_settle() { std::this_thread::sleep_for(milliseconds(30)); }

  Answer ask(Method method, const std::string& path, const FieldList& fields = {},
             http::ContentFraming framing = {}) {
    http::RequestHead head;
    head.method = method;
    head.target = path;
    head.framing = framing;
    for (const auto& [name, value] : fields)
      EXPECT_TRUE(head.fields.add({.name = name, .name_text = "", .value = value}));
    const Endpoint local;
    auto begun = handler->begin({.head = head,
                                 .local = local,
                                 .path = path,
                                 .exchange = {.sink = &nobody, .connection = {}, .exchange = {}},
                                 .round = same_round ? round : ++round,
                                 .variant = variant,
                                 .file_rules = rules});
    if (const auto* prepared = std::get_if<const http::PreparedResponse*>(&begun)) {
      const auto& shared = (*prepared)->shared_content;
      return {(*prepared)->status, shared != nullptr ? *shared : (*prepared)->content, (*prepared)->head,
              (*prepared)->content_length_bytes, true};
    }
    auto& response = std::get<Response>(begun);
    const auto* text = std::get_if<std::string>(&response.content);
    const std::uint64_t length = http::size_bytes(response.content).value_or(0);
    Answer answer{response.status, text != nullptr ? *text : "", response.fields, length, false};
    if (response.keep)
      response.keep({.status = answer.status,
                     .head = answer.fields,
                     .content = answer.content,
                     .content_length_bytes = length,
                     .variant = variant});
    return answer;
  }
  Answer get(const std::string& path, const FieldList& fields = {}) { return ask(Method::get, path, fields); }
  /// The same request until it is answered from the cache.
  Answer get_cached(const std::string& path, const FieldList& fields = {}) {
    for (int i = 0; i < 2; ++i) static_cast<void>(get(path, fields));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(get(path, fields).was_prepared) << path;
    return get(path, fields);
  }
  static std::string field(const Answer& answer, const std::string& name) {
    const std::size_t start = answer.fields.find(name + ": ");
    if (start == std::string::npos) return "(none)";
    const std::size_t value = start + name.size() + 2;
    return answer.fields.substr(value, answer.fields.find("\r\n", value) - value);
  }
  /// As a deployment might: the same files, elsewhere, and a link to them.
  void move_out_and_link(const std::string& folder) {
    fs::rename(place.path("root/" + folder), place.path("outside/moved"));
    fs::create_symlink(place.path("outside/moved"), place.path("root/" + folder));
  }

  os::TestDirectory place;
  http::MediaTypes types;
  http::NobodyWaits nobody;
  executor::Executor executor;
  std::unique_ptr<FileHandler> handler;
  std::uint64_t round = 0;
  bool same_round = false;
  // What the rules of the site say of the requests to come:
  std::uint64_t variant = 0;
  http::FileRules rules;
};

TEST_F(FileHandlerCacheTest, KeepsAFileAtItsSecondSight) {
  for (int i = 0; i < 5; ++i) {
    const Answer answer = get("/page.html");
    EXPECT_EQ(answer.status, Status::ok);
    EXPECT_EQ(answer.content, "a page");
    EXPECT_EQ(answer.was_prepared, i >= 2);
  }
}

TEST_F(FileHandlerCacheTest, OtherFieldsAndQueriesFindTheSameEntry) {
  const Answer answer = get_cached("/page.html");
  for (const FieldName name :
       {FieldName::other, FieldName::user_agent, FieldName::referer, FieldName::accept})
    EXPECT_TRUE(get("/page.html", {{name, "something new"}}).was_prepared);
  // RFC 9110 §13.1.1: a condition that holds changes nothing.
  EXPECT_EQ(get("/page.html", {{FieldName::if_match, field(answer, "ETag")}}).status, Status::ok);
}

TEST_F(FileHandlerCacheTest, AnswersConditionsFromTheEntry) {
  const Answer whole = get_cached("/page.html");
  const FieldList conditions[] = {{{FieldName::if_none_match, field(whole, "ETag")}},
                                  {{FieldName::if_modified_since, field(whole, "Last-Modified")}}};
  for (const FieldList& condition : conditions) {
    EXPECT_EQ(get("/page.html", condition).status, Status::not_modified);
    const Answer again = get("/page.html", condition);
    EXPECT_EQ(again.status, Status::not_modified);
    EXPECT_TRUE(again.was_prepared);
    EXPECT_EQ(field(again, "ETag"), field(whole, "ETag"));
  }
  EXPECT_EQ(get("/page.html", {{FieldName::if_none_match, "\"other\""}}).content, "a page");
  EXPECT_EQ(get("/page.html", {{FieldName::if_modified_since, "Sat, 01 Jan 2000 00:00:00 GMT"}}).content,
            "a page");
  EXPECT_EQ(get("/page.html", {{FieldName::if_match, "\"other\""}}).status, Status::precondition_failed);
}

TEST_F(FileHandlerCacheTest, AnEntryForA304SaysWhatTheFileSaid) {
  // A client that comes back with its tag may be the first to ask.
  const std::string tag = field(get("/large.html"), "ETag");
  const Answer answer = get_cached("/large.html", {{FieldName::if_none_match, tag}});
  EXPECT_EQ(answer.status, Status::not_modified);
  EXPECT_EQ(field(answer, "ETag"), tag);
  const Answer whole = get("/large.html");
  EXPECT_FALSE(whole.was_prepared) << "its content is too large to be kept";
  EXPECT_EQ(whole.content_length_bytes, 100'000U);
}

TEST_F(FileHandlerCacheTest, AnswersHeadWithoutContent) {
  const Answer whole = get_cached("/page.html");
  const Answer answer = ask(Method::head, "/page.html");
  EXPECT_EQ(answer.status, Status::ok);
  EXPECT_EQ(answer.content_length_bytes, 6U);
  EXPECT_EQ(answer.content, "");
  EXPECT_EQ(field(answer, "ETag"), field(whole, "ETag"));
}

TEST_F(FileHandlerCacheTest, LeavesToTheFileWhatNeedsIt) {
  static_cast<void>(get_cached("/page.html"));
  const Answer part = get("/page.html", {{FieldName::range, "bytes=0-0"}});
  EXPECT_EQ(part.status, Status::partial_content);
  EXPECT_EQ(part.content, "a");
  EXPECT_EQ(ask(Method::options, "/page.html").status, Status::no_content);
  EXPECT_EQ(ask(Method::post, "/page.html").status, Status::method_not_allowed);
}

// The content has to be read before the connection can go on: a response from the cache must not skip that.
TEST_F(FileHandlerCacheTest, ARequestWithContentIsNotAnsweredFromTheCache) {
  static_cast<void>(get_cached("/page.html"));
  static_cast<void>(get("/nothing.html")), static_cast<void>(get("/nothing.html"));
  using Framing = http::ContentFraming;
  for (const Framing framing :
       {Framing{.kind = Framing::Kind::length, .length_bytes = 5}, Framing{.kind = Framing::Kind::chunked}}) {
    for (const char* path : {"/page.html", "/nothing.html"})
      EXPECT_FALSE(ask(Method::get, path, {}, framing).was_prepared) << path;
  }
}

TEST_F(FileHandlerCacheTest, WhatHasJustChangedIsNotKept) {
  place.write("root/page.html", "version 1");
  for (int i = 0; i < 4; ++i) {
    const Answer answer = get("/page.html");
    if (!field(answer, "ETag").starts_with("W/")) GTEST_SKIP() << "the machine was too slow";
    EXPECT_FALSE(answer.was_prepared);
  }
}

TEST_F(FileHandlerCacheTest, EveryChangeShows) {
  for (const std::string path : {"page.html", "a/b/page.html", "link.html"}) {
    SCOPED_TRACE(path);
    static_cast<void>(get_cached("/" + path));
    place.write("root/" + path, "another text");
    EXPECT_EQ(get("/" + path).content, "another text");
    let_it_settle();
    static_cast<void>(get_cached("/" + path));
    fs::remove(place.path("root/" + path));
    EXPECT_EQ(get("/" + path).status, Status::not_found);
  }
}

TEST_F(FileHandlerCacheTest, AFileThatAppearsIsSeenInTheNextRound) {
  for (const std::string path : {"/nothing.html", "/a/nothing.html", "/new/nothing.html"}) {
    SCOPED_TRACE(path);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(get(path).status, Status::not_found);
    EXPECT_TRUE(get(path).was_prepared);
    place.make_folder("root/new");
    place.write("root" + path, "something");
    same_round = true;
    EXPECT_EQ(get(path).status, Status::not_found) << "so it was when the requests of this round had arrived";
    same_round = false;
    EXPECT_EQ(get(path).content, "something");
  }
}

TEST_F(FileHandlerCacheTest, A404HasTheFormThatTheClientPrefers) {
  const FieldList program = {{FieldName::accept, "application/json"}};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(get("/nothing.html").was_prepared, i > 0);
    EXPECT_EQ(get("/nothing.html", program).was_prepared, i > 0) << "a page is no problem details";
  }
}

TEST_F(FileHandlerCacheTest, AFolderThatHasBecomeALinkOutOfTheRootIsForbidden) {
  static_cast<void>(get_cached("/a/b/page.html"));
  static_cast<void>(get_cached("/link.html"));
  move_out_and_link("a/b");
  EXPECT_EQ(get("/a/b/page.html").status, Status::forbidden);
  EXPECT_EQ(get("/link.html").status, Status::forbidden);
}

TEST_F(FileHandlerCacheTest, AnAbsoluteLinkIsFollowedAnewEachTime) {
  const auto link_to = [this](const std::string& target) {
    fs::remove(place.path("root/absolute.html"));
    fs::create_symlink(place.path(target), place.path("root/absolute.html"));
  };
  place.write("outside/secret.html", "secret");
  link_to("root/a/b/page.html");
  EXPECT_EQ(get_cached("/absolute.html").content, "deep");
  link_to("outside/secret.html");
  EXPECT_EQ(get("/absolute.html").status, Status::forbidden);
  link_to("root/page.html");
  EXPECT_EQ(get("/absolute.html").content, "a page");
}

TEST_F(FileHandlerCacheTest, WithLinksNoAFolderThatHasBecomeALinkIsForbidden) {
  use(os::Links::no);
  EXPECT_EQ(get("/link.html").status, Status::forbidden);
  static_cast<void>(get_cached("/a/b/page.html"));
  fs::rename(place.path("root/a"), place.path("root/c"));
  fs::create_symlink("c", place.path("root/a"));
  EXPECT_EQ(get("/a/b/page.html").status, Status::forbidden);
}

TEST_F(FileHandlerCacheTest, WithLinksYesWhatLiesOutsideIsSeenToChange) {
  use(os::Links::yes);
  static_cast<void>(get_cached("/a/b/page.html"));
  move_out_and_link("a/b");
  EXPECT_EQ(get_cached("/a/b/page.html").content, "deep");
  place.write("outside/moved/page.html", "deep and new");
  EXPECT_EQ(get("/a/b/page.html").content, "deep and new");
}

TEST_F(FileHandlerCacheTest, SoIsOneFurtherUp) {
  static_cast<void>(get_cached("/a/b/page.html"));
  move_out_and_link("a");
  EXPECT_EQ(get("/a/b/page.html").status, Status::forbidden);
}

TEST_F(FileHandlerCacheTest, AFolderBehindALinkThatStaysInTheRootIsServed) {
  static_cast<void>(get_cached("/a/b/page.html"));
  fs::rename(place.path("root/a"), place.path("root/c"));
  fs::create_symlink("c", place.path("root/a"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get("/a/b/page.html").content, "deep");
  fs::remove(place.path("root/a"));
  fs::rename(place.path("root/c"), place.path("outside/moved"));
  fs::create_symlink(place.path("outside/moved"), place.path("root/a"));
  EXPECT_EQ(get("/a/b/page.html").status, Status::forbidden);
}

TEST_F(FileHandlerCacheTest, WhatHappensBesideMakesNoDifference) {
  static_cast<void>(get_cached("/a/b/page.html"));
  place.write("root/beside.txt", "x"), place.write("root/a/beside.txt", "x"),
      place.write("root/a/b/beside.txt", "x");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(get("/a/b/page.html").was_prepared);
}

// One file under several addresses, or asked for by several methods.
TEST_F(FileHandlerCacheTest, WhatTheRulesSayOfCodingsHoldsForTheirRequestsAlone) {
  const auto use_rules = [this](std::uint64_t of_variant, http::FileRules said) {
    variant = of_variant;
    rules = said;
  };
  const FieldList wants_gzip = {{FieldName::accept_encoding, "gzip"}};
  const FieldList refuses_identity = {{FieldName::accept_encoding, "identity;q=0"}};
  place.write("root/page.html.gz", "coded");
  let_it_settle();
  for (int i = 0; i < 4; ++i) {
    use_rules(0, {});
    EXPECT_EQ(get("/page.html", wants_gzip).content, "a page");
    EXPECT_EQ(field(ask(Method::head, "/page.html"), "Vary"), "(none)");
    EXPECT_EQ(get("/page.html", refuses_identity).status, Status::ok);

    use_rules(1, {.compression = http::Compression::prepared});
    const Answer coded = get("/page.html", wants_gzip);
    EXPECT_EQ(coded.content, "coded");
    EXPECT_EQ(field(coded, "Content-Encoding"), "gzip");
    EXPECT_EQ(field(coded, "Vary"), "Accept-Encoding");
    EXPECT_EQ(get("/page.html").content, "a page");
    EXPECT_EQ(field(ask(Method::head, "/page.html"), "Vary"), "Accept-Encoding");
    EXPECT_EQ(get("/page.html", refuses_identity).status, Status::not_acceptable);

    use_rules(2, {.stored_coding = http::ContentCoding::br});
    const Answer stored = get("/page.html", wants_gzip);
    EXPECT_EQ(stored.content, "a page");
    EXPECT_EQ(field(stored, "Content-Encoding"), "br");
    EXPECT_EQ(field(stored, "Vary"), "(none)");
    EXPECT_EQ(field(ask(Method::head, "/page.html"), "Content-Encoding"), "br");
  }
}

TEST_F(FileHandlerCacheTest, WorkersKeepTheirOwn) {
  auto made =
      FileHandler::create(place.path("root"), "", types, executor,
                          {.downloads = {}, .allowed_types = {}, .workers = 2, .cache_bytes = 1024UL * 1024});
  ASSERT_TRUE(made);
  handler = *std::move(made);
  static_cast<void>(get_cached("/page.html"));
  http::RequestHead head;
  head.method = Method::get;
  head.target = "/page.html";
  const Endpoint local;
  const auto begun = handler->begin({.head = head,
                                     .local = local,
                                     .path = "/page.html",
                                     .exchange = {.sink = &nobody, .connection = {}, .exchange = {}},
                                     .worker = 1,
                                     .round = round});
  EXPECT_TRUE(std::holds_alternative<Response>(begun));
}

}  // namespace
}  // namespace bobbin::files
