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
/// them, writes names in lower case, and finds what its table holds already. Views into what it was made
/// from.
struct FieldList {
  explicit FieldList(Status status) {
    std::to_chars(status_digits.data(), status_digits.data() + status_digits.size(), code(status));
    add(":status", {status_digits.data(), status_digits.size()});
  }
  FieldList(const FieldList&) = delete;
  FieldList& operator=(const FieldList&) = delete;

  void add(std::string_view name, std::string_view value) {
    if (count == kMaximum) return;
    // A cookie is a secret: kept out of the table, its value cannot be guessed by how well guesses are
    // compressed (RFC 7541 §7.1.3).
    const bool is_secret = name.size() == 10 && is_spelled<"set-cookie">(name);
    fields[count++] = {
        .name = bytes_of(name),
        .value = bytes_of(value),
        .namelen = name.size(),
        .valuelen = value.size(),
        .flags = static_cast<std::uint8_t>(is_secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)};
  }
  void add(std::string_view head, std::span<const FieldLine> lines) {
    for (const FieldLine& line : lines) add(line.name_in(head), line.value_in(head));
  }
  /// `line` is "Name: value\r\n".
  void add_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    add(line.substr(0, colon), line.substr(colon + 2, line.size() - colon - 4));
  }

  static constexpr std::size_t kMaximum = 128;
  std::array<char, 3> status_digits{};
  std::size_t count = 0;
  std::array<nghttp2_nv, kMaximum> fields;  // NOLINT: filled up to count

 private:
  /// nghttp2 takes what it only reads by a pointer to what could be written.
  static std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
};

}  // namespace bobbin::http::http2
