#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"

struct evp_mac_ctx_st;

namespace bobbin::crypto {

/// A hash function that HMAC is made with. SHA-1 is for peers that have nothing else: its HMAC holds although
/// its digest does not (RFC 6194 §3.3).
enum class HashFunction : std::uint8_t { sha1, sha256, sha512 };

/// A message authentication code: 20 bytes with SHA-1, 32 with SHA-256, 64 with SHA-512.
class Mac {
 public:
  static constexpr std::size_t kLargestBytes = 64;

  [[nodiscard]] Bytes bytes() const { return {bytes_.data(), size_}; }

 private:
  friend class Hmac;
  std::array<std::byte, kLargestBytes> bytes_{};
  std::size_t size_ = 0;
};

/// The size of its codes, in bytes.
[[nodiscard]] constexpr std::size_t mac_size(HashFunction function) {
  switch (function) {
    case HashFunction::sha1: return 20;
    case HashFunction::sha256: return 32;
    case HashFunction::sha512: return 64;
  }
  return 0;
}

struct FreeMacContext {
  void operator()(evp_mac_ctx_st* context) const;
};

/// HMAC (RFC 2104, FIPS 198-1) of bytes that come in pieces. Running out of memory aborts the program.
/// Thread: one at a time.
class Hmac {
 public:
  Hmac& add(Bytes bytes);
  Hmac& add(std::string_view text) { return add(as_bytes(text)); }
  /// The code of all that was added. Nothing may be added afterwards.
  [[nodiscard]] Mac finish();

 private:
  friend class HmacKey;
  explicit Hmac(evp_mac_ctx_st* context) : context_(context) {}
  std::unique_ptr<evp_mac_ctx_st, FreeMacContext> context_;
};

/// A key of HMAC, from which each code begins. The memory that holds it is cleared when it is destroyed.
/// Immutable. Thread: any.
class HmacKey {
 public:
  /// `key` has at least one byte; it need not outlive the call.
  HmacKey(HashFunction function, Bytes key);

  [[nodiscard]] Hmac begin() const;
  [[nodiscard]] HashFunction function() const { return function_; }

 private:
  HashFunction function_;
  std::unique_ptr<evp_mac_ctx_st, FreeMacContext>
      context_;  ///< has the key, and nothing has been added to it
};

}  // namespace bobbin::crypto
