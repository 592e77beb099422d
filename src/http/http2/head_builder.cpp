#include "http/http2/head_builder.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/field_name.h"
#include "http/grammar.h"
#include "http/head_semantics.h"
#include "http/method.h"

namespace bobbin::http::http2 {
namespace {

// What a field line of HTTP/1 has besides its name and value: a colon, a blank and the line end.
constexpr std::size_t kLineBytes = 4;

constexpr std::size_t kKeptHeadBytes = 4096;

bool consists_of(CharacterSet set, std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [set](char c) { return is_in(set, c); });
}

bool is_same_host(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char a, char b) { return to_lower(a) == to_lower(b); });
}

}  // namespace

void HeadBuilder::begin(bool is_trailer) {
  text_.clear();
  lines_.clear();
  method_ = path_ = authority_ = Line{};
  size_bytes_ = 0;
  is_trailer_ = is_trailer;
  is_too_large_ = has_authority_ = false;
}

void HeadBuilder::add(std::string_view name, std::string_view value, const HeadLimits& limits) {
  size_bytes_ += name.size() + value.size() + kLineBytes;
  is_too_large_ |= size_bytes_ > limits.head_bytes;
  if (is_too_large_ || is_trailer_) return;
  // RFC 9113 §8.2.3: a client may send every cookie in a line of its own, so that it is compressed better.
  if (name == "cookie" && !lines_.empty() && name_of(lines_.back()) == name) {
    text_.append("; ").append(value);
    lines_.back().value_size += static_cast<std::uint32_t>(value.size() + 2);
    return;
  }
  const Line line{.name_begin = static_cast<std::uint32_t>(text_.size()),
                  .name_size = static_cast<std::uint32_t>(name.size()),
                  .value_size = static_cast<std::uint32_t>(value.size())};
  text_.append(name).append(value);
  if (!name.starts_with(':')) return lines_.push_back(line);
  if (name == ":method") method_ = line;
  if (name == ":path") path_ = line;
  if (name == ":authority") {
    authority_ = line;
    has_authority_ = true;
  }
}

/// As HTTP/1 would have had it, for the log.
void HeadBuilder::write_request_line() {
  const std::size_t line_begin = text_.size();
  text_.reserve(line_begin + method_.value_size + path_.value_size + sizeof "  HTTP/2.0");
  text_.append(value_of(method_)).append(" ").append(value_of(path_)).append(" HTTP/2.0");
}

std::optional<Refusal> HeadBuilder::finish(RequestHead& head, bool has_content) {
  if (path_.value_size == 0) path_ = authority_;  // CONNECT has no other target (RFC 9113 §8.5)
  const std::size_t line_begin = text_.size();
  write_request_line();
  head.line = std::string_view(text_).substr(line_begin);
  head.method_text = value_of(method_);
  head.method = recognize_method(head.method_text);
  head.target = value_of(path_);
  const auto of_fields = add_fields(head);
  if (is_too_large_)
    return Refusal{Status::request_header_fields_too_large, "The request's header fields are too large."};
  if (!consists_of(CharacterSet::token, head.method_text)) return bad_request("The method is not a token.");
  if (!consists_of(CharacterSet::target, head.target))
    return bad_request("The target is empty or holds a character that may not stand in it.");
  if (of_fields) return of_fields;
  if (const auto refusal = interpret_fields(head)) return refusal;
  if (!has_content)
    head.framing = {};
  else if (head.framing.kind == ContentFraming::Kind::none)
    head.framing.kind = ContentFraming::Kind::chunked;
  return std::nullopt;
}

/// RFC 9113 §8.3.1: `:authority` takes the place of Host; a request that has both and means two hosts by them
/// is malformed.
std::optional<Refusal> HeadBuilder::add_fields(RequestHead& head) const {
  const std::string_view authority = value_of(authority_);
  bool has_host = false;
  for (const Line& line : lines_) {
    const Field field{recognize_field_name(name_of(line)), name_of(line), value_of(line)};
    if (field.name == FieldName::host) {
      has_host = true;
      if (has_authority_ && !is_same_host(field.value, authority))
        return bad_request("Host and :authority name different hosts.");
    }
    if (!head.fields.add(field))
      return Refusal{Status::request_header_fields_too_large, "The request has too many header fields."};
  }
  if (has_authority_ && !has_host && !head.fields.add({FieldName::host, "host", authority}))
    return Refusal{Status::request_header_fields_too_large, "The request has too many header fields."};
  return std::nullopt;
}

void HeadBuilder::shrink() {
  if (text_.capacity() <= kKeptHeadBytes) return;
  text_ = {};
  lines_ = {};
}

}  // namespace bobbin::http::http2
