#include "inbox/forward_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "base/base64.h"
#include "crypto/sha256.h"

namespace bobbin::inbox {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr WallTime kSentAt{milliseconds(1614265330'999)};

/// A record as it stands in the journal, with these fields of its request.
std::string entry_of(const std::string& body, const std::string& request, bool is_binary = false) {
  std::string text;
  journal::append_entry(text,
                        {.epoch = "epoch",
                         .content = journal::Record{.sequence = 7,
                                                    .id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                                    .inbox = "box",
                                                    .received = WallTime(seconds(1'600'000'000)),
                                                    .name = "new/a.json",
                                                    .size_bytes = body.size(),
                                                    .digest = crypto::sha256(body),
                                                    .is_binary = is_binary,
                                                    .is_whole_file = true,
                                                    .request = request}},
                        body);
  return text;
}

ForwardedRecord record_of(const std::string& body, const std::string& fields, bool is_binary = false) {
  const std::string text = entry_of(body, R"({"client":"192.0.2.7","fields":)" + fields + "}", is_binary);
  const auto read = journal::read_entry(text);
  EXPECT_TRUE(read) << text;
  return forwarded_record(*read);
}

ForwardedRecord record_with(std::vector<Field> fields) {
  return {.id = "the-id", .content = "{}", .fields = std::move(fields)};
}

std::vector<Field> sent(const ForwardedRecord& record, const std::vector<Field>& own = {}) {
  return request_fields(record, own, nullptr, kSentAt);
}

std::string type_sent(const std::string& kept, bool is_binary = false) {
  ForwardedRecord record = record_with({});
  record.is_binary = is_binary;
  if (!kept.empty()) record.fields.push_back({"content-type", kept});
  return sent(record).at(0).value;
}

TEST(ForwardRequest, HasTheDocumentByteForByte) {
  const std::string body = "{\"a\":\t1e400,\r\n\"\\u00e4\": \"\xC3\xA4\\/\"}\n";
  const ForwardedRecord record = record_of(body, R"([["x-github-event","push"],["x-github-event","a\tb"]])");
  EXPECT_EQ(record.id, "msg_p5jXN8AQM9LWM0D4loKWxJek");
  EXPECT_EQ(record.content, body);
  EXPECT_EQ(record.fields, (std::vector<Field>{{"x-github-event", "push"}, {"x-github-event", "a\tb"}}));
}

TEST(ForwardRequest, HasWhatStandsInBase64) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  EXPECT_EQ(record_of(every, "[]", true).content, every);
  EXPECT_EQ(record_of("", "[]", true).content, "");
}

TEST(ForwardRequest, NeedsNothingThatIsKeptOfTheRequest) {
  const std::string text = entry_of("{}", "");
  EXPECT_TRUE(forwarded_record(*journal::read_entry(text)).fields.empty());
}

// standard-webhooks.md, "Webhook headers"; the signature is that of its libraries' tests.
TEST(ForwardRequest, HasTheFieldsOfStandardWebhooks) {
  const auto signer = signatures::StandardSigner::make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(signer);
  const ForwardedRecord record =
      record_of(R"({"test": 2432232314})", R"([["content-type","application/json"]])");
  EXPECT_EQ(request_fields(record, {}, &*signer, kSentAt),
            (std::vector<Field>{{"content-type", "application/json"},
                                {"user-agent", "bobbin/" BOBBIN_VERSION},
                                {"idempotency-key", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                                {"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                                {"webhook-timestamp", "1614265330"},
                                {"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}}));
}

TEST(ForwardRequest, PassesOnWhatIsKeptOfTheFirstRequest) {
  const std::vector<Field> passed_on{{"x-github-event", "push"}, {"x-hub-signature-256", "sha256=00"},
                                     {"ce-type", "a"},           {"ce-type", "b"},
                                     {"traceparent", "00-1-2"},  {"x-device-place", "hall 3"}};
  std::vector<Field> kept = passed_on;
  for (const char* name :
       {"content-type", "user-agent", "origin", "idempotency-key", "webhook-id", "webhook-signature",
        "svix-id", "host", "content-length", "transfer-encoding", "content-encoding", "content-digest",
        "repr-digest", "connection", "proxy-connection", "expect", "te", "upgrade", "accept-encoding"})
    kept.push_back({name, "x"});
  kept.push_back({"x-odd", "a\r\nb: c"});
  kept.push_back({"no token", "a"});
  const std::vector<Field> fields = sent(record_with(kept));
  const std::vector<Field> behind(fields.begin() + 5, fields.end());
  EXPECT_EQ(behind, passed_on);
}

TEST(ForwardRequest, OwnFieldsTakeThePlaceOfThoseThatWereKept) {
  const std::vector<Field> own{{"Authorization", "Bearer x"}, {"X-GitHub-Event", "none"}};
  const std::vector<Field> fields = sent(record_with({{"x-github-event", "push"}, {"ce-type", "a"}}), own);
  EXPECT_EQ(
      std::vector<Field>(fields.begin() + 5, fields.end()),
      (std::vector<Field>{{"ce-type", "a"}, {"Authorization", "Bearer x"}, {"X-GitHub-Event", "none"}}));
}

TEST(ForwardRequest, HasTheTypeOfItsDocument) {
  const std::map<std::string, std::string> types = {
      {"", "application/json"},
      {"application/json", "application/json"},
      {"Application/JSON; charset=utf-8", "Application/JSON; charset=utf-8"},
      {"application/cloudevents+json", "application/cloudevents+json"},
      {"application/csp-report", "application/csp-report"},
      // Of what came so, other documents were made.
      {"application/cloudevents-batch+json", "application/cloudevents+json"},
      {"application/x-ndjson", "application/json"},
      {"application/x-www-form-urlencoded", "application/json"},
      {"multipart/form-data; boundary=a", "application/json"},
      {"text/plain", "application/json"},
      {"no type", "application/json"}};
  for (const auto& [kept, type] : types) EXPECT_EQ(type_sent(kept), type) << kept;
  EXPECT_EQ(type_sent("text/csv; header=present", true), "text/csv; header=present");
  EXPECT_EQ(type_sent("application/x-ndjson", true), "application/x-ndjson");
  EXPECT_EQ(type_sent("", true), "application/octet-stream");
}

TEST(ForwardRequest, TakesFieldsOfTheOperator) {
  EXPECT_EQ(parse_own_field("Authorization:  Bearer x:y "), (Field{"Authorization", "Bearer x:y"}));
  EXPECT_EQ(parse_own_field("X-Empty:"), (Field{"X-Empty", ""}));
  const std::map<std::string, const char*> refused = {
      {"", "a field is needed, Name: value"},
      {"secret", "a field is needed"},
      {": secret", "a field is needed"},
      {"A b: secret", "a field is needed"},
      {"A: secret\nB: secret", "the value of A has a control character"},
      {"Webhook-Id: secret", "Webhook-Id is a field that bobbin sets itself"},
      {"content-type: secret", "content-type is a field that bobbin sets itself"},
      {"User-Agent: secret", "bobbin sets itself"},
      {"Idempotency-Key: secret", "bobbin sets itself"},
      {"Host: secret", "Host is a field of the connection"},
      {"Content-Length: secret", "of the connection, or of the content's bytes"},
      {"Transfer-Encoding: secret", "of the connection"},
      {"Connection: secret", "of the connection"},
      {"Proxy-Authorization: secret", "of the connection"}};
  for (const auto& [text, says] : refused) {
    const auto field = parse_own_field(text);
    ASSERT_FALSE(field) << text;
    EXPECT_THAT(field.error(), AllOf(HasSubstr(says), Not(HasSubstr("secret"))));
  }
}

TEST(ForwardRequest, TakesAFileOfFields) {
  EXPECT_EQ(parse_own_fields("# of the warehouse\r\nAuthorization: Bearer x\r\n\nX-A: b"),
            (std::vector<Field>{{"Authorization", "Bearer x"}, {"X-A", "b"}}));
  EXPECT_EQ(parse_own_fields(""), std::vector<Field>());
  const auto fields = parse_own_fields("A: b\nsecret\n");
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error(), "line 2 is not allowed: a field is needed, Name: value");
}

}  // namespace
}  // namespace bobbin::inbox
