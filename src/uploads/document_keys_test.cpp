#include "uploads/document_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "uploads/test_client.h"

namespace bobbin::uploads {
namespace {

using OtherContent = store::DocumentKey::OtherContent;
using ::testing::HasSubstr;

using FieldLines = std::vector<std::pair<std::string_view, std::string_view>>;

class DocumentKeysTest : public ::testing::Test {
 protected:
  void take(const std::vector<std::string_view>& sources) {
    settings_.sources.clear();
    for (const std::string_view source : sources)
      settings_.sources.push_back(KeySource::parse(source).value());
  }
  Result<KeyReader::Key, std::string> read(const FieldLines& lines, std::string_view content = "{}",
                                           const std::string& user = "") {
    http::RequestHead head = post();
    for (const auto& [name, value] : lines)
      EXPECT_TRUE(head.fields.add({http::FieldName::other, name, value}));
    const Endpoint endpoint;
    std::string name = user;
    KeyReader reader(settings_, {.head = head, .local = endpoint, .path = "/", .user = &name});
    json::Validator validator(reader.wanted());
    reader.add(as_bytes(content));
    EXPECT_TRUE(validator.feed(as_bytes(content)) && validator.finish());
    return reader.finish(validator);
  }
  KeyReader::Key key(const FieldLines& lines, std::string_view content = "{}", const std::string& user = "") {
    return read(lines, content, user).value();
  }
  std::optional<crypto::Digest> digest(const FieldLines& lines, std::string_view content = "{}",
                                       const std::string& user = "") {
    const auto found = key(lines, content, user);
    return found ? std::optional(found->digest) : std::nullopt;
  }

  KeySettings settings_;
};

TEST(KeySource, KnowsItsForms) {
  EXPECT_EQ(KeySource::parse("header:Idempotency-Key")->text(), "header:idempotency-key");
  for (const char* good : {"header:x", "json:/id", "json:/a~1b/0", "json:/", "cloudevent", "digest"})
    EXPECT_TRUE(KeySource::parse(good)) << good;
  for (const char* bad :
       {"", "header:", "header:a b", "header", "json:", "json:id", "json:/~", "Digest", "x"})
    EXPECT_FALSE(KeySource::parse(bad)) << bad;
}

TEST_F(DocumentKeysTest, WithoutASourceThereIsNoKey) { EXPECT_FALSE(key({{"Idempotency-Key", "1"}})); }

TEST_F(DocumentKeysTest, AFieldIsOne) {
  take({"header:Idempotency-Key"});
  const auto one = digest({{"IDEMPOTENCY-KEY", "1"}});
  EXPECT_TRUE(one);
  EXPECT_EQ(digest({{"idempotency-key", "1"}}, "[1]"), one);
  EXPECT_NE(digest({{"idempotency-key", "2"}}), one);
  EXPECT_NE(digest({{"idempotency-key", "1"}}, "{}", "kiosk-7"), one);
  EXPECT_EQ(digest({}), std::nullopt);
  EXPECT_EQ(digest({{"idempotency-key", ""}}), std::nullopt);
  EXPECT_EQ(key({{"idempotency-key", "1"}})->other_content, OtherContent::refused);
}

TEST_F(DocumentKeysTest, AFieldThatIsThereTwiceIsRefused) {
  take({"json:/id", "header:x-id"});
  EXPECT_THAT(read({{"x-id", "1"}, {"x-id", "1"}}).error(), HasSubstr("x-id"));
}

TEST_F(DocumentKeysTest, AMemberOfTheDocumentIsOne) {
  take({"json:/event/id"});
  const auto one = digest({}, R"({"event":{"id":"1"}})");
  EXPECT_TRUE(one);
  EXPECT_EQ(digest({}, R"({"other":2,"event":{"id":"1","x":[]}})"), one);
  EXPECT_NE(digest({}, R"({"event":{"id":"2"}})"), one);
  for (const char* without :
       {"{}", "[1]", "1", R"({"event":{"id":{}}})", R"({"event":{"id":null}})", R"({"event":{"id":""}})"})
    EXPECT_EQ(digest({}, without), std::nullopt) << without;
  EXPECT_EQ(key({}, R"({"event":{"id":1}})")->other_content, OtherContent::stored);
}

TEST_F(DocumentKeysTest, ACloudEventIsKnownByItsSourceAndId) {
  take({"cloudevent"});
  const auto binary = digest({{"ce-source", "/a"}, {"ce-id", "1"}, {"ce-type", "x"}});
  EXPECT_TRUE(binary);
  EXPECT_EQ(digest({}, R"({"specversion":"1.0","id":"1","source":"/a","type":"x"})"), binary);
  EXPECT_NE(digest({}, R"({"id":"1","source":"/b"})"), binary);
  EXPECT_NE(digest({}, R"({"id":"/a","source":"1"})"), binary);
  EXPECT_EQ(digest({{"ce-id", "1"}}, R"({"source":"/a"})"), std::nullopt);
}

TEST_F(DocumentKeysTest, TheContentIsOne) {
  take({"digest"});
  EXPECT_EQ(digest({}, "[1]"), digest({{"x", "y"}}, "[1]"));
  EXPECT_NE(digest({}, "[1]"), digest({}, "[1 ]"));
}

TEST_F(DocumentKeysTest, TheFirstSourceThatIsThereCounts) {
  take({"header:a", "json:/id", "cloudevent", "header:b"});
  const auto b = digest({{"b", "1"}});
  const auto id = digest({{"b", "1"}}, R"({"id":"1"})");
  const auto a = digest({{"b", "1"}, {"a", "1"}}, R"({"id":"1"})");
  EXPECT_TRUE(a && b && id);
  EXPECT_NE(a, b);
  EXPECT_NE(a, id);
  EXPECT_NE(b, id);
  take({"cloudevent", "json:/z"});
  EXPECT_EQ(digest({}, R"({"id":"1","z":"2"})"), (take({"json:/z"}), digest({}, R"({"z":"2"})")));
}

TEST_F(DocumentKeysTest, OneMayBeRequired) {
  take({"header:a", "json:/id"});
  settings_.is_required = true;
  EXPECT_EQ(read({}).error(), "Nothing identifies the document. It needs header:a or json:/id.");
  EXPECT_TRUE(key({{"a", "1"}}));
}

TEST_F(DocumentKeysTest, TheOperatorDecidesAboutOtherContent) {
  take({"header:idempotency-key"});
  settings_.other_content = OtherContent::ignored;
  settings_.window = seconds(60);
  EXPECT_EQ(key({{"idempotency-key", "1"}})->other_content, OtherContent::ignored);
  EXPECT_EQ(key({{"idempotency-key", "1"}})->window, seconds(60));
}

}  // namespace
}  // namespace bobbin::uploads
