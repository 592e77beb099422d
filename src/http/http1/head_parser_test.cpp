#include "http/http1/head_parser.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "http/http1/guarded_text.h"

namespace bobbin::http::http1 {
namespace {

using namespace std::string_literals;
using Kind = ContentFraming::Kind;

/// A result with everything copied out of the input, so that results of different feedings can be compared.
struct ParsingOutcome {
  std::string verdict = "need more";  ///< or "400 …" or "head"
  std::string line{}, method_text{}, target{}, authority{};
  Method method = Method::unknown;
  int minor_version = -1;
  bool persists = false, expects_continue = false, expects_other = false;
  Kind kind = Kind::none;
  std::uint64_t length_bytes = 0;
  std::vector<std::string> fields{};  ///< "name: value"
  std::size_t size_bytes = 0;

  [[nodiscard]] bool needs_more() const { return verdict == "need more"; }
  friend bool operator==(const ParsingOutcome&, const ParsingOutcome&) = default;
};

std::ostream& operator<<(std::ostream& out, const ParsingOutcome& outcome) {
  out << outcome.verdict << " [" << outcome.line << "] " << outcome.size_bytes << " bytes";
  for (const auto& field : outcome.fields) out << " | " << field;
  return out;
}

ParsingOutcome outcome_of(const HeadResult& result) {
  if (std::holds_alternative<NeedMore>(result)) return {};
  if (const auto* refusal = std::get_if<Refusal>(&result))
    return {.verdict = std::to_string(code(refusal->status)) + " " + std::string(refusal->reason)};
  const auto& [head, size_bytes] = std::get<ParsedHead>(result);
  ParsingOutcome outcome{.verdict = "head",
                         .line = std::string(head.line),
                         .method_text = std::string(head.method_text),
                         .target = std::string(head.target),
                         .authority = std::string(head.authority),
                         .method = head.method,
                         .minor_version = head.minor_version,
                         .persists = head.asks_to_persist,
                         .expects_continue = head.expects_continue,
                         .expects_other = head.expects_other,
                         .kind = head.framing.kind,
                         .length_bytes = head.framing.length_bytes,
                         .fields = {},
                         .size_bytes = size_bytes};
  for (const Field& field : head.fields.lines())
    outcome.fields.push_back(std::string(field.name_text) + ": " + std::string(field.value));
  return outcome;
}

/// Offers `text` in pieces that end at `ends` (ascending, the last is text.size()), as a session would: all
/// of what came so far each time, each time somewhere else in memory.
ParsingOutcome offer(GuardedText& memory, std::string_view text, const std::vector<std::size_t>& ends,
                     const HeadLimits& limits) {
  HeadProgress progress;
  ParsingOutcome outcome;
  for (const std::size_t end : ends) {
    outcome = outcome_of(parse_head(memory.hold(text.substr(0, end)), progress, limits));
    if (!outcome.needs_more()) break;
    EXPECT_EQ(progress.read_bytes, end) << "nothing is left to be read again";
  }
  return outcome;
}

/// What becomes of `text`, offered whole; fails the test when it is anything else in pieces, or in front of
/// what a pipelining client sends next.
ParsingOutcome parse(std::string_view text, const HeadLimits& limits = {}) {
  GuardedText memory(text.size() + 1);
  const ParsingOutcome whole = offer(memory, text, {text.size()}, limits);

  std::vector<std::size_t> every_byte;
  for (std::size_t end = 1; end <= text.size(); ++end) every_byte.push_back(end);
  EXPECT_EQ(offer(memory, text, every_byte, limits), whole) << "byte by byte";

  const std::size_t step = text.size() < 2000 ? 1 : 97;
  for (std::size_t split = 0; split < text.size(); split += step)
    EXPECT_EQ(offer(memory, text, {split, text.size()}, limits), whole) << "split at " << split;

  // Every prefix, after every shorter one.
  if (text.size() < 200) {
    std::vector<ParsingOutcome> fresh(text.size() + 1);
    std::vector<HeadProgress> reached(text.size() + 1);
    for (std::size_t end = 0; end <= text.size(); ++end)
      fresh[end] = outcome_of(parse_head(memory.hold(text.substr(0, end)), reached[end], limits));
    for (std::size_t end = 0; end <= text.size(); ++end) {
      const std::string_view prefix = memory.hold(text.substr(0, end));
      for (std::size_t seen = 0; seen < end && fresh[seen].needs_more(); ++seen) {
        HeadProgress progress = reached[seen];
        EXPECT_EQ(outcome_of(parse_head(prefix, progress, limits)), fresh[end])
            << "after " << seen << " the first " << end;
      }
    }
  }
  if (!whole.needs_more()) {
    HeadProgress progress;
    EXPECT_EQ(outcome_of(parse_head(std::string(text) + "X", progress, limits)), whole) << "more behind it";
  }
  return whole;
}

int status_of(const ParsingOutcome& outcome) {
  if (outcome.verdict == "head") return 200;
  return outcome.needs_more() ? 0 : std::stoi(outcome.verdict);
}

constexpr int kHead = 200;
constexpr int kNeedMoreHead = 0;

struct ParsingCase {
  const char* section;
  std::string text;
  int status;
};

void expect_statuses(const std::vector<ParsingCase>& cases) {
  for (const auto& [section, text, status] : cases) {
    SCOPED_TRACE(std::string(section) + "\n" + testing::PrintToString(text));
    EXPECT_EQ(status_of(parse(text)), status);
  }
}

/// A request with these field lines besides Host.
std::string with_fields(const std::string& fields, const std::string& version = "HTTP/1.1") {
  return "POST /upload " + version + "\r\nHost: localhost:8080\r\n" + fields + "\r\n";
}

std::string with_line(const std::string& line) { return line + "\r\nHost: a\r\n\r\n"; }

TEST(HeadParser, TakesTheExampleApart) {  // RFC 9112 §3, RFC 9110 §5
  const ParsingOutcome got = parse(
      "GET /about.html?x=1 HTTP/1.1\r\nHost: localhost:8080\r\nuSER-aGENT: \t curl/8.0 (a; b) \t "
      "\r\nX-Empty:\r\n"
      "X-Blank:   \r\nX-Obs-Text: \xc3\xa9\x80\r\nAccept:*/*\r\n\r\n");
  EXPECT_EQ(got.verdict, "head");
  EXPECT_EQ(got.line, "GET /about.html?x=1 HTTP/1.1");
  EXPECT_EQ(got.method_text, "GET");
  EXPECT_EQ(got.method, Method::get);
  EXPECT_EQ(got.target, "/about.html?x=1");
  EXPECT_EQ(got.authority, "localhost:8080");
  EXPECT_EQ(got.minor_version, 1);
  EXPECT_TRUE(got.persists);
  EXPECT_FALSE(got.expects_continue);
  EXPECT_FALSE(got.expects_other);
  EXPECT_EQ(got.kind, Kind::none);
  EXPECT_EQ(got.fields,
            (std::vector<std::string>{"Host: localhost:8080", "uSER-aGENT: curl/8.0 (a; b)",
                                      "X-Empty: ", "X-Blank: ", "X-Obs-Text: \xc3\xa9\x80", "Accept: */*"}));
}

TEST(HeadParser, NamesTheFieldsThatItKnows) {  // RFC 9110 §5.1
  const std::string text = "GET / HTTP/1.1\r\nHOST: a\r\nif-none-match: \"x\"\r\nX-Other: b\r\n\r\n";
  HeadProgress progress;
  const HeadResult result = parse_head(text, progress, {});
  const auto lines = std::get<ParsedHead>(result).head.fields.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].name, FieldName::host);
  EXPECT_EQ(lines[1].name, FieldName::if_none_match);
  EXPECT_EQ(lines[2].name, FieldName::other);
  // Views into the caller's input, not copies.
  EXPECT_EQ(lines[0].name_text.data(), text.data() + text.find("HOST"));
}

TEST(HeadParser, TellsWhereTheHeadEnds) {  // RFC 9112 §2.1, §9.3.2
  const std::string first = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(parse(first).size_bytes, first.size());
  EXPECT_EQ(parse("\r\n\r\n" + first).size_bytes, first.size() + 4);
  EXPECT_EQ(parse(first + "12345GET / HTTP/1.1\r\n").size_bytes, first.size());
  EXPECT_EQ(parse(first + "\0\n\x80"s).size_bytes, first.size()) << "what follows is not its business";
}

TEST(HeadParser, WaitsForTheRest) {
  expect_statuses({
      {"nothing yet", "", kNeedMoreHead},
      {"RFC 9112 §2.2", "\r", kNeedMoreHead},
      {"RFC 9112 §2.2", "\r\n\r\n", kNeedMoreHead},
      {"RFC 9112 §3", "G", kNeedMoreHead},
      {"RFC 9112 §3", "GET ", kNeedMoreHead},
      {"RFC 9112 §3", "GET / HTT", kNeedMoreHead},
      {"RFC 9112 §3", "GET / HTTP/1.1\r", kNeedMoreHead},
      {"RFC 9112 §2.1", "GET / HTTP/1.1\r\n", kNeedMoreHead},
      {"RFC 9112 §5", "GET / HTTP/1.1\r\nHo", kNeedMoreHead},
      {"RFC 9112 §5", "GET / HTTP/1.1\r\nHost: a\r", kNeedMoreHead},
      {"RFC 9112 §2.1", "GET / HTTP/1.1\r\nHost: a\r\n\r", kNeedMoreHead},
      {"RFC 9112 §3.2: known to be wrong only at the end", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
       kNeedMoreHead},
  });
}

TEST(HeadParser, RequestLine) {
  expect_statuses({
      {"RFC 9112 §3", with_line("GET / HTTP/1.1"), kHead},
      {"RFC 9112 §2.2: empty lines before it", "\r\n" + with_line("GET / HTTP/1.1"), kHead},
      {"RFC 9112 §2.2: as many as are allowed", "\r\n\r\n\r\n\r\n" + with_line("GET / HTTP/1.1"), kHead},
      {"RFC 9112 §2.2: one more", "\r\n\r\n\r\n\r\n\r\n" + with_line("GET / HTTP/1.1"), 400},
      {"RFC 9112 §2.2: refused before the rest", "\r\n\r\n\r\n\r\n\r", 400},
      {"RFC 9112 §2.2: an empty line is CRLF", "\n" + with_line("GET / HTTP/1.1"), 400},
      {"RFC 9112 §2.2: an empty line is CRLF", "\r" + with_line("GET / HTTP/1.1"), 400},
      {"RFC 9112 §2.2: an empty line is empty", " \r\n" + with_line("GET / HTTP/1.1"), 400},
      {"RFC 9112 §3: one SP", with_line("GET  / HTTP/1.1"), 400},
      {"RFC 9112 §3: one SP", with_line("GET /  HTTP/1.1"), 400},
      {"RFC 9112 §3: SP, not HTAB", with_line("GET\t/ HTTP/1.1"), 400},
      {"RFC 9112 §3: SP, not HTAB", with_line("GET /\tHTTP/1.1"), 400},
      {"RFC 9112 §3: SP, not VT or FF", with_line("GET\v/ HTTP/1.1"), 400},
      {"RFC 9112 §3: SP, not VT or FF", with_line("GET /\fHTTP/1.1"), 400},
      {"RFC 9112 §3: nothing in front", with_line(" GET / HTTP/1.1"), 400},
      {"RFC 9112 §3: nothing behind", with_line("GET / HTTP/1.1 "), 400},
      {"RFC 9112 §3: three parts", with_line("GET / x HTTP/1.1"), 400},
      {"RFC 9112 §3: three parts", with_line("GET"), 400},
      {"RFC 9112 §3: three parts", with_line("GET /"), 400},
      {"RFC 1945 §5: a simple request, refused at once", "GET /\r", 400},
      {"RFC 9112 §3: a method", with_line(" / HTTP/1.1"), 400},
      {"RFC 9112 §3.2: a target", with_line("GET HTTP/1.1"), 400},
      {"RFC 9112 §3.2: a target that is not empty", with_line("GET  HTTP/1.1"), 400},
      {"RFC 9110 §5.6.2: a method is a token", with_line("GE(T / HTTP/1.1"), 400},
      {"RFC 9110 §5.6.2: a method is a token", with_line("G\xc3\x89T / HTTP/1.1"), 400},
      {"RFC 9110 §5.6.2: a method is a token", with_line("GET: / HTTP/1.1"), 400},
      {"RFC 9112 §3.2: bytes of a target", with_line("GET /\x7f HTTP/1.1"), 400},
      {"RFC 9112 §3.2: bytes of a target", with_line("GET /\x01 HTTP/1.1"), 400},
      {"RFC 9112 §3.2: bytes of a target", with_line("GET /\xc3\xa9 HTTP/1.1"), 400},
      {"RFC 9112 §3.2: bytes of a target", with_line("GET /a\0b HTTP/1.1"s), 400},
      {"RFC 9112 §3.2: any visible byte passes on", with_line("GET /<\"{|}>\\^`% HTTP/1.1"), kHead},
      {"RFC 9112 §2.2: bare LF", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"RFC 9112 §2.2: bare CR", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
      {"RFC 9112 §2.2: bare CR", with_line("GET /\ra HTTP/1.1"), 400},
      {"RFC 9112 §2.2: CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
      {"a TLS ClientHello, at once", "\x16", 400},
      {"a TLS ClientHello", "\x16\x03\x01\x02\x00\x01\x00"s, 400},
      {"no method begins like this, at once", "{", 400},
      {"no method begins like this, at once", "\0"s, 400},
  });
}

TEST(HeadParser, Version) {
  expect_statuses({
      {"RFC 9112 §2.3", with_line("GET / HTTP/1.0"), kHead},
      {"RFC 9112 §2.3, RFC 9110 §2.5: a higher minor version", with_line("GET / HTTP/1.2"), kHead},
      {"RFC 9112 §2.3, RFC 9110 §2.5: a higher minor version", with_line("GET / HTTP/1.9"), kHead},
      {"RFC 9110 §15.6.6", with_line("GET / HTTP/2.0"), 505},
      {"RFC 9110 §15.6.6", with_line("GET / HTTP/0.9"), 505},
      {"RFC 9110 §15.6.6", with_line("GET / HTTP/3.1"), 505},
      {"RFC 9113 §3.4: the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"RFC 9110 §15.6.6: once the line has ended", "GET / HTTP/2.0\r\n", 505},
      {"RFC 9112 §2.2: a bare LF comes before it", "GET / HTTP/2.0\n\n", 400},
      {"RFC 9112 §2.3: one digit", with_line("GET / HTTP/1.10"), 400},
      {"RFC 9112 §2.3: one digit", with_line("GET / HTTP/11.1"), 400},
      {"RFC 9112 §2.3: one digit", with_line("GET / HTTP/01.1"), 400},
      {"RFC 9112 §2.3: two digits", with_line("GET / HTTP/1."), 400},
      {"RFC 9112 §2.3: two digits", with_line("GET / HTTP/1"), 400},
      {"RFC 9112 §2.3: two digits", with_line("GET / HTTP/2"), 400},
      {"RFC 9112 §2.3: two digits", with_line("GET / HTTP/"), 400},
      {"RFC 9112 §2.3: two digits", with_line("GET / HTTP/.1"), 400},
      {"RFC 9112 §2.3: a full stop", with_line("GET / HTTP/1,1"), 400},
      {"RFC 9112 §2.3: digits", with_line("GET / HTTP/1.x"), 400},
      {"RFC 9112 §2.3: digits", with_line("GET / HTTP/-1.1"), 400},
      {"RFC 9112 §2.3: capitals", with_line("GET / http/1.1"), 400},
      {"RFC 9112 §2.3: capitals", with_line("GET / Http/1.1"), 400},
      {"RFC 9112 §2.3: HTTP", with_line("GET / HTTPS/1.1"), 400},
      {"RFC 9112 §2.3: HTTP", with_line("GET / ICY/1.1"), 400},
      {"RFC 9112 §2.3: no space in it", with_line("GET / HTTP/ 1.1"), 400},
      {"RFC 9112 §2.3: refused with its first wrong byte", "GET / HTTQ", 400},
  });
  EXPECT_EQ(parse(with_line("GET / HTTP/1.0")).minor_version, 0);
  EXPECT_EQ(parse(with_line("GET / HTTP/1.7")).minor_version, 7);
}

TEST(HeadParser, Method) {  // RFC 9110 §9.1: case-sensitive; RFC 5789
  const std::pair<std::string, Method> cases[] = {
      {"GET", Method::get},         {"HEAD", Method::head},        {"POST", Method::post},
      {"PUT", Method::put},         {"DELETE", Method::delete_},   {"PATCH", Method::patch},
      {"OPTIONS", Method::options}, {"TRACE", Method::trace},      {"CONNECT", Method::unknown},
      {"get", Method::unknown},     {"Get", Method::unknown},      {"GETT", Method::unknown},
      {"GE", Method::unknown},      {"PROPFIND", Method::unknown}, {"G-E_T!#$%&'*+.^`|~9", Method::unknown},
      {"HEAd", Method::unknown},    {"OPTION S", Method::unknown},
  };
  for (const auto& [text, method] : cases) {
    SCOPED_TRACE(text);
    const ParsingOutcome got = parse(with_line(text + " / HTTP/1.1"));
    if (text.find(' ') != std::string::npos) {
      EXPECT_EQ(status_of(got), 400);
      continue;
    }
    EXPECT_EQ(status_of(got), kHead);
    EXPECT_EQ(got.method, method);
    EXPECT_EQ(got.method_text, text);
  }
}

TEST(HeadParser, FieldLines) {
  expect_statuses({
      {"RFC 9110 §5.6.2: every tchar", with_fields("!#$%&'*+-.^_`|~09azAZ: x\r\n"), kHead},
      {"RFC 9112 §5: OWS may be missing", with_fields("A:b\r\n"), kHead},
      {"RFC 9110 §5.5: empty value", with_fields("A:\r\n"), kHead},
      {"RFC 9110 §5.5: SP, HTAB and obs-text inside", with_fields("A: b \t c\xff\r\n"), kHead},
      {"RFC 9110 §5.5: any further colon", with_fields("A: :b:c\r\n"), kHead},
      {"RFC 9112 §5.1: space before the colon", with_fields("A : b\r\n"), 400},
      {"RFC 9112 §5.1: tab before the colon", with_fields("A\t: b\r\n"), 400},
      {"RFC 9112 §5.1: refused at once", "GET / HTTP/1.1\r\nHost ", 400},
      {"RFC 9112 §5: empty name", with_fields(": b\r\n"), 400},
      {"RFC 9112 §5: a colon", with_fields("Ab\r\n"), 400},
      {"RFC 9112 §5: a name of tchar", with_fields("A b: c\r\n"), 400},
      {"RFC 9112 §5: a name of tchar", with_fields("A(b): c\r\n"), 400},
      {"RFC 9112 §5: a name of tchar", with_fields("\"A\": c\r\n"), 400},
      {"RFC 9112 §5: a name of tchar", with_fields("\xc3\x84: c\r\n"), 400},
      {"RFC 9112 §5: a name of tchar", with_fields("A\0: c\r\n"s), 400},
      {"RFC 9112 §5.2: obs-fold", with_fields("A: b\r\n c\r\n"), 400},
      {"RFC 9112 §5.2: obs-fold", with_fields("A: b\r\n\tc\r\n"), 400},
      {"RFC 9112 §5.2: obs-fold of nothing", with_fields("A: b\r\n \r\n"), 400},
      {"RFC 9112 §2.2: white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"RFC 9112 §2.2: white space before the first field", "GET / HTTP/1.1\r\n\tX: a\r\nHost: a\r\n\r\n",
       400},
      {"RFC 9110 §5.5: NUL", with_fields("A: b\0c\r\n"s), 400},
      {"RFC 9110 §5.5: other controls", with_fields("A: b\x01\r\n"), 400},
      {"RFC 9110 §5.5: other controls", with_fields("A: \x1b[2J\r\n"), 400},
      {"RFC 9110 §5.5: DEL", with_fields("A: b\x7f\r\n"), 400},
      {"RFC 9112 §2.2: bare CR", with_fields("A: b\rc\r\n"), 400},
      {"RFC 9112 §2.2: bare CR", with_fields("A: b\r\r\n"), 400},
      {"RFC 9112 §2.2: bare CR ends nothing", "GET / HTTP/1.1\r\nHost: a\r\r", 400},
      {"RFC 9112 §2.2: bare LF", with_fields("A: b\nC: d\r\n"), 400},
      {"RFC 9112 §2.2: bare LF ends no head", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"RFC 9112 §2.2: bare LF throughout, refused at the first", "GET / HTTP/1.1\nHost: x\n\n", 400},
      {"RFC 9112 §2.2: bare LF, refused at once", "GET / HTTP/1.1\r\nHost: a\n", 400},
      {"RFC 9112 §2.2: bare CR in front of the end", "GET / HTTP/1.1\r\nHost: a\r\n\rX", 400},
  });
}

TEST(HeadParser, Host) {
  const auto request = [](const std::string& fields, const std::string& version = "HTTP/1.1") {
    return "GET / " + version + "\r\n" + fields + "\r\n";
  };
  expect_statuses({
      {"RFC 9112 §3.2", request("Host: localhost:8080\r\n"), kHead},
      {"RFC 9110 §7.2", request("hOST:\t[::1]:8080 \r\n"), kHead},
      {"RFC 3986 §3.2.2: sub-delims and pct-encoded", request("Host: a_b~c!$&'()*+;=%41\r\n"), kHead},
      {"RFC 9112 §3.2: none", request("Accept: */*\r\n"), 400},
      {"RFC 9112 §3.2: none at all", request(""), 400},
      {"RFC 9112 §3.2: HTTP/1.0 need not have one", request("", "HTTP/1.0"), kHead},
      {"RFC 9112 §3.2: two in HTTP/1.0", request("Host: a\r\nHost: b\r\n", "HTTP/1.0"), 400},
      {"CONTRACT §4: empty in HTTP/1.0", request("Host:\r\n", "HTTP/1.0"), 400},
      {"RFC 9112 §3.2: invalid in HTTP/1.0", request("Host: a/b\r\n", "HTTP/1.0"), 400},
      {"RFC 9112 §3.2: two", request("Host: a\r\nHost: b\r\n"), 400},
      {"RFC 9112 §3.2: two, equal", request("Host: a\r\nX: y\r\nhost: a\r\n"), 400},
      {"RFC 9112 §3.2: two, one empty", request("Host:\r\nHost: a\r\n"), 400},
      {"CONTRACT §4: empty", request("Host:\r\n"), 400},
      {"CONTRACT §4: empty", request("Host: \t \r\n"), 400},
      {"RFC 9112 §3.2: invalid", request("Host: a b\r\n"), 400},
      {"RFC 9112 §3.2: invalid", request("Host: a\tb\r\n"), 400},
      {"RFC 9110 §5.3: two lines joined", request("Host: a, b\r\n"), 400},
      {"RFC 9110 §5.3: two lines joined", request("Host: a,b\r\n"), 400},
      {"RFC 9110 §7.2: no user information", request("Host: user@a\r\n"), 400},
      {"RFC 9110 §7.2: no path", request("Host: a/b\r\n"), 400},
      {"RFC 9110 §7.2: no scheme", request("Host: http://a\r\n"), 400},
      {"RFC 9112 §3.2: invalid", request("Host: a\\b\r\n"), 400},
      {"RFC 9112 §3.2: invalid", request("Host: a?b\r\n"), 400},
      {"RFC 9112 §3.2: invalid", request("Host: a#b\r\n"), 400},
      {"RFC 9112 §3.2: invalid", request("Host: \"a\"\r\n"), 400},
      {"RFC 9112 §3.2: invalid", request("Host: <a>\r\n"), 400},
      {"RFC 9112 §3.2: invalid", request("Host: \xc3\xa9\r\n"), 400},
      {"RFC 9112 §3.2: a port is digits", request("Host: foo:bar\r\n"), 400},
      {"RFC 9112 §3.2: one port", request("Host: a:b:80\r\n"), 400},
      {"RFC 9110 §4.2.1: empty host", request("Host: :80\r\n"), 400},
      {"RFC 3986 §2.1: pct-encoded", request("Host: %zz\r\n"), 400},
      {"RFC 3986 §3.2.2: IP-literal", request("Host: [::1\r\n"), 400},
      {"RFC 3986 §3.2.2: IPv6address", request("Host: [1:2:3]\r\n"), 400},
      {"RFC 9110 §4.2.1: no zone", request("Host: [::1%lo]\r\n"), 400},
      {"RFC 3986 §3.2.2: IPvFuture", request("Host: [v1.fe80::a]\r\n"), kHead},
      {"RFC 3986 §3.2.3: an empty port", request("Host: localhost:\r\n"), kHead},
      {"RFC 9112 §3.2: a name that only looks like it", request("Host_: a\r\n"), 400},
      {"RFC 9112 §3.2: a name that only looks like it", request("X-Host: a\r\nHost: b\r\n"), kHead},
  });
}

TEST(HeadParser, AuthorityComesFromAnAbsoluteTarget) {  // RFC 9112 §3.2.2
  struct TargetCase {
    std::string target, authority;
  };
  const TargetCase cases[] = {
      {"/", "a"},
      {"*", "a"},
      {"http://evil.com/", "evil.com"},
      {"http://evil.com", "evil.com"},
      {"http://evil.com:81?q=/", "evil.com:81"},
      {"HTTPS://[::1]:8080/x://y", "[::1]:8080"},
      {"a+b-c.1://host/", "host"},
      {"/http://evil.com/", "a"},
      {"//evil.com/", "a"},
      {"?u=http://evil.com/", "a"},
      {"evil.com:80", "a"},
      {"://evil.com/", "a"},
  };
  for (const auto& [target, authority] : cases) {
    SCOPED_TRACE(target);
    const ParsingOutcome got = parse(with_line("GET " + target + " HTTP/1.1"));
    EXPECT_EQ(got.verdict, "head");
    EXPECT_EQ(got.target, target);
    EXPECT_EQ(got.authority, authority);
  }
  expect_statuses({
      {"RFC 9110 §4.2.1: empty host", with_line("GET http:///x HTTP/1.1"), 400},
      {"RFC 9110 §4.2.1: empty host", with_line("GET http://?x HTTP/1.1"), 400},
      {"RFC 9110 §4.2.4: user information", with_line("GET http://u:p@a/ HTTP/1.1"), 400},
      {"RFC 9112 §3.2.2: a backslash is no '/'", with_line("GET http://a\\b/ HTTP/1.1"), 400},
      {"RFC 3986 §3.2.2: IP-literal", with_line("GET http://[::1/ HTTP/1.1"), 400},
      {"RFC 9112 §3.2: a port is digits", with_line("GET http://a:b:80/ HTTP/1.1"), 400},
      {"RFC 3986 §2.1: pct-encoded", with_line("GET http://%zz/ HTTP/1.1"), 400},
      {"RFC 9112 §3.2: Host all the same", "GET http://a/ HTTP/1.1\r\n\r\n", 400},
      {"RFC 9112 §3.2: Host once", "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"RFC 9112 §3.2: Host valid", "GET http://a/ HTTP/1.1\r\nHost: b,c\r\n\r\n", 400},
  });
}

TEST(HeadParser, ContentLength) {
  struct LengthCase {
    const char* section;
    std::string value;
    std::optional<std::uint64_t> length;
  };
  const LengthCase cases[] = {
      {"RFC 9110 §8.6", "0", 0},
      {"RFC 9110 §8.6", "1048576", 1048576},
      {"RFC 9110 §8.6: 1*DIGIT may begin with zeros", "000000000000000000000000000000042", 42},
      {"RFC 9110 §5.5: white space around it", " \t7\t ", 7},
      {"2^63-1", "9223372036854775807", 9223372036854775807U},
      {"2^63", "9223372036854775808", std::nullopt},
      {"2^64", "18446744073709551616", std::nullopt},
      {"2^64+5: 5 to who wraps around", "18446744073709551621", std::nullopt},
      {"far beyond", "99999999999999999999999999999999", std::nullopt},
      {"RFC 9110 §8.6: empty", "", std::nullopt},
      {"RFC 9110 §8.6: sign", "+5", std::nullopt},
      {"RFC 9110 §8.6: sign", "-5", std::nullopt},
      {"RFC 9110 §8.6: sign", "-0", std::nullopt},
      {"RFC 9110 §8.6: hexadecimal", "0x5", std::nullopt},
      {"RFC 9110 §8.6: hexadecimal", "a", std::nullopt},
      {"RFC 9110 §8.6: fraction", "5.0", std::nullopt},
      {"RFC 9110 §8.6: exponent", "5e1", std::nullopt},
      {"RFC 9110 §8.6: inner space", "5 0", std::nullopt},
      {"RFC 9110 §8.6: trailing text", "5;x", std::nullopt},
      {"RFC 9110 §8.6: underscore", "1_000", std::nullopt},
      {"RFC 9110 §8.6: quoted", "\"5\"", std::nullopt},
      {"RFC 9112 §6.3: list of equals", "5, 5", std::nullopt},
      {"RFC 9112 §6.3: list", "5,6", std::nullopt},
      {"RFC 9112 §6.3: list", "5,", std::nullopt},
      {"RFC 9110 §8.6: other digits", "\xd9\xa5", std::nullopt},
  };
  for (const auto& [section, value, length] : cases) {
    SCOPED_TRACE(std::string(section) + ": " + value);
    const ParsingOutcome got = parse(with_fields("Content-Length: " + value + "\r\n"));
    EXPECT_EQ(status_of(got), length ? kHead : 400);
    if (!length) continue;
    EXPECT_EQ(got.kind, Kind::length);
    EXPECT_EQ(got.length_bytes, *length);
  }
  expect_statuses({
      {"RFC 9112 §6.3: differing", with_fields("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
      {"RFC 9112 §6.3: repeated, equal", with_fields("Content-Length: 5\r\ncontent-length: 5\r\n"), 400},
      {"RFC 9112 §6.3: hidden by a space", with_fields("Content-Length : 5\r\n"), 400},
      {"RFC 9112 §6.3: hidden by a control", with_fields("Content-Length: 5\v\r\n"), 400},
      {"RFC 9112 §6.3: judged before Host", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
      {"RFC 9110 §8.6: HTTP/1.0 too", with_fields("Content-Length: 5\r\nContent-Length: 5\r\n", "HTTP/1.0"),
       400},
      {"RFC 9112 §6.3: another field", with_fields("Content_Length: x\r\nContent-Lengths: y\r\n"), kHead},
  });
}

TEST(HeadParser, TransferEncoding) {
  const std::string te = "Transfer-Encoding: ";
  expect_statuses({
      {"RFC 9112 §7.1", with_fields(te + "chunked\r\n"), kHead},
      {"RFC 9110 §10.1.4: case ignored", with_fields("TRANSFER-encoding:CHUNKED\r\n"), kHead},
      {"RFC 9110 §5.5: HTAB around the value", with_fields("Transfer-Encoding:\tchunked\t\r\n"), kHead},
      // A proxy that does not see the coding takes the request for one without content: TE.CL and TE.TE.
      {"RFC 9112 §6.3: CL.TE", with_fields("Content-Length: 6\r\n" + te + "chunked\r\n"), 400},
      {"RFC 9112 §6.3: TE.CL", with_fields(te + "chunked\r\nContent-Length: 3\r\n"), 400},
      {"RFC 9112 §6.3: TE.CL of 0", with_fields(te + "chunked\r\nContent-Length: 0\r\n"), 400},
      {"RFC 9112 §6.3: an unknown coding with CL", with_fields(te + "xchunked\r\nContent-Length: 3\r\n"),
       400},
      {"RFC 9112 §6.3: a malformed CL with TE", with_fields(te + "chunked\r\nContent-Length: x\r\n"), 400},
      {"RFC 9112 §6.1: HTTP/1.0", with_fields(te + "chunked\r\n", "HTTP/1.0"), 400},
      {"RFC 9112 §5.1: space before the colon", with_fields("Transfer-Encoding : chunked\r\n"), 400},
      {"RFC 9112 §5.1: tab before the colon", with_fields("Transfer-Encoding\t: chunked\r\n"), 400},
      {"RFC 9112 §5.2: folded", with_fields("Transfer-Encoding:\r\n chunked\r\n"), 400},
      {"RFC 9112 §5.2: folded away", with_fields("X: y\r\n Transfer-Encoding: chunked\r\n"), 400},
      {"RFC 9112 §2.2: behind a bare LF", with_fields("X: y\nTransfer-Encoding: chunked\r\n"), 400},
      {"RFC 9112 §2.2: behind a bare CR", with_fields("X: y\rTransfer-Encoding: chunked\r\n"), 400},
      {"RFC 9110 §5.5: VT", with_fields(te + "\vchunked\r\n"), 400},
      {"RFC 9110 §5.5: FF", with_fields(te + "\fchunked\r\n"), 400},
      {"RFC 9110 §5.5: NUL", with_fields(te + "chunked\0\r\n"s), 400},
      {"RFC 9110 §5.5: DEL", with_fields(te + "\x7f" + "chunked\r\n"), 400},
      {"RFC 9110 §5.6.2: no-break space", with_fields(te + "\xa0" + "chunked\r\n"), 400},
      {"RFC 9110 §5.6.2: quoted", with_fields(te + "\"chunked\"\r\n"), 400},
      {"RFC 9110 §5.6.2: quoted", with_fields(te + "'chunked'\r\n"), 501},
      {"RFC 9112 §7.1: with a parameter", with_fields(te + "chunked;q=1\r\n"), 400},
      {"RFC 9112 §6.3: empty", with_fields(te + "\r\n"), 400},
      {"RFC 9112 §6.3: nothing but commas", with_fields(te + ",\r\n"), 400},
      {"RFC 9112 §6.3: an empty element", with_fields(te + ", chunked\r\n"), 400},
      {"RFC 9112 §6.3: an empty element", with_fields(te + "chunked,\r\n"), 400},
      {"RFC 9112 §6.3: an empty line beside it", with_fields(te + "chunked\r\n" + te + "\r\n"), 400},
      {"RFC 9112 §7.1: twice", with_fields(te + "chunked, chunked\r\n"), 400},
      {"RFC 9112 §7.1: twice, two lines", with_fields(te + "chunked\r\n" + te + "Chunked\r\n"), 400},
      {"RFC 9112 §6.3: not last", with_fields(te + "chunked, gzip\r\n"), 400},
      {"RFC 9112 §6.3: not last", with_fields(te + "chunked, identity\r\n"), 400},
      {"RFC 9112 §6.3: not last, two lines", with_fields(te + "chunked\r\n" + te + "identity\r\n"), 400},
      {"RFC 9112 §6.3: not there", with_fields(te + "gzip, deflate\r\n"), 400},
      {"RFC 9112 §6.3: not there, two lines", with_fields(te + "gzip\r\n" + te + "deflate\r\n"), 400},
      {"RFC 9112 §6.3: two words", with_fields(te + "chunked gzip\r\n"), 400},
      {"RFC 9112 §6.1: unknown", with_fields(te + "xchunked\r\n"), 501},
      {"RFC 9112 §6.1: unknown", with_fields(te + "chunke\r\n"), 501},
      {"RFC 9112 §6.1: unknown", with_fields(te + "cow\r\n"), 501},
      {"RFC 9112 §7.2: not offered", with_fields(te + "gzip\r\n"), 501},
      {"RFC 9112 §7.2: withdrawn", with_fields(te + "identity\r\n"), 501},
      {"RFC 9112 §7.2: not offered", with_fields(te + "gzip, chunked\r\n"), 501},
      {"RFC 9112 §7.2: not offered, two lines", with_fields(te + "gzip\r\n" + te + "chunked\r\n"), 501},
      {"RFC 9112 §6.1: judged before Host", "POST / HTTP/1.1\r\nTransfer-Encoding: cow\r\n\r\n", 501},
      {"CONTRACT §4: judged before the method", "COW / HTTP/1.1\r\nHost: a\r\n" + te + "gzip, x\r\n\r\n",
       400},
      {"RFC 9110 §5.1: another field", with_fields("Transfer_Encoding: chunked\r\n"), kHead},
  });
  EXPECT_EQ(parse(with_fields(te + "chunked\r\n")).kind, Kind::chunked);
  EXPECT_EQ(parse(with_fields("Transfer_Encoding: chunked\r\n")).kind, Kind::none);
  EXPECT_EQ(parse(with_fields("X-Transfer-Encoding: chunked\r\n")).kind, Kind::none);
}

TEST(HeadParser, Persistence) {  // RFC 9112 §9.3, RFC 9110 §7.6.1
  struct PersistenceCase {
    std::string version, fields;
    bool persists;
  };
  const PersistenceCase cases[] = {
      {"HTTP/1.1", "", true},
      {"HTTP/1.2", "", true},
      {"HTTP/1.0", "", false},
      {"HTTP/1.1", "Connection: close\r\n", false},
      {"HTTP/1.1", "connection:CLOSE\r\n", false},
      {"HTTP/1.1", "Connection: keep-alive\r\n", true},
      {"HTTP/1.0", "Connection: Keep-Alive\r\n", true},
      {"HTTP/1.0", "Connection: x, keep-alive ,y\r\n", true},
      {"HTTP/1.0", "Connection: x\r\nConnection: keep-alive\r\n", true},
      {"HTTP/1.0", "Connection: keep-alive, close\r\n", false},
      {"HTTP/1.1", "Connection: close, keep-alive\r\n", false},
      {"HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
      {"HTTP/1.1", "Connection: close\r\nConnection: keep-alive\r\n", false},
      {"HTTP/1.1", "Connection: ,,\tclose\t,\r\n", false},
      {"HTTP/1.1", "Connection: closed\r\n", true},
      {"HTTP/1.1", "Connection: not close\r\n", true},
      {"HTTP/1.1", "Connection:\r\n", true},
      {"HTTP/1.0", "Keep-Alive: timeout=5\r\n", false},
      {"HTTP/1.0", "Proxy-Connection: keep-alive\r\n", false},
  };
  for (const auto& [version, fields, persists] : cases) {
    SCOPED_TRACE(testing::Message() << version << " " << fields);
    const ParsingOutcome got = parse(with_fields(fields, version));
    EXPECT_EQ(status_of(got), kHead);
    EXPECT_EQ(got.persists, persists);
  }
}

TEST(HeadParser, Expectation) {  // RFC 9110 §10.1.1
  struct ExpectCase {
    std::string version, fields;
    bool continues, other;
  };
  const ExpectCase cases[] = {
      {"HTTP/1.1", "", false, false},
      {"HTTP/1.1", "Expect: 100-continue\r\n", true, false},
      {"HTTP/1.1", "EXPECT:100-Continue\r\n", true, false},
      {"HTTP/1.0", "Expect: 100-continue\r\n", false, false},
      {"HTTP/1.1", "Expect:\r\n", false, false},
      {"HTTP/1.1", "Expect: 100-continued\r\n", false, true},
      {"HTTP/1.1", "Expect: 200-ok\r\n", false, true},
      {"HTTP/1.0", "Expect: 200-ok\r\n", false, true},
      {"HTTP/1.1", "Expect: 100-continue, x=y\r\n", true, true},
      {"HTTP/1.1", "Expect: x\r\nExpect: 100-continue\r\n", true, true},
      {"HTTP/1.1", "Expect: 100-continue;q=1\r\n", false, true},
  };
  for (const auto& [version, fields, continues, other] : cases) {
    SCOPED_TRACE(testing::Message() << version << " " << fields);
    const ParsingOutcome got = parse(with_fields(fields, version));
    EXPECT_EQ(status_of(got), kHead);
    EXPECT_EQ(got.expects_continue, continues);
    EXPECT_EQ(got.expects_other, other);
  }
}

TEST(HeadParser, LimitOfTheHead) {
  const std::string request = "GET /abc HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
  const std::size_t line_end = request.find("\r\nHost") + 2;
  for (std::size_t limit = 1; limit <= request.size() + 1; ++limit) {
    SCOPED_TRACE(limit);
    const int want = limit <= 3               ? 501
                     : limit < line_end       ? 414
                     : limit < request.size() ? 431
                                              : kHead;  // RFC 9110 §15.6.2, §15.5.15; RFC 6585 §5
    EXPECT_EQ(status_of(parse(request, {limit})), want);
    EXPECT_EQ(status_of(parse(request + "GET", {limit})), want);
    if (limit < request.size()) {
      EXPECT_EQ(status_of(parse(request.substr(0, limit), {limit})), want) << "never waits at the limit";
      EXPECT_EQ(status_of(parse(request.substr(0, limit - 1), {limit})), kNeedMoreHead);
    }
  }
  EXPECT_EQ(status_of(parse("\r\n\r\n" + request, {request.size()})), 431) << "empty lines count";
}

TEST(HeadParser, TheDefaultLimitIs16KiB) {
  const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto with_target = [&rest](std::size_t head_bytes) {
    return "GET /" + std::string(head_bytes - 5 - rest.size(), 'a') + rest;
  };
  EXPECT_EQ(status_of(parse(with_target(16384))), kHead);
  EXPECT_EQ(status_of(parse(with_target(16385))), 431);
  EXPECT_EQ(status_of(parse(with_target(17000))), 414);
  EXPECT_EQ(status_of(parse("GET /" + std::string(20000, 'a'))), 414);
  EXPECT_EQ(status_of(parse(std::string(20000, 'A'))), 501);
  EXPECT_EQ(status_of(parse("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20000, 'b'))), 431);
  EXPECT_EQ(status_of(parse("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(20000, 'X'))), 431);
}

// CONTRACT §2: nobody knows a method of that length (RFC 9110 §15.6.2), wherever its end may be.
TEST(HeadParser, AMethodLongerThanTheHeadMayBeIsUnknown) {
  const std::string method(300, 'M');
  EXPECT_EQ(status_of(parse(method, {300})), 501);
  EXPECT_EQ(status_of(parse(method, {301})), kNeedMoreHead);
  EXPECT_EQ(status_of(parse(method + " / HTTP/1.1\r\n", {256})), 501);
  EXPECT_EQ(status_of(parse("\r\n\r\n" + method, {256})), 501) << "empty lines count towards the limit";
  EXPECT_EQ(status_of(parse(method + " /", {301})), 414) << "the method has ended";
  EXPECT_EQ(status_of(parse(method + "/ HTTP/1.1\r\n", {256})), 501) << "what follows has not been read";
  EXPECT_EQ(status_of(parse("MET{" + method, {256})), 400) << "not a token";
}

TEST(HeadParser, TellsWhatStandsInFrontOfAFault) {
  const std::string line = "POST /upload HTTP/1.1\r\n";
  const std::string accept = "Host: a\r\nAccept: application/json\r\n";
  const auto accept_of = [](const RequestHead& head) {
    return std::string(head.fields.first(FieldName::accept).value_or("none"));
  };
  struct FaultCase {
    std::string text, target, accept;
    HeadLimits limits = {};
  };
  const FaultCase cases[] = {
      {line + accept + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", "/upload", "application/json"},
      {line + accept + "Cookie: " + std::string(20000, 'c'), "/upload", "application/json"},
      {line + "Cookie: " + std::string(20000, 'c') + "\r\n" + accept + "\r\n", "/upload", "none"},
      {line + accept + "X : y\r\n\r\n", "/upload", "application/json"},
      {line + accept + "X: y\n\r\n", "/upload", "application/json"},
      {"POST /upload HTTP/2.0\r\n" + accept + "\r\n", "/upload", "none"},
      {"POST /upload HTTP/one\r\n" + accept + "\r\n", "/upload", "none"},
      {"POST /upload\r\n" + accept + "\r\n", "", "none"},
      {"POST /upload HTTP/1.1", "", "none", {8}},
      {"{", "", "none"},
  };
  for (const auto& [text, target, accepted, limits] : cases) {
    SCOPED_TRACE(text.substr(0, 80));
    HeadProgress progress;
    ASSERT_TRUE(std::holds_alternative<Refusal>(parse_head(text, progress, limits)));
    GuardedText memory(text.size());
    const RequestHead head = read_until_fault(memory.hold(text), limits);
    EXPECT_EQ(head.target, target);
    EXPECT_EQ(accept_of(head), accepted);
    EXPECT_EQ(head.method, text.front() == 'P' ? Method::post : Method::unknown);
  }
}

TEST(HeadParser, TheFirstFaultDecides) {
  const std::string many(20000, 'a');
  expect_statuses({
      {"a fault in front of the limit", "GET  /" + many, 400},
      {"a fault behind the limit", "GET /" + many + "\n", 414},
      {"a fault behind the limit", "GET / HTTP/1.1\r\nX: " + many + "\n", 431},
      {"a version in front of the limit", "GET / HTTP/2.0\r\nX: " + many, 505},
      {"a version in front of a malformed field", "GET / HTTP/2.0\r\nX : y\r\n\r\n", 505},
      {"a malformed field in front of the framing", with_fields("Transfer-Encoding: cow\r\nX : y\r\n"), 400},
  });
}

TEST(HeadParser, LimitOfTheFieldCount) {  // RFC 6585 §5
  const auto with_count = [](std::size_t count, const std::string& last = "") {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t i = 1; i < count; ++i) text += "X: y\r\n";
    return text + last + "\r\n";
  };
  static_assert(Fields::kMaximumCount == 100);
  EXPECT_EQ(parse(with_count(100)).fields.size(), 100U);
  EXPECT_EQ(status_of(parse(with_count(100))), kHead);
  EXPECT_EQ(status_of(parse(with_count(101))), 431);
  EXPECT_EQ(status_of(parse(with_count(1000))), 431);
  // A field that is not kept is still a field: it may not smuggle.
  EXPECT_EQ(status_of(parse(with_count(100, "Transfer-Encoding: chunked\r\n"))), 431);
  EXPECT_EQ(status_of(parse(with_count(150, "X : y\r\n"))), 400);
}

TEST(HeadParser, EveryByteInEveryPlace) {
  // Expected from the grammar's own words (RFC 9110 §5.5 and §5.6.2, RFC 9112 §3), not from the parser's
  // table.
  const std::string tchar = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    SCOPED_TRACE(value);
    const bool is_token = tchar.find(c) != std::string::npos;
    const bool is_visible = value > 0x20 && value < 0x7f;
    const bool is_field_byte = is_visible || c == ' ' || c == '\t' || value >= 0x80;
    EXPECT_EQ(status_of(parse(with_line("G"s + c + "T / HTTP/1.1"))), is_token ? kHead : 400);
    EXPECT_EQ(status_of(parse(with_line("GET /a"s + c + "b HTTP/1.1"))), is_visible ? kHead : 400);
    EXPECT_EQ(status_of(parse(with_fields("A"s + c + "b: d\r\n"))), is_token || c == ':' ? kHead : 400);
    EXPECT_EQ(status_of(parse(with_fields("A: b"s + c + "d\r\n"))), is_field_byte ? kHead : 400);
    EXPECT_EQ(status_of(parse(with_fields("A: b\r"s + c))), c == '\n' ? kHead : 400);
  }
}

}  // namespace
}  // namespace bobbin::http::http1
