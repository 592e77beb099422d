#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signatures/claim.h"
#include "signatures/definition.h"
#include "signatures/refusal.h"

namespace bobbin::signatures {

/// What has been proven of a request.
struct Verified {
  SchemeName scheme;
  std::size_t secret = 0;  ///< which has matched: 0 is the newest; the first of several that have
  std::optional<std::string> message_id = {};  ///< the sender's, where the scheme signs one
  std::optional<std::int64_t> timestamp = {};  ///< seconds since 1970, where the scheme signs them
  /// Slack asks whether this address takes its events: 200 with this text as text/plain is the answer, and
  /// there is no document to store.
  std::optional<std::string> challenge = {};

  friend bool operator==(const Verified&, const Verified&) = default;
};

/// The verification of one request, over the bytes of its content as they were received (before a content
/// coding is undone). Independent of the scheme that has begun it, which may be gone before. Thread: one at a
/// time.
class Verification {
 public:
  /// The next piece of the content.
  void add(Bytes piece);
  /// There are no more pieces. To be called once. Each secret is compared with each signature, in constant
  /// time, whether or not one before has matched.
  [[nodiscard]] Result<Verified, Refusal> finish();

  /// How many bytes of the content may have to be kept until finish(): 0 for all but Ed25519, which verifies
  /// a message as a whole, and Slack, whose challenge is read in it.
  [[nodiscard]] std::size_t most_kept_bytes() const { return most_kept_bytes_; }

 private:
  friend class Scheme;
  Verification(std::shared_ptr<const Definition> definition, Claim claim);

  struct Running {
    std::size_t secret;
    crypto::Hmac hmac;
  };
  void begin_codes();
  void keep(Bytes piece);
  [[nodiscard]] std::optional<std::size_t> match_codes();
  [[nodiscard]] std::optional<std::size_t> match_ed25519() const;
  [[nodiscard]] std::optional<std::size_t> match_token() const;

  std::shared_ptr<const Definition> definition_;
  Claim claim_;
  std::vector<Running> running_;
  std::size_t most_kept_bytes_;
  std::string kept_;  ///< the content; empty when it is longer than most_kept_bytes_
  bool is_longer_than_kept_ = false;
};

}  // namespace bobbin::signatures
