#include "http/http1/head_parser.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/ascii.h"
#include "http/field_name.h"
#include "http/http1/grammar.h"
#include "http/http1/head_semantics.h"

namespace bobbin::http::http1 {
namespace {

enum class Reading : std::uint8_t { done, need_more, refused };

/// Case matters in a method (RFC 9110 §9.1): "get" is one that we do not know.
Method recognize_method(std::string_view text) {
  switch (text.size()) {
    case 3: return text == "GET" ? Method::get : text == "PUT" ? Method::put : Method::unknown;
    case 4: return text == "HEAD" ? Method::head : text == "POST" ? Method::post : Method::unknown;
    case 5: return text == "PATCH" ? Method::patch : text == "TRACE" ? Method::trace : Method::unknown;
    case 6: return text == "DELETE" ? Method::delete_ : Method::unknown;
    case 7: return text == "OPTIONS" ? Method::options : Method::unknown;
    default: return Method::unknown;
  }
}

/// Reads a head from left to right, strictly, and stops at the first byte that cannot be.
class HeadReader {
 public:
  /// The first `checked` bytes of `input` have been read before without a fault: in them it only looks for
  /// where things end, which memchr does many times faster than they come in.
  HeadReader(std::string_view input, std::size_t checked, const HeadLimits& limits, RequestHead& head)
      : begin_(input.data()),
        end_(begin_ + std::min(input.size(), limits.head_bytes)),
        checked_(begin_ + std::min(checked, static_cast<std::size_t>(end_ - begin_))),
        at_(begin_),
        limit_reached_(input.size() >= limits.head_bytes),
        head_(head) {}

  /// Reads all of the head.
  Reading read() {
    if (const Reading reading = skip_empty_lines(); reading != Reading::done) return reading;
    if (const Reading reading = read_request_line(); reading != Reading::done) return reading;
    return read_fields();
  }
  /// Reads on from the field line that begins at `offset`.
  Reading read_fields_from(std::size_t offset) {
    at_ = begin_ + offset;
    in_request_line_ = false;
    return read_fields();
  }

  [[nodiscard]] std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
  [[nodiscard]] bool has_too_many_fields() const { return has_too_many_fields_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

 private:
  Reading skip_empty_lines();
  Reading read_request_line();
  Reading read_version();
  Reading read_fields();
  Reading read_field_line();
  Reading read_line_end();

  /// Moves to the first byte outside `set`, or to the end. `terminator` is not in the set.
  void skip(CharacterSet set, char terminator) {
    if (at_ < checked_) {
      const void* found = std::memchr(at_, terminator, static_cast<std::size_t>(checked_ - at_));
      at_ = found != nullptr ? static_cast<const char*>(found) : checked_;
    }
    while (at_ != end_ && is_in(set, *at_)) ++at_;
  }
  [[nodiscard]] std::string_view since(const char* start) const {
    return {start, static_cast<std::size_t>(at_ - start)};
  }

  Reading refuse(std::string_view reason, Status status = Status::bad_request) {
    refusal_ = {status, reason};
    return Reading::refused;
  }
  Reading refuse_byte(std::string_view otherwise);
  Reading out_of_input();

  const char* begin_;
  const char* end_;  ///< of the input, but never beyond the limit: no verdict depends on what comes behind it
  const char* checked_;
  const char* at_;
  bool limit_reached_;
  bool in_request_line_ = true;
  bool has_too_many_fields_ = false;
  RequestHead& head_;
  Refusal refusal_{};
};

Reading HeadReader::out_of_input() {
  if (!limit_reached_) return Reading::need_more;
  if (in_request_line_) return refuse("The request line is too long.", Status::uri_too_long);
  return refuse("The request's header fields are too large.", Status::request_header_fields_too_large);
}

/// The byte here cannot be. Line ends and controls mean the same wherever they are; else it is the fault
/// `otherwise`.
Reading HeadReader::refuse_byte(std::string_view otherwise) {
  const char c = *at_;
  // RFC 9112 §2.2: a recipient may take a lone LF for a line end. Peers that differ in this can be played off
  // against each other, so we do not.
  if (c == '\n') return refuse("Every line must end with CR LF, and neither may stand elsewhere.");
  if (c == '\r') return refuse(otherwise);  // the end of a line, and too early
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
    if (c != '\t') return refuse("The request head holds a control character.");
  }
  return refuse(otherwise);
}

Reading HeadReader::read_line_end() {
  if (at_ == end_) return out_of_input();
  if (*at_ != '\r') return refuse_byte("A line of the request head does not end where it should.");
  ++at_;
  if (at_ == end_) return out_of_input();
  if (*at_ != '\n') return refuse("A CR must be followed by LF.");
  ++at_;
  return Reading::done;
}

Reading HeadReader::skip_empty_lines() {
  for (int lines = 0; at_ != end_ && *at_ == '\r' && lines < kMaximumEmptyLines; ++lines) {
    if (const Reading reading = read_line_end(); reading != Reading::done) return reading;
  }
  return Reading::done;
}

// RFC 9112 §3: request-line = method SP request-target SP HTTP-version
Reading HeadReader::read_request_line() {
  const char* const line = at_;
  skip(CharacterSet::token, ' ');
  if (at_ == end_) return out_of_input();
  head_.method_text = since(line);
  constexpr std::string_view kForm = "One space, a target, one space and the version must follow the method.";
  if (*at_ != ' ' || head_.method_text.empty())
    return refuse_byte(*at_ == '\r' ? kForm : "The request line must begin with a method.");
  head_.method = recognize_method(head_.method_text);

  const char* const target = ++at_;
  skip(CharacterSet::target, ' ');
  if (at_ == end_) return out_of_input();
  head_.target = since(target);
  if (*at_ != ' ' || head_.target.empty()) return refuse_byte(kForm);

  const char* const version = ++at_;
  if (const Reading reading = read_version(); reading != Reading::done) return reading;
  head_.line = since(line);
  if (const Reading reading = read_line_end(); reading != Reading::done) return reading;
  in_request_line_ = false;
  if (version[5] != '1')
    return refuse("Only HTTP/1.1 and HTTP/1.0 are spoken here.", Status::http_version_not_supported);
  head_.minor_version = version[7] - '0';
  return Reading::done;
}

// RFC 9112 §2.3: HTTP-version = "HTTP" "/" DIGIT "." DIGIT, in capitals.
Reading HeadReader::read_version() {
  for (const char form : std::string_view("HTTP/0.0")) {
    if (at_ == end_) return out_of_input();
    if (form == '0' ? !is_digit(*at_) : *at_ != form)
      return refuse_byte("The request line must end with the version, for example HTTP/1.1.");
    ++at_;
  }
  return Reading::done;
}

Reading HeadReader::read_fields() {
  while (at_ != end_ && *at_ != '\r') {
    if (const Reading reading = read_field_line(); reading != Reading::done) return reading;
  }
  return read_line_end();
}

// RFC 9112 §5: field-line = field-name ":" OWS field-value OWS
Reading HeadReader::read_field_line() {
  const char* const line = at_;
  skip(CharacterSet::token, ':');
  if (at_ == end_) return out_of_input();
  const std::string_view name = since(line);
  if (*at_ != ':' || name.empty()) {
    if (!is_optional_white_space(*at_))
      return refuse_byte("A field line must begin with a name and a colon.");
    // RFC 9112 §5.2 and §5.1: line folding, and white space before the colon, hide a field from some readers.
    return refuse(name.empty() ? "A line of the request head may not begin with white space."
                               : "No white space may stand in a field name or before its colon.");
  }
  const char* const value = ++at_;
  skip(CharacterSet::field_value, '\r');
  const std::string_view value_text = since(value);
  if (const Reading reading = read_line_end(); reading != Reading::done) return reading;

  // Beyond the maximum lines are still checked, so that the verdict is the same when earlier ones came
  // earlier.
  if (!head_.fields.add({recognize_field_name(name), name, trim(value_text)})) has_too_many_fields_ = true;
  return Reading::done;
}

/// Where the field line begins that byte `seen` belongs to; 0 while that is still the request line.
std::size_t unfinished_field_line(std::string_view input, std::size_t seen) {
  const void* line_feed = seen == 0 ? nullptr : memrchr(input.data(), '\n', seen);
  if (line_feed == nullptr) return 0;
  const auto line = static_cast<std::size_t>(static_cast<const char*>(line_feed) - input.data()) + 1;
  const std::size_t request_line = input.find_first_not_of("\r\n");
  return request_line < line ? line : 0;
}

HeadResult parse_from_the_front(std::string_view input, std::size_t checked, const HeadLimits& limits) {
  HeadResult result(std::in_place_type<ParsedHead>);  // filled in place: it is too large to be copied
  ParsedHead& parsed = *std::get_if<ParsedHead>(&result);
  HeadReader reader(input, checked, limits, parsed.head);
  const Reading reading = reader.read();
  if (reading == Reading::need_more) {
    result = NeedMore{};
  } else if (reading == Reading::refused) {
    result = reader.refusal();
  } else if (reader.has_too_many_fields()) {
    result = Refusal{Status::request_header_fields_too_large, "The request has too many header fields."};
  } else if (const auto refusal = interpret_fields(parsed.head)) {
    result = *refusal;
  } else {
    parsed.size_bytes = reader.position();
  }
  return result;
}

}  // namespace

HeadResult parse_head(std::string_view input, std::size_t seen, const HeadLimits& limits) {
  seen = std::min(seen, input.size());
  if (const std::size_t line = unfinished_field_line(input, seen); line > 0) {
    // Only what is new can hold a fault or the end. The values are taken once, when all of the head is there.
    RequestHead scratch;
    HeadReader reader(input, seen, limits, scratch);
    const Reading reading = reader.read_fields_from(line);
    if (reading == Reading::need_more) return NeedMore{};
    if (reading == Reading::refused) return reader.refusal();
    seen = 0;
  }
  return parse_from_the_front(input, seen, limits);
}

}  // namespace bobbin::http::http1
