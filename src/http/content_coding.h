#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "http/request_head.h"

namespace bobbin::http {

/// RFC 9110 §8.4.1, RFC 8878 (zstd), RFC 7932 (br). Of two that a client wants equally much the later one is
/// given: it makes the content smaller, or costs less.
enum class ContentCoding : std::uint8_t { identity, gzip, zstd, br };
inline constexpr std::array kContentCodings{ContentCoding::gzip, ContentCoding::zstd, ContentCoding::br};

/// As in Content-Encoding: "gzip".
[[nodiscard]] std::string_view name_of(ContentCoding coding);
/// In which coding the content of a request is, by its Content-Encoding (RFC 9110 §8.4). Nothing: it names
/// one that is not known, or more than one besides identity.
[[nodiscard]] std::optional<ContentCoding> content_coding_of(const Fields& fields);
/// Of the names of files that are stored so: ".gz", ".zst", ".br".
[[nodiscard]] std::string_view file_name_end(ContentCoding coding);
/// The name of what is in a file that is stored in this coding: "app.wasm" of "app.wasm.br". Another name
/// stays as it is.
[[nodiscard]] std::string_view decoded_name(std::string_view file_name, ContentCoding coding);

/// Some of the codings.
class CodingSet {
 public:
  constexpr CodingSet() = default;
  constexpr CodingSet(std::initializer_list<ContentCoding> codings) {
    for (const ContentCoding coding : codings) add(coding);
  }
  constexpr void add(ContentCoding coding) { bits_ = static_cast<std::uint8_t>(bits_ | bit(coding)); }
  constexpr void add(CodingSet other) { bits_ = static_cast<std::uint8_t>(bits_ | other.bits_); }
  [[nodiscard]] constexpr bool has(ContentCoding coding) const { return (bits_ & bit(coding)) != 0; }
  [[nodiscard]] constexpr bool is_empty() const { return bits_ == 0; }
  friend constexpr bool operator==(CodingSet, CodingSet) = default;

 private:
  static constexpr std::uint8_t bit(ContentCoding coding) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(coding));
  }
  std::uint8_t bits_ = 0;
};

/// Which codings a client takes (RFC 9110 §12.5.3).
class AcceptedCodings {
 public:
  /// Identity alone where there is no Accept-Encoding, which would allow everything, and where it is
  /// malformed.
  [[nodiscard]] static AcceptedCodings of(const Fields& fields);
  /// The same of one value.
  [[nodiscard]] static AcceptedCodings of(std::string_view value);

  /// Which of the available ones is to be given, identity being always available. Nothing: the client takes
  /// none of them.
  [[nodiscard]] std::optional<ContentCoding> best_of(CodingSet available) const;
  /// The same where some are there and others have to be made: of those that the client wants equally much
  /// one that is there.
  [[nodiscard]] std::optional<ContentCoding> best_of(CodingSet prepared, CodingSet made) const;
  /// Whether anything but identity could be the best.
  [[nodiscard]] bool is_identity_alone() const {
    return coded_.is_empty() && rank(ContentCoding::identity) > 0;
  }

 private:
  [[nodiscard]] int rank(ContentCoding coding) const { return ranks_[static_cast<std::size_t>(coding)]; }

  /// Twice the weight, so that identity, which nobody has to name, has a place between 0 and all others.
  std::array<int, 4> ranks_{1, 0, 0, 0};
  CodingSet coded_;  ///< those with a rank, without identity
};

}  // namespace bobbin::http
