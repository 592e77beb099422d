#pragma once

#include <cstdint>

#include "base/clock.h"
#include "crypto/sha256.h"

namespace bobbin::store {

/// By what a store tells that a document has come before. Two documents of one key are the same one, sent
/// twice.
struct DocumentKey {
  /// What becomes of a document whose key is known and whose content is another.
  enum class OtherContent : std::uint8_t {
    refused,  ///< it is not stored: NotStored::Reason::conflict
    stored,   ///< it is stored, and its record says so
    ignored,  ///< it counts as the same document
  };

  crypto::Digest digest{};  ///< SHA-256 of whatever identifies the document to its sender
  OtherContent other_content = OtherContent::refused;
  Duration window = std::chrono::hours(96);  ///< for how long a key is remembered
};

}  // namespace bobbin::store
