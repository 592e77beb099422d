#include "http/redirects.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "given.h"
#include "http/percent_encoding.h"
#include "http/target.h"

// A request target in the first line, and a `_redirects` file behind it. Whatever a client asks for, it is
// never sent to a host that the operator has not written, nor to where it is; and the first redirect that
// holds is the one that answers.
namespace bobbin::fuzz {
namespace {

using http::Redirect;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(lines.back().size() + 1, text.size()));
  }
  return lines;
}

bool says_nothing(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

/// The file is refused for its first line that is refused, and by its number.
std::vector<Redirect> check_file(std::string_view text) {
  std::vector<Redirect> alone;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    if (says_nothing(line)) continue;
    auto redirect = Redirect::parse(line);
    if (!redirect) {
      const auto whole = http::parse_redirects(text);
      ASSERT(!whole && whole.error() == "line " + std::to_string(number) + ": " + redirect.error());
      return {};
    }
    alone.push_back(*std::move(redirect));
  }
  const auto whole = http::parse_redirects(text);
  ASSERT(whole && whole->size() == alone.size());
  return alone;
}

bool holds(const Redirect& redirect, std::string_view path) {
  return redirect.is_prefix ? path.starts_with(redirect.from) : path == redirect.from;
}

/// "https://example.org:8080" of a URL; empty for a path.
std::string_view origin_of(std::string_view location) {
  if (location.starts_with('/')) return {};
  const std::size_t authority = location.find("://");
  ASSERT(authority != std::string_view::npos);
  return location.substr(0, location.find_first_of("/?#\\", authority + 3));
}

void check_location(const Redirect& redirect, std::string_view location, std::string_view target,
                    std::string_view path) {
  ASSERT(std::ranges::all_of(location, [](char c) { return c > ' ' && c < 0x7F; }));
  ASSERT(location.substr(0, location.find_first_of("?#")).find_first_of("\"\\") == std::string_view::npos);
  if (location.starts_with('/'))
    ASSERT(!location.starts_with("//"));
  else
    ASSERT(location.starts_with("http://") || location.starts_with("https://"));
  ASSERT(origin_of(location) == origin_of(redirect.before_splat));
  ASSERT(location.substr(0, location.find_first_of("?#")) != http::encode_path(path));

  const std::string_view behind_path =
      location.substr(std::min(location.find_first_of("?#"), location.size()));
  const std::string_view written = redirect.has_splat ? redirect.after_splat : redirect.before_splat;
  const std::string_view fragment = written.substr(std::min(written.find('#'), written.size()));
  const std::size_t query = written.find('?');
  const bool has_query = query < written.size() - fragment.size();
  // The operator's query, or else the client's; and the operator's fragment.
  ASSERT(behind_path == (has_query ? std::string(written.substr(query))
                                   : std::string(http::query_part(target)) + std::string(fragment)));
}

void check_request(const std::vector<Redirect>& redirects, std::string_view target, std::string_view exempt) {
  http::RequestHead head;
  head.method = http::Method::get;
  head.target = target;
  const auto parsed = http::parse_target(head, http::PathRules::standard);
  const auto* accepted = std::get_if<http::Target>(&parsed);
  if (accepted == nullptr) return;

  const Endpoint local;
  const std::string_view path = accepted->path();
  const http::Redirects filter(redirects, std::string(exempt));
  const auto decision = filter.before({.head = head, .local = local, .path = path});
  const auto first =
      std::ranges::find_if(redirects, [&](const Redirect& redirect) { return holds(redirect, path); });
  if (first == redirects.end() || (!exempt.empty() && http::is_beneath(path, exempt)))
    return ASSERT(!decision);
  if (!decision) {
    // It would have led to where the client is.
    std::string_view there = first->before_splat;
    if (!first->has_splat) there = there.substr(0, there.find_first_of("?#"));
    return ASSERT(http::encode_path(path).starts_with(there));
  }
  const auto& response = std::get<http::Response>(*decision);
  ASSERT(response.status == first->status);
  const std::string_view fields = response.fields;
  constexpr std::string_view kStart = "Location: ";
  ASSERT(fields.starts_with(kStart) && fields.ends_with("\r\n"));
  check_location(*first, fields.substr(kStart.size(), fields.size() - kStart.size() - 2), target, path);
}

void run(std::string_view input, Choices choices) {
  const std::string_view line = input.substr(0, input.find('\n'));
  const ExactCopy target(line);
  const ExactCopy file(input.substr(std::min(line.size() + 1, input.size())));
  const std::vector<Redirect> redirects = check_file(file.text());
  for (const Redirect& redirect : redirects) {
    ASSERT(redirect.from.starts_with('/'));
    ASSERT(!redirect.is_prefix || redirect.from.ends_with('/'));
    ASSERT(http::code(redirect.status) >= 301 && http::code(redirect.status) <= 308);
  }
  if (!line.empty())
    check_request(redirects, target.text(), choices.one_in(4) ? "/.well-known/acme-challenge" : "");
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
