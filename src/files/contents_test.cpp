#include "files/contents.h"

#include <cerrno>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "files/checksum_files.h"
#include "files/failure.h"
#include "files/file_handler.h"
#include "os/attributes.h"
#include "os/directory.h"
#include "os/test_directory.h"

namespace bobbin::files {
namespace {

using http::FieldName;
using http::Method;
using http::Status;

/// Remembers what it was asked for.
class AskedContents final : public Contents {
 public:
  [[nodiscard]] bool is_ready() const override { return is_ready_; }
  [[nodiscard]] Outcome fetch(const std::string& name, const os::FileStatus&, const http::Resume&) override {
    asked_.push_back(name);
    return {.is_under_way = !is_away_, .retry_after = seconds(7)};
  }
  [[nodiscard]] Outcome join(const std::string& name, const os::FileStatus& file, const std::string& tag,
                             const http::Resume& resume) override {
    if (growing_ == nullptr || !growing_->is_of(tag, file.size_bytes)) return fetch(name, file, resume);
    return {.is_under_way = true, .growing = growing_};
  }
  void want(const std::string& name, const os::FileStatus&) override { asked_.push_back(name); }
  [[nodiscard]] Duration patience() const override { return seconds(11); }
  [[nodiscard]] bool redirects(std::uint64_t size_bytes) const override { return size_bytes >= redirected_; }
  [[nodiscard]] bool find_address(const std::string& name, const Fields& fields,
                                  std::function<void(const Address&)> found) override {
    if (is_away_) return false;
    asked_fields_ = fields;
    found(has_addresses_ ? Address{.url = "https://store.test/" + name} : Address{.retry_after = seconds(7)});
    return true;
  }

  bool is_ready_ = true;
  bool is_away_ = false;
  std::vector<std::string> asked_;
  std::shared_ptr<GrowingFile> growing_;
  std::uint64_t redirected_ = UINT64_MAX;
  bool has_addresses_ = true;
  Fields asked_fields_;
};

/// Keeps what was answered later.
class LastReply final : public http::ReplySink {
 public:
  void deliver(ConnectionId, ExchangeId, http::Response response) override { last_ = std::move(response); }
  void resume(ConnectionId, ExchangeId) override {}
  std::optional<http::Response> last_;
};

class ContentsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = *os::open_directory(place_.path());
    place_.write("probe", "");
    const auto kept = os::set_attribute(*os::open_for_writing_at(folder_, "probe"), kObjectTag, "x");
    if (!kept && kept.error().code == EOPNOTSUPP) GTEST_SKIP() << "the file system keeps no attributes";
    contents_ = std::make_shared<AskedContents>();
    use({});
  }
  void use(FileSettings settings) {
    settings.contents = contents_;
    handler_ = std::shared_ptr<FileHandler>(
        *FileHandler::create(place_.path(), "", types_, executor_, std::move(settings)));
  }
  /// A placeholder for an object with this content.
  void put(const std::string& name, const std::string& etag, std::size_t size_bytes) {
    place_.write("new", "");
    const os::Fd file = *os::open_for_writing_at(folder_, "new");
    ASSERT_TRUE(os::set_size(file, size_bytes));
    finish(file, name, etag);
  }
  void arrive(const std::string& name, const std::string& etag, const std::string& text) {
    place_.write("new", text);
    const os::Fd file = *os::open_for_writing_at(folder_, "new");
    ASSERT_TRUE(os::mark(file));
    finish(file, name, etag);
  }
  void finish(const os::Fd& file, const std::string& name, const std::string& etag) {
    ASSERT_TRUE(os::set_attribute(file, kObjectTag, etag));
    ASSERT_TRUE(os::set_times(file, WallTime(seconds(1'700'000'000)), WallTime(seconds(1'700'000'000))));
    ASSERT_TRUE(os::move_replacing(folder_, "new", folder_, name));
  }

  http::Begin begin(const http::Handler& handler, std::string_view path, Method method,
                    const std::vector<std::pair<FieldName, std::string>>& fields) {
    http::RequestHead head;
    head.method = method;
    head.target = path;
    for (const auto& [name, value] : fields)
      EXPECT_TRUE(head.fields.add({.name = name, .name_text = "", .value = value}));
    const Endpoint local;
    return handler.begin({.head = head,
                          .local = local,
                          .path = path,
                          .exchange = {.sink = &replies_, .connection = {}, .exchange = {}},
                          .round = ++round_});
  }
  http::Begin begin(std::string_view path, Method method = Method::get,
                    const std::vector<std::pair<FieldName, std::string>>& fields = {}) {
    return begin(*handler_, path, method, fields);
  }
  static Status status_of(const http::Begin& begin) {
    if (const auto* prepared = std::get_if<const http::PreparedResponse*>(&begin)) return (*prepared)->status;
    const auto* response = std::get_if<http::Response>(&begin);
    return response == nullptr ? Status::continue_ : response->status;
  }
  static std::string text_of(const http::Begin& begin) {
    const auto* response = std::get_if<http::Response>(&begin);
    const auto* text = response == nullptr ? nullptr : std::get_if<std::string>(&response->content);
    return text == nullptr ? "(none)" : *text;
  }
  static std::string line_of(const http::Begin& begin, const std::string& name) {
    const auto* response = std::get_if<http::Response>(&begin);
    if (response == nullptr) return "(no response)";
    const std::size_t at = ("\r\n" + response->fields).find("\r\n" + name + ": ");
    if (at == std::string::npos) return "(none)";
    const std::size_t value = at + name.size() + 2;
    return response->fields.substr(value, response->fields.find("\r\n", value) - value);
  }
  static bool waits(const http::Begin& begin) { return std::holds_alternative<http::Undecided>(begin); }

  os::TestDirectory place_;
  os::Fd folder_;
  http::MediaTypes types_;
  LastReply replies_;
  executor::Executor executor_;
  std::shared_ptr<AskedContents> contents_;
  std::shared_ptr<FileHandler> handler_;
  std::uint64_t round_ = 0;
};

TEST_F(ContentsTest, ContentIsFetchedFirst) {
  put("a.txt", "1", 4);
  const auto asked = begin("/a.txt");
  ASSERT_TRUE(waits(asked));
  EXPECT_EQ(std::get<http::Undecided>(asked).limit, seconds(11));
  EXPECT_EQ(std::get<http::Undecided>(asked).late.status, Status::service_unavailable);
  EXPECT_EQ(contents_->asked_, std::vector<std::string>{"a.txt"});
  arrive("a.txt", "1", "text");
  EXPECT_EQ(text_of(begin("/a.txt")), "text");
  EXPECT_EQ(contents_->asked_.size(), 1U);
}

TEST_F(ContentsTest, NeitherHeadNorNotModifiedNeedContent) {
  put("a.txt", "1", 4);
  const auto head = begin("/a.txt", Method::head);
  ASSERT_EQ(status_of(head), Status::ok);
  const std::string etag = line_of(head, "ETag");
  EXPECT_TRUE(etag.starts_with('"')) << etag;
  EXPECT_EQ(status_of(begin("/a.txt", Method::get, {{FieldName::if_none_match, etag}})),
            Status::not_modified);
  EXPECT_TRUE(contents_->asked_.empty());
  EXPECT_TRUE(waits(begin("/a.txt", Method::get, {{FieldName::if_none_match, "\"other\""}})));
}

TEST_F(ContentsTest, TheTagIsThatOfTheObject) {
  put("a.txt", "1", 4);
  const std::string before = line_of(begin("/a.txt", Method::head), "ETag");
  arrive("a.txt", "1", "text");
  EXPECT_EQ(line_of(begin("/a.txt"), "ETag"), before);
  put("b.txt", "1", 4);
  EXPECT_EQ(line_of(begin("/b.txt", Method::head), "ETag"), before) << "of the content, wherever it is";
  put("a.txt", "2", 4);
  EXPECT_NE(line_of(begin("/a.txt", Method::head), "ETag"), before);
}

TEST_F(ContentsTest, WhatIsNotThereNeedsNoContent) {
  EXPECT_EQ(status_of(begin("/none")), Status::not_found);
  put("a.txt", "1", 4);
  EXPECT_EQ(status_of(begin("/a.txt", Method::options)), Status::no_content);
  EXPECT_EQ(status_of(begin("/a.txt", Method::delete_)), Status::method_not_allowed);
  EXPECT_TRUE(contents_->asked_.empty());
}

TEST_F(ContentsTest, ContentThatCannotBeHadIs503) {
  put("a.txt", "1", 4);
  arrive("b.txt", "1", "text");
  contents_->is_away_ = true;
  const auto answer = begin("/a.txt");
  EXPECT_EQ(status_of(answer), Status::service_unavailable);
  EXPECT_EQ(line_of(answer, "Retry-After"), "7");
  EXPECT_EQ(text_of(begin("/b.txt")), "text");
}

TEST_F(ContentsTest, NothingIsSaidBeforeTheNamesAreKnown) {
  arrive("a.txt", "1", "text");
  contents_->is_ready_ = false;
  for (const char* path : {"/a.txt", "/none", "/"})
    EXPECT_EQ(status_of(begin(path)), Status::service_unavailable) << path;
  contents_->is_ready_ = true;
  EXPECT_EQ(text_of(begin("/a.txt")), "text");
}

TEST_F(ContentsTest, ASiblingIsFetchedInTheFilesPlace) {
  use({.compression = http::Compression::prepared});
  put("a.css", "1", 400);
  put("a.css.gz", "2", 40);
  const std::vector<std::pair<FieldName, std::string>> accepts{{FieldName::accept_encoding, "gzip"}};
  EXPECT_TRUE(waits(begin("/a.css", Method::get, accepts)));
  EXPECT_EQ(contents_->asked_, std::vector<std::string>{"a.css.gz"});
  arrive("a.css.gz", "2", "coded");
  const auto answer = begin("/a.css", Method::get, accepts);
  EXPECT_EQ(text_of(answer), "coded");
  EXPECT_EQ(line_of(answer, "Content-Encoding"), "gzip");
}

TEST_F(ContentsTest, WhatTheServerCodesIsFetchedFirst) {
  use({.compression = http::Compression::on});
  put("a.css", "1", 4000);
  const std::vector<std::pair<FieldName, std::string>> accepts{{FieldName::accept_encoding, "gzip"}};
  EXPECT_TRUE(waits(begin("/a.css", Method::get, accepts)));
  EXPECT_EQ(contents_->asked_, std::vector<std::string>{"a.css"});
  EXPECT_EQ(status_of(begin("/a.css", Method::head, accepts)), Status::ok);
}

TEST_F(ContentsTest, ADigestIsMadeOfContentOnly) {
  put("a.txt", "1", 4);
  EXPECT_TRUE(waits(begin("/a.txt", Method::head, {{FieldName::want_repr_digest, "sha-256=1"}})));
  const ChecksumFiles checksums(handler_, handler_);
  EXPECT_TRUE(waits(begin(checksums, "/a.txt.sha256", Method::get, {})));
  EXPECT_EQ(contents_->asked_, (std::vector<std::string>{"a.txt", "a.txt"}));
  use({.tags = TagSource::content});
  EXPECT_TRUE(waits(begin("/a.txt", Method::head)));
}

TEST_F(ContentsTest, ACopyWithoutTheMarkIsNoContent) {
  place_.write("copy.txt", "perhaps zeros");
  EXPECT_TRUE(waits(begin("/copy.txt")));
}

/// What is on its way is for a placeholder of this tag and size.
class GrowingContentsTest : public ContentsTest {
 protected:
  void grow(const std::string& etag, std::size_t size_bytes, const std::string& there) {
    place_.write("incoming", there);
    contents_->growing_ =
        *GrowingFile::create(*os::open_regular_file_at(folder_, "incoming"), size_bytes, etag);
  }
  static http::ContentSource* source_of(const http::Begin& begin) {
    const auto* response = std::get_if<http::Response>(&begin);
    const auto* source =
        response == nullptr ? nullptr : std::get_if<std::unique_ptr<http::ContentSource>>(&response->content);
    return source == nullptr ? nullptr : source->get();
  }
  /// How much can be pulled now.
  static std::uint64_t bytes_there(const http::Begin& begin) {
    std::uint64_t bytes = 0;
    http::ContentSource* const source = source_of(begin);
    if (source == nullptr) return 0;
    while (true) {
      const auto piece = source->pull();
      const auto* file = std::get_if<http::FilePiece>(&piece);
      if (file == nullptr) return bytes;
      bytes += file->length;
    }
  }
};

TEST_F(GrowingContentsTest, WhatIsThereIsGivenAsOfTheWholeFile) {
  put("a.txt", "1", 1000);
  const auto head = begin("/a.txt", Method::head);
  EXPECT_TRUE(waits(begin("/a.txt")));
  grow("1", 1000, std::string(100, 'x'));
  const auto answer = begin("/a.txt");
  ASSERT_EQ(status_of(answer), Status::ok);
  EXPECT_EQ(std::get<http::Response>(answer).fields, std::get<http::Response>(head).fields);
  EXPECT_EQ(source_of(answer)->size_bytes(), 1000U);
  EXPECT_EQ(bytes_there(answer), 100U);
  EXPECT_FALSE(std::get<http::Response>(answer).keep) << "nothing of it is kept";
}

TEST_F(GrowingContentsTest, ARangeWaitsForItsFirstByte) {
  put("a.txt", "1", 1000);
  grow("1", 1000, std::string(100, 'x'));
  const auto there = begin("/a.txt", Method::get, {{FieldName::range, "bytes=90-109"}});
  ASSERT_EQ(status_of(there), Status::partial_content);
  EXPECT_EQ(line_of(there, "Content-Range"), "bytes 90-109/1000");
  EXPECT_EQ(bytes_there(there), 10U);
  EXPECT_TRUE(waits(begin("/a.txt", Method::get, {{FieldName::range, "bytes=100-109"}})));
  EXPECT_TRUE(waits(begin("/a.txt", Method::get, {{FieldName::range, "bytes=-1"}})));
  EXPECT_EQ(status_of(begin("/a.txt", Method::get, {{FieldName::range, "bytes=1000-"}})),
            Status::range_not_satisfiable);
  contents_->growing_->end();
  EXPECT_EQ(status_of(begin("/a.txt", Method::get, {{FieldName::range, "bytes=0-9"}})),
            Status::service_unavailable)
      << "it has failed";
}

TEST_F(GrowingContentsTest, NothingIsGivenOfAnotherVersion) {
  put("a.txt", "1", 1000);
  grow("2", 1000, std::string(100, 'x'));
  EXPECT_TRUE(waits(begin("/a.txt")));
  grow("1", 1001, std::string(100, 'x'));
  EXPECT_TRUE(waits(begin("/a.txt")));
}

TEST_F(GrowingContentsTest, WhatIsMadeOfTheWholeWaitsForIt) {
  use({.compression = http::Compression::on});
  put("a.css", "1", 4000);
  grow("1", 4000, std::string(100, 'x'));
  EXPECT_TRUE(waits(begin("/a.css", Method::get, {{FieldName::accept_encoding, "gzip"}})));
  EXPECT_TRUE(waits(begin("/a.css", Method::get, {{FieldName::want_repr_digest, "sha-256=1"}})));
  EXPECT_EQ(bytes_there(begin("/a.css")), 100U);
  use({.tags = TagSource::content});
  EXPECT_TRUE(waits(begin("/a.css")));
}

// What no way through the handler may come to is refused all the same.
TEST_F(ContentsTest, APlaceholderIsNeverRead) {
  put("a.txt", "1", 4);
  const auto root = os::Root::open(place_.path(), os::Links::inside, os::RootFiles::marked_when_whole);
  const auto file = OpenFile::open(*root, "a.txt");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->is_placeholder());
  EXPECT_TRUE(file->duplicate()->is_placeholder());
  const auto read = file->read({0, 4});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ENODATA);
  EXPECT_EQ(answer_to(read.error(), "/a.txt").status, Status::service_unavailable);
}

// ---- files that clients get from the store themselves ----

/// The files of ContentsTest, of which those of 1,000 bytes and more are redirected.
class StoreRedirectTest : public ContentsTest {
 protected:
  void SetUp() override {
    ContentsTest::SetUp();
    if (contents_ != nullptr) contents_->redirected_ = 1000;
  }
  /// What comes of a GET that is answered later; a 500 where it is not.
  http::Begin redirect(std::string_view path,
                       const std::vector<std::pair<FieldName, std::string>>& fields = {}) {
    replies_.last_.reset();
    const auto asked = begin(path, Method::get, fields);
    if (std::holds_alternative<http::Pending>(asked) && replies_.last_) return *std::move(replies_.last_);
    return http::Response::error(Status::internal_server_error, "it was not answered later");
  }
};

TEST_F(StoreRedirectTest, LeadsToTheStoreFromItsSizeOn) {
  put("a.iso", "1", 1000);
  put("below.iso", "2", 999);
  const auto begun = redirect("/a.iso");
  const auto& response = std::get<http::Response>(begun);
  EXPECT_EQ(response.status, Status::temporary_redirect);
  EXPECT_EQ(response.fields, "Location: https://store.test/a.iso\r\nCache-Control: no-store\r\n");
  EXPECT_TRUE(response.never_stored);
  EXPECT_TRUE(contents_->asked_.empty()) << "nothing is fetched";
  EXPECT_TRUE(waits(begin("/below.iso")));
  EXPECT_EQ(contents_->asked_, std::vector<std::string>{"below.iso"});
}

TEST_F(StoreRedirectTest, DoesNotDependOnWhatIsHere) {
  arrive("a.txt", "1", std::string(1000, 'x'));
  EXPECT_EQ(status_of(redirect("/a.txt")), Status::temporary_redirect);
}

TEST_F(StoreRedirectTest, SaysWhatWouldBeSaidHere) {
  use({.downloads = {"iso"}, .compression = http::Compression::prepared});
  put("page.html", "1", 1000);
  static_cast<void>(redirect("/page.html"));
  EXPECT_EQ(contents_->asked_fields_.media_type, "text/html; charset=utf-8");
  EXPECT_EQ(contents_->asked_fields_.disposition, "");
  EXPECT_EQ(contents_->asked_fields_.coding, "");
  put("a b.iso", "1", 1000);
  static_cast<void>(redirect("/a b.iso"));
  EXPECT_EQ(contents_->asked_fields_.disposition, "attachment; filename=\"a b.iso\"");
  put("page.html.gz", "2", 1000);
  EXPECT_EQ(line_of(redirect("/page.html", {{FieldName::accept_encoding, "gzip"}}), "Location"),
            "https://store.test/page.html.gz");
  EXPECT_EQ(contents_->asked_fields_.media_type, "text/html; charset=utf-8");
  EXPECT_EQ(contents_->asked_fields_.coding, "gzip");
}

TEST_F(StoreRedirectTest, WhatIsAskedAboutIsAnsweredHereWithTheTagOfTheStore) {
  for (const auto tags : {TagSource::file, TagSource::content}) {
    use({.tags = tags, .compression = http::Compression::on});
    put("a.css", "d41d8cd9-2", 5000);
    const std::vector<std::pair<FieldName, std::string>> wants{{FieldName::accept_encoding, "gzip"},
                                                               {FieldName::want_repr_digest, "sha-256=1"}};
    const auto head = begin("/a.css", Method::head, wants);
    ASSERT_EQ(status_of(head), Status::ok);
    EXPECT_EQ(line_of(head, "ETag"), "\"d41d8cd9-2\"");
    EXPECT_EQ(line_of(head, "Last-Modified"), "Tue, 14 Nov 2023 22:13:20 GMT");
    const auto coded = begin("/a.css", Method::head, {{FieldName::accept_encoding, "gzip"}});
    EXPECT_EQ(line_of(coded, "Content-Encoding"), "(none)") << "it is not coded here";
    EXPECT_EQ(line_of(coded, "ETag"), "\"d41d8cd9-2\"");
    EXPECT_EQ(status_of(redirect("/a.css", {{FieldName::accept_encoding, "gzip"}})),
              Status::temporary_redirect);
    EXPECT_EQ(
        std::get<std::unique_ptr<http::ContentSource>>(std::get<http::Response>(head).content)->size_bytes(),
        5000U);
    const auto same = begin("/a.css", Method::get, {{FieldName::if_none_match, "\"d41d8cd9-2\""}});
    EXPECT_EQ(status_of(same), Status::not_modified);
    EXPECT_EQ(line_of(same, "ETag"), "\"d41d8cd9-2\"");
    EXPECT_EQ(status_of(begin("/a.css", Method::get, {{FieldName::if_match, "\"other\""}})),
              Status::precondition_failed);
    EXPECT_EQ(status_of(redirect("/a.css", {{FieldName::if_match, "\"d41d8cd9-2\""}})),
              Status::temporary_redirect);
    EXPECT_EQ(status_of(redirect("/a.css", wants)), Status::temporary_redirect);
    EXPECT_EQ(status_of(redirect("/a.css", {{FieldName::range, "bytes=9000-"}})), Status::temporary_redirect);
  }
  EXPECT_TRUE(contents_->asked_.empty());
}

TEST_F(StoreRedirectTest, ATagThatNoFieldCanHaveIsNotPassedOn) {
  put("a.iso", "a\"\r\nX-Evil: 1", 1000);
  const std::string etag = line_of(begin("/a.iso", Method::head), "ETag");
  EXPECT_EQ(etag.find("Evil"), std::string::npos) << etag;
  EXPECT_TRUE(etag.starts_with('"')) << etag;
}

// What is found out for one form of a file must not decide about another.
TEST_F(StoreRedirectTest, ASmallSiblingOfALargeFileIsGivenHereAndChangesNothing) {
  use({.cache_bytes = 1 << 20, .compression = http::Compression::on});
  put("a.css", "1", 1000);
  arrive("a.css.gz", "2", "coded");
  std::this_thread::sleep_for(milliseconds(30));  // until it could not change unseen, and may be kept
  const std::vector<std::pair<FieldName, std::string>> accepts{{FieldName::accept_encoding, "gzip"}};
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(line_of(begin("/a.css", Method::get, accepts), "Content-Encoding"), "gzip");
    EXPECT_EQ(status_of(redirect("/a.css")), Status::temporary_redirect);
    EXPECT_EQ(line_of(begin("/a.css", Method::head), "ETag"), "\"1\"");
    EXPECT_EQ(status_of(begin("/a.css", Method::get, {{FieldName::if_none_match, "\"1\""}})),
              Status::not_modified);
  }
}

TEST_F(StoreRedirectTest, WithoutAnAddressItIs503) {
  put("a.iso", "1", 1000);
  contents_->has_addresses_ = false;
  const auto answer = redirect("/a.iso");
  EXPECT_EQ(status_of(answer), Status::service_unavailable);
  EXPECT_EQ(line_of(answer, "Retry-After"), "7");
  contents_->is_away_ = true;
  replies_.last_.reset();
  EXPECT_EQ(status_of(begin("/a.iso")), Status::service_unavailable);
  EXPECT_FALSE(replies_.last_) << "it is answered once";
}

TEST_F(StoreRedirectTest, AChecksumIsMadeOfTheContent) {
  put("a.iso", "1", 1000);
  const ChecksumFiles checksums(handler_, handler_);
  EXPECT_TRUE(waits(begin(checksums, "/a.iso.sha256", Method::get, {})));
  EXPECT_EQ(contents_->asked_, std::vector<std::string>{"a.iso"});
}

}  // namespace
}  // namespace bobbin::files
