#include "uploads/inbox_handler.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "coding/encoder.h"
#include "crypto/sha256.h"
#include "json/object.h"
#include "os/test_directory.h"
#include "signatures/test_request.h"
#include "uploads/coded_content.h"
#include "uploads/disabled_inbox.h"
#include "uploads/test_client.h"

namespace bobbin::uploads {
namespace {

using http::ContentCoding;
using http::FieldName;
using http::RequestHead;
using http::Response;
using http::Status;
using ::testing::HasSubstr;

constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kSecret = "It's a Secret to Everybody";

std::string content_of(const Response& response) {
  const auto* text = std::get_if<std::string>(&response.content);
  return text == nullptr ? "" : *text;
}

/// A store that waits after each piece, and keeps one document in memory.
class SlowStore final : public store::DocumentStore {
 public:
  std::string content;
  int appended = 0;

  [[nodiscard]] State state() const override { return State::open; }
  [[nodiscard]] store::Draft begin(std::uint64_t) override {
    return store::Draft(std::make_shared<Target>(*this));
  }
  [[nodiscard]] Budget& memory() override { return memory_; }

 private:
  class Target final : public store::DraftTarget {
   public:
    explicit Target(SlowStore& store) : store_(store) {}
    Intake append(Bytes piece) override {
      store_.content += as_text(piece);
      ++store_.appended;
      return Intake::wait;
    }
    void when_ready(std::function<void()> ready) override { ready(); }
    void commit(store::Particulars, Done done) override { done(store::Stored{.name = "x"}); }
    void abandon() override {}

   private:
    SlowStore& store_;
  };

  Budget memory_{UINT64_MAX};
};

class InboxHandlerTest : public ::testing::Test {
 protected:
  static InboxSettings settings(const std::string& scheme = "") {
    InboxSettings settings{.name = "test", .most_bytes = 1000};
    if (!scheme.empty())
      settings.scheme = *signatures::Scheme::make({.scheme = scheme, .secrets = std::string(kSecret)});
    return settings;
  }
  static InboxSettings form_settings() {
    InboxSettings wanted = settings();
    wanted.types.form = true;
    return wanted;
  }
  static InboxSettings coded_settings() {
    InboxSettings wanted = settings();
    wanted.codings = coding::kDecodings;
    return wanted;
  }
  static RequestHead coded(RequestHead head, std::string_view coding) {
    EXPECT_TRUE(head.fields.add({FieldName::content_encoding, "Content-Encoding", coding}));
    return head;
  }
  [[nodiscard]] std::size_t records() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_.path("new")),
                                                  std::filesystem::directory_iterator()));
  }
  /// As GitHub signs.
  RequestHead signed_post(std::string_view content) {
    RequestHead head = post();
    signature_ = "sha256=" + signatures::hex(signatures::hmac(kSecret, content));
    EXPECT_TRUE(head.fields.add({FieldName::other, "X-Hub-Signature-256", signature_}));
    return head;
  }

  os::TestDirectory directory_;
  std::string signature_;
  Store store_{inbox_folder(directory_.path("")),
               {.inbox = {.name = "test", .layout = store::Layout::record}, .piece_bytes = 1001}};
};

TEST_F(InboxHandlerTest, AnswersWithWhatTheRecordIsKnownBy) {
  const InboxHandler handler(settings(), store_.get());
  const Response response = Client(handler).upload("{\"a\": 1}");
  EXPECT_EQ(response.status, Status::created);
  EXPECT_EQ(response.media_type, "application/json");
  const auto answer = json::Object::parse(content_of(response));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text("status"), "success");
  EXPECT_EQ(answer->number("sequence"), 1U);
  EXPECT_EQ(answer->text("sha256"), crypto::hex_of(crypto::sha256("{\"a\": 1}")));
  EXPECT_EQ(records(), 1U);
}

TEST_F(InboxHandlerTest, AnswersWithTheStatusThatItsSenderWants) {
  InboxSettings wanted = settings();
  wanted.success = Status::no_content;
  const InboxHandler handler(wanted, store_.get());
  const Response response = Client(handler).upload("1");
  EXPECT_EQ(response.status, Status::no_content);
  EXPECT_EQ(content_of(response), "");
  EXPECT_EQ(records(), 1U);
}

TEST_F(InboxHandlerTest, TakesEveryTypeOfJson) {
  const InboxHandler handler(settings(), store_.get());
  Client client(handler);
  for (const char* type : {"application/json", "Application/JSON; charset=utf-8",
                           "application/cloudevents+json", "application/vnd.api+JSON;v=1"})
    EXPECT_EQ(client.refusal(post(type)).status, Status::continue_) << type;
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp",
                           "+json", "/x+json", "application/+json"})
    EXPECT_EQ(client.refusal(post(type)).status, Status::unsupported_media_type) << type;
}

TEST_F(InboxHandlerTest, TakesTheTypesThatItIsToldToTake) {
  const std::pair<ContentType, const char*> types[] = {{ContentType::json, "application/json"},
                                                       {ContentType::form, kForm},
                                                       {ContentType::text, "text/plain;charset=UTF-8"}};
  for (unsigned set = 1; set < 8; ++set) {
    InboxSettings wanted = settings();
    wanted.types = {.json = (set & 1U) != 0, .form = (set & 2U) != 0, .text = (set & 4U) != 0};
    const InboxHandler handler(wanted, store_.get());
    Client client(handler);
    for (const auto& [type, name] : types) {
      const bool is_taken = (set >> static_cast<unsigned>(type) & 1U) != 0;
      const Response response = client.refusal(post(name));
      EXPECT_EQ(response.status, is_taken ? Status::continue_ : Status::unsupported_media_type)
          << set << name;
    }
    const Response refused = client.refusal(post("image/png"));
    EXPECT_THAT(refused.fields, HasSubstr("Accept-Post: " + wanted.types.accept_post() + "\r\n"));
  }
}

TEST_F(InboxHandlerTest, WhoSendsAFormWithABrowserIsShownAPage) {
  using http::ErrorForm;
  const InboxHandler takes_json(settings(), store_.get());
  const InboxHandler takes_forms(form_settings(), store_.get());
  const DisabledInbox takes_nothing;
  const auto form = [](const http::Handler& handler, std::string_view type, std::string_view accept) {
    RequestHead head = post(type);
    EXPECT_TRUE(head.fields.add({FieldName::accept, "Accept", accept}));
    return handler.error_form(head);
  };
  for (const http::Handler* handler :
       {static_cast<const http::Handler*>(&takes_json), static_cast<const http::Handler*>(&takes_forms),
        static_cast<const http::Handler*>(&takes_nothing)}) {
    for (const char* type : {kForm, "multipart/form-data; boundary=x", "text/plain"}) {
      EXPECT_EQ(form(*handler, type, "text/html,*/*;q=0.8"), ErrorForm::page) << type;
      EXPECT_EQ(form(*handler, type, "*/*"), ErrorForm::problem) << type;
    }
    for (const char* type : {"application/json", "image/png", ""})
      EXPECT_EQ(form(*handler, type, "text/html,*/*;q=0.8"), ErrorForm::problem) << type;
  }
}

TEST_F(InboxHandlerTest, AFormIsKeptAsJsonHoweverItIsCut) {
  const InboxHandler handler(form_settings(), store_.get());
  const std::string content = "name=Ada+Lovelace&tag=a&tag=%C3%A4";
  for (const std::size_t piece_bytes : {std::size_t{1}, std::size_t{5}, content.size()}) {
    const Response response = Client(handler).upload(post(kForm), content, piece_bytes);
    EXPECT_EQ(response.status, Status::created);
    const auto answer = json::Object::parse(content_of(response));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->text("sha256"),
              crypto::hex_of(crypto::sha256("{\"name\":\"Ada Lovelace\",\"tag\":[\"a\",\"\xC3\xA4\"]}")));
  }
  EXPECT_EQ(records(), 3U);
}

TEST_F(InboxHandlerTest, AFormAndItsDocumentAreNoLargerThanAllowed) {
  const InboxHandler handler(form_settings(), store_.get());
  const auto status_of = [&](const std::string& content) {
    return Client(handler).upload(post(kForm), content).status;
  };
  const std::string largest = "a=" + std::string(992, 'x');  // {"a":"…"}
  EXPECT_EQ(status_of(largest), Status::created);
  EXPECT_EQ(status_of(largest + "x"), Status::content_too_large) << "as JSON";
  EXPECT_EQ(status_of(std::string(1000, '&')), Status::created);
  EXPECT_EQ(status_of(std::string(1001, '&')), Status::content_too_large) << "as received";
  EXPECT_EQ(status_of("a=" + std::string(200, '\x01')), Status::content_too_large) << "of what is escaped";
  EXPECT_EQ(records(), 2U);
}

TEST_F(InboxHandlerTest, AFormIsCountedWhileItIsReceived) {
  const InboxHandler handler(form_settings(), store_.get());
  Client client(handler);
  const std::uint64_t before = store_.get()->memory().used_bytes();
  {
    http::Begin begun = client.begin(post(kForm));
    auto& exchange = *std::get<std::unique_ptr<http::Exchange>>(begun);
    EXPECT_TRUE(std::holds_alternative<http::Accepted>(exchange.content(as_bytes(std::string(900, 'x')))));
    EXPECT_GE(store_.get()->memory().used_bytes(), before + 900);
  }
  EXPECT_EQ(store_.get()->memory().used_bytes(), before);
  EXPECT_EQ(records(), 0U);
}

TEST_F(InboxHandlerTest, KeepsAnyContentAsItIs) {
  InboxSettings wanted = settings();
  wanted.types = {.json = false, .any = true};
  const InboxHandler handler(wanted, store_.get());
  const std::string content = std::string("\0\xFF no JSON", 10);
  for (const char* type : {"image/png", "application/json", "", "nonsense"}) {
    const Response response = Client(handler).upload(post(type), content, 1);
    EXPECT_EQ(response.status, Status::created) << type;
    EXPECT_EQ(json::Object::parse(content_of(response))->text("sha256"),
              crypto::hex_of(crypto::sha256(content)));
  }
  EXPECT_EQ(Client(handler).upload(post("image/png"), "").status, Status::created) << "also nothing";
  EXPECT_EQ(records(), 5U);
}

TEST_F(InboxHandlerTest, AnyContentIsWhatTheOtherTypesDoNotTake) {
  InboxSettings wanted = settings();
  wanted.types = {.json = true, .any = true};
  const InboxHandler handler(wanted, store_.get());
  EXPECT_EQ(Client(handler).upload(post("application/json"), "no JSON").status, Status::bad_request);
  EXPECT_EQ(Client(handler).upload(post("text/csv"), "no JSON").status, Status::created);
  EXPECT_EQ(Client(handler).upload(post("text/csv"), std::string(1001, 'x')).status,
            Status::content_too_large);
}

TEST_F(InboxHandlerTest, AnyContentHasAKeyInItsFieldsAlone) {
  InboxSettings wanted = settings();
  wanted.types = {.json = false, .any = true};
  wanted.keys.sources = {*KeySource::parse("json:/id"), *KeySource::parse("header:idempotency-key")};
  wanted.keys.is_required = true;
  const InboxHandler handler(wanted, store_.get());
  EXPECT_EQ(Client(handler).upload(post("text/csv"), "{\"id\":1}").status, Status::bad_request);
  RequestHead head = post("text/csv");
  ASSERT_TRUE(head.fields.add({FieldName::other, "Idempotency-Key", "k"}));
  EXPECT_EQ(Client(handler).upload(head, "a,b").status, Status::created);
}

TEST_F(InboxHandlerTest, ReportsOfBrowsersAreAnsweredWithoutContent) {
  InboxSettings wanted = settings();
  wanted.types = {.json = true, .json_suffix = true, .reports = true};
  const InboxHandler handler(wanted, store_.get());
  for (const char* type : {"application/reports+json", "application/csp-report"}) {
    EXPECT_EQ(Client(handler).upload(post(type), "[]").status, Status::no_content) << type;
    EXPECT_EQ(Client(handler).upload(post(type), "no JSON").status, Status::bad_request) << type;
  }
  EXPECT_EQ(Client(handler).upload("[]").status, Status::created);
  EXPECT_EQ(records(), 3U);
}

// Fetch Standard, "CORS-safelisted request-header"; a report of a policy is sent in the mode "no-cors" (CSP
// Level 3 §5.3).
TEST_F(InboxHandlerTest, OfForeignPagesWhatBrowsersSendUnaskedIsRefused) {
  InboxSettings wanted = settings();
  wanted.types = {.json = true, .form = true, .text = true, .reports = true, .any = true};
  const InboxHandler handler(wanted, store_.get());
  const auto status_of = [&](const char* type) {
    RequestHead head = post(type);
    EXPECT_TRUE(head.fields.add({FieldName::other, "Origin", "https://evil.example"}));
    return Client(handler).refusal(head).status;
  };
  for (const char* type :
       {"", "text/plain", "Text/Plain;charset=utf-8", "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded", "application/csp-report", "nonsense", "text /plain",
        "text/plain, application/json", "text/plain; x", "TEXT/PLAIN ;", "multipart/form-data;=;"})
    EXPECT_EQ(status_of(type), Status::forbidden) << type;
  for (const char* type : {"application/json", "application/reports+json", "image/png", "text/csv; a=b"})
    EXPECT_EQ(status_of(type), Status::continue_) << type;
}

TEST_F(InboxHandlerTest, TakesTheCodingsThatItIsToldToTake) {
  for (const auto& [coding, taken] : {std::pair(http::CodingSet{}, "identity"),
                                      {http::CodingSet{ContentCoding::gzip}, "gzip"},
                                      {http::CodingSet{ContentCoding::zstd}, "zstd"},
                                      {coding::kDecodings, "gzip, zstd"}}) {
    InboxSettings wanted = settings();
    wanted.codings = coding;
    const InboxHandler handler(wanted, store_.get());
    Client client(handler);
    for (const char* name : {"gzip", "x-gzip", "zstd", "br", "deflate", "gzip, zstd", "gzip, gzip"}) {
      const bool is_taken = (coding.has(ContentCoding::gzip) && name == std::string_view("gzip")) ||
                            (coding.has(ContentCoding::gzip) && name == std::string_view("x-gzip")) ||
                            (coding.has(ContentCoding::zstd) && name == std::string_view("zstd"));
      const Response response = client.refusal(coded(post(), name));
      EXPECT_EQ(response.status, is_taken ? Status::continue_ : Status::unsupported_media_type)
          << taken << ": " << name;
      if (!is_taken) {
        EXPECT_THAT(response.fields, HasSubstr("Accept-Encoding: " + std::string(taken) + "\r\n"));
      }
    }
    EXPECT_EQ(client.refusal(coded(post(), "identity")).status, Status::continue_);
  }
}

TEST_F(InboxHandlerTest, KeepsWhatACodedContentStandsFor) {
  const InboxHandler handler(coded_settings(), store_.get());
  const std::string document = "{\"a\": [1, 2]}";
  for (const ContentCoding coding : {ContentCoding::gzip, ContentCoding::zstd}) {
    const std::string content = coding::encoded(document, coding);
    for (const std::size_t piece : {std::size_t{1}, content.size()}) {
      const Response response = Client(handler).upload(coded(post(), name_of(coding)), content, piece);
      EXPECT_EQ(response.status, Status::created);
      EXPECT_EQ(json::Object::parse(content_of(response))->text("sha256"),
                crypto::hex_of(crypto::sha256(document)));
    }
  }
  EXPECT_EQ(records(), 4U);
}

TEST_F(InboxHandlerTest, ACodedDocumentIsNoLargerThanAnother) {
  const InboxHandler handler(coded_settings(), store_.get());
  const auto status_of = [&](std::size_t bytes) {
    const std::string document = "\"" + std::string(bytes - 2, 'x') + "\"";
    return Client(handler)
        .upload(coded(post(), "gzip"), coding::encoded(document, ContentCoding::gzip))
        .status;
  };
  EXPECT_EQ(status_of(1000), Status::created);
  EXPECT_EQ(status_of(1001), Status::content_too_large);
  EXPECT_EQ(status_of(50'000'000), Status::content_too_large);
  EXPECT_EQ(records(), 1U);
  EXPECT_EQ(store_.get()->memory().used_bytes(), 0U);
}

TEST_F(InboxHandlerTest, ACodedFormIsAForm) {
  InboxSettings wanted = coded_settings();
  wanted.types.form = true;
  const InboxHandler handler(wanted, store_.get());
  const Response response =
      Client(handler).upload(coded(post(kForm), "gzip"), coding::encoded("a=1", ContentCoding::gzip), 1);
  EXPECT_EQ(response.status, Status::created);
  EXPECT_EQ(json::Object::parse(content_of(response))->text("sha256"),
            crypto::hex_of(crypto::sha256("{\"a\":\"1\"}")));
}

TEST_F(InboxHandlerTest, ASignatureIsOverTheContentAsItCame) {
  InboxSettings wanted = settings("github");
  wanted.codings = coding::kDecodings;
  const InboxHandler handler(wanted, store_.get());
  const std::string content = coding::encoded("{}", ContentCoding::gzip);
  EXPECT_EQ(Client(handler).upload(coded(signed_post(content), "gzip"), content, 1).status, Status::created);
  EXPECT_EQ(Client(handler).upload(coded(signed_post("{}"), "gzip"), content).status, Status::unauthorized);
  EXPECT_EQ(Client(handler).upload(coded(signed_post("{}"), "gzip"), "no gzip").status, Status::unauthorized)
      << "authenticity is judged first";
  EXPECT_EQ(Client(handler).upload(coded(signed_post("no gzip"), "gzip"), "no gzip").status,
            Status::bad_request);
  EXPECT_EQ(records(), 1U);
}

TEST_F(InboxHandlerTest, DecodingWaitsForTheStore) {
  const auto slow = std::make_shared<SlowStore>();
  InboxSettings wanted = coded_settings();
  wanted.most_bytes = 1'000'000;
  const InboxHandler handler(wanted, slow);
  Client client(handler);
  const std::string document = "\"" + std::string(100'000, 'x') + "\"";
  const Response response =
      client.upload(coded(post(), "gzip"), coding::encoded(document, ContentCoding::gzip));
  EXPECT_EQ(response.status, Status::created);
  EXPECT_EQ(slow->content, document);
  EXPECT_GE(slow->appended, 100'000 / CodedContent::kSliceBytes);
  EXPECT_EQ(client.waits(), slow->appended) << "nothing more is decoded until the store is ready";
}

TEST_F(InboxHandlerTest, AForeignPageIsToldFromTheHeadAlone) {
  const InboxHandler handler(form_settings(), store_.get());
  for (const char* type : {kForm, "application/json"}) {
    RequestHead head = post(type);
    ASSERT_TRUE(head.fields.add({FieldName::other, "Origin", "https://evil.example"}));
    const bool is_form = type == kForm;
    EXPECT_EQ(Client(handler).refusal(head).status, is_form ? Status::forbidden : Status::continue_)
        << "a browser asks before it sends JSON to another origin";
  }
}

TEST_F(InboxHandlerTest, TakesADocumentOfItsLargestSizeInAnyPieces) {
  const InboxHandler handler(settings(), store_.get());
  const std::string largest = "\"" + std::string(998, 'x') + "\"";
  EXPECT_EQ(Client(handler).upload(largest, 1).status, Status::created);
  EXPECT_EQ(Client(handler).upload(largest + " ").status, Status::content_too_large);
  EXPECT_EQ(records(), 1U);
}

TEST_F(InboxHandlerTest, KeepsOnlyWhatIsSigned) {
  const InboxHandler handler(settings("github"), store_.get());
  const std::string content = "{\"zen\":\"x\"}";
  EXPECT_EQ(Client(handler).upload(signed_post(content), content, 1).status, Status::created);
  const Response altered = Client(handler).upload(signed_post(content), "{\"zen\":\"y\"}");
  const Response unsigned_one = Client(handler).upload(post(), content);
  for (const Response* refused : {&altered, &unsigned_one}) {
    EXPECT_EQ(refused->status, Status::unauthorized);
    EXPECT_THAT(refused->fields, HasSubstr("WWW-Authenticate: Signature\r\n"));
  }
  EXPECT_EQ(content_of(altered), content_of(unsigned_one)) << "a forger learns nothing";
  EXPECT_THAT(altered.log_fields.violation, HasSubstr("mismatch"));
  EXPECT_THAT(unsigned_one.log_fields.violation, HasSubstr("missing_field"));
  EXPECT_EQ(records(), 1U);
}

TEST_F(InboxHandlerTest, AuthenticityIsJudgedBeforeTheContent) {
  const InboxHandler handler(settings("github"), store_.get());
  EXPECT_EQ(Client(handler).upload(signed_post("{"), "[").status, Status::unauthorized);
  EXPECT_EQ(Client(handler).upload(signed_post("{"), "{").status, Status::bad_request);
  EXPECT_EQ(records(), 0U);
}

TEST_F(InboxHandlerTest, WhatAVerificationKeepsIsCounted) {
  // The public key of RFC 8032 §7.1, test 1.
  InboxSettings wanted = settings();
  wanted.scheme = *signatures::Scheme::make({.scheme = "standard",
                                             .secrets = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
                                             .most_kept_bytes = 1000});
  const InboxHandler handler(wanted, store_.get());
  RequestHead head = post();
  const std::string now =
      std::to_string(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  const std::string signature = "v1a," + std::string(86, 'A') + "==";
  ASSERT_TRUE(head.fields.add({FieldName::other, "webhook-id", "msg"}));
  ASSERT_TRUE(head.fields.add({FieldName::other, "webhook-timestamp", now}));
  ASSERT_TRUE(head.fields.add({FieldName::other, "webhook-signature", signature}));
  Client client(handler);
  http::Begin begun = client.begin(head);
  auto& exchange = *std::get<std::unique_ptr<http::Exchange>>(begun);
  const std::uint64_t before = store_.get()->memory().used_bytes();
  EXPECT_TRUE(std::holds_alternative<http::Accepted>(exchange.content(as_bytes("no JSON"))));
  EXPECT_TRUE(std::holds_alternative<http::Accepted>(exchange.content(as_bytes(std::string(900, 'x')))));
  EXPECT_GE(store_.get()->memory().used_bytes(), before + 900) << "it is kept until it can be verified";
}

TEST_F(InboxHandlerTest, WhatMayGoIntoQuarantineTakesMemoryUntilItIsKnown) {
  os::TestDirectory place;
  const Store quarantine(inbox_folder(place.path("")),
                         {.memory_bytes = 4096,
                          .inbox = {.name = "test", .layout = store::Layout::record},
                          .piece_bytes = 5001});
  InboxSettings wanted = settings();
  wanted.most_bytes = 5000;
  wanted.quarantine = {.store = quarantine.get()};
  const InboxHandler handler(wanted, store_.get());
  EXPECT_EQ(Client(handler).upload(std::string(4900, 'x')).status, Status::service_unavailable);
  EXPECT_EQ(Client(handler).upload("{").status, Status::created);
  EXPECT_EQ(Client(handler).upload("{}").status, Status::created);
  EXPECT_EQ(records(), 1U);
  EXPECT_EQ(quarantine.get()->memory().used_bytes(), 0U);
}

}  // namespace
}  // namespace bobbin::uploads
