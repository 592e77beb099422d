#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/request_head.h"
#include "signatures/definition.h"
#include "signatures/refusal.h"

namespace bobbin::signatures {

/// What the fields of a request say of its signatures. None of it is proven.
struct Claim {
  std::string signature_field;            ///< the name of the field that was read
  std::string id = {};                    ///< empty: the scheme has none
  std::string timestamp = {};             ///< as it was sent; empty: the scheme has none
  std::int64_t timestamp_seconds = 0;     ///< since 1970; 0 without `timestamp`
  std::vector<std::string> codes = {};    ///< of HMAC, of the size that the scheme's hash function gives them
  std::vector<std::string> ed25519 = {};  ///< signatures, of 64 bytes
  std::string token = {};                 ///< for Form::token
};

/// Of a field with several signatures not more than so many are taken for possible: a verification of each
/// secret and each signature is what anybody can make the server do. Senders give one for each of their
/// current secrets.
inline constexpr std::size_t kMostCodes = 16;
inline constexpr std::size_t kMostEd25519 = 4;

/// Reads the fields that the scheme reads. A signature that is not of the scheme's form is passed over when
/// another one is; the refusal is `malformed_field` when none is. A timestamp is judged by `now`, in whole
/// seconds: the tolerance itself is still allowed.
[[nodiscard]] Result<Claim, Refusal> read_claim(const Definition& definition, const http::Fields& fields,
                                                WallTime now);

}  // namespace bobbin::signatures
