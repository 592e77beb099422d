#include "http/http1/head_parser.h"

#include <algorithm>
#include <cstdint>

#include "base/ascii.h"
#include "http/field_name.h"
#include "http/grammar.h"
#include "http/head_semantics.h"
#include "http/method.h"
#include "http/scan.h"

namespace bobbin::http::http1 {
namespace {

enum class Reading : std::uint8_t { done, need_more, refused };

/// Reads a head from left to right, strictly, and stops at the first byte that is not allowed where it is.
class HeadReader {
 public:
  /// Goes on where `progress` stopped. Unless that is the front, `head` becomes incomplete.
  HeadReader(std::string_view input, const HeadLimits& limits, const HeadProgress& progress,
             RequestHead& head)
      : begin_(input.data()),
        end_(begin_ + std::min(input.size(), limits.head_bytes)),
        at_(begin_ + progress.read_bytes),
        part_begin_(begin_ + progress.part_begin),
        line_begin_(at_),
        part_(progress.part),
        empty_lines_(progress.empty_lines),
        limit_reached_(input.size() >= limits.head_bytes),
        head_(head) {}

  Reading read();

  [[nodiscard]] std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
  [[nodiscard]] HeadProgress progress() const {
    return {.read_bytes = static_cast<std::uint32_t>(at_ - begin_),
            .part_begin = static_cast<std::uint32_t>(part_begin_ - begin_),
            .part = part_,
            .empty_lines = empty_lines_};
  }
  [[nodiscard]] bool has_too_many_fields() const { return has_too_many_fields_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

 private:
  using Part = HeadProgress::Part;

  // Each of these reads on in its part, and begins the next part at the end of it.
  Reading read_empty_lines();
  Reading read_method();
  Reading read_target();
  Reading read_version();
  Reading end_request_line();
  Reading read_fields();
  Reading read_name();
  Reading read_value();
  Reading end_field_line();
  Reading read_line_feed();

  void begin_part(Part part) {
    part_ = part;
    part_begin_ = at_;
  }
  /// The bytes of the current part that have been read.
  [[nodiscard]] std::string_view text() const { return since(part_begin_); }
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
  const char* end_;  ///< the end of the input or the limit, if that is nearer: no verdict depends on more
  const char* at_;
  const char* part_begin_;
  const char* line_begin_;
  Part part_;
  std::uint8_t empty_lines_;
  bool limit_reached_;
  bool has_too_many_fields_ = false;
  std::string_view name_;
  std::string_view value_;
  RequestHead& head_;
  Refusal refusal_{};
};

/// Ends reading, since all of the input has been read.
Reading HeadReader::out_of_input() {
  if (!limit_reached_) return Reading::need_more;
  if (part_ == Part::method && at_ != part_begin_)
    return refuse("The method is longer than any that this server knows.", Status::not_implemented);
  if (part_ < Part::field_name) return refuse("The request line is too long.", Status::uri_too_long);
  return refuse("The request's header fields are too large.", Status::request_header_fields_too_large);
}

/// Refuses the current byte, which is not allowed here. A stray line end or control character is named as
/// such; any other byte is the fault `otherwise`.
Reading HeadReader::refuse_byte(std::string_view otherwise) {
  const char c = *at_;
  // RFC 9112 §2.2: a recipient may take a lone LF for a line end. Peers that differ in this can be played off
  // against each other, so we do not.
  if (c == '\n') return refuse("Every line must end with CR LF, and neither may stand elsewhere.");
  if (c == '\r') return refuse(otherwise);  // the line ends too early
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
    if (c != '\t') return refuse("The request head holds a control character.");
  }
  return refuse(otherwise);
}

Reading HeadReader::read_line_feed() {
  if (at_ == end_) return out_of_input();
  if (*at_ != '\n') return refuse("A CR must be followed by LF.");
  ++at_;
  return Reading::done;
}

Reading HeadReader::read() {
  if (part_ < Part::field_name) {
    if (const Reading reading = read_empty_lines(); reading != Reading::done) return reading;
    if (const Reading reading = read_method(); reading != Reading::done) return reading;
    if (const Reading reading = read_target(); reading != Reading::done) return reading;
    if (const Reading reading = read_version(); reading != Reading::done) return reading;
    if (const Reading reading = end_request_line(); reading != Reading::done) return reading;
  }
  return read_fields();
}

Reading HeadReader::read_empty_lines() {
  if (part_ > Part::empty_line_feed) return Reading::done;
  while (true) {
    if (part_ == Part::empty_line) {
      if (at_ == end_) return out_of_input();
      if (*at_ != '\r' || empty_lines_ == kMaximumEmptyLines) break;
      ++at_;
      part_ = Part::empty_line_feed;
    }
    if (const Reading reading = read_line_feed(); reading != Reading::done) return reading;
    ++empty_lines_;
    part_ = Part::empty_line;
  }
  line_begin_ = at_;
  begin_part(Part::method);
  return Reading::done;
}

// RFC 9112 §3: request-line = method SP request-target SP HTTP-version
constexpr std::string_view kRequestLineForm =
    "One space, a target, one space and the version must follow the method.";

Reading HeadReader::read_method() {
  if (part_ != Part::method) return Reading::done;
  at_ = scan::skip<CharacterSet::token>(at_, end_);
  if (at_ == end_) return out_of_input();
  head_.method_text = text();
  if (*at_ != ' ' || head_.method_text.empty())
    return refuse_byte(*at_ == '\r' ? kRequestLineForm : "The request line must begin with a method.");
  head_.method = recognize_method(head_.method_text);
  ++at_;
  begin_part(Part::target);
  return Reading::done;
}

Reading HeadReader::read_target() {
  if (part_ != Part::target) return Reading::done;
  at_ = scan::skip<CharacterSet::target>(at_, end_);
  if (at_ == end_) return out_of_input();
  if (*at_ != ' ' || text().empty()) return refuse_byte(kRequestLineForm);
  head_.target = text();
  ++at_;
  begin_part(Part::version);
  return Reading::done;
}

// RFC 9112 §2.3: HTTP-version = "HTTP" "/" DIGIT "." DIGIT, in capitals.
Reading HeadReader::read_version() {
  if (part_ != Part::version) return Reading::done;
  constexpr std::string_view kForm = "HTTP/0.0";
  constexpr std::string_view kUsual = "HTTP/1.1";
  if (text().empty() && std::string_view(at_, end_).starts_with(kUsual)) at_ += kUsual.size();
  for (std::size_t i = text().size(); i < kForm.size(); ++i, ++at_) {
    if (at_ == end_) return out_of_input();
    if (kForm[i] == '0' ? !is_digit(*at_) : *at_ != kForm[i])
      return refuse_byte("The request line must end with the version, for example HTTP/1.1.");
  }
  if (at_ == end_) return out_of_input();
  if (*at_ != '\r') return refuse_byte("A line of the request head does not end where it should.");
  head_.line = since(line_begin_);
  ++at_;
  part_ = Part::request_line_feed;
  return Reading::done;
}

Reading HeadReader::end_request_line() {
  if (const Reading reading = read_line_feed(); reading != Reading::done) return reading;
  const char* const version = part_begin_;
  if (version[5] != '1')
    return refuse("Only HTTP/1.1 and HTTP/1.0 are spoken here.", Status::http_version_not_supported);
  head_.minor_version = version[7] - '0';
  begin_part(Part::field_name);
  return Reading::done;
}

// RFC 9112 §2.1: *( field-line CRLF ) CRLF; §5: field-line = field-name ":" OWS field-value OWS
Reading HeadReader::read_fields() {
  while (true) {
    if (part_ == Part::field_name && at_ == part_begin_ && at_ != end_ && *at_ == '\r') {
      ++at_;
      part_ = Part::final_line_feed;
    }
    if (part_ == Part::final_line_feed) return read_line_feed();
    if (const Reading reading = read_name(); reading != Reading::done) return reading;
    if (const Reading reading = read_value(); reading != Reading::done) return reading;
    if (const Reading reading = end_field_line(); reading != Reading::done) return reading;
  }
}

Reading HeadReader::read_name() {
  if (part_ != Part::field_name) return Reading::done;
  at_ = scan::skip<CharacterSet::token>(at_, end_);
  if (at_ == end_) return out_of_input();
  name_ = text();
  if (*at_ != ':' || name_.empty()) {
    if (!is_optional_white_space(*at_))
      return refuse_byte("A field line must begin with a name and a colon.");
    // RFC 9112 §5.2 and §5.1: line folding, and white space before the colon, hide a field from some readers.
    return refuse(name_.empty() ? "A line of the request head may not begin with white space."
                                : "No white space may stand in a field name or before its colon.");
  }
  ++at_;
  begin_part(Part::field_value);
  return Reading::done;
}

Reading HeadReader::read_value() {
  if (part_ != Part::field_value) return Reading::done;
  at_ = scan::skip<CharacterSet::field_value>(at_, end_);
  if (at_ == end_) return out_of_input();
  if (*at_ != '\r') return refuse_byte("A line of the request head does not end where it should.");
  value_ = text();
  ++at_;
  part_ = Part::field_line_feed;
  return Reading::done;
}

Reading HeadReader::end_field_line() {
  if (const Reading reading = read_line_feed(); reading != Reading::done) return reading;
  // Lines beyond the maximum are still checked, so that the verdict does not depend on how the head was cut
  // into pieces.
  if (!head_.fields.add({recognize_field_name(name_), name_, trim(value_)})) has_too_many_fields_ = true;
  begin_part(Part::field_name);
  return Reading::done;
}

HeadResult parse_from_the_front(std::string_view input, HeadProgress& progress, const HeadLimits& limits) {
  HeadResult result(std::in_place_type<ParsedHead>);  // filled in place, since it is large to copy
  ParsedHead& parsed = *std::get_if<ParsedHead>(&result);
  HeadReader reader(input, limits, HeadProgress(), parsed.head);
  const Reading reading = reader.read();
  if (reading == Reading::need_more) {
    progress = reader.progress();
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

HeadResult parse_head(std::string_view input, HeadProgress& progress, const HeadLimits& limits) {
  if (progress.read_bytes > 0) {
    // Only new bytes can hold a fault or the end. The values are taken once, when the whole head has arrived.
    RequestHead incomplete;
    HeadReader reader(input, limits, progress, incomplete);
    const Reading reading = reader.read();
    if (reading == Reading::refused) return reader.refusal();
    if (reading == Reading::need_more) {
      progress = reader.progress();
      return NeedMore{};
    }
  }
  return parse_from_the_front(input, progress, limits);
}

RequestHead read_until_fault(std::string_view input, const HeadLimits& limits) {
  RequestHead head;
  HeadReader reader(input, limits, HeadProgress(), head);
  static_cast<void>(reader.read());
  return head;
}

}  // namespace bobbin::http::http1
