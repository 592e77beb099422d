#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bobbin::signatures {

/// Why a request is not taken for authentic. For the log and for counters: a client gets the same answer for
/// all of them, so that it learns nothing.
enum class Reason : std::uint8_t {
  missing_field,        ///< a field that the scheme reads is not there
  repeated_field,       ///< it is there twice
  malformed_field,      ///< it is not of the form that the scheme gives it
  unsupported_version,  ///< it holds signatures, but none of a version for which there is a secret
  too_old,              ///< it was signed longer ago than the tolerance allows
  too_new,              ///< it was signed farther in the future than the tolerance allows
  too_long,             ///< the content is longer than what may be kept for an Ed25519 signature
  mismatch,             ///< no secret has made any of the signatures
};

/// A word for the log and for counters, such as `missing_field`.
[[nodiscard]] constexpr std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::missing_field: return "missing_field";
    case Reason::repeated_field: return "repeated_field";
    case Reason::malformed_field: return "malformed_field";
    case Reason::unsupported_version: return "unsupported_version";
    case Reason::too_old: return "too_old";
    case Reason::too_new: return "too_new";
    case Reason::too_long: return "too_long";
    case Reason::mismatch: return "mismatch";
  }
  return "";
}

/// `field` is the name, in lower case, of the field that the reason is about. It comes from the
/// configuration, not from the request.
struct Refusal {
  Reason reason;
  std::string field;

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

}  // namespace bobbin::signatures
