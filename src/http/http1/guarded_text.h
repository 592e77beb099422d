#pragma once

#include <cstddef>
#include <string_view>

namespace bobbin::http::http1 {

/// FOR TESTS. A copy of a text whose last byte lies directly in front of a page that cannot be read, so that
/// reading even one byte too far ends the test program.
class GuardedText {
 public:
  explicit GuardedText(std::size_t maximum_bytes);
  GuardedText(const GuardedText&) = delete;
  GuardedText& operator=(const GuardedText&) = delete;
  ~GuardedText();

  /// The view lives until the next call.
  std::string_view hold(std::string_view text);

 private:
  char* pages_;
  std::size_t readable_bytes_;
  std::size_t mapped_bytes_;
};

}  // namespace bobbin::http::http1
