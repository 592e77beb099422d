#include "http/http1/content_decoder.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/grammar.h"

namespace bobbin::http::http1 {
namespace {

constexpr std::string_view kSizeFault = "A chunk must begin with its size, in hexadecimal digits.";
// RFC 9112 §7.1.1 and §2.2: a lone LF or CR inside a chunk's framing is read differently by different peers.
constexpr std::string_view kLineEndFault =
    "Chunked framing: a line must end with CR LF, and neither may stand elsewhere.";
constexpr std::string_view kExtensionFault =
    "A chunk extension must be a name, and perhaps '=' with a token or a quoted string.";
constexpr std::string_view kTrailerFault = "A line of the trailer section is not a field line.";

}  // namespace

// RFC 9112 §7.1:
//   chunked-body = *chunk last-chunk trailer-section CRLF
//   chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
//   last-chunk   = 1*("0") [ chunk-ext ] CRLF
enum class ContentDecoder::State : std::uint8_t {
  counted,  ///< content of a known length
  size,     ///< the digits of a chunk size
  // chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )   (§7.1.1)
  before_extension,   ///< white space (BWS) that only a ';' may follow
  extension_begin,    ///< behind ';': BWS, then a name must begin
  extension_name,     ///< in the name
  extension_equals,   ///< BWS behind the name: '=' or ';' must follow
  value_begin,        ///< behind '=': BWS, then a token or a quoted-string must begin
  value_token,        ///< in a value that is a token
  value_quoted,       ///< in a quoted-string
  value_escaped,      ///< behind the backslash of a quoted-pair
  extension_end,      ///< behind a quoted-string's closing quote
  size_line_feed,     ///< the LF of a size line
  data,               ///< chunk-data
  data_return,        ///< the CR behind chunk-data
  data_line_feed,     ///< the LF behind chunk-data
  trailer_line,       ///< at the start of a trailer field line, or of the final empty line
  trailer_name,       ///< in a trailer field's name
  trailer_value,      ///< behind its colon
  trailer_line_feed,  ///< the LF of a trailer field line
  final_line_feed,    ///< the LF of the final empty line
  finished,
  refused,  ///< of a byte that cannot stand where it does
};

/// The state inside a chunk extension after `c`, which is no line end.
ContentDecoder::State ContentDecoder::after_extension_byte(State state, char c) {
  using enum State;
  const bool is_white_space = is_optional_white_space(c);
  const bool is_token = is_in(CharacterSet::token, c);
  switch (state) {
    case before_extension: return c == ';' ? extension_begin : is_white_space ? state : refused;
    case extension_begin: return is_token ? extension_name : is_white_space ? state : refused;
    case extension_name:
      if (is_token) return state;
      [[fallthrough]];
    case extension_equals:
      if (is_white_space) return extension_equals;
      return c == '=' ? value_begin : c == ';' ? extension_begin : refused;
    case value_begin:
      if (is_white_space) return state;
      return c == '"' ? value_quoted : is_token ? value_token : refused;
    case value_quoted:
      if (c == '"') return extension_end;
      if (c == '\\') return value_escaped;
      [[fallthrough]];
    case value_escaped: return is_in(CharacterSet::field_value, c) ? value_quoted : refused;
    case value_token:
      if (is_token) return state;
      [[fallthrough]];
    default:
      return c == ';' ? extension_begin : is_white_space ? before_extension : refused;  // extension_end
  }
}

ContentDecoder::ContentDecoder(const ContentFraming& framing, std::uint64_t limit_bytes)
    : state_(State::finished), remaining_bytes_(0), allowance_bytes_(limit_bytes) {
  if (framing.kind == ContentFraming::Kind::chunked) {
    state_ = State::size;
  } else if (framing.kind == ContentFraming::Kind::length && framing.length_bytes > 0) {
    state_ = State::counted;
    remaining_bytes_ = framing.length_bytes;
  }
}

bool ContentDecoder::finished() const { return state_ == State::finished; }

ContentDecoder::Result ContentDecoder::decode(Bytes input) {
  if (state_ == State::counted) {
    if (remaining_bytes_ > allowance_bytes_)
      return Refusal{Status::content_too_large, "The content is larger than is accepted here."};
    return take_content(input, 0);
  }
  std::size_t at = 0;
  while (at < input.size() && !finished()) {
    if (state_ == State::data) return take_content(input, at);
    if (const auto refusal = read_framing(static_cast<char>(input[at]))) return *refusal;
    ++at;
  }
  return Step{at, {}, finished()};
}

/// Returns the part of the content (or of this chunk) that `input` holds from `offset` on.
ContentDecoder::Step ContentDecoder::take_content(Bytes input, std::size_t offset) {
  const Bytes rest = input.subspan(offset);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), remaining_bytes_));
  remaining_bytes_ -= size;
  if (state_ == State::counted) allowance_bytes_ -= size;
  if (remaining_bytes_ == 0) state_ = state_ == State::counted ? State::finished : State::data_return;
  return Step{offset + size, rest.first(size), finished()};
}

/// Reads one byte of the chunked framing. There are only a few such bytes per chunk, and because they are
/// read one by one no verdict can depend on how they were cut into pieces.
std::optional<Refusal> ContentDecoder::read_framing(char c) {
  switch (state_) {
    case State::size: return read_size(c);
    case State::size_line_feed:
      if (c != '\n') return bad_request(kLineEndFault);
      return begin_chunk();
    case State::data_return:
      if (c != '\r')
        return bad_request("A chunk is longer than its size says, or lacks the CR LF behind it.");
      state_ = State::data_line_feed;
      return std::nullopt;
    case State::data_line_feed:
      if (c != '\n') return bad_request(kLineEndFault);
      state_ = State::size;
      return std::nullopt;
    case State::trailer_line:
    case State::trailer_name:
    case State::trailer_value:
    case State::trailer_line_feed:
    case State::final_line_feed: return read_trailer(c);
    default: return read_extension(c);
  }
}

std::optional<Refusal> ContentDecoder::read_size(char c) {
  if (const int digit = hex_value(c); digit >= 0) {
    if (++size_digits_ > kMaximumSizeDigits) return bad_request("A chunk size has too many digits.");
    remaining_bytes_ = remaining_bytes_ << 4 | static_cast<std::uint64_t>(digit);
    return std::nullopt;
  }
  if (size_digits_ == 0) return bad_request(kSizeFault);
  if (c == '\r') {
    state_ = State::size_line_feed;
    return std::nullopt;
  }
  state_ = State::before_extension;
  return read_extension(c);
}

/// The meaning of extensions is ignored, but their form is checked: requests get smuggled where two readers
/// find the end of the line in two places.
std::optional<Refusal> ContentDecoder::read_extension(char c) {
  if (c == '\n') return bad_request(kLineEndFault);
  const bool may_end =
      state_ == State::extension_name || state_ == State::value_token || state_ == State::extension_end;
  if (c == '\r' && may_end) {
    state_ = State::size_line_feed;
    return std::nullopt;
  }
  if (++extension_bytes_ > kMaximumExtensionBytes) return bad_request("The chunk extensions are too large.");
  const State next = after_extension_byte(state_, c);
  if (next == State::refused)
    return bad_request(state_ == State::before_extension ? kSizeFault : kExtensionFault);
  state_ = next;
  return std::nullopt;
}

/// Begins what follows a size line: the data of the chunk, or the trailer section after the last chunk.
std::optional<Refusal> ContentDecoder::begin_chunk() {
  if (remaining_bytes_ > allowance_bytes_)
    return Refusal{Status::content_too_large, "The content is larger than is accepted here."};
  allowance_bytes_ -= remaining_bytes_;
  size_digits_ = 0;
  state_ = remaining_bytes_ == 0 ? State::trailer_line : State::data;
  return std::nullopt;
}

/// RFC 9112 §7.1.2: trailer-section = *( field-line CRLF ), as strict as the field section of the head.
std::optional<Refusal> ContentDecoder::read_trailer(char c) {
  if (++trailer_bytes_ > kMaximumTrailerBytes)
    return Refusal{Status::request_header_fields_too_large, "The trailer section is too large."};
  const bool is_line_feed_due = state_ == State::trailer_line_feed || state_ == State::final_line_feed;
  if (is_line_feed_due != (c == '\n')) return bad_request(kLineEndFault);
  switch (state_) {
    case State::trailer_line:
      if (c != '\r' && !is_in(CharacterSet::token, c)) return bad_request(kTrailerFault);
      state_ = c == '\r' ? State::final_line_feed : State::trailer_name;
      return std::nullopt;
    case State::trailer_name:
      if (c != ':' && !is_in(CharacterSet::token, c)) return bad_request(kTrailerFault);
      if (c == ':') state_ = State::trailer_value;
      return std::nullopt;
    case State::trailer_value:
      if (c != '\r' && !is_in(CharacterSet::field_value, c)) return bad_request(kTrailerFault);
      if (c == '\r') state_ = State::trailer_line_feed;
      return std::nullopt;
    case State::trailer_line_feed: state_ = State::trailer_line; return std::nullopt;
    default: state_ = State::finished; return std::nullopt;  // final_line_feed
  }
}

}  // namespace bobbin::http::http1
