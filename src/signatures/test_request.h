#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/base64.h"
#include "base/clock.h"
#include "crypto/hmac.h"
#include "http/field_name.h"
#include "http/request_head.h"
#include "signatures/scheme.h"

// For tests: requests, and what a sender would sign them with.
namespace bobbin::signatures {

/// The moment at which a request is sent, where the test does not name another: that of the example of
/// Standard Webhooks.
inline constexpr std::int64_t kNow = 1614265330;
/// A content, and a secret of those schemes that take any text for one.
inline constexpr std::string_view kBody = R"({"a":1})";
inline constexpr std::string_view kSecret = "a secret of sixteen bytes or more";

inline WallTime at(std::int64_t since_1970) { return WallTime(seconds(since_1970)); }

/// Fields that own their text.
class TestFields {
 public:
  TestFields(std::initializer_list<std::pair<std::string_view, std::string_view>> lines) {
    for (const auto& [name, value] : lines) add(name, value);
  }
  TestFields& add(std::string_view name, std::string_view value) {
    texts_.emplace_back(name);
    const std::string& own_name = texts_.back();
    texts_.emplace_back(value);
    const bool has_room = fields_.add(
        {.name = http::recognize_field_name(own_name), .name_text = own_name, .value = texts_.back()});
    ASSERT(has_room);
    return *this;
  }
  [[nodiscard]] const http::Fields& get() const { return fields_; }

 private:
  std::deque<std::string> texts_;
  http::Fields fields_;
};

inline std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

inline std::string hmac(std::string_view key, std::string_view text,
                        crypto::HashFunction function = crypto::HashFunction::sha256) {
  const crypto::Mac mac = crypto::HmacKey(function, as_bytes(key)).begin().add(text).finish();
  return std::string(as_text(mac.bytes()));
}
inline std::string hex_hmac(std::string_view key, std::string_view text) { return hex(hmac(key, text)); }
inline std::string base64_hmac(std::string_view key, std::string_view text) {
  return encode_base64(hmac(key, text));
}

inline Scheme scheme_of(std::string_view name, std::string_view secrets) {
  auto scheme = Scheme::make({.scheme = std::string(name), .secrets = std::string(secrets)});
  ASSERT(scheme);
  return *std::move(scheme);
}

inline Result<Verified, Refusal> verify(const Scheme& scheme, const TestFields& fields, std::string_view body,
                                        WallTime now, std::size_t piece_bytes = std::string_view::npos) {
  auto verification = scheme.begin(fields.get(), now);
  if (!verification) return failure(verification.error());
  for (std::size_t from = 0; from < body.size(); from += std::min(piece_bytes, body.size() - from))
    verification->add(as_bytes(body.substr(from, piece_bytes)));
  return verification->finish();
}

/// The reason for which a request is refused. Nothing: it is authentic.
inline std::optional<Reason> refusal_of(const Scheme& scheme, const TestFields& fields, std::string_view body,
                                        WallTime now) {
  const auto outcome = verify(scheme, fields, body, now);
  if (outcome) return std::nullopt;
  return outcome.error().reason;
}

}  // namespace bobbin::signatures
