#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/head_limits.h"
#include "http/request_head.h"
#include "http/response.h"

namespace bobbin::http::http2 {

/// Puts the head of one request together from its field lines (RFC 9113 §8.3), which come decompressed, one
/// at a time, lower-case names with pseudo-header fields first, as nghttp2 has checked. What must be judged
/// beyond that is judged as strictly as in HTTP/1.1, by the same functions.
class HeadBuilder {
 public:
  /// Begins the next head. One of trailer fields is counted and dropped (RFC 9110 §6.5.1).
  void begin(bool is_trailer);
  /// A field line. Beyond `limits` it is only counted.
  void add(std::string_view name, std::string_view value, const HeadLimits& limits);
  /// How long the head is so far, as HTTP/1 would have counted it.
  [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }

  /// Fills `head`, whose views point into this object until the next begin(). `has_content`: whether content
  /// may follow. A refusal leaves it filled as far as the error page and the log need it.
  [[nodiscard]] std::optional<Refusal> finish(RequestHead& head, bool has_content);

  /// Gives back memory that a large head has taken.
  void shrink();

 private:
  struct Line {
    std::uint32_t name_begin;
    std::uint32_t name_size;
    std::uint32_t value_size;  // it follows the name
  };
  [[nodiscard]] std::string_view name_of(const Line& line) const {
    return std::string_view(text_).substr(line.name_begin, line.name_size);
  }
  [[nodiscard]] std::string_view value_of(const Line& line) const {
    return std::string_view(text_).substr(line.name_begin + line.name_size, line.value_size);
  }
  void write_request_line();
  [[nodiscard]] std::optional<Refusal> add_fields(RequestHead& head) const;

  std::string text_;         // names and values, one behind the other; at the end the request line
  std::vector<Line> lines_;  // of fields, without the pseudo-header fields
  Line method_{};
  Line path_{};
  Line authority_{};
  std::size_t size_bytes_ = 0;
  bool is_trailer_ = false;
  bool is_too_large_ = false;
  bool has_authority_ = false;
};

}  // namespace bobbin::http::http2
