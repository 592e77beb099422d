#include "audit/suspicion.h"

#include <gtest/gtest.h>
#include <set>

namespace bobbin::audit {
namespace {

const SiteWords kWords{"www", "example.org", "example"};

TEST(FlagOfName, SaysWhatANameGivesAway) {
  const struct {
    Flag want;
    std::vector<const char*> paths;
  } cases[] = {
      {Flag::version_control,
       {"/.git/config", "/a/.git/HEAD", "/.gitignore", "/.svn/entries", "/.hg/store", "/CVS/Root",
        "/_darcs/x"}},
      {Flag::private_key, {"/id_rsa", "/a/id_ed25519", "/server.p12", "/a.PFX", "/passwords.kdbx", "/k.ppk"}},
      {Flag::configuration,
       {"/.env", "/.env.local", "/prod.env", "/a/.htpasswd", "/.htaccess", "/.npmrc", "/Web.config"}},
      {Flag::database,
       {"/dump.sql", "/a/b.sql.gz", "/x.sqlite", "/x.SQLITE3", "/app.dump", "/a.sql.zip", "/dump.rdb"}},
      {Flag::leaving,
       {"/index.html~", "/a/.index.php.swp", "/a.orig", "/a.rej", "/a.bak", "/a.old", "/#x#", "/Thumbs.db",
        "/a/.DS_Store", "/a.php~", "/a.tmp"}},
      {Flag::archive,
       {"/backup.zip", "/www.tar.gz", "/site-2026-11-22.tgz", "/example.org.zip", "/Example_1.7z",
        "/backup.2026.11.22.tar.zst", "/a/html.rar"}},
      {Flag::script, {"/index.php", "/a/b.phtml", "/default.aspx", "/x.jsp", "/env.cgi"}},
      {Flag::source_map, {"/assets/app.js.map", "/app.css.map", "/a.mjs.map"}}};
  for (const auto& [want, paths] : cases)
    for (const char* path : paths) {
      SCOPED_TRACE(path);
      const auto found = flag_of_name(path, kWords);
      ASSERT_TRUE(found);
      EXPECT_EQ(text_of(*found).id, text_of(want).id);
    }
}

TEST(FlagOfName, LeavesAloneWhatIsOrdinary) {
  for (const char* path : {"/index.html",       "/assets/app.3f2a.js",
                           "/world.map",        "/release-1.2.tar.gz",
                           "/notes.txt.gz",     "/~user/a",
                           "/a~b.html",         "/environment.html",
                           "/c#.html",          "/##",
                           "/sql.html",         "/gitlog.html",
                           "/my.github/x",      "/x.7z",
                           "/bobbin-0.1.0.zip", "/.well-known/security.txt",
                           "/backup.html",      "/root.css",
                           "/key.pem",          "/old/a.html",
                           "/12.zip",           "/php.html"})
    EXPECT_FALSE(flag_of_name(path, kWords)) << path;
}

TEST(FlagOfContent, FindsPrivateKeys) {
  for (const char* text :
       {"-----BEGIN PRIVATE KEY-----\nMIIE\n", "-----BEGIN RSA PRIVATE KEY-----\r\nx",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        "Bag Attributes\n-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n-----BEGIN EC PRIVATE "
        "KEY-----",
        "PuTTY-User-Key-File-3: ssh-ed25519"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(flag_of_content(text), Flag::private_key);
  }
  for (const char* text : {"", "-----BEGIN CERTIFICATE-----\nMIIE", "-----BEGIN PUBLIC KEY-----\n",
                           "<pre>-----BEGIN PRIVATE KEY-----</pre>", "  -----BEGIN PRIVATE KEY-----\n",
                           "-----BEGIN PRIVATE KEY-----</code>\n", "-----BEGIN "}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(flag_of_content(text));
  }
}

TEST(FlagOfContent, FindsDatabasesByTheirFirstBytes) {
  EXPECT_EQ(flag_of_content(std::string_view("SQLite format 3\0\x10", 17)), Flag::database);
  EXPECT_FALSE(flag_of_content("SQLite format 3 is described here"));
}

TEST(FlagTexts, AreSentencesUnderNamesOfTheirOwn) {
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < kFlags; ++i) {
    const FlagText& text = text_of(static_cast<Flag>(i));
    EXPECT_TRUE(ids.insert(text.id).second) << text.id;
    EXPECT_TRUE(text.reason.ends_with('.')) << text.id;
    EXPECT_FALSE(text.title.empty() || text.remedy.empty()) << text.id;
  }
}

}  // namespace
}  // namespace bobbin::audit
