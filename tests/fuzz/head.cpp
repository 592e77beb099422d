#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ascii.h"
#include "base/assert.h"
#include "given.h"
#include "http/field_syntax.h"
#include "http/http1/head_parser.h"
#include "http/scan.h"

// One request head. The verdict and everything in it are the same however the bytes were cut; what is
// accepted is what a reader who takes lines literally sees too.
namespace bobbin::fuzz {
namespace {

using http::Field;
using http::FieldName;
using http::HeadLimits;
using http::Refusal;
using http::RequestHead;
using http::http1::HeadProgress;
using http::http1::HeadResult;
using http::http1::NeedMore;
using http::http1::ParsedHead;

void check_views(const RequestHead& head, std::string_view input) {
  for (const std::string_view view : {head.line, head.method_text, head.target})
    ASSERT(!view.empty() && is_within(view, input));
  ASSERT(head.authority.empty() || is_within(head.authority, input));
  for (const Field& field : head.fields.lines())
    ASSERT(is_within(field.name_text, input) && is_within(field.value, input));
}

std::vector<std::string_view> lines_of(std::string_view head) {
  std::vector<std::string_view> lines;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    ASSERT(end != std::string_view::npos);
    lines.push_back(head.substr(0, end));
    head.remove_prefix(end + 2);
  }
  return lines;
}

std::size_t count(const RequestHead& head, FieldName name) {
  std::size_t found = 0;
  for (const Field& field : head.fields.lines()) found += field.name == name ? 1 : 0;
  return found;
}

/// RFC 9112 §2.2, §3, §5, §6.3: nothing in an accepted head can be read in two ways.
void check_accepted(const ParsedHead& parsed, std::string_view input) {
  const RequestHead& head = parsed.head;
  check_views(head, input);
  std::vector<std::string_view> lines = lines_of(input.substr(0, parsed.size_bytes));
  while (lines.front().empty()) lines.erase(lines.begin());
  ASSERT(lines.front() == head.line && lines.back().empty());
  ASSERT(head.line == std::string(head.method_text) + " " + std::string(head.target) + " HTTP/1." +
                          std::to_string(head.minor_version));
  ASSERT(lines.size() == head.fields.lines().size() + 2);
  for (std::size_t i = 0; i < head.fields.lines().size(); ++i) {
    const Field& field = head.fields.lines()[i];
    const std::string_view line = lines[i + 1];
    ASSERT(http::is_token(field.name_text));
    ASSERT(line.starts_with(std::string(field.name_text) + ":"));
    ASSERT(trim(line.substr(field.name_text.size() + 1)) == field.value);
    ASSERT(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
  // RFC 9112 §3.2: HTTP/1.0 had no Host field.
  const std::size_t hosts = count(head, FieldName::host);
  ASSERT(hosts == 1 || (hosts == 0 && head.minor_version == 0));
  ASSERT(count(head, FieldName::content_length) + (count(head, FieldName::transfer_encoding) > 0 ? 1 : 0) <=
         1);
  using Kind = http::ContentFraming::Kind;
  ASSERT((head.framing.kind == Kind::length) == (count(head, FieldName::content_length) == 1));
  ASSERT((head.framing.kind == Kind::chunked) == (count(head, FieldName::transfer_encoding) > 0));
}

void check(const HeadResult& result, std::string_view input, const HeadLimits& limits) {
  if (std::holds_alternative<NeedMore>(result)) ASSERT(input.size() < limits.head_bytes);
  if (const auto* refusal = std::get_if<Refusal>(&result))
    ASSERT(http::is_error(refusal->status) && !refusal->reason.empty());
  if (const auto* parsed = std::get_if<ParsedHead>(&result)) {
    ASSERT(parsed->size_bytes <= input.size() && parsed->size_bytes <= limits.head_bytes);
    check_accepted(*parsed, input);
  }
}

bool same(const RequestHead& a, const RequestHead& b) {
  const auto same_field = [](const Field& x, const Field& y) {
    return x.name == y.name && x.name_text == y.name_text && x.value == y.value;
  };
  return a.line == b.line && a.method_text == b.method_text && a.target == b.target &&
         a.authority == b.authority && a.method == b.method && a.minor_version == b.minor_version &&
         a.asks_to_persist == b.asks_to_persist && a.expects_continue == b.expects_continue &&
         a.expects_other == b.expects_other && a.framing.kind == b.framing.kind &&
         a.framing.length_bytes == b.framing.length_bytes &&
         std::ranges::equal(a.fields.lines(), b.fields.lines(), same_field);
}

bool same(const HeadResult& a, const HeadResult& b) {
  if (a.index() != b.index()) return false;
  if (const auto* refusal = std::get_if<Refusal>(&a))
    return refusal->status == std::get<Refusal>(b).status && refusal->reason == std::get<Refusal>(b).reason;
  const auto* parsed = std::get_if<ParsedHead>(&a);
  return parsed == nullptr || (parsed->size_bytes == std::get<ParsedHead>(b).size_bytes &&
                               same(parsed->head, std::get<ParsedHead>(b).head));
}

/// What stands in front of a fault is read as it is in a head without one.
void check_until_fault(std::string_view input, const HeadLimits& limits, const HeadResult& verdict) {
  const RequestHead head = http::http1::read_until_fault(input, limits);
  for (const std::string_view view : {head.line, head.method_text, head.target})
    ASSERT(view.empty() || is_within(view, input));
  for (const Field& field : head.fields.lines())
    ASSERT(is_within(field.name_text, input) && is_within(field.value, input));
  const auto* parsed = std::get_if<ParsedHead>(&verdict);
  if (parsed == nullptr) return;
  ASSERT(head.target == parsed->head.target);
  ASSERT(head.fields.lines().size() == parsed->head.fields.lines().size());
}

template <http::CharacterSet set>
void check_scan(const char* begin, const char* end) {
  ASSERT(http::scan::skip<set>(begin, end) == http::scan::scalar::skip<set>(begin, end));
}

/// Sixteen bytes at a time or one by one, a run of bytes ends in the same place.
void check_scans(std::string_view input) {
  const char* const end = input.data() + input.size();
  for (const char* begin = input.data(); begin < end; begin += 5) {
    check_scan<http::CharacterSet::token>(begin, end);
    check_scan<http::CharacterSet::target>(begin, end);
    check_scan<http::CharacterSet::query>(begin, end);
    check_scan<http::CharacterSet::plain_segment>(begin, end);
    check_scan<http::CharacterSet::field_value>(begin, end);
  }
}

void run(std::string_view input, Choices choices) {
  const HeadLimits limits{.head_bytes = choices.one_in(2) ? 16 * 1024 : 1 + choices.below(input.size() + 2)};
  const ExactCopy whole(input);
  HeadProgress fresh;
  const HeadResult verdict = http::http1::parse_head(whole.text(), fresh, limits);
  check(verdict, whole.text(), limits);
  check_scans(whole.text());
  check_until_fault(whole.text(), limits, verdict);

  HeadProgress progress;
  std::size_t arrived = 0;
  while (true) {
    if (arrived < input.size()) arrived += choices.piece(input.size() - arrived);
    const ExactCopy part(input.substr(0, arrived));
    const HeadResult result = http::http1::parse_head(part.text(), progress, limits);
    check(result, part.text(), limits);
    if (std::holds_alternative<NeedMore>(result) && arrived < input.size()) continue;
    ASSERT(same(result, verdict));
    return;
  }
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
