#pragma once

#include <string>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace bobbin {

/// A failed call into the operating system: `code` is an errno value, `operation` a literal that names the
/// call.
struct Error {
  int code = 0;
  const char* operation = "";

  /// For logs and messages to the operator: "openat2: No such file or directory".
  [[nodiscard]] std::string message() const {
    return std::string(operation) + ": " + std::generic_category().message(code);
  }
};

/// A value, or the error that kept us from having it. Faults of the system, the disk or the network are
/// values and not exceptions (docs/decisions/0006).
template <typename T, typename E = Error>
using Result = tl::expected<T, E>;

template <typename E>
[[nodiscard]] auto failure(E error) {
  return tl::unexpected<E>(std::move(error));
}

namespace detail {
template <typename T, typename E>
[[nodiscard]] T take(Result<T, E>&& result) {
  return *std::move(result);
}
template <typename E>
void take(Result<void, E>&&) {}
}  // namespace detail

}  // namespace bobbin

/// Evaluates to the value of a Result, or returns its error from the enclosing function. Nothing else in the
/// same full expression may own memory: GCC does not destroy what was made before it returns.
#define TRY(expression)                                         \
  __extension__({                                               \
    auto try_result_ = (expression);                            \
    if (!try_result_) [[unlikely]]                              \
      return ::bobbin::failure(std::move(try_result_).error()); \
    ::bobbin::detail::take(std::move(try_result_));             \
  })
