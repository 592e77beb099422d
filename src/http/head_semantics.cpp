#include "http/head_semantics.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/ascii.h"
#include "http/authority.h"
#include "http/grammar.h"
#include "http/spelling.h"

namespace bobbin::http {
namespace {

/// Calls `use` with every element of a comma-separated list (RFC 9110 §5.6.1), empty ones included.
template <typename Use>
void for_each_element(std::string_view list, Use use) {
  while (true) {
    const std::size_t comma = list.find(',');
    use(trim(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool consists_of(CharacterSet set, std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [set](char c) { return is_in(set, c); });
}

constexpr std::uint64_t kMaximumContentLength = std::numeric_limits<std::int64_t>::max();

/// Reads a length (RFC 9110 §8.6: 1*DIGIT). Nothing for a sign, a list, or a value beyond the maximum.
std::optional<std::uint64_t> parse_content_length(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kMaximumContentLength - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

/// The transfer codings of a message, from all Transfer-Encoding lines in their order (RFC 9112 §6.1).
class TransferCodings {
 public:
  void add_line(std::string_view value) {
    for_each_element(value, [this](std::string_view coding) { add(coding); });
  }
  [[nodiscard]] bool is_present() const { return count_ > 0; }

  /// Returns nothing when the codings are exactly `chunked`, and a refusal otherwise.
  [[nodiscard]] std::optional<Refusal> judge() const {
    // An empty element, or a parameter: no registered coding takes one (§7.1: for chunked it is an error).
    if (is_malformed_) return bad_request("The Transfer-Encoding field is malformed.");
    if (chunked_count_ > 1) return bad_request("A message may be chunked only once.");
    if (is_last_chunked_ && count_ == 1) return std::nullopt;
    if (is_last_chunked_ || (count_ == 1 && chunked_count_ == 0))
      return Refusal{Status::not_implemented, "Of the transfer codings only chunked is known here."};
    return bad_request("The last transfer coding must be chunked.");  // §6.3
  }

 private:
  void add(std::string_view coding) {
    ++count_;
    is_malformed_ |= !consists_of(CharacterSet::token, coding);
    is_last_chunked_ = is_spelled<"chunked">(coding);
    chunked_count_ += is_last_chunked_ ? 1 : 0;
  }

  int count_ = 0;
  int chunked_count_ = 0;
  bool is_last_chunked_ = false;
  bool is_malformed_ = false;
};

/// Collects the field lines that say something about the message itself, and then judges them together.
class FieldReader {
 public:
  explicit FieldReader(RequestHead& head) : head_(head) {}

  void read(const Field& field) {
    switch (field.name) {
      case FieldName::host: host_.add(field.value); break;
      case FieldName::content_length: content_length_.add(field.value); break;
      case FieldName::transfer_encoding: codings_.add_line(field.value); break;
      case FieldName::connection: read_connection(field.value); break;
      case FieldName::expect: read_expect(field.value); break;
      default: break;
    }
  }

  std::optional<Refusal> settle_framing();
  std::optional<Refusal> settle_authority();
  void settle_persistence() {
    // RFC 9112 §9.3: `close` decides; then 1.1 persists, and 1.0 does if it asked for it.
    head_.asks_to_persist = !says_close_ && (head_.minor_version >= 1 || says_keep_alive_);
  }

 private:
  struct Lines {
    void add(std::string_view text) {
      value = text;
      ++count;
    }
    std::string_view value;  ///< the value of the last line
    int count = 0;
  };

  void read_connection(std::string_view value) {
    for_each_element(value, [this](std::string_view option) {
      says_close_ |= is_spelled<"close">(option);
      says_keep_alive_ |= is_spelled<"keep-alive">(option);
    });
  }

  void read_expect(std::string_view value) {
    for_each_element(value, [this](std::string_view expectation) {
      if (is_spelled<"100-continue">(expectation))
        head_.expects_continue = head_.minor_version >= 1;  // RFC 9110 §10.1.1: ignored in HTTP/1.0
      else if (!expectation.empty())
        head_.expects_other = true;
    });
  }

  RequestHead& head_;
  Lines host_;
  Lines content_length_;
  TransferCodings codings_;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
};

// RFC 9112 §6.3. Whatever two readers could take for two different lengths is refused, never repaired.
std::optional<Refusal> FieldReader::settle_framing() {
  if (codings_.is_present()) {
    // §6.3: with Transfer-Encoding beside Content-Length requests get smuggled past a proxy. So the message
    // is refused; neither field is chosen.
    if (content_length_.count > 0)
      return bad_request("Content-Length and Transfer-Encoding exclude each other.");
    // §6.1: an HTTP/1.0 peer does not know the field, so nobody knows where it meant the message to end.
    if (head_.minor_version == 0) return bad_request("HTTP/1.0 has no Transfer-Encoding.");
    head_.framing.kind = ContentFraming::Kind::chunked;
    return codings_.judge();
  }
  if (content_length_.count == 0) return std::nullopt;
  if (content_length_.count > 1) return bad_request("Content-Length may be given only once.");
  const auto length = parse_content_length(content_length_.value);
  if (!length) return bad_request("Content-Length must be one decimal number.");
  head_.framing = {ContentFraming::Kind::length, *length};
  return std::nullopt;
}

/// The authority of a target in absolute-form (RFC 9112 §3.2.2); nothing for the other forms.
std::optional<std::string_view> target_authority(std::string_view target) {
  if (target.front() == '/') return std::nullopt;
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  // RFC 3986 §3.1: without a scheme in front, "://" is part of something else.
  const auto is_scheme_character = [](char c) {
    const char lower = to_lower(c);
    return (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  const std::string_view scheme = target.substr(0, colon);
  if (scheme.empty() || !std::all_of(scheme.begin(), scheme.end(), is_scheme_character)) return std::nullopt;
  const std::string_view rest = target.substr(colon + 3);
  return rest.substr(0, rest.find_first_of("/?"));
}

// RFC 9112 §3.2: no Host, several, or an invalid one is 400. HTTP/1.0 need not have any: the router, which
// chooses the site, decides whether it needs one.
std::optional<Refusal> FieldReader::settle_authority() {
  if (host_.count == 0 && head_.minor_version > 0) return kMissingHost;
  if (host_.count > 1) return bad_request("Host may be given only once.");
  if (host_.count == 1 && host_.value.empty()) return bad_request("The Host field is empty.");
  if (host_.count == 1 && !is_authority(host_.value)) return bad_request("The Host field is malformed.");
  head_.authority = host_.value;
  if (const auto authority = target_authority(head_.target)) {
    // RFC 9110 §4.2.1 and §4.2.4: an empty host, or user information, is an error.
    if (!is_authority(*authority)) return bad_request("The target names no valid host.");
    head_.authority = *authority;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> interpret_fields(RequestHead& head) {
  FieldReader reader(head);
  for (const Field& field : head.fields.lines()) reader.read(field);
  if (const auto refusal = reader.settle_framing()) return refusal;
  if (const auto refusal = reader.settle_authority()) return refusal;
  reader.settle_persistence();
  return std::nullopt;
}

}  // namespace bobbin::http
