#include "auth/authentication.h"

#include <gtest/gtest.h>

#include "auth/test_hashes.h"
#include "http/test_filter.h"

namespace bobbin::auth {
namespace {

using http::Status;

class AuthenticationTest : public testing::Test, private http::ReplySink {
 protected:
  AuthenticationTest() {
    passwords_ = std::make_shared<PasswordChecker>(
        PasswordFile::parse("alice:" + std::string(kBcrypt)).value(), executor_.lane(0, "test", {}));
    // printf %s token | sha256sum
    tokens_ = std::make_shared<TokenFile>(
        TokenFile::parse("kiosk-7:3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0").value());
  }
  ~AuthenticationTest() override {
    executor_.shut_down([] {});
    executor_.join();
  }

  /// What becomes of a request with this Authorization field; none when it is empty. Nothing: it is let in.
  std::optional<http::Response> ask(const Authentication& filter, std::string_view authorization,
                                    std::string_view path = "/a") {
    http::RequestHead head;
    if (!authorization.empty()) {
      EXPECT_TRUE(head.fields.add({.name = http::FieldName::authorization, .value = authorization}));
    }
    const Endpoint local;
    user_.clear();
    const http::Request request{.head = head,
                                .local = local,
                                .path = path,
                                .exchange = {this, ConnectionId{}, ExchangeId{}},
                                .user = &user_};
    while (true) {
      std::optional<http::Begin> decision = filter.before(request);
      if (!decision) return std::nullopt;
      if (auto* response = std::get_if<http::Response>(&*decision)) return std::move(*response);
      EXPECT_TRUE(std::holds_alternative<http::Undecided>(*decision));
      const Lock lock(mutex_);
      while (!is_resumed_) changed_.wait(mutex_);
      is_resumed_ = false;
    }
  }

  std::shared_ptr<const PasswordChecker> passwords_;
  std::shared_ptr<const TokenFile> tokens_;
  std::string user_;

 private:
  void deliver(ConnectionId, ExchangeId, http::Response) override {}
  void resume(ConnectionId, ExchangeId) override {
    const Lock lock(mutex_);
    is_resumed_ = true;
    changed_.notify_all();
  }

  executor::Executor executor_;
  Mutex mutex_;
  ConditionVariable changed_;
  bool is_resumed_ GUARDED_BY(mutex_) = false;
};

constexpr char kBasic[] = "WWW-Authenticate: Basic realm=\"The office\", charset=\"UTF-8\"\r\n";
constexpr char kBearer[] = "WWW-Authenticate: Bearer realm=\"The office\"\r\n";

// RFC 7617 §2
TEST_F(AuthenticationTest, LetsInWhoKnowsAPassword) {
  const Authentication filter({.passwords = passwords_}, "The office", "");
  EXPECT_FALSE(ask(filter, "Basic YWxpY2U6c2VjcmV0"));  // alice:secret
  EXPECT_EQ(user_, "alice");
  const auto unknown = ask(filter, "");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->status, Status::unauthorized);
  EXPECT_EQ(unknown->fields, kBasic);
  EXPECT_EQ(unknown->log_fields.violation, "");
  EXPECT_FALSE(unknown->close);
  const auto wrong = ask(filter, "Basic YWxpY2U6U2VjcmV0");  // alice:Secret
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->status, Status::unauthorized);
  EXPECT_EQ(wrong->fields, kBasic);
  EXPECT_EQ(wrong->log_fields.violation, "Wrong user name or password (alice)");
  EXPECT_EQ(user_, "");
  for (const char* other : {"Basic YWxpY2U", "Bearer token", "Digest a=b"})
    EXPECT_EQ(ask(filter, other)->fields, kBasic) << other;
}

// RFC 6750 §3
TEST_F(AuthenticationTest, LetsInWhoHasAToken) {
  const Authentication filter({.tokens = tokens_}, "The office", "");
  EXPECT_FALSE(ask(filter, "Bearer token"));
  EXPECT_EQ(user_, "kiosk-7");
  EXPECT_EQ(ask(filter, "")->fields, kBearer) << "no error is told to who shows nothing (RFC 6750 §3.1)";
  EXPECT_EQ(ask(filter, "Basic YWxpY2U6c2VjcmV0")->fields, kBearer);
  const auto wrong = ask(filter, "Bearer tokem");
  EXPECT_EQ(wrong->status, Status::unauthorized);
  EXPECT_EQ(wrong->fields, "WWW-Authenticate: Bearer realm=\"The office\", error=\"invalid_token\"\r\n");
  EXPECT_EQ(wrong->log_fields.violation, "Unknown token");
  EXPECT_EQ(user_, "");
}

TEST_F(AuthenticationTest, TakesEitherProof) {
  const Authentication filter({.passwords = passwords_, .tokens = tokens_}, "The office", "");
  EXPECT_FALSE(ask(filter, "Basic YWxpY2U6c2VjcmV0"));
  EXPECT_FALSE(ask(filter, "Bearer token"));
  EXPECT_EQ(ask(filter, "")->fields, std::string(kBasic) + kBearer);
}

TEST_F(AuthenticationTest, LeavesWhatIsExemptOpen) {
  const Authentication filter({.tokens = tokens_}, "The office", "/open");
  EXPECT_FALSE(ask(filter, "", "/open/a"));
  EXPECT_TRUE(ask(filter, "", "/open"));
  EXPECT_TRUE(ask(filter, "", "/opened"));
  EXPECT_TRUE(ask(filter, "", "/a/open/a"));
}

}  // namespace
}  // namespace bobbin::auth
