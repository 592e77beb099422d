#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/sha256.h"

namespace bobbin::object_inbox {

/// Where a record is to be, and what it is called.
struct Place {
  std::string stream;        ///< its folder, without slashes: see object_store/stream.h
  std::uint64_t number = 0;  ///< in the stream; also the sequence of the record
  std::string id;            ///< of the record; unguessable
  std::string name;          ///< of the record, as consumers have it

  /// Behind the prefix of the inbox: STREAM/NUMBER.json.
  [[nodiscard]] std::string object() const;
  friend bool operator==(const Place&, const Place&) = default;
};

/// What the first document of a key says: where its record is, or will be. Whoever created it has the key.
struct Claim {
  Place place;
  crypto::Digest digest{};  ///< SHA-256 of the document
  friend bool operator==(const Claim&, const Claim&) = default;
};

/// A line of JSON, and back. Nothing: the text is something else.
[[nodiscard]] std::string text_of(const Claim& claim);
[[nodiscard]] std::optional<Claim> parse_claim(std::string_view text);

/// The object that has the claim of a key, behind the prefix of the inbox. `generation`, from 1: the claims
/// before it lead to places that were closed.
[[nodiscard]] std::string claim_object(const crypto::Digest& key, unsigned generation);

}  // namespace bobbin::object_inbox
