#include <algorithm>
#include <boost/json/parse.hpp>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/assert.h"
#include "base/utf8.h"
#include "given.h"
#include "http/content_disposition.h"
#include "http/date.h"
#include "http/error_form.h"
#include "http/media_type.h"
#include "http/precondition.h"

// The small parsers of field values, and what is written into fields and error pages from a client's bytes.
// Every one gets the same text.
namespace bobbin::fuzz {
namespace {

using http::FieldName;
using http::Fields;

bool contains(std::string_view text, std::string_view what) {
  return lowercase(text).find(what) != std::string::npos;
}

void check_date(std::string_view text, WallTime now, WallTime any) {
  const auto second = [](WallTime time) { return std::chrono::floor<seconds>(time); };
  if (const auto parsed = http::parse_date(text, now)) {
    const auto again = http::parse_date(http::format_date(*parsed), now);
    ASSERT(again && second(*again) == second(*parsed));
    // An IMF-fixdate is written back as it was, but for the day's name, which is not compared, a leap second,
    // and a moment too early or too late for WallTime.
    const bool is_imf = text.find(',') == 3 && text.size() == 29 && text.substr(23, 2) != "60";
    if (is_imf && *parsed != WallTime::min() && *parsed != WallTime::max())
      ASSERT(http::format_date(*parsed).substr(3) == text.substr(3));
  }
  const std::string written = http::format_date(any);
  ASSERT(written.size() == std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size());
  const auto read = http::parse_date(written, now);
  ASSERT(read && second(*read) == second(any));
}

void check_media_type(std::string_view text) {
  constexpr std::string_view kType = "application/json";
  if (!http::is_media_type(text, kType)) return;
  ASSERT(equals_ignoring_case(text.substr(0, kType.size()), kType));
  const std::string_view rest = text.substr(kType.size());
  ASSERT(rest.empty() || std::string_view("; \t").find(rest.front()) != std::string_view::npos);
  // An empty parameter is allowed (RFC 9110 §5.6.6), and changes nothing.
  ASSERT(http::is_media_type(std::string(text) + ";", kType));
}

void check_preconditions(FieldName name, std::string_view text, WallTime now) {
  using enum http::PreconditionVerdict;
  const http::Validators current{
      .etag = "\"abc\"", .last_modified = now - seconds(10), .date_is_strong = true};
  Fields fields;
  ASSERT(http::evaluate_preconditions(fields, current, now) == proceed &&
         http::if_range_allows(fields, current, now));
  ASSERT(fields.add({name, "", text}));
  const auto verdict = http::evaluate_preconditions(fields, current, now);
  const bool may_fail = name == FieldName::if_match || name == FieldName::if_unmodified_since;
  const bool may_spare = name == FieldName::if_none_match || name == FieldName::if_modified_since;
  ASSERT(verdict == proceed || (verdict == failed ? may_fail : may_spare));
  // RFC 9110 §13.1: in If-Match only the current tag or `*` lets the request through; in If-None-Match, too,
  // only they can spare the transfer.
  const bool names_it = contains(text, "abc") || text.find('*') != std::string_view::npos;
  if (name == FieldName::if_match && verdict == proceed) ASSERT(names_it);
  if (name == FieldName::if_none_match && verdict == not_modified) ASSERT(names_it);
  // §13.2.2: beside a tag the date does not count.
  if (name == FieldName::if_none_match || name == FieldName::if_match) {
    ASSERT(fields.add(
        {name == FieldName::if_match ? FieldName::if_unmodified_since : FieldName::if_modified_since, "",
         "Sun, 06 Nov 1994 08:49:37 GMT"}));
    ASSERT(http::evaluate_preconditions(fields, current, now) == verdict);
  }
  if (name == FieldName::if_range && http::if_range_allows(fields, current, now))
    ASSERT(text == current.etag || http::parse_date(text, now));
}

void check_error_form(std::string_view text) {
  http::RequestHead head;
  ASSERT(http::preferred_error_form(head) == http::ErrorForm::page);
  ASSERT(head.fields.add({FieldName::accept, "Accept", text}));
  if (http::preferred_error_form(head) == http::ErrorForm::problem)
    ASSERT(contains(text, "application/") || contains(text, "*/*"));
}

void check_error_content(std::string_view text) {
  http::Response response = http::Response::error(http::Status::bad_request, std::string(text));
  http::render_error(response, http::ErrorForm::problem, text);
  const boost::json::value details = boost::json::parse(std::get<std::string>(response.content));
  if (!text.empty()) ASSERT(std::string_view(details.at("detail").as_string()) == to_utf8(text));

  http::Response plain = http::Response::error(http::Status::bad_request, text.empty() ? "" : "x");
  http::render_error(response, http::ErrorForm::page, text);
  http::render_error(plain, http::ErrorForm::page, text.empty() ? "" : "x");
  const auto& page = std::get<std::string>(response.content);
  const auto& plain_page = std::get<std::string>(plain.content);
  ASSERT(is_utf8(page));
  for (const char mark : {'<', '>', '"'})
    ASSERT(std::count(page.begin(), page.end(), mark) ==
           std::count(plain_page.begin(), plain_page.end(), mark));
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    ASSERT(i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0);
    decoded += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return decoded;
}

/// RFC 6266 §4: one quoted string, perhaps followed by the extended form; and the client gets the name that
/// was given.
void check_attachment(std::string_view name) {
  const std::string value = http::attachment(name);
  ASSERT(std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c < 0x7F; }));
  constexpr std::string_view kStart = "attachment; filename=\"";
  constexpr std::string_view kExtended = "; filename*=UTF-8''";
  ASSERT(value.starts_with(kStart));
  const std::size_t closing = value.find('"', kStart.size());
  ASSERT(closing != std::string::npos && value.find('"', closing + 1) == std::string::npos);
  const std::string_view quoted = std::string_view(value).substr(kStart.size(), closing - kStart.size());
  const std::string_view rest = std::string_view(value).substr(closing + 1);
  ASSERT(!quoted.empty() && quoted.find('\\') == std::string_view::npos);
  ASSERT(rest.empty() || rest.starts_with(kExtended));
  if (!is_utf8(name) || name.empty()) return;
  ASSERT((rest.empty() ? std::string(quoted) : percent_decode(rest.substr(kExtended.size()))) == name);
}

void run(std::string_view input, Choices choices) {
  const ExactCopy copy(input);
  const std::string_view text = copy.text();
  const auto any_time = [&choices] {
    return WallTime(std::chrono::nanoseconds(static_cast<std::int64_t>(choices.of_any_size())));
  };
  const WallTime now = WallTime(seconds(choices.below(4'000'000'000)));
  check_date(text, now, any_time());
  check_media_type(text);
  for (const FieldName name : {FieldName::if_match, FieldName::if_none_match, FieldName::if_modified_since,
                               FieldName::if_unmodified_since, FieldName::if_range})
    check_preconditions(name, text, now);
  check_error_form(text);
  check_error_content(text);
  check_attachment(text);
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
