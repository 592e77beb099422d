#include "admin/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/status_json.h"
#include "admin/status_page.h"
#include "admin/test_server_state.h"
#include "base/bytes.h"
#include "base/html.h"
#include "crypto/sha256.h"
#include "server/exchange_counts.h"
#include "store/folder_store.h"

namespace bobbin::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(LabelValue, IsFoundWhateverStandsInTheOthers) {
  const std::string labels =
      observe::label("folder", "a\",state=\"b\\c\nd") + "," + observe::label("state", "open");
  EXPECT_EQ(label_value(labels, "state"), "open");
  EXPECT_EQ(label_value(labels, "folder"), "a\",state=\"b\\c\nd");
  EXPECT_EQ(label_value(labels, "fold"), "");
  EXPECT_EQ(label_value("", "state"), "");
  EXPECT_EQ(label_value("state", "state"), "");
}

class StatusTest : public ::testing::Test {
 protected:
  [[nodiscard]] ServerStatus status() const {
    return status_of(state_.facts(), state_.snapshot(), obstacles_,
                     state_.told.started + std::chrono::hours(25));
  }
  void count(const char* labels, std::uint64_t requests) {
    state_.registry.counter(server::ExchangeCounts::kRequests, labels).add(requests);
  }

  TestServerState state_;
  std::vector<Obstacle> obstacles_;
};

TEST_F(StatusTest, RequestsAreThoseOfTheSite) {
  state_.told.sites.push_back({"b", "other", "other/uploads"});
  count(R"(site="default",method="GET",status="2xx")", 1000);
  count(R"(site="default",method="POST",status="2xx")", 234);
  count(R"(site="default",method="GET",status="5xx")", 5);
  count(R"(site="b",method="GET",status="4xx")", 7);
  const ServerStatus found = status();
  ASSERT_EQ(found.sites.size(), 2U);
  EXPECT_EQ(found.sites[0].successes, 1234);
  EXPECT_EQ(found.sites[0].server_errors, 5);
  EXPECT_EQ(found.sites[0].client_errors, 0);
  EXPECT_EQ(found.sites[1].client_errors, 7);
  const std::string page = page_of(found);
  EXPECT_THAT(page, HasSubstr("1,234"));
  EXPECT_THAT(page, HasSubstr("1 d 1 h"));
  EXPECT_THAT(page, HasSubstr("documents into other/uploads"));
  EXPECT_THAT(json_of(found), HasSubstr(R"("requests":{"2xx":1234,"3xx":0,"4xx":0,"5xx":5})"));
}

TEST_F(StatusTest, TheMostFrequentReasonIsFirst) {
  state_.registry.counter(server::ExchangeCounts::kRefused, R"(reason="host")").add(2);
  state_.registry.counter(server::ExchangeCounts::kRefused, R"(reason="path")").add(9);
  EXPECT_THAT(status().refusals, ElementsAre(Pair("path", 9), Pair("host", 2)));
}

TEST_F(StatusTest, AStoreThatIsClosedStandsOut) {
  state_.registry.state(store::FolderStore::kStore, observe::label("folder", "/srv/<in>")).set("closed");
  obstacles_ = {{Obstacle::Kind::store, observe::label("folder", "/srv/<in>"), "closed"}};
  const std::string page = page_of(status());
  EXPECT_THAT(page, HasSubstr("not ready"));
  EXPECT_THAT(page, HasSubstr("the store /srv/&lt;in&gt; is closed"));
  EXPECT_THAT(page, HasSubstr("<tr class=\"bad\"><td>/srv/&lt;in&gt;"));
  EXPECT_THAT(json_of(status()), HasSubstr(R"("reasons":[{"reason":"store_closed","folder":"/srv/<in>"}])"));
}

TEST_F(StatusTest, NoTextOfAClientIsMarkupOrEndsAString) {
  state_.told.warnings = {{state_.told.started, "Host mismatch (<script>\"\n)"}};
  const std::string page = page_of(status());
  EXPECT_THAT(page, Not(HasSubstr("<script>\"")));
  EXPECT_THAT(page, HasSubstr("Host mismatch (&lt;script"));
  EXPECT_THAT(json_of(status()), HasSubstr(R"(Host mismatch (<script>\"\u000a))"));
}

/// What stands between the tags of this name.
std::string element(const std::string& page, const std::string& name) {
  const std::size_t begin = page.find("<" + name + ">") + name.size() + 2;
  return page.substr(begin, page.find("</" + name + ">") - begin);
}

// CSP Level 3, §2.3.1: a hash-source is of exactly what stands in the element.
TEST_F(StatusTest, ThePolicyAllowsWhatStandsInThePage) {
  const std::string page = page_of(status());
  for (const char* name : {"script", "style"})
    EXPECT_THAT(page_policy(), HasSubstr(std::string(name) + "-src " +
                                         hash_source(as_text(crypto::sha256(element(page, name))))));
  EXPECT_THAT(page_policy(), HasSubstr("default-src 'none'"));
}

}  // namespace
}  // namespace bobbin::admin
