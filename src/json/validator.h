#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "json/pointer.h"

namespace bobbin::json {

/// Where and why a text is not JSON. Lines and columns count from 1; a column counts bytes. `byte_offset`
/// counts from 0.
struct Fault {
  /// One phrase in UTF-8: `unexpected character "}"`, "the text ends before the value is complete".
  std::string reason;
  std::uint64_t line = 1;
  std::uint64_t column = 1;
  std::uint64_t byte_offset = 0;

  friend bool operator==(const Fault&, const Fault&) = default;
};

/// Checks that bytes, given in pieces, are one JSON text: RFC 8259, strict, any top-level value, UTF-8 only,
/// no byte order mark, depth ≤ 512. Builds nothing. Verdict and fault are the same however the text is cut
/// into pieces.
///
/// Two texts that the grammar allows are refused, as the RFC permits: half of a surrogate pair in a \u escape
/// (§8.2: what readers make of it is unpredictable; RFC 7493 §2.1 forbids it), and an exponent beyond 2^31-1
/// (§9). Thread: one at a time.
class Validator {
 public:
  static constexpr std::size_t kMaximumDepth = 512;

  /// `wanted`: places whose values are to be found, at most ScalarFinder::kMostPointers.
  explicit Validator(std::vector<Pointer> wanted = {});
  ~Validator();
  Validator(Validator&&) noexcept;
  Validator& operator=(Validator&&) noexcept;

  /// The next piece. False once the text is known to be invalid, which may be noticed up to 4 KB late: see
  /// fault().
  [[nodiscard]] bool feed(Bytes piece);
  /// There are no more pieces. False when the text is not complete or not valid: see fault().
  [[nodiscard]] bool finish();
  /// The value at the place `wanted[index]`: see ScalarFinder::found. After finish has said true.
  [[nodiscard]] const std::optional<std::string>& found(std::size_t index) const;
  /// Why feed or finish said false. Only then.
  [[nodiscard]] const Fault& fault() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bobbin::json
