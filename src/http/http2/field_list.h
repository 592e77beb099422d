#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <nghttp2/nghttp2.h>
#include <span>
#include <string_view>
#include <vector>

#include "http/response.h"
#include "http/spelling.h"
#include "http/status.h"

namespace bobbin::http::http2 {

/// The fields of a response as nghttp2 takes them: names and values in order, `:status` first. nghttp2 copies
/// them, writes names in lower case, and finds what its table holds already; names that are literals are not
/// copied. Views into what it was made from.
struct FieldList {
  explicit FieldList(Status status) {
    std::to_chars(status_digits.data(), status_digits.data() + status_digits.size(), code(status));
    add_literal(":status", {status_digits.data(), status_digits.size()});
  }
  FieldList(const FieldList&) = delete;
  FieldList& operator=(const FieldList&) = delete;

  /// `name` is in lower case and lives for ever.
  void add_literal(std::string_view name, std::string_view value, int flags = 0) {
    append(name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME | flags);
  }
  void add(std::string_view head, std::span<const FieldLine> lines) {
    for (const FieldLine& line : lines) {
      const std::string_view name = line.name_in(head);
      if (line.literal != nullptr)
        add_literal({line.literal, name.size()}, line.value_in(head));
      else
        append(name, line.value_in(head), is_secret(name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE);
    }
  }

  static constexpr std::size_t kMaximum = 128;
  std::array<char, 3> status_digits{};
  std::size_t count = 0;
  std::array<nghttp2_nv, kMaximum> fields;  // NOLINT: filled up to count

 private:
  /// A cookie is a secret: kept out of the table, its value cannot be guessed by how well guesses are
  /// compressed (RFC 7541 §7.1.3).
  static bool is_secret(std::string_view name) { return name.size() == 10 && is_spelled<"set-cookie">(name); }
  void append(std::string_view name, std::string_view value, int flags) {
    if (count == kMaximum) return;
    fields[count++] = {.name = bytes_of(name),
                       .value = bytes_of(value),
                       .namelen = name.size(),
                       .valuelen = value.size(),
                       .flags = static_cast<std::uint8_t>(flags)};
  }
  /// nghttp2 takes what it only reads by a pointer to what could be written.
  static std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
};

}  // namespace bobbin::http::http2
