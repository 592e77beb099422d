#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "files/address_rules.h"
#include "files/validators.h"
#include "http/client_claims.h"
#include "http/compression.h"
#include "http/content_coding.h"
#include "http/target.h"
#include "net/tls/context.h"
#include "observe/access_log.h"
#include "observe/log.h"
#include "os/root.h"
#include "store/after_sync_failure.h"
#include "store/committer.h"

// Everything an operator can decide, with its defaults. Plain values: ranges, names and meanings are in the
// table of options.cpp, and docs/configuration.md explains each to the operator.
namespace bobbin::app {

/// Whether a listener secures its connections.
enum class Tls : std::uint8_t {
  automatic,  ///< where it is given a certificate
  on,         ///< with certificates of its own, or of sites
  off,
  self_signed,  ///< with a certificate that is made at the start
};

/// Addresses that share a port. They come from the keys outside of tables, or from one [[listener]].
struct ListenerConfig {
  /// IP addresses without brackets, "localhost", "unix:PATH", or "fd:NAME" for sockets that the service
  /// manager passes. There is at least one.
  std::vector<std::string> binds{"127.0.0.1"};
  std::uint16_t port = 8080;         ///< of the IP addresses; 0 takes any free port
  bool ipv6_only = false;            ///< whether :: takes no IPv4 clients
  bool proxy_protocol = false;       ///< connections begin with a PROXY header
  std::string socket_mode = "0660";  ///< of Unix sockets, in octal digits
  std::string socket_owner;          ///< USER, USER:GROUP or :GROUP; when it is empty, those of the process

  Tls tls = Tls::automatic;
  /// Names of PEM files; a key stands for the certificate at the same place. When there are no keys, each
  /// file of a certificate holds its key, too.
  std::vector<std::string> certificates;
  std::vector<std::string> keys;
  net::tls::Policy tls_policy = net::tls::Policy::intermediate;
  /// A PEM file with the issuers of certificates that clients may show; when it is empty, none is asked for.
  std::string client_ca;
  std::optional<net::tls::ClientCertificates> client_certificates;  ///< nothing: required with a client_ca

  /// The value of Strict-Transport-Security in every answer over TLS; when it is empty there is no such
  /// field.
  std::string hsts;
  /// Whether every request is sent on to the same address under https.
  bool redirects_to_https = false;

  friend bool operator==(const ListenerConfig&, const ListenerConfig&) = default;
};

/// What a site's defaults are made for. Only defaults_of (profile.h) decides by it.
enum class Profile : std::uint8_t {
  classic,  ///< the demonstration that the seeds (docs/contract.md) describe
  folder,   ///< a folder that an operator wants to show
};

enum class Uploads : std::uint8_t { automatic, on, off };

/// Whether files are offered as downloads.
enum class Download : std::uint8_t {
  automatic,  ///< as their types are
  on,
  off,
};

/// What a site does differently for some paths: see http::SiteRule. It comes from one [[rule]], for the
/// default site, or one [[site.rule]].
struct RuleConfig {
  std::string place;                  ///< for messages: "bobbin.toml:3:1: [[site.rule]]"
  std::vector<std::string> paths;     ///< http::PathPattern::parse accepts each; there is at least one
  std::vector<std::string> methods;   ///< every one when there are none
  std::vector<std::string> statuses;  ///< "404" or "4xx"; what is no error when there are none
  bool on_errors = false;
  std::vector<std::string> set;     ///< "Name: value"
  std::vector<std::string> add;     ///< the same
  std::vector<std::string> remove;  ///< names
  std::string cache_control;        ///< when it is empty, as without the rule
  Download download = Download::automatic;
  std::optional<http::Compression> compression;      ///< nothing: as without the rule
  std::optional<http::ContentCoding> stored_coding;  ///< likewise
  std::vector<std::string> origins;

  // As those of a site. Where they are empty, those of an earlier rule or of the site hold.
  std::vector<std::string> allowed_clients;
  std::vector<std::string> denied_clients;
  std::vector<std::string> allowed_certificates;
  std::string password_file;
  std::string token_file;
  std::string token_option;  ///< for messages: what names that file; empty: the rule does
  std::string realm = "restricted";
  unsigned client_requests = 0;  ///< per second, besides the limit of the server; 0 is none
  milliseconds client_burst = seconds(10);
  unsigned user_requests = 0;  ///< the same for each user
  milliseconds user_burst = seconds(10);
  bool is_open = false;  ///< whether no password and no token is asked for

  friend bool operator==(const RuleConfig&, const RuleConfig&) = default;
};

/// A folder that stands in the place of what a site's root has at this path. It comes from one [[mount]], for
/// the default site, or one [[site.mount]].
struct MountConfig {
  std::string path;  ///< "/docs": accept_request_path accepts it
  std::string root;
  std::string bucket = {};  ///< as SiteConfig::bucket

  friend bool operator==(const MountConfig&, const MountConfig&) = default;
};

/// An address that keeps what is posted to it, with what is known of the request. It comes from one
/// [[inbox]], for the default site, or one [[site.inbox]].
struct InboxConfig {
  static constexpr std::uint64_t kLargestDocument = 4UL * 1024 * 1024;  ///< a record is kept in memory

  std::string place;           ///< for messages: "bobbin.toml:3:1: [[inbox]]"
  std::string name;            ///< [a-z0-9-]{1,64}
  std::string path;            ///< when it is empty, /in/NAME
  std::string dir;             ///< outside of everything that is served; empty: there is a target
  std::string target;          ///< object_store::parse_location accepts it; empty: there is a dir
  bool is_disabled = false;    ///< it takes nothing, and its folder is left alone
  std::string group;           ///< whose members may take records out; empty: only the user of the server may
  std::uint64_t max_size = 0;  ///< of a document; 0: that of the server, or kLargestDocument if that is less
  std::string status;          ///< of the answer: 200, 201, 202 or 204; empty: 201, and 204 for reports
  std::vector<std::string> keep;  ///< names of fields, or beginnings with a *
  std::string token_file;         ///< as that of a rule for the path
  std::string feed_token_file;    ///< the same for GET, which gives the records; empty: they are not given
  std::string page;  ///< the path of a page from which a person sends documents; empty: there is none

  std::vector<std::string> accept;                      ///< what accept_inbox_type accepts; empty: json
  std::vector<std::string> codings = {"gzip", "zstd"};  ///< that are decoded
  std::string unwrap;                ///< the field of a form that holds the document; empty: all of them
  std::string redirect;              ///< where a form that is kept leads to; empty: it is answered as JSON
  std::vector<std::string> origins;  ///< uploads::PageOrigin::parse accepts each of them

  std::string on_invalid = "reject";  ///< what becomes of content that is no document: reject or quarantine

  std::string store = "record";            ///< of what there is a file: record or segments
  milliseconds segment_age = seconds(60);  ///< see store::Committer::set_segment_age

  // store::RoomLimits
  unsigned max_documents = 0;
  std::uint64_t max_bytes = 0;
  std::uint64_t min_free = 0;

  /// uploads::KeySource::parse, or `sender`; the first that is there counts.
  std::vector<std::string> dedupe;
  milliseconds dedupe_window = std::chrono::hours(96);
  bool dedupe_required = false;
  std::string dedupe_conflict;  ///< refuse, store or ignore; empty: as is usual for the key

  std::string verify;       ///< signatures::SchemeConfig::scheme; empty: senders need not sign
  std::string secret_file;  ///< of the scheme
  milliseconds tolerance = seconds(300);
  // signatures::HmacConfig. When all are empty, there is none.
  std::string signature_field;
  std::string signature_prefix;
  std::string signed_bytes;
  std::string signature_algorithm;
  std::string signature_encoding;
  std::string timestamp_field;

  /// Whether records are objects, and no files of this machine.
  [[nodiscard]] bool is_in_object_store() const { return dir.empty(); }
  /// Whether records are files that are moved into an object store.
  [[nodiscard]] bool is_spooled() const { return !dir.empty() && !target.empty(); }
  /// Where the records of such content are, in an inbox of its own.
  [[nodiscard]] std::string quarantine_dir() const { return dir + "/quarantine"; }
  [[nodiscard]] bool has_quarantine() const { return on_invalid == "quarantine"; }
  [[nodiscard]] std::string url_path() const { return path.empty() ? "/in/" + name : path; }
  friend bool operator==(const InboxConfig&, const InboxConfig&) = default;
};

/// Which earlier releases of a site are kept.
struct KeptReleases {
  static constexpr unsigned kMost = 100;
  unsigned most = 2;
  /// For how long each is kept once it is no longer the newest; 0: as long as there are no more than `most`.
  milliseconds time = milliseconds(0);

  friend bool operator==(const KeptReleases&, const KeptReleases&) = default;
};

/// A root, and what is served from it under which names. It comes from the keys outside of tables (the
/// default site), or from one [[site]].
struct SiteConfig {
  /// The default site answers for its names and for the addresses listened on. It is asked last.
  bool is_default = true;
  std::vector<std::string> names;  ///< http::HostPolicy::parse_allowed accepts each of them
  /// For clients that ask for one of the names, at every listener with TLS; as those of a listener.
  std::vector<std::string> certificates;
  std::vector<std::string> keys;
  /// A folder whose files are served beneath /.well-known/acme-challenge/; when it is empty, those of the
  /// root are.
  std::string acme_challenges;

  Profile profile = Profile::classic;  ///< for messages; the members below hold what it decides
  http::PathRules path_rules = http::PathRules::strict;

  std::vector<std::string> allowed_clients;  ///< Network::parse accepts each; everybody when there are none
  std::vector<std::string> denied_clients;   ///< these go before the allowed ones

  std::string password_file;         ///< as htpasswd writes it; when it is empty, no password is asked for
  std::string token_file;            ///< with lines name:sha256; when it is empty, no token is asked for
  std::string realm = "restricted";  ///< see auth::Authentication
  /// As http::filters::ClientCertificates takes them; when there are none, no certificate is asked for.
  std::vector<std::string> allowed_certificates;

  std::vector<RuleConfig> rules;
  std::vector<MountConfig> mounts;
  std::vector<InboxConfig> inboxes;
  std::vector<std::string> immutable;  ///< patterns of paths whose files never change under their names

  std::string root = "resources";
  std::string bucket;  ///< "s3://site/www/", whose objects lie in the root; when it is empty, files lie there
  bool follow_root = true;
  os::Links follow_symlinks = os::Links::inside;
  /// Extensions in lowercase, without the dot.
  std::vector<std::string> downloads{"txt", "png", "jpg", "jpeg"};
  std::vector<std::string> allowed_types;    ///< extensions; every type is allowed when there are none
  std::vector<std::string> included_hidden;  ///< patterns of names that begin with a dot and are served

  /// `FROM TO [STATUS]`: http::Redirect::parse accepts each. They go before those of the file.
  std::vector<std::string> redirects;
  std::string redirects_file;  ///< with a line for each; when it is empty, there is none
  std::string canonical_host;  ///< the name to which clients of the others are sent; when it is empty, none

  std::vector<std::string> index_names{"index.html"};
  files::CleanUrls clean_urls = files::CleanUrls::off;
  files::TrailingSlash trailing_slash = files::TrailingSlash::automatic;
  std::string spa;  ///< beneath the root: the page for navigations to what is not there; empty: none
  KeptReleases keep_releases;  ///< earlier roots, for what is immutable
  /// `404=FILE` or `4xx=FILE`, beneath the root.
  std::vector<std::string> error_pages;

  http::Compression compression = http::Compression::off;

  bool checksums = false;  ///< whether NAME.sha256 is there for every file NAME

  bool listing = false;         ///< whether a folder without an index is shown by a list of what is in it
  bool listing_readme = false;  ///< whether the text of its README stands beneath

  /// Whether If-Range may rely on a date that a tool has set: no file is replaced by another under an old
  /// time.
  bool trust_mtime = false;

  files::TagSource etag = files::TagSource::file;

  /// Goes into every entity tag; files::tag_seed() makes it a number.
  std::string etag_seed;

  std::vector<std::string> headers;         ///< "Name: value", added to every answer that is no error
  std::vector<std::string> headers_always;  ///< the same, added to errors too
  bool security_headers = true;             ///< whether browsers are told what they must not do
  /// The value of Cache-Control in every answer that is no error. Errors then have no-store. When it is
  /// empty, no answer has the field.
  std::string cache_control;

  Uploads uploads = Uploads::automatic;
  /// What `automatic` means when no folder is named: uploads are taken where the root holds `uploads`.
  bool uploads_where_folder_is = true;
  std::string upload_path = "/upload";
  std::string upload_dir;        ///< when it is empty, <root>/uploads
  std::uint64_t max_upload = 0;  ///< bytes, not more than the server's; 0: as much as that

  std::string log_file;  ///< for its exchanges; when it is empty, the server's log has them
  std::optional<observe::AccessFormat> log_format;  ///< of that file; nothing: as of the server
  bool serve_uploads = true;

  friend bool operator==(const SiteConfig&, const SiteConfig&) = default;
};

/// Whether the process gives up what it does not need.
enum class SandboxMode : std::uint8_t {
  automatic,  ///< as far as the kernel can
  required,   ///< or it does not start
  off,
};

/// The options that all listeners and sites share.
struct ServerConfig {
  unsigned threads = 10;
  bool threads_follow_cpus = false;  ///< --threads auto: then `threads` has been chosen by the machine
  unsigned connections_per_thread = 1024;
  unsigned queue = 1024;
  bool http2 = true;
  std::string tls_ticket_keys;          ///< a file; when it is empty, keys are made, and replaced every 12 h
  std::string tcp_congestion = "auto";  ///< "auto", "system" or the name of an algorithm

  SandboxMode sandbox = SandboxMode::automatic;
  std::vector<std::string> sandbox_paths;  ///< which may be read besides
  std::string user;                        ///< as whom to serve; when it is empty, as who has started it
  std::string pid_file;                    ///< names the process that serves; when it is empty, there is none

  std::vector<std::string> admin;  ///< "ADDRESS:PORT", "unix:PATH" or "fd:NAME"; none: no admin listener
  bool health = false;             ///< whether sites answer /healthz and /readyz
  bool log_health = false;         ///< whether the access log has that

  std::vector<std::string> trusted_proxies;  ///< Network::parse accepts each of them
  http::AddressField client_address_from = http::AddressField::x_forwarded_for;
  http::ClaimField client_proto_from = http::ClaimField::none;
  http::ClaimField client_host_from = http::ClaimField::none;

  unsigned client_connections = 0;  ///< of one client at the same time; 0 is no limit, as in the next two
  unsigned client_requests = 0;     ///< per second
  std::uint64_t client_bytes = 0;   ///< of content per second
  milliseconds client_burst = seconds(10);
  std::vector<std::string> client_exempt;  ///< Network::parse accepts each of them

  std::string mime_types = "/etc/mime.types";
  std::string server_name = "Multi-threaded HTTP Server";  ///< when it is empty there is no Server field

  std::uint64_t cache_memory = 64 * 1024 * 1024;  ///< for all threads together; 0 caches nothing
  std::uint64_t max_head = 16 * 1024;
  std::uint64_t max_upload = 1024 * 1024;
  std::uint64_t upload_memory = 64 * 1024 * 1024;  ///< for all uploads under way together
  std::uint64_t upload_disk = 1024 * 1024 * 1024;  ///< the same; one of max_upload is possible in any case
  store::Durability durability = store::Durability::automatic;
  store::AfterSyncFailure after_sync_failure = store::AfterSyncFailure::reopen;
  unsigned keep_alive_requests = 100;  ///< of HTTP/1; 0 is no limit
  unsigned http2_requests = 0;         ///< on a connection of HTTP/2; 0 is no limit
  std::uint64_t minimum_rate = 500;    ///< bytes per second; 0 is no minimum

  milliseconds keep_alive_timeout = seconds(30);
  milliseconds head_timeout = seconds(10);
  milliseconds rate_grace = seconds(10);
  milliseconds stall_timeout = seconds(60);
  milliseconds commit_timeout = seconds(30);

  std::string node;         ///< the name of this one among several; when it is empty, that of the machine
  std::string s3_endpoint;  ///< as ObjectStoreWords has it, like what follows
  std::string s3_region;
  std::string s3_addressing;  ///< "path" or "host", or empty
  std::string s3_credentials_file;
  std::string s3_ca_file;
  milliseconds s3_timeout = seconds(10);  ///< of a request
  unsigned s3_connections = 16;
  std::string s3_cache;  ///< for roots in buckets
  std::uint64_t s3_cache_size = 10ULL << 30;
  milliseconds s3_refresh = std::chrono::minutes(1);
  std::uint64_t s3_redirect_from = 0;  ///< bytes of an object; 0: clients are not sent to the store
  milliseconds s3_redirect_expiry = std::chrono::minutes(15);
  std::string s3_redirect_endpoint;  ///< when it is empty, the one that the server uses
  milliseconds grace_period = seconds(30);

  bool access_log = true;
  observe::AccessFormat log_format = observe::AccessFormat::transfer;
  std::string error_log;    ///< when it is empty, messages are in log_file, too
  std::string log_file;     ///< when it is empty, standard output
  unsigned log_sample = 1;  ///< of exchanges that have succeeded one of so many is logged
  bool request_id = false;
  std::string request_id_field;  ///< when it is empty, answers do not name the id
  observe::LogLevel log_level = observe::LogLevel::info;
  milliseconds status_interval = seconds(30);  ///< 0 is never

  friend bool operator==(const ServerConfig&, const ServerConfig&) = default;
};

struct Config {
  ServerConfig server;
  std::vector<ListenerConfig> listeners{ListenerConfig{}};  ///< never empty
  std::vector<SiteConfig> sites{SiteConfig{}};  ///< never empty; the default site, if there is one, is last

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace bobbin::app
