#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "base/bytes.h"

struct evp_md_ctx_st;

namespace bobbin::crypto {

/// SHA-512 (FIPS 180-4) of bytes that come in pieces. Running out of memory aborts the program. Thread: one
/// at a time.
class Sha512 {
 public:
  using Digest = std::array<std::byte, 64>;

  Sha512();

  Sha512& add(Bytes bytes);
  Sha512& add(std::string_view text) { return add(as_bytes(text)); }
  /// The digest of all that was added. Nothing may be added afterwards.
  [[nodiscard]] Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace bobbin::crypto
