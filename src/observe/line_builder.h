#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace bobbin::observe {

/// A text in the making. A piece costs a comparison and a copy, where std::string::append is a call: the
/// access log adds some twenty pieces for each exchange.
class LineBuilder {
 public:
  LineBuilder() = default;
  LineBuilder(const LineBuilder&) = delete;
  LineBuilder& operator=(const LineBuilder&) = delete;

  /// Valid until something is added.
  [[nodiscard]] std::string_view text() const { return {start_, size()}; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - start_); }

  void add(char c) {
    *room(1) = c;
    ++end_;
  }
  void add(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    end_ += text.size();
  }
  void add_number(std::integral auto value) {
    constexpr std::size_t kLongest = 20;  // of 64 bits, with a sign
    char* const start = room(kLongest);
    end_ = std::to_chars(start, start + kLongest, value).ptr;
  }

  /// Adds the first `count` bytes of the text once more.
  void repeat_front(std::size_t count) {
    char* const to = room(count);  // first: the text may move
    std::memcpy(to, start_, count);
    end_ += count;
  }

  /// Memory for `count` more bytes, which become text when extend() says so.
  [[nodiscard]] char* room(std::size_t count) {
    if (static_cast<std::size_t>(limit_ - end_) < count) grow(count);
    return end_;
  }
  void extend(std::size_t count) { end_ += count; }

 private:
  void grow(std::size_t count);

  char* start_ = stack_;
  char* end_ = stack_;
  char* limit_ = stack_ + sizeof stack_;
  std::unique_ptr<char[]> heap_;  // in use once the text has outgrown stack_
  char stack_[1024];              // not initialized: most entries fill a part of it
};

}  // namespace bobbin::observe
