#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/network.h"
#include "http/path_pattern.h"

// The texts in which an operator writes numbers, times, sizes and names. Every `parse_` and `accept_` gives
// nothing for a text that is not exactly of its form: no sign, no white space, nothing left over.
namespace bobbin::app {

[[nodiscard]] std::optional<std::uint64_t> parse_whole_number(std::string_view text);

/// "30" and "30s" (seconds), "500ms", "2m", "1h"; decimal fractions as in "1.5s", down to one millisecond.
[[nodiscard]] std::optional<milliseconds> parse_time(std::string_view text);
/// The shortest text that parse_time reads as `time`: "30s", "500ms", "24h".
[[nodiscard]] std::string time_text(milliseconds time);

/// "on", "true", "yes", "1", and "off", "false", "no", "0", whatever the case of their letters.
[[nodiscard]] std::optional<bool> parse_switch(std::string_view text);

/// "16384"; "16KiB", "16k", "1MiB", "1G": powers of 1024; "16kB", "10MB": powers of 1000 (IEC 80000-13). The
/// case of the letters does not matter.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
/// The shortest text that parse_size reads as `bytes`: "500", "16KiB".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// The items between separators, without the blanks around them. A blank text has no items.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text, char separator = ',');

// What stands in front of binds that are no addresses.
inline constexpr std::string_view kUnixPrefix = "unix:";
inline constexpr std::string_view kPassedPrefix = "fd:";

// Each of these returns the value to keep (perhaps in a simpler form), or nothing.
[[nodiscard]] std::optional<std::string> accept_any(std::string_view text);
[[nodiscard]] std::optional<std::string> accept_non_empty(std::string_view text);
/// An IPv4 or IPv6 address, with or without brackets (removed), or "localhost".
[[nodiscard]] std::optional<std::string> accept_address(std::string_view text);
/// The same, or "unix:PATH", or "fd:NAME" as systemd allows names of descriptors.
/// "ADDRESS:PORT" with brackets around an IPv6 address, "unix:PATH" or "fd:NAME".
[[nodiscard]] std::optional<std::string> accept_admin(std::string_view text);
[[nodiscard]] std::optional<std::string> accept_bind(std::string_view text);
/// The mode of a file: three or four octal digits, none beyond 0777.
[[nodiscard]] std::optional<std::string> accept_mode(std::string_view text);
/// USER, USER:GROUP or :GROUP, or nothing. Whether they exist shows when they are looked up.
/// The name or the number of a user, without blanks.
[[nodiscard]] std::optional<std::string> accept_user(std::string_view text);
[[nodiscard]] std::optional<std::string> accept_owner(std::string_view text);
/// What Network::parse takes, in its canonical form.
[[nodiscard]] std::optional<std::string> accept_network(std::string_view text);
/// What texts mean that accept_network has returned.
[[nodiscard]] Networks networks_of(const std::vector<std::string>& texts);
/// A host as HostPolicy::parse_allowed takes it.
[[nodiscard]] std::optional<std::string> accept_host(std::string_view text);
/// The same except "*", since a site has names.
[[nodiscard]] std::optional<std::string> accept_site_name(std::string_view text);
/// A file name extension; lowercase afterwards, and without a dot in front.
[[nodiscard]] std::optional<std::string> accept_extension(std::string_view text);
/// An absolute path that a request can name without percent-encoding and that the server would not refuse.
[[nodiscard]] std::optional<std::string> accept_request_path(std::string_view text);
/// The same; without the '/' at its end afterwards, where there is one.
[[nodiscard]] std::optional<std::string> accept_mount_path(std::string_view text);
/// The path of an inbox, as that of a mount; or empty.
[[nodiscard]] std::optional<std::string> accept_inbox_path(std::string_view text);
/// The name of an inbox: 1 to 64 characters of a-z, 0-9 and '-'.
[[nodiscard]] std::optional<std::string> accept_inbox_name(std::string_view text);
/// The name of a node, likewise; or empty.
[[nodiscard]] std::optional<std::string> accept_node(std::string_view text);
/// What object_store::parse_location takes.
[[nodiscard]] std::optional<std::string> accept_location(std::string_view text);
/// What is_endpoint, is_region and the commands of inbox take; or empty.
[[nodiscard]] std::optional<std::string> accept_endpoint(std::string_view text);
[[nodiscard]] std::optional<std::string> accept_region(std::string_view text);
[[nodiscard]] std::optional<std::string> accept_addressing(std::string_view text);
/// What an inbox may answer to what it keeps.
[[nodiscard]] std::optional<std::string> accept_inbox_status(std::string_view text);
/// What an inbox may take: `json`, `form` or `text`.
[[nodiscard]] std::optional<std::string> accept_inbox_type(std::string_view text);
[[nodiscard]] std::optional<std::string> accept_inbox_coding(std::string_view text);
/// Where an inbox may send those on who have filled in a form: what may stand behind a path in a redirect, as
/// in a URI afterwards; or empty.
[[nodiscard]] std::optional<std::string> accept_inbox_redirect(std::string_view text);
/// The origin of pages, as uploads::PageOrigin.
[[nodiscard]] std::optional<std::string> accept_page_origin(std::string_view text);
/// By what documents are told apart: as uploads::KeySource, or `sender`.
[[nodiscard]] std::optional<std::string> accept_key_source(std::string_view text);
/// `refuse`, `store` or `ignore`, or empty.
[[nodiscard]] std::optional<std::string> accept_key_conflict(std::string_view text);
/// `reject` or `quarantine`.
[[nodiscard]] std::optional<std::string> accept_on_invalid(std::string_view text);
/// `record` or `segments`.
[[nodiscard]] std::optional<std::string> accept_inbox_store(std::string_view text);
/// The name of a field, or its beginning with '*' behind it; in lower case. Not of one that holds a secret.
[[nodiscard]] std::optional<std::string> accept_kept_field(std::string_view text);
/// The name of a field, or empty.
/// See observe::parse_log_place; nothing is a place, too.
[[nodiscard]] std::optional<std::string> accept_log_place(std::string_view text);
[[nodiscard]] std::optional<std::string> accept_optional_field_name(std::string_view text);
/// The name of a scheme of signatures, or empty.
[[nodiscard]] std::optional<std::string> accept_signature_scheme(std::string_view text);
/// A field line, "Name: value" afterwards, whose name is a token (RFC 9110 §5.1) and none of those that
/// describe a message, its content or the connection, which are the server's own.
[[nodiscard]] std::optional<std::string> accept_header(std::string_view text);
/// A value of Strict-Transport-Security (RFC 6797 §6.1), or nothing at all.
[[nodiscard]] std::optional<std::string> accept_hsts(std::string_view text);
/// What http::PathPattern::parse takes.
[[nodiscard]] std::optional<std::string> accept_path_pattern(std::string_view text);
/// What texts mean that accept_path_pattern has returned.
[[nodiscard]] std::vector<http::PathPattern> path_patterns_of(const std::vector<std::string>& texts);
/// A pattern for names that begin with a dot, without '/'.
[[nodiscard]] std::optional<std::string> accept_hidden_name(std::string_view text);
/// A method that the server knows; in upper case afterwards.
[[nodiscard]] std::optional<std::string> accept_method(std::string_view text);
/// A status code from 100 to 599, or a class of them such as "4xx".
[[nodiscard]] std::optional<std::string> accept_status(std::string_view text);
/// What a text means that accept_status has returned: 404 for "404", and 4 for "4xx".
[[nodiscard]] int status_or_class(std::string_view text);
/// The name of a field (RFC 9110 §5.1) that accept_header takes.
[[nodiscard]] std::optional<std::string> accept_field_name(std::string_view text);
/// An origin as browsers write it (RFC 6454 §6.2), in lower case afterwards, or "*".
[[nodiscard]] std::optional<std::string> accept_origin(std::string_view text);
/// What http::Redirect::parse takes.
[[nodiscard]] std::optional<std::string> accept_redirect(std::string_view text);
/// The name of a host, in lower case afterwards, or nothing at all: no address, no port and no pattern.
[[nodiscard]] std::optional<std::string> accept_name(std::string_view text);
/// The name of a file without its folders, that is not hidden.
[[nodiscard]] std::optional<std::string> accept_file_name(std::string_view text);
/// The path of a file beneath a folder, without '/' in front afterwards; "index.html" for on, nothing for
/// off.
[[nodiscard]] std::optional<std::string> accept_spa(std::string_view text);
/// `STATUS=FILE`, where STATUS is one of errors as accept_status takes it; FILE as it is.
[[nodiscard]] std::optional<std::string> accept_error_page(std::string_view text);
/// What a 401 names: visible ASCII characters, without '"' and '\\', with blanks between them.
[[nodiscard]] std::optional<std::string> accept_realm(std::string_view text);
/// What http::filters::ClientCertificates takes. A fingerprint in lower case afterwards, and without colons.
[[nodiscard]] std::optional<std::string> accept_certificate(std::string_view text);
/// Visible ASCII characters with blanks between them, or nothing at all: safe as a field value (RFC 9110
/// §5.5).
[[nodiscard]] std::optional<std::string> accept_field_value(std::string_view text);

}  // namespace bobbin::app
