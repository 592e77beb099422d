#include "app/option_values.h"
#include "app/options.h"

namespace bobbin::app {
namespace {

using namespace std::chrono_literals;
using observe::AccessFormat;
using observe::LogLevel;

constexpr std::pair<std::string_view, AccessFormat> kFormats[] = {{"transfer", AccessFormat::transfer},
                                                                  {"common", AccessFormat::common},
                                                                  {"combined", AccessFormat::combined},
                                                                  {"json", AccessFormat::json}};
constexpr std::pair<std::string_view, std::optional<AccessFormat>> kSiteFormats[] = {
    {"auto", std::nullopt},
    {"transfer", AccessFormat::transfer},
    {"common", AccessFormat::common},
    {"combined", AccessFormat::combined},
    {"json", AccessFormat::json}};
constexpr std::pair<std::string_view, LogLevel> kLevels[] = {{"error", LogLevel::error},
                                                             {"warning", LogLevel::warning},
                                                             {"info", LogLevel::info},
                                                             {"debug", LogLevel::debug}};

constexpr std::pair<std::string_view, Profile> kProfiles[] = {{"classic", Profile::classic},
                                                              {"folder", Profile::folder}};
constexpr std::pair<std::string_view, Uploads> kUploads[] = {
    {"auto", Uploads::automatic}, {"on", Uploads::on}, {"off", Uploads::off}};
constexpr std::pair<std::string_view, os::Links> kLinks[] = {
    {"no", os::Links::no}, {"inside", os::Links::inside}, {"yes", os::Links::yes}};
constexpr std::pair<std::string_view, http::PathRules> kPathRules[] = {
    {"strict", http::PathRules::strict}, {"standard", http::PathRules::standard}};

constexpr std::pair<std::string_view, Tls> kTls[] = {
    {"auto", Tls::automatic}, {"on", Tls::on}, {"off", Tls::off}, {"self-signed", Tls::self_signed}};
constexpr std::pair<std::string_view, net::tls::Policy> kTlsPolicies[] = {
    {"intermediate", net::tls::Policy::intermediate}, {"modern", net::tls::Policy::modern}};

constexpr std::pair<std::string_view, net::tls::ClientCertificates> kClientCertificates[] = {
    {"required", net::tls::ClientCertificates::required},
    {"optional", net::tls::ClientCertificates::optional}};

constexpr std::pair<std::string_view, http::AddressField> kAddressFields[] = {
    {"X-Forwarded-For", http::AddressField::x_forwarded_for},
    {"Forwarded", http::AddressField::forwarded},
    {"X-Real-IP", http::AddressField::x_real_ip}};
constexpr std::pair<std::string_view, http::ClaimField> kSchemeFields[] = {
    {"none", http::ClaimField::none},
    {"X-Forwarded-Proto", http::ClaimField::x_forwarded},
    {"Forwarded", http::ClaimField::forwarded}};
constexpr std::pair<std::string_view, http::ClaimField> kHostFields[] = {
    {"none", http::ClaimField::none},
    {"X-Forwarded-Host", http::ClaimField::x_forwarded},
    {"Forwarded", http::ClaimField::forwarded}};

constexpr std::pair<std::string_view, Download> kDownloads[] = {
    {"auto", Download::automatic}, {"on", Download::on}, {"off", Download::off}};

constexpr std::pair<std::string_view, files::CleanUrls> kCleanUrls[] = {
    {"off", files::CleanUrls::off}, {"on", files::CleanUrls::on}, {"redirect", files::CleanUrls::redirect}};
constexpr std::pair<std::string_view, files::TrailingSlash> kTrailingSlash[] = {
    {"auto", files::TrailingSlash::automatic},
    {"always", files::TrailingSlash::always},
    {"never", files::TrailingSlash::never}};

constexpr std::pair<std::string_view, store::Durability> kDurability[] = {
    {"auto", store::Durability::automatic},
    {"files", store::Durability::files},
    {"journal", store::Durability::journal}};
constexpr std::pair<std::string_view, http::Compression> kCompression[] = {
    {"off", http::Compression::off},
    {"prepared", http::Compression::prepared},
    {"on", http::Compression::on}};

constexpr std::pair<std::string_view, std::optional<http::Compression>> kRuleCompression[] = {
    {"auto", std::nullopt},
    {"off", http::Compression::off},
    {"prepared", http::Compression::prepared},
    {"on", http::Compression::on}};
constexpr std::pair<std::string_view, std::optional<http::ContentCoding>> kStoredCodings[] = {
    {"auto", std::nullopt},
    {"identity", http::ContentCoding::identity},
    {"gzip", http::ContentCoding::gzip},
    {"zstd", http::ContentCoding::zstd},
    {"br", http::ContentCoding::br}};

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr std::uint64_t kTiB = 1024 * kGiB;

constexpr std::string_view kExtensions = "extensions such as txt, of letters, digits, -, + and _";
constexpr std::string_view kHosts = "NAME, NAME:PORT, NAME:*, *.NAME or *";
constexpr std::string_view kSiteNames = "NAME, NAME:PORT, NAME:* or *.NAME";
constexpr std::string_view kNetworks =
    "an address, a network such as 10.0.0.0/8 or 2001:db8::/32 whose bits behind the prefix are 0, or unix";
constexpr std::string_view kPatterns = "a pattern such as /assets/**, *.html or /";
constexpr std::string_view kCertificates =
    "any, a subject such as CN=alice,O=Example, or sha256: and 64 hexadecimal digits";
constexpr std::string_view kRealm = "visible ASCII characters but \" and \\, with blanks between them";
constexpr std::string_view kField =
    "NAME: VALUE, in visible ASCII characters with blanks between them, where NAME is none that the server "
    "sets itself";

// clang-format off
constexpr Option kOptions[] = {
    {.group = "Listening", .short_flag = "-p", .name = "port", .placeholder = "PORT", .positional = "PORT",
     .effect = WholeNumber<std::uint16_t>{&ListenerConfig::port, 0, 65535},
     .meaning = "The TCP port to listen on; 0 takes any free one."},
    {.group = "Listening", .short_flag = "-b", .name = "bind", .placeholder = "ADDRESS", .positional = "HOST",
     .effect = List{&ListenerConfig::binds, accept_bind, "an IPv4 or IPv6 address, localhost, unix:PATH or fd:NAME"},
     .meaning = "The addresses to listen on; 0.0.0.0 is every IPv4 address of the machine, :: every address of both families. unix:PATH is "
                "a Unix socket; fd:NAME are the listening sockets that systemd passes under this name (FileDescriptorName=)."},
    {.group = "Listening", .name = "ipv6-only", .placeholder = "on|off",
     .effect = Switch{&ListenerConfig::ipv6_only},
     .meaning = "Whether the address :: takes IPv6 clients only. It does so in any case where the same listener names an IPv4 address too."},
    {.group = "Listening", .name = "socket-mode", .placeholder = "MODE",
     .effect = Text{&ListenerConfig::socket_mode, accept_mode, "an octal mode from 000 to 0777, such as 0660"},
     .meaning = "The mode of the Unix sockets. Who may write to one may connect to it."},
    {.group = "Listening", .name = "socket-owner", .placeholder = "OWNER",
     .effect = Text{&ListenerConfig::socket_owner, accept_owner, "USER, USER:GROUP or :GROUP, by name or by number",
                    "the user and the group of the server"},
     .meaning = "Whom the Unix sockets belong to, such as :www-data for a proxy of that group."},

    {.group = "TLS", .name = "tls", .placeholder = "auto|on|off|self-signed",
     .effect = Choice<Tls>{&ListenerConfig::tls, kTls},
     .meaning = "Whether the listener speaks HTTPS. auto does where it is given a certificate; on may rely on the certificates of sites; "
                "self-signed makes a certificate for development, which no client trusts."},
    {.group = "TLS", .name = "tls-certificate", .key_in_table = "certificate", .placeholder = "FILE",
     .effect = List{&ListenerConfig::certificates, accept_non_empty, "the name of a PEM file", "none"},
     .reloads = true,
     .meaning = "The certificate, and behind it those that lead to its issuer. One with a key of RSA and one with a key of ECDSA can stand side by side. "
                "The files are read anew when they change."},
    {.group = "TLS", .name = "tls-key", .key_in_table = "key", .placeholder = "FILE",
     .effect = List{&ListenerConfig::keys, accept_non_empty, "the name of a PEM file", "in the files of the certificates"},
     .reloads = true,
     .meaning = "The key of the certificate, without a password; as many as there are certificates, in the same order."},
    {.group = "TLS", .name = "tls-policy", .placeholder = "NAME",
     .effect = Choice<net::tls::Policy>{&ListenerConfig::tls_policy, kTlsPolicies},
     .reloads = true,
     .meaning = "Which versions and ciphers are offered, after Mozilla's recommendations of these names: intermediate is TLS 1.3 and 1.2, modern is TLS 1.3 only."},
    {.group = "TLS", .name = "tls-client-ca", .key_in_table = "client_ca", .placeholder = "FILE",
     .effect = Text{&ListenerConfig::client_ca, accept_any, "the name of a PEM file", "clients are asked for none"},
     .reloads = true,
     .meaning = "Certificates of those who issue certificates to clients. The log has subject and SHA-256 of the one that a client shows."},
    {.group = "TLS", .name = "tls-client-certificates", .key_in_table = "client_certificates", .placeholder = "KIND",
     .effect = Choice<net::tls::ClientCertificates>{&ListenerConfig::client_certificates, kClientCertificates},
     .reloads = true,
     .meaning = "Whether a client must show a certificate where --tls-client-ca is given, or may; one that nobody of these has issued is refused either way."},
    {.group = "TLS", .name = "tls-ticket-keys", .placeholder = "FILE",
     .effect = Text{&ServerConfig::tls_ticket_keys, accept_any, "the name of a file of 80 random bytes, or of several times as many", "keys in memory, replaced every 12h"},
     .reloads = true,
     .meaning = "The keys for session tickets, for several servers that share them: the first seals, all of them open. The file is read anew when it changes."},
    {.group = "TLS", .name = "certificate",
     .effect = List{&SiteConfig::certificates, accept_non_empty, "the name of a PEM file", "those of the listener"},
     .reach = Option::Reach::table,
     .meaning = "The certificate of a [[site]], for clients that ask for one of its names at any listener with TLS."},
    {.group = "TLS", .name = "key",
     .effect = List{&SiteConfig::keys, accept_non_empty, "the name of a PEM file", "in the files of the certificates"},
     .reach = Option::Reach::table,
     .meaning = "The key of that certificate."},
    {.group = "TLS", .name = "acme-challenges", .placeholder = "DIR",
     .effect = Text{&SiteConfig::acme_challenges, accept_any, "the name of a directory", "those of the root"},
     .meaning = "The directory whose files are served beneath /.well-known/acme-challenge/ (RFC 8555, HTTP-01), for programs that "
                "renew certificates. A listener that redirects to https answers them itself."},
    {.group = "TLS", .name = "hsts", .placeholder = "TEXT",
     .effect = Text{&ListenerConfig::hsts, accept_hsts, "max-age=SECONDS, perhaps with ; includeSubDomains and ; preload behind it", "no such field"},
     .meaning = "The Strict-Transport-Security field of every answer over TLS: browsers then ask for this host by https only, for as long as it says."},
    {.group = "TLS", .name = "redirect-to-https", .placeholder = "on|off",
     .effect = Switch{&ListenerConfig::redirects_to_https},
     .meaning = "Whether a listener without TLS sends every request on to https (308), at the port of the first listener with TLS, or else 443. Hosts are checked as everywhere."},

    {.group = "Proxies in front", .name = "trusted-proxies", .placeholder = "NETWORK",
     .effect = List{&ServerConfig::trusted_proxies, accept_network, kNetworks, "none"},
     .reloads = true,
     .meaning = "The proxies that may say for whom they ask; unix is every client of a Unix socket. What anybody else says changes nothing."},
    {.group = "Proxies in front", .name = "client-address-from", .placeholder = "FIELD",
     .effect = Choice<http::AddressField>{&ServerConfig::client_address_from, kAddressFields},
     .reloads = true,
     .meaning = "The one field from which a client's address is taken when a trusted proxy asks: the last address in it that is none of the "
                "trusted proxies. Name the field that your proxy sets; it passes on untouched what a client puts into the others."},
    {.group = "Proxies in front", .name = "client-proto-from", .placeholder = "FIELD",
     .effect = Choice<http::ClaimField>{&ServerConfig::client_proto_from, kSchemeFields},
     .reloads = true,
     .meaning = "The field that is believed when it says that the client has asked the proxy under https."},
    {.group = "Proxies in front", .name = "client-host-from", .placeholder = "FIELD",
     .effect = Choice<http::ClaimField>{&ServerConfig::client_host_from, kHostFields},
     .reloads = true,
     .meaning = "The field whose value takes the place of Host when a trusted proxy asks. It must be a host that is accepted, as Host must."},
    {.group = "Proxies in front", .name = "proxy-protocol", .placeholder = "on|off",
     .effect = Switch{&ListenerConfig::proxy_protocol},
     .meaning = "Whether every connection begins with a header of the PROXY protocol, version 1 or 2, that names the client. Only --trusted-proxies "
                "may connect then."},

    {.group = "Sites", .short_flag = "-d", .name = "root", .placeholder = "DIR", .positional = "DIR",
     .effect = Text{&SiteConfig::root, accept_non_empty, "the name of a directory"},
     .meaning = "The directory whose files are served."},
    {.group = "Sites", .name = "allow-host", .placeholder = "HOST",
     .effect = List{&SiteConfig::names, accept_host, kHosts, "none"},
     .reach = Option::Reach::flat,
     .meaning = "Host values to accept besides the addresses listened on. NAME is allowed with the server's port or without one, "
                "NAME:PORT with exactly that port, NAME:* with any; *.NAME is every name that ends in .NAME; * turns the check off."},
    {.group = "Sites", .name = "names",
     .effect = List{&SiteConfig::names, accept_site_name, kSiteNames, "none"},
     .reach = Option::Reach::table,
     .meaning = "The hosts that a [[site]] answers for, as --allow-host takes them; of several sites the one whose name says most."},
    {.group = "Sites", .name = "profile", .placeholder = "NAME",
     .effect = Choice<Profile>{&SiteConfig::profile, kProfiles},
     .meaning = "What the defaults are made for: classic, the demonstration that the project began as; folder, a folder of yours: files are "
                "shown as their types are, paths are understood as browsers mean them, nothing is uploaded unasked. folder is the "
                "default where the first word is a directory, and for every [[site]]."},
    {.group = "Sites", .name = "follow-root", .placeholder = "on|off",
     .effect = Switch{&SiteConfig::follow_root},
     .meaning = "Whether the server changes over by itself, within a second, when the root's name leads to another directory (a "
                "symbolic link that a deployment has switched). off waits for SIGHUP."},
    {.group = "Sites", .name = "path-rules", .placeholder = "RULES",
     .effect = Choice<http::PathRules>{&SiteConfig::path_rules, kPathRules},
     .meaning = "What becomes of a path with a segment . or an empty one, as in /./a or /a//b: strict answers 403, standard looks up /a and "
                "/a/b. A segment .. is refused by either."},

    {.group = "Sites", .name = "allow-client", .placeholder = "NETWORK",
     .effect = List{&SiteConfig::allowed_clients, accept_network, kNetworks, "everybody"},
     .meaning = "The clients that are let in, by address; others are answered 403. Behind a proxy, name it with --trusted-proxies."},
    {.group = "Sites", .name = "deny-client", .placeholder = "NETWORK",
     .effect = List{&SiteConfig::denied_clients, accept_network, kNetworks, "nobody"},
     .meaning = "The clients that are answered 403, even those that --allow-client lets in."},
    {.group = "Sites", .name = "password-file", .placeholder = "FILE",
     .effect = Text{&SiteConfig::password_file, accept_any, "the name of a file with lines NAME:HASH", "no password is asked for"},
     .meaning = "The users who are let in with a password (Basic), as htpasswd -B writes them: bcrypt, yescrypt and sha-crypt are allowed. Others are answered "
                "401. The file is read anew when it changes."},
    {.group = "Sites", .name = "token-file", .placeholder = "FILE",
     .effect = Text{&SiteConfig::token_file, accept_any, "the name of a file with lines NAME:SHA256", "no token is asked for"},
     .meaning = "The tokens that are let in (Bearer), each by the SHA-256 of its text in hexadecimal digits. With --password-file as well, either proof "
                "is enough. The file is read anew when it changes."},
    {.group = "Sites", .name = "realm", .placeholder = "TEXT",
     .effect = Text{&SiteConfig::realm, accept_realm, kRealm},
     .meaning = "What a browser says that the user signs in to."},
    {.group = "Sites", .name = "allow-certificate", .placeholder = "CERTIFICATE",
     .effect = List{&SiteConfig::allowed_certificates, accept_certificate, kCertificates, "no certificate is asked for", '\n'},
     .meaning = "The clients that are let in, by the certificate that they show (see --tls-client-ca); others are answered 403. Several in one flag or "
                "variable stand on a line each."},

    {.group = "Sites", .name = "immutable", .placeholder = "PATTERN",
     .effect = List{&SiteConfig::immutable, accept_path_pattern, kPatterns, "none"},
     .meaning = "Paths whose files never change under their names, such as /assets/**: browsers keep them for a year and ask no more."},

    {.group = "Rules", .name = "rule-path", .key_in_table = "path", .effect = List{&RuleConfig::paths, accept_path_pattern, kPatterns},
     .reach = Option::Reach::table,
     .meaning = "The paths that the rule is about: ? is one character, * any number of them but /, ** any number at all. A pattern without / "
                "is about the last segment of a path. A rule needs it."},
    {.group = "Rules", .name = "rule-method", .key_in_table = "method",
     .effect = List{&RuleConfig::methods, accept_method, "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS or TRACE", "every method"},
     .reach = Option::Reach::table,
     .meaning = "The methods that it is about. GET is HEAD too."},
    {.group = "Rules", .name = "rule-status", .key_in_table = "status",
     .effect = List{&RuleConfig::statuses, accept_status, "a status code such as 404, or a class such as 4xx", "what is no error"},
     .reach = Option::Reach::table,
     .meaning = "The status of the answers whose fields it changes."},
    {.group = "Rules", .name = "rule-errors", .key_in_table = "errors",
     .effect = Switch{&RuleConfig::on_errors},
     .reach = Option::Reach::table,
     .meaning = "Whether it changes the fields of errors too, where status names none."},
    {.group = "Rules", .name = "rule-set", .key_in_table = "set",
     .effect = List{&RuleConfig::set, accept_header, kField, "none", '\n'},
     .reach = Option::Reach::table,
     .meaning = "Fields that stand in place of all of the same name."},
    {.group = "Rules", .name = "rule-add", .key_in_table = "add",
     .effect = List{&RuleConfig::add, accept_header, kField, "none", '\n'},
     .reach = Option::Reach::table,
     .meaning = "Fields that are added."},
    {.group = "Rules", .name = "rule-remove", .key_in_table = "remove",
     .effect = List{&RuleConfig::remove, accept_field_name, "the name of a field that the server does not set itself", "none"},
     .reach = Option::Reach::table,
     .meaning = "Fields that are removed, before others are set."},
    {.group = "Rules", .name = "rule-cache-control", .key_in_table = "cache_control",
     .effect = Text{&RuleConfig::cache_control, accept_field_value, "visible ASCII characters with spaces between them", "as the site says"},
     .reach = Option::Reach::table,
     .meaning = "The Cache-Control field of answers that are no errors."},
    {.group = "Rules", .name = "rule-download", .key_in_table = "download",
     .effect = Choice<Download>{&RuleConfig::download, kDownloads},
     .reach = Option::Reach::table,
     .meaning = "Whether files are offered as downloads; auto as the download of the site says."},
    {.group = "Rules", .name = "rule-compress", .key_in_table = "compress",
     .effect = Choice<std::optional<http::Compression>>{&RuleConfig::compression, kRuleCompression},
     .reach = Option::Reach::table,
     .meaning = "What --compress says for the site; auto as an earlier rule or the site says."},
    {.group = "Rules", .name = "rule-content-coding", .key_in_table = "content_coding",
     .effect = Choice<std::optional<http::ContentCoding>>{&RuleConfig::stored_coding, kStoredCodings},
     .reach = Option::Reach::table,
     .meaning = "The content coding in which the files are stored, and so given to every client, with the media type of the name without .gz, .zst or .br; "
                "auto is gzip for .svgz and identity for all others."},
    {.group = "Rules", .name = "rule-cors", .key_in_table = "cors",
     .effect = List{&RuleConfig::origins, accept_origin, "* or an origin such as https://example.org", "none"},
     .reach = Option::Reach::table,
     .meaning = "Other sites whose scripts may read the answers (CORS), errors included. Preflights are answered."},
    {.group = "Rules", .name = "rule-allow-client", .key_in_table = "allow_client",
     .effect = List{&RuleConfig::allowed_clients, accept_network, kNetworks, "as the site says"},
     .reach = Option::Reach::table,
     .meaning = "As allow_client of a site, which does not count then."},
    {.group = "Rules", .name = "rule-deny-client", .key_in_table = "deny_client",
     .effect = List{&RuleConfig::denied_clients, accept_network, kNetworks, "as the site says"},
     .reach = Option::Reach::table,
     .meaning = "As deny_client of a site, which does not count then."},
    {.group = "Rules", .name = "rule-allow-certificate", .key_in_table = "allow_certificate",
     .effect = List{&RuleConfig::allowed_certificates, accept_certificate, kCertificates, "as the site says", '\n'},
     .reach = Option::Reach::table,
     .meaning = "As allow_certificate of a site, which does not count then."},
    {.group = "Rules", .name = "rule-password-file", .key_in_table = "password_file",
     .effect = Text{&RuleConfig::password_file, accept_any, "the name of a file with lines NAME:HASH", "as the site says"},
     .reach = Option::Reach::table,
     .meaning = "As password_file of a site. Where a rule names a file of either kind, those of the site do not count."},
    {.group = "Rules", .name = "rule-token-file", .key_in_table = "token_file",
     .effect = Text{&RuleConfig::token_file, accept_any, "the name of a file with lines NAME:SHA256", "as the site says"},
     .reach = Option::Reach::table,
     .meaning = "As token_file of a site, likewise."},
    {.group = "Rules", .name = "rule-realm", .key_in_table = "realm",
     .effect = Text{&RuleConfig::realm, accept_realm, kRealm},
     .reach = Option::Reach::table,
     .meaning = "What a browser says that the user signs in to."},
    {.group = "Rules", .name = "rule-open", .key_in_table = "open",
     .effect = Switch{&RuleConfig::is_open},
     .reach = Option::Reach::table,
     .meaning = "Whether everybody is let in without a password or a token, whatever the site says."},

    {.group = "Rules", .name = "rule-client-requests", .key_in_table = "client_requests",
     .effect = WholeNumber<unsigned>{&RuleConfig::client_requests, 0, 1'000'000},
     .reach = Option::Reach::table,
     .meaning = "How many requests per second one client may make at these paths on average, besides what --client-requests allows it in all; what is more is answered 429. "
                "0 as an earlier rule says."},
    {.group = "Rules", .name = "rule-client-burst", .key_in_table = "client_burst",
     .effect = Time{&RuleConfig::client_burst, 1s, 1h},
     .reach = Option::Reach::table,
     .meaning = "How much of it a client that has been quiet may take at once: what client_requests of the same rule allows it in this time."},

    {.group = "Mounts", .name = "mount-path", .key_in_table = "path",
     .effect = Text{&MountConfig::path, accept_mount_path, "a path such as /docs: no empty, . or .. segment, nothing that a URL would encode", "must be given"},
     .reach = Option::Reach::table,
     .meaning = "Where in the site the folder stands. What the root has at this path is hidden; of several mounts the one with the longest path counts."},
    {.group = "Mounts", .name = "mount-root", .key_in_table = "root",
     .effect = Text{&MountConfig::root, accept_non_empty, "the name of a directory", "must be given"},
     .reach = Option::Reach::table,
     .meaning = "The directory whose files are served there. It is followed as the root of the site is (--follow-root), and links must end inside of it."},

    {.group = "Inboxes", .name = "inbox-name", .key_in_table = "name",
     .effect = Text{&InboxConfig::name, accept_inbox_name, "1 to 64 of the characters a-z, 0-9 and -", "must be given"},
     .reach = Option::Reach::table,
     .meaning = "What the inbox is called, in its records and in the log."},
    {.group = "Inboxes", .name = "inbox-path", .key_in_table = "path",
     .effect = Text{&InboxConfig::path, accept_inbox_path, "a path such as /hooks/github: no empty, . or .. segment, nothing that a URL would encode", "/in/NAME"},
     .reach = Option::Reach::table,
     .meaning = "To which address documents are posted."},
    {.group = "Inboxes", .name = "inbox-dir", .key_in_table = "dir",
     .effect = Text{&InboxConfig::dir, accept_non_empty, "the name of a directory outside of everything that is served", "must be given"},
     .reach = Option::Reach::table,
     .meaning = "Where the records are kept: each in a file of its own in the folder new, from where a consumer takes it. The directory is made when it is missing."},
    {.group = "Inboxes", .name = "inbox-max-size", .key_in_table = "max_size",
     .effect = Size{&InboxConfig::max_size, 0, InboxConfig::kLargestDocument},
     .reach = Option::Reach::table,
     .meaning = "How large a document may be, not more than the max_upload of the server; 0 is as much as that, or 4 MiB if that is less."},
    {.group = "Inboxes", .name = "inbox-status", .key_in_table = "status",
     .effect = Text{&InboxConfig::status, accept_inbox_status, "200, 201, 202 or 204"},
     .reach = Option::Reach::table,
     .meaning = "What is answered when the record of a document is on stable storage."},
    {.group = "Inboxes", .name = "inbox-keep", .key_in_table = "keep",
     .effect = List{&InboxConfig::keep, accept_kept_field, "the name of a field, or its beginning with a * behind it; not Authorization, Proxy-Authorization or Cookie", "none"},
     .reach = Option::Reach::table,
     .meaning = "Which fields of a request are kept in its record, besides those that always are: Content-Type, User-Agent, Origin, Traceparent, Idempotency-Key, those of CloudEvents "
                "and of the senders that verify knows. 8 KiB of all of them at most."},
    {.group = "Inboxes", .name = "inbox-token-file", .key_in_table = "token_file",
     .effect = Text{&InboxConfig::token_file, accept_any, "the name of a file with lines NAME:SHA256", "everybody may post"},
     .reach = Option::Reach::table,
     .meaning = "Who may post, each with a token of its own: as a rule for the path with this token_file. The name stands in the record."},
    {.group = "Inboxes", .name = "inbox-verify", .key_in_table = "verify",
     .effect = Text{&InboxConfig::verify, accept_signature_scheme, "standard, github, stripe, slack, shopify, gitlab or hmac", "senders need not sign"},
     .reach = Option::Reach::table,
     .meaning = "How the sender signs its requests; what is not signed so is answered 401 and not kept."},
    {.group = "Inboxes", .name = "inbox-secret-file", .key_in_table = "secret_file",
     .effect = Text{&InboxConfig::secret_file, accept_any, "the name of a file with one to four secrets, the newest first, each on a line", "verify must be empty, too"},
     .reach = Option::Reach::table,
     .meaning = "The secrets with which the sender signs. The file is read again when it changes."},
    {.group = "Inboxes", .name = "inbox-tolerance", .key_in_table = "tolerance",
     .effect = Time{&InboxConfig::tolerance, 1s, 24h},
     .reach = Option::Reach::table,
     .meaning = "How far the time of a signature may be from that of the server, for a scheme whose signatures have one."},
    {.group = "Inboxes", .name = "inbox-max-documents", .key_in_table = "max_documents",
     .effect = WholeNumber<unsigned>{&InboxConfig::max_documents, 0, 1'000'000'000},
     .reach = Option::Reach::table,
     .meaning = "How many records may wait in new and work; more are answered 507 until some are taken out. 0: any number."},
    {.group = "Inboxes", .name = "inbox-max-bytes", .key_in_table = "max_bytes",
     .effect = Size{&InboxConfig::max_bytes, 0, 1ULL << 50},
     .reach = Option::Reach::table,
     .meaning = "How much the records in new and work may take together; 0 is no limit."},
    {.group = "Inboxes", .name = "inbox-min-free", .key_in_table = "min_free",
     .effect = Size{&InboxConfig::min_free, 0, 1ULL << 50},
     .reach = Option::Reach::table,
     .meaning = "How much of the disk has to be free; documents are answered 507 where it is less. 0: documents are taken until the disk is full."},
    {.group = "Inboxes", .name = "inbox-dedupe", .key_in_table = "dedupe",
     .effect = List{&InboxConfig::dedupe, accept_key_source, "sender, header:NAME, json:/POINTER (RFC 6901), cloudevent or digest", "every document is a new one"},
     .reach = Option::Reach::table,
     .meaning = "By what a document that is sent again is recognised, and answered as the first time without being kept twice; the first of them that a request has counts. "
                "sender is what the sender that verify names says is to be compared."},
    {.group = "Inboxes", .name = "inbox-dedupe-window", .key_in_table = "dedupe_window",
     .effect = Time{&InboxConfig::dedupe_window, 1s, 720h},
     .reach = Option::Reach::table,
     .meaning = "For how long a document is recognised; one million of them at most."},
    {.group = "Inboxes", .name = "inbox-dedupe-required", .key_in_table = "dedupe_required",
     .effect = Switch{&InboxConfig::dedupe_required},
     .reach = Option::Reach::table,
     .meaning = "Whether a document by which dedupe finds nothing to compare is refused."},
    {.group = "Inboxes", .name = "inbox-dedupe-conflict", .key_in_table = "dedupe_conflict",
     .effect = Text{&InboxConfig::dedupe_conflict, accept_key_conflict, "refuse, store or ignore", "refuse for header:Idempotency-Key, store for all others"},
     .reach = Option::Reach::table,
     .meaning = "What becomes of a document that is recognised, and whose content is another one: it is answered 422; or kept, and its record says so; or counts as the first one."},
    {.group = "Inboxes", .name = "inbox-signature-field", .key_in_table = "signature_field",
     .effect = Text{&InboxConfig::signature_field, accept_optional_field_name, "the name of a field", "none"},
     .reach = Option::Reach::table,
     .meaning = "With verify = hmac: the field that holds the signature."},
    {.group = "Inboxes", .name = "inbox-signature-prefix", .key_in_table = "signature_prefix",
     .effect = Text{&InboxConfig::signature_prefix, accept_any, "what stands in front of the signature, such as sha256=", "nothing"},
     .reach = Option::Reach::table,
     .meaning = "With verify = hmac: what stands in that field in front of the signature."},
    {.group = "Inboxes", .name = "inbox-signed-bytes", .key_in_table = "signed_bytes",
     .effect = Text{&InboxConfig::signed_bytes, accept_any, "a text with {body} once, and {timestamp} where there is one", "{body}"},
     .reach = Option::Reach::table,
     .meaning = "With verify = hmac: what is signed."},
    {.group = "Inboxes", .name = "inbox-signature-algorithm", .key_in_table = "signature_algorithm",
     .effect = Text{&InboxConfig::signature_algorithm, accept_any, "sha256, sha512 or sha1", "sha256"},
     .reach = Option::Reach::table,
     .meaning = "With verify = hmac: the hash function of the HMAC."},
    {.group = "Inboxes", .name = "inbox-signature-encoding", .key_in_table = "signature_encoding",
     .effect = Text{&InboxConfig::signature_encoding, accept_any, "hex or base64", "hex"},
     .reach = Option::Reach::table,
     .meaning = "With verify = hmac: how the signature is written."},
    {.group = "Inboxes", .name = "inbox-timestamp-field", .key_in_table = "timestamp_field",
     .effect = Text{&InboxConfig::timestamp_field, accept_any, "the name of a field with seconds since 1970", "signatures do not expire"},
     .reach = Option::Reach::table,
     .meaning = "With verify = hmac: the field that says when the request was signed."},

    {.group = "Connections", .short_flag = "-t", .name = "threads", .placeholder = "N", .positional = "THREADS",
     .effect = WholeNumber<unsigned>{&ServerConfig::threads, 1, 1024},
     .meaning = "How many worker threads serve the connections."},
    {.group = "Connections", .name = "connections-per-thread", .placeholder = "N",
     .effect = WholeNumber<unsigned>{&ServerConfig::connections_per_thread, 1, 1'000'000},
     .meaning = "How many connections a worker holds; 1 gives every connection a thread of its own."},
    {.group = "Connections", .name = "queue", .placeholder = "N",
     .effect = WholeNumber<unsigned>{&ServerConfig::queue, 0, 1'000'000},
     .meaning = "How many connections may wait for a worker; when all places are taken a new one is answered 503."},
    {.group = "Connections", .name = "keep-alive-timeout", .placeholder = "TIME",
     .effect = Time{&ServerConfig::keep_alive_timeout, 1ms, 24h},
     .meaning = "How long a connection may be idle between two requests."},
    {.group = "Connections", .name = "keep-alive-requests", .placeholder = "N",
     .effect = WholeNumber<unsigned>{&ServerConfig::keep_alive_requests, 0, 1'000'000'000},
     .meaning = "How many requests a connection of HTTP/1 serves before it is closed; 0 is no limit."},
    {.group = "Connections", .name = "http2", .placeholder = "on|off",
     .effect = Switch{&ServerConfig::http2},
     .meaning = "Whether HTTP/2 is spoken: over TLS it is offered (ALPN), and in clear text with a client that begins with its preface, as proxies do; off answers that 505."},
    {.group = "Connections", .name = "http2-requests", .placeholder = "N",
     .effect = WholeNumber<unsigned>{&ServerConfig::http2_requests, 0, 1'000'000'000},
     .meaning = "How many requests a connection of HTTP/2 serves before its client is told to open another one (GOAWAY), which some clients take "
                "for a failure; 0 is no limit."},
    {.group = "Connections", .name = "grace-period", .placeholder = "TIME",
     .effect = Time{&ServerConfig::grace_period, 0ms, 24h},
     .reloads = true,
     .meaning = "How long exchanges in flight may take to finish when the server stops."},
    {.group = "Connections", .name = "tcp-congestion", .placeholder = "NAME",
     .effect = Text{&ServerConfig::tcp_congestion, accept_non_empty, "auto, system, or an algorithm of net.ipv4.tcp_available_congestion_control"},
     .meaning = "TCP's congestion control; system is the machine's. auto is that too, but reno instead of bbr on a loopback address, "
                "where bbr halves the speed of large files."},

    {.group = "Addresses", .name = "redirect", .placeholder = "REDIRECT",
     .effect = List{&SiteConfig::redirects, accept_redirect, "FROM TO or FROM TO STATUS, such as /old/* /new/:splat 308", "none", '\n'},
     .meaning = "An address that has moved: a path, where it is now (a path or a URL), and 301, 302, 303, 307 or 308; 301 when it is left out. * at the end of the path "
                "is all that lies beneath, and :splat that in the new address. The first one that holds counts. Several in one flag or variable stand on a line each."},
    {.group = "Addresses", .name = "redirects-file", .placeholder = "FILE",
     .effect = Text{&SiteConfig::redirects_file, accept_any, "the name of a file", "none"},
     .meaning = "A file with a redirect on each line, such as _redirects; # begins a comment. It is read anew when it changes."},
    {.group = "Addresses", .name = "canonical-host", .placeholder = "NAME",
     .effect = Text{&SiteConfig::canonical_host, accept_name, "a name such as example.org, without a port", "every name is answered"},
     .meaning = "The one name of the site: who asks for another one of its names, www.example.org for example, is sent on to it (308). It is accepted as a host."},
    {.group = "Addresses", .name = "index", .placeholder = "NAME",
     .effect = List{&SiteConfig::index_names, accept_file_name, "the name of a file, without /"},
     .meaning = "The files that are shown for a folder: the first one that is there."},
    {.group = "Addresses", .name = "clean-urls", .placeholder = "off|on|redirect", .value_alone = "on",
     .effect = Choice<files::CleanUrls>{&SiteConfig::clean_urls, kCleanUrls},
     .meaning = "Whether /about shows about.html. redirect also sends /about.html on to /about, and /index.html to / (308)."},
    {.group = "Addresses", .name = "trailing-slash", .placeholder = "WHEN",
     .effect = Choice<files::TrailingSlash>{&SiteConfig::trailing_slash, kTrailingSlash},
     .meaning = "Whether the addresses of pages end with /; the other ones are sent on to them (308). auto: those of folders do, those of files do not. always: /about/ shows "
                "about.html, with --clean-urls. never: /docs shows docs/index.html."},
    {.group = "Addresses", .name = "spa", .placeholder = "FILE|on|off", .value_alone = "on",
     .effect = Text{&SiteConfig::spa, accept_spa, "on, off, or the name of a file in the root", "off"},
     .meaning = "The page that a browser gets for addresses at which nothing is, for apps whose script decides what to show there; on is index.html. Only navigations get "
                "it: what a page loads, and names with an extension, are 404 when they are missing."},
    {.group = "Addresses", .name = "keep-releases", .placeholder = "N|TIME",
     .effect = Releases{&SiteConfig::keep_releases, 1s, 24h * 365},
     .meaning = "From how many earlier releases the files of --immutable are still served when the root has been switched to a new one, for pages that are still open; "
                "or for how long after that, from 100 of them at most."},
    {.group = "Addresses", .name = "error-page", .placeholder = "STATUS=FILE",
     .effect = List{&SiteConfig::error_pages, accept_error_page, "a status or a class of errors and a file in the root, such as 404=404.html or 5xx=error.html", "the server's own"},
     .meaning = "The pages that people are shown for errors; programs get problem details. They are read anew when they change."},

    {.group = "Files", .name = "download", .placeholder = "EXTENSION",
     .effect = List{&SiteConfig::downloads, accept_extension, kExtensions, "none"},
     .meaning = "Files with these extensions are offered as downloads, not shown."},
    {.group = "Files", .name = "allow-type", .placeholder = "EXTENSION",
     .effect = List{&SiteConfig::allowed_types, accept_extension, kExtensions, "every type"},
     .meaning = "Only files with these extensions are served; others are answered 415."},
    {.group = "Files", .name = "compress", .placeholder = "off|prepared|on", .value_alone = "on",
     .effect = Choice<http::Compression>{&SiteConfig::compression, kCompression},
     .meaning = "Whether text and other compressible files are given in the content codings that a client accepts: prepared takes what lies beside a file as NAME.br, NAME.zst or "
                "NAME.gz and is not older; on also compresses with zstd and gzip, and keeps the result."},
    {.group = "Files", .name = "checksums", .placeholder = "on|off",
     .effect = Switch{&SiteConfig::checksums},
     .meaning = "Whether NAME.sha256 can be fetched for every file NAME, as sha256sum writes it, where no such file lies beside it. Each is computed once."},
    {.group = "Files", .name = "include-hidden", .placeholder = "NAME",
     .effect = List{&SiteConfig::included_hidden, accept_hidden_name, "names that begin with a dot, such as .nojekyll or .x-*", "none, but /.well-known/ at the top"},
     .meaning = "Files and folders to serve although their names begin with a dot; ? and * stand for characters of a name. What is in such a folder is served, "
                "too, but for hidden names. The server's own files, which begin with .bobbin, are never served."},
    {.group = "Files", .name = "follow-symlinks", .placeholder = "no|inside|yes",
     .effect = Choice<os::Links>{&SiteConfig::follow_symlinks, kLinks},
     .meaning = "Which symbolic links are followed: none; those that end inside the root, absolute ones too where they name the root; or all, "
                "wherever they lead. Others are answered 403."},
    {.group = "Files", .name = "listing", .placeholder = "on|off",
     .effect = Switch{&SiteConfig::listing},
     .meaning = "Whether a folder without index.html is shown by a list of what can be fetched from it: a page, or JSON for programs that "
                "prefer it. Nothing is listed that is hidden, uploaded or refused."},
    {.group = "Files", .name = "listing-readme", .placeholder = "on|off",
     .effect = Switch{&SiteConfig::listing_readme},
     .meaning = "Whether the page of a folder shows the text of its README.md, README.txt or README beneath the list, as it is."},
    {.group = "Files", .name = "trust-mtime", .placeholder = "on|off",
     .effect = Switch{&SiteConfig::trust_mtime},
     .meaning = "Whether If-Range with the date of a file resumes a download although a tool has set that date (rsync -a, cp -p, an image). "
                "on is for mirrors whose files are never replaced by others under an old time: there a client could put two "
                "versions together. Entity tags resume downloads either way."},
    {.group = "Files", .name = "etag-seed", .placeholder = "TEXT",
     .effect = Text{&SiteConfig::etag_seed, accept_any, "any text", "none"},
     .meaning = "Goes into every entity tag. A text that only you know keeps anybody from finding out, by trying, of which inode and "
                "times a tag was made; another text makes every cache ask for its files anew."},
    {.group = "Files", .name = "mime-types", .placeholder = "FILE",
     .effect = Text{&ServerConfig::mime_types, accept_any, "the name of a file", "the built-in table only"},
     .reloads = true,
     .meaning = "The system's table of media types, which adds to the built-in one."},
    {.group = "Files", .name = "header", .placeholder = "FIELD",
     .effect = List{&SiteConfig::headers, accept_header, kField, "none", '\n'},
     .meaning = "A header field to add to every answer that is no error, such as \"Access-Control-Allow-Origin: *\". Several in one "
                "flag or variable stand on a line each."},
    {.group = "Files", .name = "header-always", .placeholder = "FIELD",
     .effect = List{&SiteConfig::headers_always, accept_header, kField, "none", '\n'},
     .meaning = "The same, added to errors too."},
    {.group = "Files", .name = "security-headers", .placeholder = "on|off",
     .effect = Switch{&SiteConfig::security_headers},
     .meaning = "Whether answers have X-Content-Type-Options: nosniff, and documents also Content-Security-Policy: frame-ancestors 'self' and Referrer-Policy. --header and "
                "rules can replace each of them."},
    {.group = "Files", .name = "cache-control", .placeholder = "TEXT",
     .effect = Text{&SiteConfig::cache_control, accept_field_value, "visible ASCII characters with spaces between them", "no such field"},
     .meaning = "The Cache-Control field of every answer that is no error, such as max-age=3600; errors then have no-store."},
    {.group = "Files", .name = "server-name", .placeholder = "TEXT",
     .effect = Text{&ServerConfig::server_name, accept_field_value, "visible ASCII characters with spaces between them", "no name"},
     .meaning = "The Server field of every response and the name on error pages; an empty text leaves both out."},

    {.group = "Uploads", .name = "uploads", .placeholder = "auto|on|off",
     .effect = Choice<Uploads>{&SiteConfig::uploads, kUploads},
     .meaning = "Whether uploads are taken. auto does where --upload-dir names their directory, and with the profile classic where the "
                "root holds a directory uploads; off serves files only."},
    {.group = "Uploads", .name = "upload-path", .placeholder = "PATH",
     .effect = Text{&SiteConfig::upload_path, accept_request_path, "a path such as /upload: no empty, . or .. segment, nothing that a URL would encode"},
     .meaning = "The path that takes uploads."},
    {.group = "Uploads", .name = "upload-dir", .placeholder = "DIR",
     .effect = Text{&SiteConfig::upload_dir, accept_any, "the name of a directory", "uploads in the root"},
     .meaning = "The directory that keeps uploads; made when missing. It is opened at the start and at a reload, and does not follow the root in "
                "between."},
    {.group = "Uploads", .name = "serve-uploads", .placeholder = "on|off",
     .effect = Switch{&SiteConfig::serve_uploads},
     .meaning = "Whether an upload can be fetched again."},

    {.group = "Limits", .name = "max-head", .placeholder = "SIZE",
     .effect = Size{&ServerConfig::max_head, 256, kMiB},
     .meaning = "The largest request line and fields together; more is answered 431 or 414."},
    {.group = "Limits", .name = "cache-memory", .placeholder = "SIZE",
     .effect = Size{&ServerConfig::cache_memory, 0, kTiB},
     .meaning = "How much memory all threads together may use for cached files; 0 for none. A file is answered from it only "
                "when it has been looked at after the request had arrived."},
    {.group = "Limits", .name = "max-upload", .placeholder = "SIZE",
     .effect = Size{&ServerConfig::max_upload, 1, kTiB},
     .meaning = "The largest content of an upload; more is answered 413."},
    {.group = "Limits", .name = "site-max-upload", .key_in_table = "max_upload",
     .effect = Size{&SiteConfig::max_upload, 0, kTiB},
     .reach = Option::Reach::table,
     .meaning = "The same for one [[site]], not more than for the server as a whole; 0 is as much as that."},
    {.group = "Limits", .name = "upload-memory", .placeholder = "SIZE",
     .effect = Size{&ServerConfig::upload_memory, kMiB, kTiB},
     .meaning = "How much memory the content of all uploads under way may take together; what is more is answered 503."},
    {.group = "Limits", .name = "upload-disk", .placeholder = "SIZE",
     .effect = Size{&ServerConfig::upload_disk, 0, kTiB},
     .meaning = "How much of the disk unfinished uploads may take together; what is more is answered 503. One upload of the largest "
                "size is possible in any case."},
    {.group = "Limits", .name = "durability", .placeholder = "auto|files|journal",
     .effect = Choice<store::Durability>{&ServerConfig::durability, kDurability},
     .meaning = "What has been flushed when an upload is answered: the file and its name, or a record in a journal in the folder, "
                "which is faster, and from which the files are published again after a power cut. auto is journal where the kernel "
                "(Linux 5.8) and the file system report every failed sync and there are 256 MiB or more, otherwise files."},
    {.group = "Limits", .name = "head-timeout", .placeholder = "TIME",
     .effect = Time{&ServerConfig::head_timeout, 1ms, 24h},
     .meaning = "How long a request head may take, from its first byte to its last; more is answered 408."},
    {.group = "Limits", .name = "minimum-rate", .placeholder = "SIZE",
     .effect = Size{&ServerConfig::minimum_rate, 0, kGiB},
     .meaning = "How many bytes of content a client must send or take per second, averaged over the transfer; a slower one is "
                "answered 408 or cut off. 0 is no minimum."},
    {.group = "Limits", .name = "minimum-rate-grace", .placeholder = "TIME",
     .effect = Time{&ServerConfig::rate_grace, 0ms, 24h},
     .meaning = "How long a transfer may be slower than the minimum rate."},
    {.group = "Limits", .name = "stall-timeout", .placeholder = "TIME",
     .effect = Time{&ServerConfig::stall_timeout, 1ms, 24h},
     .meaning = "The longest pause within a transfer, in either direction; after that it is given up."},
    {.group = "Limits", .name = "commit-timeout", .placeholder = "TIME",
     .effect = Time{&ServerConfig::commit_timeout, 1ms, 24h},
     .meaning = "How long an upload may take to reach stable storage; more is answered 503."},

    {.group = "Limits for each client", .name = "client-connections", .placeholder = "N",
     .effect = WholeNumber<unsigned>{&ServerConfig::client_connections, 0, 1'000'000},
     .reloads = true,
     .meaning = "How many connections one client may have at the same time, by address (IPv6 by /64); what is more is answered 429. Those of "
                "--trusted-proxies are not counted, except that one with a PROXY header is counted for the client that it names. 0 is no limit."},
    {.group = "Limits for each client", .name = "client-requests", .placeholder = "N",
     .effect = WholeNumber<unsigned>{&ServerConfig::client_requests, 0, 1'000'000},
     .reloads = true,
     .meaning = "How many requests per second one client may make on average; what is more is answered 429. 0 is no limit."},
    {.group = "Limits for each client", .name = "client-bytes", .placeholder = "SIZE",
     .effect = Size{&ServerConfig::client_bytes, 0, kTiB},
     .reloads = true,
     .meaning = "How many bytes of content per second one client may be sent on average; further requests are answered 429 until that is made good. "
                "0 is no limit."},
    {.group = "Limits for each client", .name = "client-burst", .placeholder = "TIME",
     .effect = Time{&ServerConfig::client_burst, 1s, 1h},
     .reloads = true,
     .meaning = "How much a client that has been quiet may take at once: what the limits allow it in this time."},
    {.group = "Limits for each client", .name = "client-exempt", .placeholder = "NETWORK",
     .effect = List{&ServerConfig::client_exempt, accept_network, kNetworks, "none"},
     .reloads = true,
     .meaning = "Clients without these limits. Clients of Unix sockets never have any."},

    {.group = "Log", .name = "access-log", .placeholder = "on|off",
     .effect = Switch{&ServerConfig::access_log},
     .meaning = "Whether every exchange is logged."},
    {.group = "Log", .name = "log-format", .placeholder = "FORMAT",
     .effect = Choice<AccessFormat>{&ServerConfig::log_format, kFormats},
     .meaning = "How an exchange is logged: as a block of lines, in one of Apache's formats, or as a JSON object."},
    {.group = "Log", .name = "log-file", .placeholder = "FILE",
     .effect = Text{&ServerConfig::log_file, accept_any, "the name of a file", "standard output"},
     .meaning = "The file that the log is appended to; SIGUSR1 opens it anew."},
    {.group = "Log", .name = "site-log-file", .key_in_table = "log_file",
     .effect = Text{&SiteConfig::log_file, accept_any, "the name of a file", "the log of the server"},
     .reach = Option::Reach::table,
     .meaning = "A file for the exchanges of one [[site]]. Failures and violations stand in the log of the server, too. Several sites may share one."},
    {.group = "Log", .name = "site-log-format", .key_in_table = "log_format",
     .effect = Choice<std::optional<AccessFormat>>{&SiteConfig::log_format, kSiteFormats},
     .reach = Option::Reach::table,
     .meaning = "How the exchanges of the [[site]] are logged in its own log_file, as in --log-format; auto as --log-format says."},
    {.group = "Log", .name = "log-level", .placeholder = "LEVEL",
     .effect = Choice<LogLevel>{&ServerConfig::log_level, kLevels},
     .meaning = "The least important messages that are logged."},
    {.group = "Log", .name = "status-interval", .placeholder = "TIME",
     .effect = Time{&ServerConfig::status_interval, 0ms, 24h},
     .reloads = true,
     .meaning = "How often the state of the thread pool is logged; 0 is never."},

    {.group = "Commands", .name = "all",
     .effect = Action::show_all,
     .meaning = "Behind bobbin audit: list every URL, and everything that is flagged."},
    {.group = "Commands", .short_flag = "-H", .name = "request-header", .placeholder = "FIELD",
     .effect = Action::add_field,
     .meaning = "Behind bobbin explain: a field of the request, \"Name: value\". May be repeated."},
    {.group = "Commands", .name = "from", .placeholder = "ADDRESS|SEQUENCE",
     .effect = Action::ask_from,
     .meaning = "Behind bobbin explain: the address of the client; 127.0.0.1 unless it is given. Behind bobbin inbox cat: the number of the first record that is printed."},
    {.group = "Commands", .name = "json",
     .effect = Action::as_json,
     .meaning = "Behind bobbin audit, bobbin explain, bobbin inbox verify and bobbin inbox prove: write a JSON object instead of a text."},
    {.group = "Commands", .name = "receipts",
     .effect = Action::print_receipts,
     .meaning = "Behind bobbin inbox cat: print what the digests in the journal are digests of, which is all but the documents."},
    {.group = "Commands", .name = "bodies",
     .effect = Action::print_bodies,
     .meaning = "Behind bobbin inbox cat: print the documents alone."},
    {.group = "Commands", .name = "documents", .placeholder = "N",
     .effect = Action::count_documents,
     .meaning = "Behind bobbin inbox prove: how many documents are stored in a round at most, 1 to 1000000; 1000 unless it is given, and 100000 with --until-killed."},
    {.group = "Commands", .name = "until-killed",
     .effect = Action::until_killed,
     .meaning = "Behind bobbin inbox prove: store documents, and print the SHA-256 and the name of each that is acknowledged, until the power is cut."},
    {.group = "Commands", .name = "check", .placeholder = "FILE",
     .effect = Action::check_acknowledged,
     .meaning = "Behind bobbin inbox prove: recover, and compare with what --until-killed has printed."},

    {.group = "General", .short_flag = "-c", .name = "config", .placeholder = "FILE",
     .effect = Action::read_file,
     .meaning = "Read this configuration file."},
    {.group = "General", .name = "check-config",
     .effect = Action::check_config,
     .meaning = "Check command line, environment and configuration file, and what they name, then exit; nothing is bound or changed."},
    {.group = "General", .short_flag = "-h", .name = "help",
     .effect = Action::help,
     .meaning = "Print this text and exit."},
    {.group = "General", .name = "help-markdown",
     .effect = Action::help_markdown,
     .meaning = "Print docs/configuration.md and exit."},
    {.group = "General", .short_flag = "-V", .name = "version",
     .effect = Action::version,
     .meaning = "Print the version and exit."},
};
// clang-format on

}  // namespace

std::span<const Option> options() { return kOptions; }

}  // namespace bobbin::app
