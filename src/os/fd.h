#pragma once

#include <utility>

namespace bobbin::os {

/// Owns one file descriptor and closes it. Empty (-1) after a move.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Fd() { close(); }

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] explicit operator bool() const { return number_ >= 0; }
  /// Closes now rather than at the end of the scope. Errors of close(2) are not reported: what must be known
  /// to be on disk is synced before.
  void close();

 private:
  int number_ = -1;
};

}  // namespace bobbin::os
