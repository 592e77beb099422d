#include "http/redirects.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/ascii.h"
#include "http/host_policy.h"
#include "http/percent_encoding.h"
#include "http/target.h"

namespace bobbin::http {
namespace {

constexpr std::string_view kSplat = ":splat";
constexpr std::string_view kBlanks = " \t\r";
constexpr std::array kStatuses{Status::moved_permanently, Status::found, Status::see_other,
                               Status::temporary_redirect, Status::permanent_redirect};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (text.empty()) return words;
    words.push_back(text.substr(0, text.find_first_of(kBlanks)));
    text.remove_prefix(words.back().size());
  }
}

/// What a URI cannot hold raw is percent-encoded; what has been encoded stays as it is (RFC 3986 §2.4).
std::string encoded_target(std::string_view target) {
  return percent_encode(target, "-._~!$&'()*+,;=:@/?#[]%");
}

/// Where the path begins in a target; nothing: it is neither a path nor a URL with a host.
std::optional<std::size_t> start_of_path(std::string_view target) {
  if (target.starts_with("//") || target.starts_with("/\\")) return std::nullopt;
  if (target.starts_with('/')) return 0;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t end = std::min(target.find_first_of("/?#", scheme.size()), target.size());
    const std::string_view authority = target.substr(scheme.size(), end - scheme.size());
    if (parse_authority(authority)) return end;
  }
  return std::nullopt;
}

Result<Status, std::string> status_of(std::string_view text) {
  for (const Status status : kStatuses)
    if (text == std::to_string(code(status))) return status;
  return failure(fmt::format(
      "the status is {}; 301, 302, 303, 307 or 308 is allowed{}", text,
      text == "200" ? " (--spa shows one page at all addresses, --error-page pages for errors)" : ""));
}

Result<void, std::string> set_from(Redirect& redirect, std::string_view from) {
  redirect.is_prefix = from.ends_with("/*");
  if (redirect.is_prefix) from.remove_suffix(1);
  if (!from.starts_with('/') || from.find_first_of("*?#") != std::string_view::npos)
    return failure(std::string(
        "the first word must be a path that begins with /, without a query, and with * only as its last "
        "segment"));
  if (from.find("/:") != std::string_view::npos)
    return failure(std::string(
        "the first word has a segment that begins with a colon; such placeholders are not understood: * at "
        "the end stands for everything beneath, and :splat for that in the second word"));
  Decoded decoded = percent_decode(from);
  if (!decoded.is_well_formed || from.find("//") != std::string_view::npos)
    return failure(std::string("the first word is a path that no request can have"));
  redirect.from = std::move(decoded.text);
  return {};
}

Result<void, std::string> set_target(Redirect& redirect, std::string_view to) {
  const auto path = start_of_path(to);
  if (!path)
    return failure(std::string(
        "the second word must be a path that begins with one /, or a URL that begins with http:// or "
        "https:// and a host"));
  const std::size_t splat = to.find(kSplat);
  redirect.has_splat = splat != std::string_view::npos;
  redirect.before_splat = encoded_target(to.substr(0, splat));
  if (!redirect.has_splat) return {};
  redirect.after_splat = encoded_target(to.substr(splat + kSplat.size()));
  const bool is_in_path = splat > *path && splat < to.find_first_of("?#");
  if (!is_in_path || !redirect.is_prefix || redirect.after_splat.find(kSplat) != std::string::npos)
    return failure(std::string(
        "the second word can have one :splat, in its path and behind a /, where the first word ends in /*"));
  return {};
}

bool leads_to_itself(const Redirect& redirect) {
  const std::string from = encode_path(redirect.from);
  return redirect.is_prefix
             ? redirect.has_splat && redirect.before_splat == from && redirect.after_splat.empty()
             : redirect.before_splat == from;
}

/// The target of the redirect for this path, before the query.
std::string target_for(const Redirect& redirect, std::string_view path) {
  if (!redirect.has_splat) return redirect.before_splat;
  std::string target = redirect.before_splat;
  std::string splat = encode_path(path.substr(redirect.from.size()));
  // "//" behind the host's place would name another host (RFC 3986 §4.2), and means nothing elsewhere.
  if (target.ends_with('/')) splat.erase(0, std::min(splat.find_first_not_of('/'), splat.size()));
  target += splat;
  const bool repeats_slash = target.ends_with('/') && redirect.after_splat.starts_with('/');
  return target + redirect.after_splat.substr(repeats_slash ? 1 : 0);
}

/// With the query of the request, where the target has none. A fragment stays behind it.
std::string with_query(std::string target, std::string_view query_part) {
  const std::size_t fragment = std::min(target.find('#'), target.size());
  if (target.find('?') < fragment) return target;
  return target.insert(fragment, query_part);
}

}  // namespace

Result<Redirect, std::string> Redirect::parse(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.size() < 2 || words.size() > 3)
    return failure(fmt::format("FROM TO or FROM TO STATUS is allowed, as in /old /new 308, but not {} word{}",
                               words.size(), words.size() == 1 ? "" : "s"));
  Redirect redirect;
  if (words.size() == 3) redirect.status = TRY(status_of(words[2]));
  TRY(set_from(redirect, words[0]));
  TRY(set_target(redirect, words[1]));
  if (leads_to_itself(redirect)) return failure(std::string("it leads to where it begins"));
  return redirect;
}

Result<std::vector<Redirect>, std::string> parse_redirects(std::string_view text) {
  std::vector<Redirect> redirects;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (first == std::string_view::npos || line[first] == '#') continue;
    redirects.push_back(TRY(Redirect::parse(line).map_error(
        [&](const std::string& message) { return fmt::format("line {}: {}", number, message); })));
  }
  return redirects;
}

Redirects::Redirects(std::vector<Redirect> redirects, std::string exempt)
    : redirects_(std::move(redirects)), exempt_(std::move(exempt)) {
  for (std::size_t i = 0; i < redirects_.size(); ++i)
    (redirects_[i].is_prefix ? prefixes_ : exact_).try_emplace(redirects_[i].from, i);
}

const Redirect* Redirects::find(std::string_view path) const {
  std::size_t first = redirects_.size();
  if (const auto exact = exact_.find(path); exact != exact_.end()) first = exact->second;
  if (!prefixes_.empty())
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1))
      if (const auto found = prefixes_.find(path.substr(0, slash + 1)); found != prefixes_.end())
        first = std::min(first, found->second);
  return first < redirects_.size() ? &redirects_[first] : nullptr;
}

std::optional<Begin> Redirects::before(const Request& request) const {
  // `OPTIONS *` asks about the server, and has no path.
  if (request.path.empty() || (!exempt_.empty() && is_beneath(request.path, exempt_))) return std::nullopt;
  const Redirect* redirect = find(request.path);
  if (redirect == nullptr) return std::nullopt;
  const std::string target = target_for(*redirect, request.path);
  if (target.substr(0, target.find_first_of("?#")) == encode_path(request.path)) return std::nullopt;
  request.note("redirect", {"the redirect from ", redirect->from, redirect->is_prefix ? "*" : ""});
  Response response = Response::with_content(redirect->status, "", {});
  response.add_field("Location", with_query(target, query_part(request.head.target)));
  return response;
}

}  // namespace bobbin::http
