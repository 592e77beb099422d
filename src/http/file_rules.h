#pragma once

#include <cstdint>

#include "http/compression.h"
#include "http/content_coding.h"

namespace bobbin::http {

/// What the rules of a site say of how files are given. As small as a number, since every request carries it.
struct alignas(std::uint32_t) FileRules {
  /// A value, or nothing: as it would be without rules. A std::optional in one byte.
  template <typename T>
  class Optional {
   public:
    constexpr Optional() = default;
    constexpr Optional(T value)  // NOLINT(google-explicit-constructor): as of std::optional
        : number_(static_cast<std::uint8_t>(static_cast<std::uint8_t>(value) + 1)) {}
    [[nodiscard]] constexpr explicit operator bool() const { return number_ != 0; }
    [[nodiscard]] constexpr T value_or(T other) const {
      return number_ == 0 ? other : static_cast<T>(number_ - 1);
    }
    friend constexpr bool operator==(Optional, Optional) = default;

   private:
    std::uint8_t number_ = 0;
  };

  Optional<bool> attachment = {};  ///< whether a file is offered as a download
  Optional<Compression> compression = {};
  Optional<ContentCoding> stored_coding = {};  ///< in which files are stored, and so always given

  [[nodiscard]] bool say_something() const { return *this != FileRules(); }
  /// What `later` says goes before what these say.
  void merge(const FileRules& later) {
    if (later.attachment) attachment = later.attachment;
    if (later.compression) compression = later.compression;
    if (later.stored_coding) stored_coding = later.stored_coding;
  }
  friend bool operator==(const FileRules&, const FileRules&) = default;
};

}  // namespace bobbin::http
