#include "uploads/request_record.h"

#include <gtest/gtest.h>
#include <string>

#include "base/endpoint.h"
#include "json/object.h"
#include "signatures/test_request.h"
#include "store/document_store.h"

namespace bobbin::uploads {
namespace {

using signatures::TestFields;

class RequestRecordTest : public ::testing::Test {
 protected:
  std::string text(const TestFields& fields, const KeptFields& kept = {},
                   const std::optional<signatures::Verified>& verified = {}) {
    http::RequestHead head;
    head.method_text = "POST";
    head.target = target_;
    head.fields = fields.get();
    std::string text = RequestRecord({.head = head, .local = local_, .client = client_, .user = &user_}, kept)
                           .text(verified);
    EXPECT_TRUE(json::Object::parse(text)) << text;
    return text;
  }

  const Endpoint local_;
  const Endpoint client_ = *parse_address("192.0.2.7");
  std::string user_;
  std::string target_ = "/in/kiosk?a=1";
};

TEST_F(RequestRecordTest, HasWhoAskedForWhat) {
  EXPECT_EQ(text({}), R"({"client":"192.0.2.7","method":"POST","target":"/in/kiosk?a=1","fields":[]})");
  user_ = "kiosk-7";
  EXPECT_EQ(text({}), R"({"client":"192.0.2.7","method":"POST","target":"/in/kiosk?a=1","user":"kiosk-7",)"
                      R"("fields":[]})");
}

TEST_F(RequestRecordTest, SaysThatItWasAForm) {
  const http::RequestHead head;
  const RequestRecord record({.head = head, .local = local_, .client = client_}, KeptFields(),
                             {.is_form = true});
  const auto object = json::Object::parse(record.text(std::nullopt));
  ASSERT_TRUE(object);
  EXPECT_TRUE(object->has("form"));
}

TEST_F(RequestRecordTest, SaysWhyNoDocumentCouldBeMade) {
  const http::RequestHead head;
  const RequestRecord record({.head = head, .local = local_, .client = client_}, KeptFields());
  const auto object = json::Object::parse(record.text(std::nullopt, "It is \"odd\"."));
  ASSERT_TRUE(object);
  EXPECT_EQ(object->text("invalid"), "It is \"odd\".");
  const std::string cut = record.text(std::nullopt, std::string(2000, 'x'));
  EXPECT_LT(cut.size(), 1500U);
  EXPECT_TRUE(json::Object::parse(cut)->has("invalid_cut"));
}

TEST_F(RequestRecordTest, SaysFromWhichCodingItWasDecoded) {
  const http::RequestHead head;
  const RequestRecord record({.head = head, .local = local_, .client = client_}, KeptFields(),
                             {.coding = http::ContentCoding::zstd});
  const auto object = json::Object::parse(record.text(std::nullopt));
  ASSERT_TRUE(object);
  EXPECT_EQ(object->text("coding"), "zstd");
}

TEST_F(RequestRecordTest, HasWhatWasVerified) {
  const signatures::Verified verified{.scheme = signatures::SchemeName::standard,
                                      .secret = 1,
                                      .message_id = "msg \"1\"",
                                      .timestamp = 1674087231};
  EXPECT_EQ(text({}, {}, verified),
            R"({"client":"192.0.2.7","method":"POST","target":"/in/kiosk?a=1","verified":)"
            R"({"scheme":"standard","secret":2,"id":"msg \"1\"","timestamp":1674087231},"fields":[]})");
}

TEST_F(RequestRecordTest, KeepsFieldsInTheirOrderWithNamesInLowerCase) {
  const std::string record = text({{"X-GitHub-Event", "push"},
                                   {"Accept", "*/*"},
                                   {"Content-Type", "application/json"},
                                   {"x-github-event", "pull"},
                                   {"X-Other", "1"}});
  EXPECT_NE(record.find(R"("fields":[["x-github-event","push"],["content-type","application/json"],)"
                        R"(["x-github-event","pull"]]})"),
            std::string::npos)
      << record;
}

TEST_F(RequestRecordTest, KeepsWhatTheOperatorAdds) {
  const KeptFields kept({"x-device-*", "x-trace"}, {});
  EXPECT_TRUE(kept.has("x-device-id"));
  EXPECT_TRUE(kept.has("x-device-"));
  EXPECT_TRUE(kept.has("x-trace"));
  EXPECT_FALSE(kept.has("x-trace-id"));
  EXPECT_FALSE(kept.has("x-device"));
}

TEST_F(RequestRecordTest, KeepsNoSecretWhateverTheOperatorSays) {
  const KeptFields kept({"*"}, {"x-token"});
  for (const char* name : {"authorization", "proxy-authorization", "cookie", "x-gitlab-token", "x-token"})
    EXPECT_FALSE(kept.has(name)) << name;
  EXPECT_TRUE(kept.has("x-gitlab-event"));
  EXPECT_TRUE(kept.has("anything"));
}

TEST_F(RequestRecordTest, SaysWhenFieldsDidNotFit) {
  const std::string large(KeptFields::kMostBytes, 'x');
  const std::string record = text({{"User-Agent", large}, {"Origin", "https://example.org"}});
  EXPECT_EQ(record, R"({"client":"192.0.2.7","method":"POST","target":"/in/kiosk?a=1",)"
                    R"("fields":[["origin","https://example.org"]],"fields_cut":true})");
}

TEST_F(RequestRecordTest, IsNeverLongerThanARecordMayHold) {
  // Each of these bytes takes three in the record, and the head of a request may have up to 1 MiB.
  const std::string bytes(1024UL * 1024, '\xE9');
  user_ = bytes.substr(0, 255);
  target_ = "/in/kiosk?" + bytes;
  TestFields fields{{"User-Agent", std::string_view(bytes).substr(0, 7000)}};
  while (fields.get().lines().size() < http::Fields::kMaximumCount) fields.add("ce-x", "\xE9");
  const signatures::Verified verified{.scheme = signatures::SchemeName::standard, .message_id = bytes};
  const std::string record = text(fields, {}, verified);
  EXPECT_LE(record.size(), store::Particulars::kLargestRequestBytes);
  EXPECT_NE(record.find("\"target_cut\":true"), std::string::npos);
  EXPECT_NE(record.find("\"id_cut\":true"), std::string::npos);
}

TEST_F(RequestRecordTest, IsUtf8WhateverTheFieldsHold) {
  EXPECT_NE(text({{"User-Agent", "caf\xE9 \"x\"\t"}}).find("caf\xEF\xBF\xBD \\\"x\\\""), std::string::npos);
}

}  // namespace
}  // namespace bobbin::uploads
