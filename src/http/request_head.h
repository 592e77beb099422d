#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bobbin::http {

/// The methods of RFC 9110 §9.3 and PATCH (RFC 5789). Any other is `unknown`, and so answered 501.
enum class Method : std::uint8_t { get, head, post, put, delete_, patch, options, trace, unknown };

/// The fields that decide something here. A name outside this list is `other` and is found by its text.
enum class FieldName : std::uint8_t {
  other,
  accept,
  accept_encoding,
  authorization,
  connection,
  content_digest,
  content_encoding,
  content_length,
  content_type,
  expect,
  host,
  if_match,
  if_modified_since,
  if_none_match,
  if_range,
  if_unmodified_since,
  range,
  referer,
  repr_digest,
  traceparent,
  transfer_encoding,
  user_agent,
  want_repr_digest,
};

/// One field line (RFC 9110 §5). The value is without the white space around it.
struct Field {
  FieldName name;
  std::string_view name_text;
  std::string_view value;
};

/// The field section of one request, in the order received. Holds views only.
class Fields {
 public:
  static constexpr std::size_t kMaximumCount = 100;

  Fields() {}  // NOLINT(modernize-use-equals-default): the default would clear the array

  /// False when there are already kMaximumCount.
  [[nodiscard]] bool add(const Field& field) {
    if (count_ == kMaximumCount) return false;
    fields_[count_++] = field;
    present_ |= bit(field.name);
    return true;
  }
  [[nodiscard]] std::span<const Field> lines() const { return {fields_.data(), count_}; }

  [[nodiscard]] bool has(FieldName name) const { return (present_ & bit(name)) != 0; }
  /// The value of the first line of this name.
  [[nodiscard]] std::optional<std::string_view> first(FieldName name) const {
    if (!has(name)) return std::nullopt;
    for (const Field& field : lines())
      if (field.name == name) return field.value;
    return std::nullopt;
  }
  /// The value, when there is exactly one line of this name. For fields that may not be repeated: two are
  /// none.
  [[nodiscard]] std::optional<std::string_view> only(FieldName name) const {
    std::optional<std::string_view> found;
    if (!has(name)) return found;
    for (const Field& field : lines()) {
      if (field.name != name) continue;
      if (found) return std::nullopt;
      found = field.value;
    }
    return found;
  }

 private:
  static constexpr std::uint32_t bit(FieldName name) {
    return std::uint32_t{1} << static_cast<unsigned>(name);
  }

  std::size_t count_ = 0;
  std::uint32_t present_ = 0;  ///< a bit for each name that has a line: most questions are for what is absent
  union {  // left uninitialised beyond count_: clearing 4 KB a request doubles the cost of parsing a small
           // one
    std::array<Field, kMaximumCount> fields_;  // NOLINT(readability-identifier-naming)
  };
};

/// How the end of the content is found (RFC 9112 §6.3).
struct ContentFraming {
  enum class Kind : std::uint8_t { none, length, chunked };
  /// none: neither Content-Length nor Transfer-Encoding was sent. chunked: the length is known only at the
  /// end; in HTTP/2, which has no such coding, too.
  Kind kind = Kind::none;
  std::uint64_t length_bytes = 0;  ///< meaningful for `length`
};

/// A request head that passed the strict parser: request line and field section (RFC 9112 §2–§6).
/// Every view points into the parser's input: copy what must outlive it.
struct RequestHead {
  std::string_view line;         ///< the request line without its end, for the log
  std::string_view method_text;  ///< as sent; never empty
  std::string_view target;       ///< as sent; never empty
  /// Of an absolute-form target, which decides over Host (RFC 9112 §3.2.2), else Host. Empty: HTTP/1.0 that
  /// names no host.
  std::string_view authority;
  Method method = Method::unknown;
  int minor_version = 1;          ///< of HTTP/1.x; 1 for HTTP/2, which means the same by its messages
  bool asks_to_persist = true;    ///< RFC 9112 §9.3: 1.1 unless `close`; 1.0 only with `keep-alive`
  bool expects_continue = false;  ///< RFC 9110 §10.1.1; never for HTTP/1.0
  bool expects_other = false;     ///< an expectation that we do not know: 417
  ContentFraming framing;
  Fields fields;
};

}  // namespace bobbin::http
