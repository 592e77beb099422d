#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "base/bytes.h"

struct evp_pkey_st;

namespace bobbin::crypto {

/// A public key of Ed25519 (RFC 8032 §5.1). Immutable. Thread: any.
class Ed25519PublicKey {
 public:
  static constexpr std::size_t kKeyBytes = 32;
  static constexpr std::size_t kSignatureBytes = 64;

  /// Nothing: there are not 32 bytes. Whether they are a point of the curve shows when a signature is
  /// verified.
  [[nodiscard]] static std::optional<Ed25519PublicKey> from_bytes(Bytes key);

  /// Whether `signature` is that of `message` by the owner of this key. Running out of memory aborts the
  /// program.
  [[nodiscard]] bool verifies(Bytes message, Bytes signature) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  explicit Ed25519PublicKey(evp_pkey_st* key) : key_(key) {}
  std::unique_ptr<evp_pkey_st, Free> key_;
};

}  // namespace bobbin::crypto
