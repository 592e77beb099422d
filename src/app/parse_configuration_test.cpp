#include "app/parse_configuration.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <type_traits>

#include "app/config.h"
#include "app/options.h"
#include "app/profile.h"
#include "app/reloader.h"
#include "app/test_parsing.h"

namespace bobbin::app {
namespace {

using namespace std::chrono_literals;

/// A value in its three spellings.
template <typename T>
struct Sample {
  std::string text;  ///< on the command line and in the environment
  std::string toml;
  T value;
};
struct Example {
  std::string text;
  std::string toml;
  Config config;  ///< the defaults but for this value
};
struct Row {
  std::string name;
  Example one;
  Example other;
};

ServerConfig& part(Config& config, const ServerConfig*) { return config.server; }
ListenerConfig& part(Config& config, const ListenerConfig*) { return config.listeners.front(); }
SiteConfig& part(Config& config, const SiteConfig*) { return config.sites.front(); }

template <typename T, typename Part>
Example example(T Part::* member, const Sample<T>& sample) {
  Config config;
  part(config, static_cast<const Part*>(nullptr)).*member = sample.value;
  return {sample.text, sample.toml, config};
}

template <typename T, typename Part>
Row row(const std::string& name, T Part::* member, const std::type_identity_t<Sample<T>>& one,
        const std::type_identity_t<Sample<T>>& other) {
  return {name, example(member, one), example(member, other)};
}

/// Every option with two values, the first of which is not the default.
std::vector<Row> every_option() {
  return {
      row("port", &ListenerConfig::port, {"8000", "8000", 8000}, {"0", "0", 0}),
      row("bind", &ListenerConfig::binds, {"0.0.0.0,::1", R"(["0.0.0.0", "::1"])", {"0.0.0.0", "::1"}},
          {"[2001:DB8::1],LocalHost", R"(["[2001:DB8::1]", "LocalHost"])", {"2001:db8::1", "localhost"}}),
      row("ipv6-only", &ListenerConfig::ipv6_only, {"on", "true", true}, {"off", "false", false}),
      row("socket-mode", &ListenerConfig::socket_mode, {"0600", R"("0600")", "0600"},
          {"777", R"("777")", "777"}),
      row("socket-owner", &ListenerConfig::socket_owner, {":adm", R"(":adm")", ":adm"}, {"", R"("")", ""}),
      row("proxy-protocol", &ListenerConfig::proxy_protocol, {"on", "true", true}, {"off", "false", false}),
      row("trusted-proxies", &ServerConfig::trusted_proxies,
          {"10.0.0.0/8,2001:DB8::/32", R"(["10.0.0.0/8", "2001:DB8::/32"])", {"10.0.0.0/8", "2001:db8::/32"}},
          {"unix", R"("unix")", {"unix"}}),
      row("client-address-from", &ServerConfig::client_address_from,
          {"Forwarded", R"("Forwarded")", http::AddressField::forwarded},
          {"X-Real-IP", R"("X-Real-IP")", http::AddressField::x_real_ip}),
      row("client-proto-from", &ServerConfig::client_proto_from,
          {"Forwarded", R"("Forwarded")", http::ClaimField::forwarded},
          {"X-Forwarded-Proto", R"("X-Forwarded-Proto")", http::ClaimField::x_forwarded}),
      row("client-host-from", &ServerConfig::client_host_from,
          {"Forwarded", R"("Forwarded")", http::ClaimField::forwarded},
          {"X-Forwarded-Host", R"("X-Forwarded-Host")", http::ClaimField::x_forwarded}),
      row("allow-host", &SiteConfig::names,
          {"a.example, b.example:81", R"(["a.example", "b.example:81"])", {"a.example", "b.example:81"}},
          {"*", R"(["*"])", {"*"}}),
      row("tls", &ListenerConfig::tls, {"self-signed", R"("self-signed")", Tls::self_signed},
          {"on", "true", Tls::on}),
      row("tls-certificate", &ListenerConfig::certificates,
          {"a.pem,b.pem", R"(["a.pem", "b.pem"])", {"a.pem", "b.pem"}}, {"c.pem", R"("c.pem")", {"c.pem"}}),
      row("tls-key", &ListenerConfig::keys, {"a.key,b.key", R"(["a.key", "b.key"])", {"a.key", "b.key"}},
          {"c.key", R"("c.key")", {"c.key"}}),
      row("tls-policy", &ListenerConfig::tls_policy, {"modern", R"("modern")", net::tls::Policy::modern},
          {"intermediate", R"("intermediate")", net::tls::Policy::intermediate}),
      row("tls-client-ca", &ListenerConfig::client_ca, {"ca.pem", R"("ca.pem")", "ca.pem"},
          {"", R"("")", ""}),
      row("tls-client-certificates", &ListenerConfig::client_certificates,
          {"optional", R"("optional")", net::tls::ClientCertificates::optional},
          {"required", R"("required")", net::tls::ClientCertificates::required}),
      row("tls-ticket-keys", &ServerConfig::tls_ticket_keys, {"keys", R"("keys")", "keys"},
          {"", R"("")", ""}),
      row("acme-challenges", &SiteConfig::acme_challenges, {"/srv/acme", R"("/srv/acme")", "/srv/acme"},
          {"", R"("")", ""}),
      row("hsts", &ListenerConfig::hsts, {"max-age=60", R"("max-age=60")", "max-age=60"}, {"", R"("")", ""}),
      row("redirect-to-https", &ListenerConfig::redirects_to_https, {"on", "true", true},
          {"off", "false", false}),
      row("allow-client", &SiteConfig::allowed_clients, {"10.0.0.0/8", R"("10.0.0.0/8")", {"10.0.0.0/8"}},
          {"", "[]", {}}),
      row("deny-client", &SiteConfig::denied_clients, {"::1,unix", R"(["::1", "unix"])", {"::1", "unix"}},
          {"", "[]", {}}),
      row("password-file", &SiteConfig::password_file, {"/etc/users", R"("/etc/users")", "/etc/users"},
          {"", R"("")", ""}),
      row("token-file", &SiteConfig::token_file, {"/etc/tokens", R"("/etc/tokens")", "/etc/tokens"},
          {"", R"("")", ""}),
      row("realm", &SiteConfig::realm, {"The office", R"("The office")", "The office"}, {"x", R"("x")", "x"}),
      row("allow-certificate", &SiteConfig::allowed_certificates,
          {"CN=a,O=b\nany", R"(["CN=a,O=b", "any"])", {"CN=a,O=b", "any"}}, {"", "[]", {}}),
      row("listing", &SiteConfig::listing, {"on", "true", true}, {"off", "false", false}),
      row("listing-readme", &SiteConfig::listing_readme, {"on", "true", true}, {"off", "false", false}),
      row("redirect", &SiteConfig::redirects,
          {"/a /b\n/c/* /d/:splat 308",
           R"(["/a /b", "/c/* /d/:splat 308"])",
           {"/a /b", "/c/* /d/:splat 308"}},
          {"", "[]", {}}),
      row("redirects-file", &SiteConfig::redirects_file, {"_redirects", R"("_redirects")", "_redirects"},
          {"", R"("")", ""}),
      row("canonical-host", &SiteConfig::canonical_host, {"Example.org", R"("Example.org")", "example.org"},
          {"", R"("")", ""}),
      row("index", &SiteConfig::index_names, {"a.html,b.htm", R"(["a.html", "b.htm"])", {"a.html", "b.htm"}},
          {"index.html", R"("index.html")", {"index.html"}}),
      row("clean-urls", &SiteConfig::clean_urls, {"redirect", R"("redirect")", files::CleanUrls::redirect},
          {"yes", "true", files::CleanUrls::on}),
      row("trailing-slash", &SiteConfig::trailing_slash, {"never", R"("never")", files::TrailingSlash::never},
          {"auto", R"("auto")", files::TrailingSlash::automatic}),
      row("spa", &SiteConfig::spa, {"/app/page.html", R"("app/page.html")", "app/page.html"},
          {"on", "true", "index.html"}),
      row("keep-releases", &SiteConfig::keep_releases, {"0", "0", KeptReleases{.most = 0}},
          {"7d", R"("168h")", KeptReleases{.most = 100, .time = std::chrono::hours(168)}}),
      row("error-page", &SiteConfig::error_pages,
          {"404=a.html,5XX=b.html", R"(["404=a.html", "5xx=b.html"])", {"404=a.html", "5xx=b.html"}},
          {"", "[]", {}}),
      row("security-headers", &SiteConfig::security_headers, {"off", "false", false}, {"on", "true", true}),
      row("checksums", &SiteConfig::checksums, {"on", "true", true}, {"off", "false", false}),
      row("compress", &SiteConfig::compression, {"prepared", R"("prepared")", http::Compression::prepared},
          {"yes", "true", http::Compression::on}),
      row("immutable", &SiteConfig::immutable,
          {"/assets/**,*.woff2", R"(["/assets/**", "*.woff2"])", {"/assets/**", "*.woff2"}}, {"", "[]", {}}),
      row("threads", &ServerConfig::threads, {"1", "1", 1}, {"1024", "1024", 1024}),
      row("connections-per-thread", &ServerConfig::connections_per_thread, {"1", "1", 1},
          {"1000000", "1_000_000", 1'000'000}),
      row("queue", &ServerConfig::queue, {"0", "0", 0}, {"1000000", "0xF4240", 1'000'000}),
      row("keep-alive-timeout", &ServerConfig::keep_alive_timeout, {"5", "5", 5s}, {"1.5s", "1.5", 1500ms}),
      row("keep-alive-requests", &ServerConfig::keep_alive_requests, {"0", "0", 0}, {"7", "7", 7}),
      row("grace-period", &ServerConfig::grace_period, {"0", "0", 0s}, {"2m", R"("2m")", 2min}),
      row("tcp-congestion", &ServerConfig::tcp_congestion, {"system", R"("system")", "system"},
          {"reno", R"("reno")", "reno"}),
      row("root", &SiteConfig::root, {"/srv/www", R"("/srv/www")", "/srv/www"}, {".", R"(".")", "."}),
      row("http2-requests", &ServerConfig::http2_requests, {"1", "1", 1}, {"7", "7", 7}),
      row("http2", &ServerConfig::http2, {"off", "false", false}, {"yes", "\"1\"", true}),
      row("follow-root", &SiteConfig::follow_root, {"off", "false", false}, {"yes", "\"1\"", true}),
      row("include-hidden", &SiteConfig::included_hidden,
          {".nojekyll,.x*", R"([".nojekyll", ".x*"])", {".nojekyll", ".x*"}}, {"", "[]", {}}),
      row("follow-symlinks", &SiteConfig::follow_symlinks, {"no", R"("no")", os::Links::no},
          {"yes", R"("yes")", os::Links::yes}),
      row("path-rules", &SiteConfig::path_rules, {"standard", R"("standard")", http::PathRules::standard},
          {"strict", R"("strict")", http::PathRules::strict}),
      row("header-always", &SiteConfig::headers_always, {"A: b", R"(["A: b"])", {"A: b"}},
          {"A: b\nC: d", R"(["A: b", "C: d"])", {"A: b", "C: d"}}),
      row("cache-control", &SiteConfig::cache_control, {"no-cache", R"("no-cache")", "no-cache"},
          {"max-age=3600", R"("max-age=3600")", "max-age=3600"}),
      row("download", &SiteConfig::downloads, {"PDF,.zip", R"(["PDF", ".zip"])", {"pdf", "zip"}},
          {"", "[]", {}}),
      row("allow-type", &SiteConfig::allowed_types, {"html", R"(["html"])", {"html"}},
          {"html,7z", R"(["html", "7z"])", {"html", "7z"}}),
      row("trust-mtime", &SiteConfig::trust_mtime, {"on", "true", true}, {"off", "\"off\"", false}),
      row("etag", &SiteConfig::etag, {"content", R"("content")", files::TagSource::content},
          {"file", R"("file")", files::TagSource::file}),
      row("etag-seed", &SiteConfig::etag_seed, {"a secret", R"("a secret")", "a secret"}, {"", R"("")", ""}),
      row("mime-types", &ServerConfig::mime_types, {"", R"("")", ""}, {"/m", R"("/m")", "/m"}),
      row("header", &SiteConfig::headers,
          {"Cache-Control:no-cache", R"(["Cache-Control: no-cache"])", {"Cache-Control: no-cache"}},
          {"A: b, c\nD: e", R"(["A: b, c", "D: e"])", {"A: b, c", "D: e"}}),
      row("server-name", &ServerConfig::server_name, {"", R"("")", ""},
          {"my server", R"("my server")", "my server"}),
      row("uploads", &SiteConfig::uploads, {"off", "false", Uploads::off}, {"on", "\"on\"", Uploads::on}),
      row("upload-path", &SiteConfig::upload_path, {"/a/b.c", R"("/a/b.c")", "/a/b.c"},
          {"/x", R"("/x")", "/x"}),
      row("upload-dir", &SiteConfig::upload_dir, {"/var/in", R"("/var/in")", "/var/in"},
          {"in", R"("in")", "in"}),
      row("serve-uploads", &SiteConfig::serve_uploads, {"off", "false", false}, {"on", "true", true}),
      row("max-head", &ServerConfig::max_head, {"256", "256", 256}, {"1MiB", R"("1MiB")", 1 << 20}),
      row("cache-memory", &ServerConfig::cache_memory, {"0", "0", 0}, {"1T", R"("1tib")", 1ULL << 40}),
      row("max-upload", &ServerConfig::max_upload, {"1", "1", 1}, {"1T", R"("1tib")", 1ULL << 40}),
      row("upload-memory", &ServerConfig::upload_memory, {"1M", "1048576", 1ULL << 20},
          {"1T", R"("1tib")", 1ULL << 40}),
      row("durability", &ServerConfig::durability, {"journal", R"("journal")", store::Durability::journal},
          {"files", R"("files")", store::Durability::files}),
      row("after-sync-failure", &ServerConfig::after_sync_failure,
          {"stop", R"("stop")", store::AfterSyncFailure::stop},
          {"exit", R"("exit")", store::AfterSyncFailure::exit}),
      row("upload-disk", &ServerConfig::upload_disk, {"0", "0", 0}, {"1T", R"("1tib")", 1ULL << 40}),
      row("head-timeout", &ServerConfig::head_timeout, {"1ms", R"("1ms")", 1ms}, {"24h", R"("24h")", 24h}),
      row("minimum-rate", &ServerConfig::minimum_rate, {"0", "0", 0}, {"1k", R"("1k")", 1024}),
      row("minimum-rate-grace", &ServerConfig::rate_grace, {"0", "0", 0s}, {"3", "3", 3s}),
      row("stall-timeout", &ServerConfig::stall_timeout, {"0.25", "0.25", 250ms}, {"3", "3.0", 3s}),
      row("commit-timeout", &ServerConfig::commit_timeout, {"4", "4", 4s}, {"1h", R"("1h")", 1h}),
      row("node", &ServerConfig::node, {"web-1", R"("web-1")", "web-1"}, {"", R"("")", ""}),
      row("s3-endpoint", &ServerConfig::s3_endpoint,
          {"https://s3.example.org", R"("https://s3.example.org")", "https://s3.example.org"},
          {"", R"("")", ""}),
      row("s3-region", &ServerConfig::s3_region, {"eu-1", R"("eu-1")", "eu-1"}, {"", R"("")", ""}),
      row("s3-addressing", &ServerConfig::s3_addressing, {"host", R"("host")", "host"},
          {"path", R"("path")", "path"}),
      row("s3-credentials-file", &ServerConfig::s3_credentials_file, {"keys", R"("keys")", "keys"},
          {"", R"("")", ""}),
      row("s3-ca-file", &ServerConfig::s3_ca_file, {"ca.pem", R"("ca.pem")", "ca.pem"}, {"", R"("")", ""}),
      row("s3-timeout", &ServerConfig::s3_timeout, {"1s", R"("1s")", 1s}, {"10m", R"("10m")", 10min}),
      row("s3-connections", &ServerConfig::s3_connections, {"1", "1", 1}, {"256", "256", 256}),
      row("s3-cache", &ServerConfig::s3_cache, {"cache", R"("cache")", "cache"}, {"", R"("")", ""}),
      row("s3-cache-size", &ServerConfig::s3_cache_size, {"1M", R"("1M")", 1UL << 20},
          {"1T", R"("1T")", 1ULL << 40}),
      row("s3-refresh", &ServerConfig::s3_refresh, {"100ms", R"("100ms")", 100ms}, {"24h", R"("24h")", 24h}),
      row("s3-redirect-from", &ServerConfig::s3_redirect_from, {"16M", R"("16MiB")", 16 << 20},
          {"0", "0", 0}),
      row("s3-redirect-expiry", &ServerConfig::s3_redirect_expiry, {"1m", R"("1m")", 1min},
          {"168h", R"("168h")", 168h}),
      row("s3-redirect-endpoint", &ServerConfig::s3_redirect_endpoint,
          {"https://files.example.org", R"("https://files.example.org")", "https://files.example.org"},
          {"", R"("")", ""}),
      row("client-connections", &ServerConfig::client_connections, {"1", "1", 1},
          {"1000000", "1_000_000", 1'000'000}),
      row("client-requests", &ServerConfig::client_requests, {"1", "1", 1}, {"0", "0", 0}),
      row("client-bytes", &ServerConfig::client_bytes, {"1M", R"("1M")", 1 << 20}, {"0", "0", 0}),
      row("client-burst", &ServerConfig::client_burst, {"1", "1", 1s}, {"1h", R"("1h")", 1h}),
      row("client-exempt", &ServerConfig::client_exempt,
          {"10.0.0.0/8,::1", R"(["10.0.0.0/8", "::1"])", {"10.0.0.0/8", "::1"}}, {"", "[]", {}}),
      row("access-log", &ServerConfig::access_log, {"off", "false", false}, {"on", "true", true}),
      row("log-format", &ServerConfig::log_format, {"json", R"("json")", observe::AccessFormat::json},
          {"common", R"("common")", observe::AccessFormat::common}),
      row("log-file", &ServerConfig::log_file, {"/var/log/b", R"("/var/log/b")", "/var/log/b"},
          {"b", "'b'", "b"}),
      row("error-log", &ServerConfig::error_log, {"/var/log/e", R"("/var/log/e")", "/var/log/e"},
          {"syslog:udp://127.0.0.1:514", "'syslog:udp://127.0.0.1:514'", "syslog:udp://127.0.0.1:514"}),
      row("log-sample", &ServerConfig::log_sample, {"10", "10", 10}, {"1", "1", 1}),
      row("request-id", &ServerConfig::request_id, {"on", "true", true}, {"off", "false", false}),
      row("request-id-field", &ServerConfig::request_id_field, {"X-Trace", R"("X-Trace")", "X-Trace"},
          {"", R"("")", ""}),
      row("log-level", &ServerConfig::log_level, {"error", R"("error")", observe::LogLevel::error},
          {"debug", R"("debug")", observe::LogLevel::debug}),
      row("sandbox", &ServerConfig::sandbox, {"required", R"("required")", SandboxMode::required},
          {"off", R"("off")", SandboxMode::off}),
      row("sandbox-path", &ServerConfig::sandbox_paths,
          {"/srv,/etc/x", R"(["/srv", "/etc/x"])", {"/srv", "/etc/x"}}, {"/a", R"("/a")", {"/a"}}),
      row("pid-file", &ServerConfig::pid_file, {"/run/bobbin.pid", R"("/run/bobbin.pid")", "/run/bobbin.pid"},
          {"p", R"("p")", "p"}),
      row("user", &ServerConfig::user, {"www-data", R"("www-data")", "www-data"}, {"33", R"("33")", "33"}),
      row("admin", &ServerConfig::admin, {"127.0.0.1:9901", R"(["127.0.0.1:9901"])", {"127.0.0.1:9901"}},
          {"[::1]:0,unix:/run/a", R"(["[::1]:0", "unix:/run/a"])", {"[::1]:0", "unix:/run/a"}}),
      row("health", &ServerConfig::health, {"on", "true", true}, {"off", "false", false}),
      row("log-health", &ServerConfig::log_health, {"on", "true", true}, {"off", "false", false}),
      row("status-interval", &ServerConfig::status_interval, {"0", "0", 0s}, {"1h", R"("1h")", 1h}),
  };
}

std::string upper(std::string name) {
  for (char& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string key(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

TEST(Configuration, WithoutAnyInputIsTheDefault) {
  EXPECT_EQ(config_from({}), Config{});
  EXPECT_EQ(config_from_file(""), Config{});
}

TEST(Configuration, TakesEveryOptionFromFileEnvironmentAndFlagInThisOrder) {
  for (const auto& [name, one, other] : every_option()) {
    SCOPED_TRACE(name);
    const std::string flag = "--" + name;
    const std::string variable = "BOBBIN_" + upper(name);
    ASSERT_NE(one.config, Config{});
    ASSERT_NE(one.config, other.config);

    for (const Example& wanted : {one, other}) {
      SCOPED_TRACE(wanted.text);
      EXPECT_EQ(config_from_file(key(name) + " = " + wanted.toml), wanted.config);
      EXPECT_EQ(config_from({{}, {{variable, wanted.text}}, ""}), wanted.config);
      EXPECT_EQ(config_from({{flag, wanted.text}, {}, ""}), wanted.config);
      EXPECT_EQ(config_from({{flag + "=" + wanted.text}, {}, ""}), wanted.config);
    }
    const std::string file = key(name) + " = " + one.toml;
    EXPECT_EQ(config_from({{"-c", "bobbin.toml"}, {{variable, other.text}}, file}), other.config);
    EXPECT_EQ(config_from({{"-c", "bobbin.toml", flag, other.text}, {}, file}), other.config);
    EXPECT_EQ(config_from({{flag, other.text}, {{variable, one.text}}, ""}), other.config);
    EXPECT_EQ(config_from({{"-c", "bobbin.toml", flag, one.text}, {{variable, other.text}}, file}),
              one.config);
  }
}

TEST(Configuration, AReloadChangesWhatTheTableSays) {
  for (const auto& [name, one, other] : every_option()) {
    SCOPED_TRACE(name);
    const Option& option = option_named(name);
    if (option.scope() != Scope::server && option.scope() != Scope::listener) continue;
    Config running;
    Config wanted = one.config;
    // Only of listeners that speak TLS before and after can certificates change.
    if (name != "tls")
      for (Config* config : {&running, &wanted}) config->listeners.front().tls = Tls::on;
    ASSERT_NE(running, wanted);
    std::vector<std::string> kept;
    const Config now = reloaded(running, wanted, kept);
    const bool has_changed = option.needs() == Option::Change::reload;
    EXPECT_EQ(now, has_changed ? wanted : running);
    EXPECT_EQ(kept.empty(), has_changed);
  }
}

TEST(Configuration, IsTestedForEveryOption) {
  Strings tested;
  for (const Row& tried : every_option()) tested.push_back(tried.name);
  Strings known;
  for (const Option& option : options()) {
    // A profile decides many values: see AProfileDecidesDefaultsAndNothingElse.
    if (option.is_setting() && option.is_flat() && option.name != "profile") known.emplace_back(option.name);
  }
  EXPECT_THAT(tested, testing::UnorderedElementsAreArray(known));
}

TEST(Configuration, AnInboxDecodesBothCodingsUnlessItIsTold) {
  const auto codings = [](const std::string& keys) {
    const std::string text = "[[inbox]]\nname = \"a\"\ndir = \"b\"\n" + keys;
    return config_from({{"-c", "bobbin.toml"}, {}, text}).sites[0].inboxes.at(0).codings;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(codings(""), (Names{"gzip", "zstd"}));
  EXPECT_EQ(codings("codings = [\"zstd\"]"), Names{"zstd"});
  EXPECT_EQ(codings("codings = \"gzip\""), Names{"gzip"});
  EXPECT_EQ(codings("codings = []"), Names{});
}

constexpr std::string_view kEveryKeyOfARule = R"(
path = ["/a/**", "*.js"]
method = ["get", "POST"]
status = ["404", "5XX"]
errors = true
set = "A: b"
add = ["C: d, e", "F: g"]
remove = "X-Old"
cache_control = "no-store"
download = true
compress = "prepared"
content_coding = "br"
cors = ["https://A.example", "http://b.example:81"]
allow_client = "10.0.0.0/8"
deny_client = "10.1.0.0/16"
allow_certificate = "CN=a,O=b"
password_file = "/etc/users"
token_file = "/etc/tokens"
realm = "The office"
client_requests = 5
client_burst = "30s"
user_requests = 7
user_burst = "40s"
open = true
)";

RuleConfig every_key_of_a_rule() {
  return {.paths = {"/a/**", "*.js"},
          .methods = {"GET", "POST"},
          .statuses = {"404", "5xx"},
          .on_errors = true,
          .set = {"A: b"},
          .add = {"C: d, e", "F: g"},
          .remove = {"X-Old"},
          .cache_control = "no-store",
          .download = Download::on,
          .compression = http::Compression::prepared,
          .stored_coding = http::ContentCoding::br,
          .origins = {"https://a.example", "http://b.example:81"},
          .allowed_clients = {"10.0.0.0/8"},
          .denied_clients = {"10.1.0.0/16"},
          .allowed_certificates = {"CN=a,O=b"},
          .password_file = "/etc/users",
          .token_file = "/etc/tokens",
          .realm = "The office",
          .client_requests = 5,
          .client_burst = seconds(30),
          .user_requests = 7,
          .user_burst = seconds(40),
          .is_open = true};
}

RuleConfig at(const std::string& place, RuleConfig rule) {
  rule.place = place;
  return rule;
}

TEST(Configuration, ReadsTheRulesOfSites) {
  const std::string keys(kEveryKeyOfARule);
  const Config of_default =
      config_from({{"-c", "bobbin.toml"}, {}, "port = 1\n[[rule]]" + keys + "[[rule]]\npath = \"/b\""});
  ASSERT_EQ(of_default.sites.size(), 1U);
  ASSERT_EQ(of_default.sites[0].rules.size(), 2U);
  EXPECT_EQ(of_default.sites[0].rules[0], at("bobbin.toml:2:1: [[rule]]", every_key_of_a_rule()));
  EXPECT_EQ(of_default.sites[0].rules[1].paths, std::vector<std::string>{"/b"});

  const std::string site = "[[site]]\nnames = \"a.example\"\nroot = \"x\"\n";
  const Config of_site =
      config_from({{"-c", "bobbin.toml"},
                   {},
                   "root = \"y\"\n" + site + "[[site.rule]]\npath = \"/b\"\n[[site.rule]]" + keys +
                       "[[rule]]\npath = \"/c\""});
  ASSERT_EQ(of_site.sites.size(), 2U);
  ASSERT_EQ(of_site.sites[0].rules.size(), 2U);
  EXPECT_EQ(of_site.sites[0].rules[0], at("bobbin.toml:5:1: [[site.rule]]", {.paths = {"/b"}}));
  EXPECT_EQ(of_site.sites[0].rules[1], at("bobbin.toml:7:1: [[site.rule]]", every_key_of_a_rule()));
  ASSERT_EQ(of_site.sites[1].rules.size(), 1U);
  EXPECT_EQ(of_site.sites[1].rules[0].paths, std::vector<std::string>{"/c"});
}

/// A rule for everything must not open a feed, wherever it stands.
TEST(Configuration, WhoMayReadAFeedIsTheLastRule) {
  const std::string inbox =
      "inbox]]\nname = \"a\"\ndir = \"b\"\ntoken_file = \"senders\"\nfeed_token_file = \"readers\"\n";
  const std::string open = "rule]]\npath = \"/**\"\nopen = true\n";
  const auto check = [](const SiteConfig& site) {
    ASSERT_EQ(site.rules.size(), 3U);
    EXPECT_EQ(site.rules[0].token_file, "senders");
    EXPECT_TRUE(site.rules[0].methods.empty());
    EXPECT_TRUE(site.rules[1].is_open);
    EXPECT_EQ(site.rules[2].token_file, "readers");
    EXPECT_EQ(site.rules[2].paths, std::vector<std::string>{"/in/a"});
    EXPECT_EQ(site.rules[2].methods, std::vector<std::string>{"GET"});
    EXPECT_EQ(site.rules[0].token_option, site.inboxes[0].place + " \"a\": token_file");
    EXPECT_EQ(site.rules[2].token_option, site.inboxes[0].place + " \"a\": feed_token_file");
    EXPECT_EQ(site.inboxes[0].feed_token_file, "readers");
  };
  check(config_from({{"-c", "bobbin.toml"}, {}, "port = 1\n[[" + inbox + "[[" + open}).sites.at(0));
  check(config_from({{"-c", "bobbin.toml"},
                     {},
                     "[[site]]\nnames = \"a.example\"\nroot = \"x\"\n[[site." + inbox + "[[site." + open})
            .sites.at(0));
}

TEST(Configuration, RefusesBadRules) {
  const auto refusal = [](const std::string& text) { return error_from({{"-c", "bobbin.toml"}, {}, text}); };
  const std::string site = "[[site]]\nnames = \"a.example\"\nroot = \"x\"\n";
  EXPECT_EQ(refusal("[[rule]]\nset = \"A: b\""), "78: bobbin: bobbin.toml:1:1: [[rule]]: path is missing");
  EXPECT_THAT(refusal(site + "[[site.rule]]\npath = \"a/b\""),
              testing::HasSubstr(R"(bobbin.toml:5:8: path: "a/b" is not allowed; a pattern such as)"));
  EXPECT_THAT(refusal(site + "[[site.rule]]\npaths = \"/b\""),
              testing::HasSubstr("paths: no such key in [[site.rule]]; did you mean path?"));
  EXPECT_THAT(refusal(site + "[[rule]]\npath = \"/b\""),
              testing::HasSubstr("there is no default site, to which this belongs; write [[site.rule]]"));
  EXPECT_THAT(refusal("[[rule]]\npath = \"/b\"\nstatus = \"600\""),
              testing::HasSubstr("a status code such as 404"));
  EXPECT_THAT(refusal("[[rule]]\npath = \"/b\"\ncors = \"example.org\""),
              testing::HasSubstr("an origin such as"));
  EXPECT_THAT(refusal("[[rule]]\npath = \"/b\"\nremove = \"Content-Length\""),
              testing::HasSubstr("does not set itself"));
  EXPECT_THAT(refusal("[[rule]]\npath = \"/b\"\nmethod = \"BREW\""), testing::HasSubstr("GET, HEAD, POST"));
}

TEST(Configuration, ReadsTheMountsOfSites) {
  const Config config =
      config_from({{"-c", "bobbin.toml"},
                   {},
                   "root = \"x\"\n[[mount]]\npath = \"/a\"\nroot = \"/srv/a\"\n"
                   "[[site]]\nnames = \"a.test\"\nroot = \"y\"\n"
                   "[[site.mount]]\npath = \"/b/c/\"\nroot = \"/srv/b\"\n"
                   "[[site.rule]]\npath = \"/b/**\"\n[[site.mount]]\npath = \"/d\"\nroot = \"d\"\n"});
  using Mounts = std::vector<MountConfig>;
  EXPECT_EQ(config.sites.at(0).mounts, (Mounts{{"/b/c", "/srv/b"}, {"/d", "d"}}));
  EXPECT_EQ(config.sites.at(0).rules.size(), 1U);
  EXPECT_EQ(config.sites.at(1).mounts, (Mounts{{"/a", "/srv/a"}}));
}

TEST(Configuration, RefusesBadMounts) {
  const auto refusal = [](const std::string& text) { return error_from({{"-c", "bobbin.toml"}, {}, text}); };
  const std::string site = "[[site]]\nnames = \"a.test\"\nroot = \"y\"\n";
  EXPECT_EQ(refusal(site + "[[site.mount]]\npath = \"/b\""),
            "78: bobbin: bobbin.toml:4:1: [[site.mount]]: root is missing");
  EXPECT_EQ(refusal("[[mount]]\nroot = \"/b\""), "78: bobbin: bobbin.toml:1:1: [[mount]]: path is missing");
  for (const std::string path : {"/", "", "b", "/b//c", "/../b", "/b/.", "/b c", "/%62"})
    EXPECT_THAT(refusal("[[mount]]\nroot = \"/b\"\npath = \"" + path + '"'),
                testing::StartsWith("78: bobbin: bobbin.toml:3:8: path: \"" + path +
                                    "\" is not allowed; a path such as /docs"));
  EXPECT_THAT(refusal(site + "[[mount]]\npath = \"/b\"\nroot = \"x\""),
              testing::HasSubstr("there is no default site, to which this belongs; write [[site.mount]]"));
}

TEST(Configuration, TakesPortHostAndThreadsWithoutFlags) {
  Config want;
  want.listeners.front().port = 8000;
  EXPECT_EQ(config_from({{"8000"}, {}, ""}), want);
  want.listeners.front().binds = {"0.0.0.0"};
  EXPECT_EQ(config_from({{"8000", "0.0.0.0"}, {}, ""}), want);
  want.server.threads = 20;
  EXPECT_EQ(config_from({{"8000", "0.0.0.0", "20"}, {}, ""}), want);
  EXPECT_EQ(
      config_from({{"-c", "bobbin.toml", "8000", "0.0.0.0", "20"}, {{"BOBBIN_PORT", "1"}}, "threads = 3"}),
      want);
  want.sites.front().root = "x";
  EXPECT_EQ(config_from({{"8000", "-d", "x", "0.0.0.0", "20"}, {}, ""}), want);
  EXPECT_EQ(config_from({{"--root=x", "--", "8000", "0.0.0.0", "20"}, {}, ""}), want);
}

TEST(Configuration, KnowsShortFlags) {
  Config want;
  want.listeners.front().port = 1;
  want.listeners.front().binds = {"::"};
  want.server.threads = 2;
  want.sites.front().root = "x";
  EXPECT_EQ(config_from({{"-p", "1", "-b", "::", "-t", "2", "-d", "x"}, {}, ""}), want);
  EXPECT_EQ(config_from({{"-p1", "-b::", "-t2", "-dx"}, {}, ""}), want);
}

TEST(Configuration, CollectsAListInTheOrderGivenAndReplacesTheWeakerOne) {
  const Strings arguments{"-b", "::1",       "--bind", "127.0.0.2,127.0.0.3",
                          "-b", "127.0.0.4", "-c",     "bobbin.toml"};
  EXPECT_EQ(
      config_from({arguments, {{"BOBBIN_BIND", "0.0.0.0"}}, R"(bind = ["::"])"}).listeners.front().binds,
      (Strings{"::1", "127.0.0.2", "127.0.0.3", "127.0.0.4"}));
  EXPECT_EQ(config_from({{"--download", "a", "--download", "b"}, {}, ""}).sites.front().downloads,
            (Strings{"a", "b"}));
  EXPECT_EQ(config_from({{"--download="}, {{"BOBBIN_DOWNLOAD", "a"}}, ""}).sites.front().downloads,
            Strings{});
}

TEST(Configuration, AnEmptyValueIsAValue) {
  EXPECT_EQ(config_from({{"--server-name=", "--root", "x"}, {}, ""}).sites.front().root, "x");
  EXPECT_EQ(config_from({{"--server-name=", "8000"}, {}, ""}).listeners.front().port, 8000);
  EXPECT_EQ(config_from({{"--server-name", ""}, {}, ""}).server.server_name, "");
  EXPECT_EQ(config_from({{"--server-name", "a=b=", "--upload-dir", "--x"}, {}, ""}).server.server_name,
            "a=b=");
}

TEST(Configuration, ReadsTheFileNamedByFlagOrEnvironment) {
  EXPECT_EQ(config_from({{"--config=bobbin.toml"}, {{"BOBBIN_CONFIG", "closed.toml"}}, "port = 1"})
                .listeners.front()
                .port,
            1);
  EXPECT_EQ(config_from({{}, {{"BOBBIN_CONFIG", "bobbin.toml"}}, "port = 1"}).listeners.front().port, 1);
}

TEST(Configuration, PrintsInsteadOfRunning) {
  EXPECT_EQ(printed({{"--version"}, {}, ""}), "bobbin " BOBBIN_VERSION "\n");
  EXPECT_EQ(printed({{"-V"}, {}, ""}), "bobbin " BOBBIN_VERSION "\n");
  EXPECT_THAT(printed({{"-h"}, {}, ""}), testing::StartsWith("Usage: bobbin "));
  EXPECT_THAT(printed({{"--help", "--port", "http"}, {{"BOBBIN_CONFIG", "closed.toml"}}, ""}),
              testing::StartsWith("Usage: bobbin "));
  EXPECT_THAT(printed({{"--help-markdown"}, {}, ""}), testing::StartsWith("# Configuration\n"));
  const ParseOutcome check = parse({{"--check-config", "-c", "bobbin.toml"}, {}, "port = 1"});
  ASSERT_TRUE(std::holds_alternative<Check>(check));
  EXPECT_EQ(std::get<Check>(check).subject, "bobbin.toml");
}

TEST(Configuration, AnAuditTakesTheOptionsOfTheServer) {
  const Variables variables{{"BOBBIN_LISTING", "on"}};
  const ParseOutcome outcome =
      parse({{"audit", "site", "--json", "-c", "bobbin.toml", "--all"}, variables, "threads = 3"});
  const auto* audit = std::get_if<Audit>(&outcome);
  ASSERT_NE(audit, nullptr);
  EXPECT_TRUE(audit->shows_all && audit->as_json);
  EXPECT_EQ(audit->subject, "bobbin.toml");
  EXPECT_EQ(audit->config, config_from({{"site", "-c", "bobbin.toml"}, variables, "threads = 3"}));
  const ParseOutcome plain = parse({{"--port", "0", "audit"}, {}, ""});
  ASSERT_TRUE(std::holds_alternative<Audit>(plain));
  EXPECT_FALSE(std::get<Audit>(plain).shows_all || std::get<Audit>(plain).as_json);
  EXPECT_EQ(error_from({{"--json"}, {}, ""}),
            "2: bobbin: --json: only allowed behind a command, as in: bobbin audit --json");
}

TEST(Configuration, AnUpgradeIsOfTheServerThatThePidFileNames) {
  const ParseOutcome outcome = parse({{"upgrade", "--pid-file", "/run/bobbin.pid"}, {}, ""});
  const auto* upgrade = std::get_if<RequestUpgrade>(&outcome);
  ASSERT_NE(upgrade, nullptr);
  EXPECT_EQ(upgrade->pid_file, "/run/bobbin.pid");
  const ParseOutcome of_file = parse({{"upgrade", "-c", "bobbin.toml"}, {}, "pid_file = \"p\""});
  ASSERT_TRUE(std::holds_alternative<RequestUpgrade>(of_file));
  EXPECT_EQ(std::get<RequestUpgrade>(of_file).pid_file, "p");
}

TEST(Configuration, AutomaticThreadsAreAsManyAsThereAreCpus) {
  Sources sources{
      {}, [](const std::string&) { return Result<std::string>(); }, [](const std::string&) { return false; }};
  const auto threads = [&](unsigned cpus) {
    sources.usable_cpus = [cpus] { return cpus; };
    const char* const arguments[] = {"--threads", "auto"};
    return std::get<app::Run>(parse_configuration(arguments, sources)).config.server;
  };
  EXPECT_EQ(threads(8).threads, 8U);
  EXPECT_TRUE(threads(8).threads_follow_cpus);
  EXPECT_EQ(threads(1).threads, 2U) << "one worker alone would hold everybody up";
  EXPECT_EQ(error_from({{"--threads", "many"}, {}, ""}),
            R"(2: bobbin: --threads: "many" is not allowed; a whole number from 1 to 1024, or auto)");
  EXPECT_EQ(config_from_file("threads = \"auto\"").server.threads, 2U);
}

TEST(Configuration, ADoctorTakesTheOptionsOfTheServer) {
  const ParseOutcome outcome = parse({{"doctor", "site", "--json", "--threads", "3"}, {}, ""});
  const auto* doctor = std::get_if<Doctor>(&outcome);
  ASSERT_NE(doctor, nullptr);
  EXPECT_TRUE(doctor->as_json);
  EXPECT_EQ(doctor->config.server.threads, 3U);
  EXPECT_EQ(doctor->config.sites.back().root, "site");
}

TEST(Configuration, RefusesABadCommandLine) {
  struct Case {
    Strings arguments;
    const char* want;
  };
  const Case cases[] = {
      {{"--port", "http"}, R"(2: bobbin: --port: "http" is not allowed; a whole number from 0 to 65535)"},
      {{"-p", "65536"}, R"(2: bobbin: -p: "65536" is not allowed; a whole number from 0 to 65535)"},
      {{"-p-1"}, R"(2: bobbin: -p: "-1" is not allowed; a whole number from 0 to 65535)"},
      {{"-1"},
       R"(2: bobbin: "-1" is no port, no command and no directory; --root DIR names the directory to serve)"},
      {{"--port="}, R"(2: bobbin: --port: "" is not allowed; a whole number from 0 to 65535)"},
      {{"--port"}, "2: bobbin: --port: a value is missing; a whole number from 0 to 65535"},
      {{"-t"}, "2: bobbin: -t: a value is missing; a whole number from 1 to 1024, or auto"},
      {{"--config"}, "2: bobbin: --config: a value is missing"},
      {{"--config="}, R"(2: bobbin: --config: "" is not allowed; the name of a file)"},
      {{"8000", "256.0.0.1"},
       R"(2: bobbin: HOST: "256.0.0.1" is not allowed; an IPv4 or IPv6 address, localhost, unix:PATH or fd:NAME)"},
      {{"8000", "::", "0"},
       R"(2: bobbin: THREADS: "0" is not allowed; a whole number from 1 to 1024, or auto)"},
      {{"8000", "::", "1", "x"},
       R"(2: bobbin: "x": too many arguments; only [DIR] [PORT [HOST [THREADS]]] stand without a flag)"},
      {{"8000", "--port", "8001"},
       R"(2: bobbin: --port: "8001" is not allowed beside PORT; give one of them)"},
      {{"-b", "::1", "8000", "::"}, R"(2: bobbin: -b: "::1" is not allowed beside HOST; give one of them)"},
      {{"-p", "1", "--port=1"}, R"(2: bobbin: --port: "1" is not allowed beside -p; give one of them)"},
      {{"-c", "a", "--config", "b"},
       R"(2: bobbin: --config: "b" is not allowed beside -c; give one of them)"},
      {{"--check-config=x"}, R"(2: bobbin: --check-config: "x" is not allowed; it takes no value)"},
      {{"--bind=::1,"},
       R"(2: bobbin: --bind: "" is not allowed; an IPv4 or IPv6 address, localhost, unix:PATH or fd:NAME)"},
      {{"--bind="},
       "2: bobbin: --bind: an empty list is not allowed; an IPv4 or IPv6 address, localhost, unix:PATH or "
       "fd:NAME"},
      {{"-b", "[127.0.0.1]"},
       R"(2: bobbin: -b: "[127.0.0.1]" is not allowed; an IPv4 or IPv6 address, localhost, unix:PATH or fd:NAME)"},
      {{"--treads", "3"}, "2: bobbin: --treads: no such option; did you mean --threads?"},
      {{"--prot=1"}, "2: bobbin: --prot: no such option; did you mean --port?"},
      {{"--frobnicate", "8000"}, "2: bobbin: --frobnicate: no such option; bobbin --help shows all"},
      {{"-x"}, "2: bobbin: -x: no such option; bobbin --help shows all"},
      {{"--help", "--frobnicate"}, "2: bobbin: --frobnicate: no such option; bobbin --help shows all"},
      {{"--grace-period", "soon"},
       R"(2: bobbin: --grace-period: "soon" is not allowed; a time from 0 to 24h, such as 30s, 500ms or 2m)"},
      {{"--keep-alive-timeout", "0"},
       R"(2: bobbin: --keep-alive-timeout: "0" is not allowed; a time from 1ms to 24h, such as 30s, 500ms or 2m)"},
      {{"--max-head", "255"},
       R"(2: bobbin: --max-head: "255" is not allowed; a number of bytes from 256 to 1MiB, such as 16384, 16KiB or 16kB)"},
      {{"--max-upload", "2TiB"},
       R"(2: bobbin: --max-upload: "2TiB" is not allowed; a number of bytes from 1 to 1TiB, such as 16384, 16KiB or 16kB)"},
      {{"--uploads", "perhaps"}, R"(2: bobbin: --uploads: "perhaps" is not allowed; auto, on or off)"},
      {{"nowhere"},
       R"(2: bobbin: "nowhere" is no port, no command and no directory; --root DIR names the directory to serve)"},
      {{"--log-format", "xml"},
       R"(2: bobbin: --log-format: "xml" is not allowed; transfer, common, combined or json)"},
      {{"--log-level", "loud"},
       R"(2: bobbin: --log-level: "loud" is not allowed; error, warning, info or debug)"},
      {{"--root", ""},
       R"(2: bobbin: --root: "" is not allowed; the name of a directory, or s3://BUCKET/PREFIX)"},
      {{"--upload-path", "/a/../b"},
       R"(2: bobbin: --upload-path: "/a/../b" is not allowed; a path such as /upload: no empty, . or .. segment, )"
       "nothing that a URL would encode"},
      {{"--allow-host", "a b"},
       R"(2: bobbin: --allow-host: "a b" is not allowed; NAME, NAME:PORT, NAME:*, *.NAME or *)"},
      {{"--allow-type", "html,a/b"},
       R"(2: bobbin: --allow-type: "a/b" is not allowed; extensions such as txt, of letters, digits, -, + and _)"},
      {{"--server-name", "a\r\nb"},
       R"(2: bobbin: --server-name: "a\x0d\x0ab" is not allowed; visible ASCII characters with spaces between them)"},
  };
  for (const auto& [arguments, want] : cases) {
    SCOPED_TRACE(want);
    EXPECT_EQ(error_from({arguments, {}, ""}), want);
  }
}

TEST(Configuration, RefusesABadEnvironment) {
  EXPECT_EQ(error_from({{}, {{"BOBBIN_PORT", "http"}}, ""}),
            R"(2: bobbin: BOBBIN_PORT: "http" is not allowed; a whole number from 0 to 65535)");
  EXPECT_EQ(error_from({{}, {{"BOBBIN_ACCESS_LOG", ""}}, ""}),
            R"(2: bobbin: BOBBIN_ACCESS_LOG: "" is not allowed; on or off)");
  EXPECT_EQ(error_from({{}, {{"BOBBIN_CONFIG", ""}}, ""}),
            R"(2: bobbin: BOBBIN_CONFIG: "" is not allowed; the name of a file)");
  EXPECT_EQ(error_from({{"--port", "1"}, {{"BOBBIN_PORT", "http"}}, ""}),
            R"(2: bobbin: BOBBIN_PORT: "http" is not allowed; a whole number from 0 to 65535)");
}

TEST(Configuration, RefusesABadFile) {
  struct Case {
    const char* file;
    const char* want;
  };
  const Case cases[] = {
      {"\n# a comment\nport = 65536", R"(3:8: port: "65536" is not allowed; a whole number from 0 to 65535)"},
      {"port = \"8080\"",
       "1:8: port: a string is not allowed; an integer is wanted: a whole number from 0 to 65535"},
      {"port = 1.0",
       "1:8: port: a floating-point number is not allowed; an integer is wanted: a whole number from 0 to "
       "65535"},
      {"root = 1",
       "1:8: root: an integer is not allowed; a string is wanted: the name of a directory, or "
       "s3://BUCKET/PREFIX"},
      {"bind = [\n  \"::1\",\n  1]",
       "3:3: bind: an integer is not allowed; a string or an array of strings is wanted: an IPv4 or IPv6 "
       "address, localhost, unix:PATH or fd:NAME"},
      {"bind = [\"::1\", \"x\"]",
       R"(1:16: bind: "x" is not allowed; an IPv4 or IPv6 address, localhost, unix:PATH or fd:NAME)"},
      {"bind = []",
       "1:8: bind: an empty list is not allowed; an IPv4 or IPv6 address, localhost, unix:PATH or fd:NAME"},
      {"root = [\"x\"]",
       "1:8: root: an array is not allowed; a string is wanted: the name of a directory, or "
       "s3://BUCKET/PREFIX"},
      {"grace_period = true",
       "1:16: grace_period: a boolean is not allowed; a number or a string is wanted: "
       "a time from 0 to 24h, such as 30s, 500ms or 2m"},
      {"grace_period = -1",
       R"(1:16: grace_period: "-1" is not allowed; a time from 0 to 24h, such as 30s, 500ms or 2m)"},
      {"grace_period = inf",
       R"(1:16: grace_period: "inf" is not allowed; a time from 0 to 24h, such as 30s, 500ms or 2m)"},
      {"log_level = 2020-01-01",
       "1:13: log_level: a date or time is not allowed; a string is wanted: error, warning, info or debug"},
      {"  treads = 3", "1:3: treads: no such key; did you mean threads? bobbin --help shows all"},
      {"keep-alive-timeout = 3",
       "1:1: keep-alive-timeout: no such key; did you mean keep_alive_timeout? bobbin --help shows all"},
      {"config = \"x\"", "1:1: config: no such key; bobbin --help shows all"},
      {"[frob]\nport = 1", "1:2: frob: no such key; bobbin --help shows all"},
      {"threads = 3\nz = 1\na = 1", "2:1: z: no such key; bobbin --help shows all"},
  };
  for (const auto& [file, want] : cases) {
    SCOPED_TRACE(file);
    EXPECT_EQ(error_from({{"-c", "bobbin.toml"}, {}, file}), std::string("78: bobbin: bobbin.toml:") + want);
  }
  EXPECT_THAT(error_from({{"-c", "bobbin.toml"}, {}, "port = 1\nthreads ="}),
              testing::MatchesRegex("78: bobbin: bobbin.toml:2:[0-9]+: [^\n]+"));
  EXPECT_THAT(error_from({{"-c", "bobbin.toml"}, {}, "port = 1\nport = 2"}),
              testing::MatchesRegex("78: bobbin: bobbin.toml:2:[0-9]+: [^\n]+"));
  EXPECT_EQ(error_from({{"--config", "closed.toml"}, {}, ""}),
            R"(78: bobbin: --config: "closed.toml" cannot be read; open: Permission denied)");
  EXPECT_EQ(error_from({{}, {{"BOBBIN_CONFIG", "closed.toml"}}, ""}),
            R"(78: bobbin: BOBBIN_CONFIG: "closed.toml" cannot be read; open: Permission denied)");
  EXPECT_EQ(error_from({{"--check-config", "-c", "bobbin.toml", "-p", "1"}, {}, "port = 65536"}),
            R"(78: bobbin: bobbin.toml:1:8: port: "65536" is not allowed; a whole number from 0 to 65535)");
}

// CONTRACT §0
TEST(Configuration, AProfileDecidesDefaultsAndNothingElse) {
  Config folder;
  SiteConfig& site = folder.sites.front();
  site.profile = Profile::folder;
  site.downloads = {};
  site.path_rules = http::PathRules::standard;
  site.uploads_where_folder_is = false;
  site.cache_control = "no-cache";
  site.compression = http::Compression::on;
  EXPECT_EQ(config_from({{"--profile", "folder"}, {}, ""}), folder);
  EXPECT_EQ(config_from_file("profile = \"folder\""), folder);
  site.cache_control = "max-age=60";
  EXPECT_EQ(config_from({{"--cache-control=max-age=60", "--profile=folder"}, {}, ""}), folder);
}

TEST(Configuration, TheFirstWordMayBeADirectory) {
  const Config config = config_from({{"site", "8000", "0.0.0.0", "20"}, {}, ""});
  EXPECT_EQ(config.sites.front().root, "site");
  EXPECT_EQ(config.sites.front().profile, Profile::folder);
  EXPECT_EQ(config.listeners.front().port, 8000);
  EXPECT_EQ(config.server.threads, 20U);
  EXPECT_EQ(config_from({{"site", "--profile", "classic"}, {}, ""}).sites.front().profile, Profile::classic);
  EXPECT_EQ(config_from({{"./inbox"}, {}, ""}).sites.front().root, "./inbox");
  EXPECT_THAT(error_from({{"inbox"}, {}, ""}), testing::HasSubstr("./inbox is the directory of this name"));
}

// Kubernetes sets BOBBIN_PORT for a Service that is named bobbin.
TEST(Configuration, TheEnvironmentOfOthersIsAWarning) {
  const ParseOutcome outcome =
      parse({{}, {{"BOBBIN_PORT", "tcp://10.96.0.5:80"}, {"BOBBIN_TREADS", "3"}, {"PATH", "x"}}, ""});
  ASSERT_TRUE(std::holds_alternative<app::Run>(outcome));
  const auto& run = std::get<app::Run>(outcome);
  EXPECT_EQ(run.config, Config{});
  ASSERT_EQ(run.warnings.size(), 2U);
  EXPECT_THAT(run.warnings[0].text, testing::StartsWith("BOBBIN_PORT: \"tcp://10.96.0.5:80\" is ignored"));
  EXPECT_EQ(run.warnings[1].text, "BOBBIN_TREADS: no such option; did you mean BOBBIN_THREADS?");
}

TEST(Configuration, SwitchesAndListsAreTakenAsPeopleWriteThem) {
  for (const char* on : {"on", "true", "yes", "1"})
    EXPECT_TRUE(config_from({{"--access-log", on}, {}, ""}).server.access_log) << on;
  for (const char* off : {"off", "false", "no", "0"})
    EXPECT_FALSE(config_from({{"--access-log", off}, {}, ""}).server.access_log) << off;
  EXPECT_FALSE(config_from_file("access_log = \"off\"").server.access_log);
  EXPECT_EQ(config_from_file("uploads = \"on\"").sites.front().uploads, Uploads::on);
  EXPECT_EQ(config_from_file("bind = \"::1\"").listeners.front().binds, Strings{"::1"});
}

TEST(Configuration, SitesAndListenersNest) {
  const Config config = config_from_file(R"(threads = 3
[[listener]]
bind = "::1"
port = 81
[[site]]
names = ["a.example", "*.b.example"]
root = "site"
header = "X: y"
)");
  EXPECT_EQ(config.server.threads, 3U);
  ASSERT_EQ(config.listeners.size(), 1U);
  EXPECT_EQ(config.listeners[0].port, 81);
  ASSERT_EQ(config.sites.size(), 1U);
  EXPECT_FALSE(config.sites[0].is_default);
  EXPECT_EQ(config.sites[0].names, (Strings{"a.example", "*.b.example"}));
  EXPECT_EQ(config.sites[0].profile, Profile::folder);
  EXPECT_EQ(config.sites[0].headers, Strings{"X: y"});
  const Config secured = config_from_file(R"([[listener]]
bind = "0.0.0.0"
port = 443
tls = true
certificate = ["ec.pem", "rsa.pem"]
key = ["ec.key", "rsa.key"]
[[site]]
names = "a.example"
root = "site"
certificate = "a.pem"
key = "a.key"
)");
  EXPECT_EQ(secured.listeners[0].tls, Tls::on);
  EXPECT_EQ(secured.listeners[0].certificates, (Strings{"ec.pem", "rsa.pem"}));
  EXPECT_EQ(secured.listeners[0].keys, (Strings{"ec.key", "rsa.key"}));
  EXPECT_EQ(secured.sites[0].certificates, Strings{"a.pem"});
  EXPECT_EQ(secured.sites[0].keys, Strings{"a.key"});
  EXPECT_EQ(config_from_file("tls_certificate = \"a.pem\"\n[[listener]]\nport = 1").listeners.size(), 2U);
  EXPECT_THAT(error_from({{"-c", "bobbin.toml"}, {}, "certificate = \"a.pem\""}),
              testing::HasSubstr("1:1: certificate: no such key; it stands in a"));
  EXPECT_THAT(error_from({{"-c", "bobbin.toml"}, {}, "[[listener]]\ntls_key = \"a.pem\""}),
              testing::HasSubstr("tls_key: no such key in [[listener]]"));
  EXPECT_THAT(error_from({{"-c", "bobbin.toml"}, {}, "[[site]]\nroot = \"site\""}),
              testing::HasSubstr("names is missing"));
}

/// The listing and the root that the arguments lead to; an error as its message.
std::string alone(std::initializer_list<const char*> arguments) {
  const std::vector<const char*> list(arguments);
  Sources sources;
  sources.is_directory = [](const std::string& name) { return name == "site" || name == "7000"; };
  const ParseOutcome outcome = parse_configuration(list, sources);
  if (const auto* error = std::get_if<ConfigError>(&outcome)) return error->message;
  const SiteConfig& site = std::get<Run>(outcome).config.sites.front();
  return std::string(site.listing ? "listing " : "none ") + site.root + " " + site.spa;
}

TEST(Configuration, ASwitchAloneIsOn) {
  EXPECT_EQ(alone({"--listing"}), "listing resources ");
  EXPECT_EQ(alone({"--listing", "--listing-readme"}), "listing resources ");
  EXPECT_EQ(alone({"--listing", "site"}), "listing site ");
  EXPECT_EQ(alone({"site", "--listing", "8000"}), "listing site ") << "a port behind a switch";
  EXPECT_EQ(alone({"--listing", "off"}), "none resources ");
  EXPECT_EQ(alone({"--listing", "1"}), "listing resources ");
  EXPECT_EQ(alone({"--listing", "maybe"}), R"(--listing: "maybe" is not allowed; on or off)");
  EXPECT_EQ(alone({"--spa"}), "none resources index.html");
  EXPECT_EQ(alone({"--spa", "app.html"}), "none resources app.html");
  EXPECT_EQ(alone({"--spa", "site"}), "none site index.html");
  EXPECT_EQ(alone({"site", "--spa", "--listing"}), "listing site index.html") << "a flag behind it";
  EXPECT_EQ(alone({"site", "--spa", "8000"}), "none site index.html") << "a port behind it";
}

}  // namespace
}  // namespace bobbin::app
