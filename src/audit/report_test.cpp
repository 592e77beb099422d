#include "audit/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bobbin::audit {
namespace {

using testing::HasSubstr;
using testing::Not;

SiteReport one_site() {
  SiteReport site;
  site.title = "Default site";
  site.folders = {{"", "/srv/www"}, {"/docs", "/srv/\"docs\"\x1b"}};
  site.by_everybody = {{3, 1234}, {{"text/html", {1, 1000}}, {"text/css", {2, 234}}}};
  site.listed_folders = 2;
  site.not_served["hidden"] = 4;
  site.findings = {{Flag::database, "/a.sql", "/srv/www/a.sql", ""},
                   {Flag::link_refused, "/b", "/srv/www/b\x1b", "-> /etc"}};
  return site;
}

TEST(AuditReport, IsTextForPeople) {
  const std::string text = as_text({one_site()}, false);
  for (const char* want :
       {"Default site\n  / is '/srv/www'\n  /docs/ is '/srv/\"docs\"\\x1b'\n",
        "Reached by everybody: 3 files, 1.2 kB\n", "Folders listed: 2\n", "Not served: 4, hidden\n",
        "  ! Databases and dumps of them (1)\n    Everybody can take",
        "    Remedy: Move the file out of the root.\n", "      /a.sql  (/srv/www/a.sql)\n",
        "      /b  (/srv/www/b\\x1b, -> /etc)\n", "\n2 flagged.\n"})
    EXPECT_THAT(text, HasSubstr(want));
  EXPECT_THAT(text, Not(HasSubstr("who are let in"))) << "nobody is";
}

TEST(AuditReport, ShowsSomeOfManyUnlessAllAreAskedFor) {
  SiteReport site;
  for (int i = 0; i < 25; ++i)
    site.findings.push_back({Flag::leaving, "/" + std::to_string(i) + ".bak", "x", ""});
  const std::string some = as_text({site}, false);
  EXPECT_THAT(some, HasSubstr("/19.bak"));
  EXPECT_THAT(some, Not(HasSubstr("/20.bak")));
  EXPECT_THAT(some, HasSubstr("and 5 more; --all shows them"));
  const std::string all = as_text({site}, true);
  EXPECT_THAT(all, HasSubstr("/24.bak"));
  EXPECT_THAT(all, Not(HasSubstr("more")));
}

TEST(AuditReport, SaysWhenNothingIsFlagged) {
  EXPECT_THAT(as_text({SiteReport{}}, false), HasSubstr("Nothing is flagged.\n"));
  EXPECT_EQ(count_findings({SiteReport{}}), 0U);
  EXPECT_EQ(count_findings({one_site(), one_site()}), 4U);
}

TEST(AuditReport, IsOneJsonObjectForPrograms) {
  SiteReport site = one_site();
  site.urls = {{"/a", "text/html", 5, true}};
  EXPECT_EQ(
      as_json({site}),
      "{\"flagged\":2,\"sites\":[\n{\"site\":\"Default site\",\n"
      "\"folders\":[{\"url\":\"/\",\"folder\":\"/srv/www\"},"
      "{\"url\":\"/docs/\",\"folder\":\"/srv/\\\"docs\\\"\\u001b\"}],\n"
      "\"everybody\":{\"files\":3,\"bytes\":1234,\"by_type\":{\"text/css\":{\"files\":2,\"bytes\":234},"
      "\"text/html\":{\"files\":1,\"bytes\":1000}}},\n"
      "\"restricted\":{\"files\":0,\"bytes\":0,\"by_type\":{}},\n"
      "\"listed_folders\":2,\n\"not_served\":{\"hidden\":4},\n"
      "\"urls\":[\n{\"url\":\"/a\",\"type\":\"text/html\",\"bytes\":5,\"restricted\":true}],\n"
      "\"flags\":[\n{\"flag\":\"database\",\"url\":\"/a.sql\",\"file\":\"/srv/www/a.sql\",\"note\":\"\","
      "\"reason\":\"Everybody can take all that is in them, once they guess or find the name.\","
      "\"remedy\":\"Move the file out of the root.\"},\n"
      "{\"flag\":\"link-refused\",\"url\":\"/b\",\"file\":\"/srv/www/b\\u001b\",\"note\":\"-> /etc\","
      "\"reason\":\"Clients get 403 for them: they lead out of the root, or no link is followed at all.\","
      "\"remedy\":\"Delete the link, make it lead to a place in the root, or mount the folder: "
      "[[site.mount]].\"}]}]}\n");
}

}  // namespace
}  // namespace bobbin::audit
