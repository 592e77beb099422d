#include "signatures/verification.h"

#include <algorithm>
#include <utility>

#include "crypto/sha256.h"
#include "signatures/slack_challenge.h"

namespace bobbin::signatures {
namespace {

std::size_t most_kept_bytes_of(const Definition& definition, const Claim& claim) {
  if (definition.name == SchemeName::slack) return kLongestUrlVerification;
  return claim.ed25519.empty() ? 0 : definition.most_kept_bytes;
}

std::optional<std::size_t> first_of(std::optional<std::size_t> one, std::optional<std::size_t> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

}  // namespace

Verification::Verification(std::shared_ptr<const Definition> definition, Claim claim)
    : definition_(std::move(definition)),
      claim_(std::move(claim)),
      most_kept_bytes_(most_kept_bytes_of(*definition_, claim_)) {
  if (!claim_.codes.empty()) begin_codes();
}

void Verification::begin_codes() {
  const std::string front = definition_->signed_bytes.front(claim_.id, claim_.timestamp);
  for (std::size_t i = 0; i < definition_->secrets.size(); ++i)
    if (const auto* key = std::get_if<crypto::HmacKey>(&definition_->secrets[i])) {
      running_.push_back({.secret = i, .hmac = key->begin()});
      running_.back().hmac.add(front);
    }
}

void Verification::add(Bytes piece) {
  for (Running& running : running_) running.hmac.add(piece);
  if (most_kept_bytes_ > 0) keep(piece);
}

void Verification::keep(Bytes piece) {
  if (is_longer_than_kept_) return;
  if (piece.size() <= most_kept_bytes_ - kept_.size()) {
    kept_ += as_text(piece);
    return;
  }
  is_longer_than_kept_ = true;
  kept_ = std::string();
}

std::optional<std::size_t> Verification::match_codes() {
  const std::string back = definition_->signed_bytes.back(claim_.id, claim_.timestamp);
  std::optional<std::size_t> found;
  for (Running& running : running_) {
    const crypto::Mac mac = running.hmac.add(back).finish();
    for (const std::string& code : claim_.codes)
      if (crypto::is_same_secret(mac.bytes(), as_bytes(code))) found = first_of(found, running.secret);
  }
  return found;
}

std::optional<std::size_t> Verification::match_ed25519() const {
  if (claim_.ed25519.empty() || is_longer_than_kept_) return std::nullopt;
  const SignedBytes& signed_bytes = definition_->signed_bytes;
  const std::string message = signed_bytes.front(claim_.id, claim_.timestamp) + kept_ +
                              signed_bytes.back(claim_.id, claim_.timestamp);
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < definition_->secrets.size(); ++i)
    if (const auto* key = std::get_if<crypto::Ed25519PublicKey>(&definition_->secrets[i]))
      for (const std::string& signature : claim_.ed25519)
        if (key->verifies(as_bytes(message), as_bytes(signature))) found = first_of(found, i);
  return found;
}

std::optional<std::size_t> Verification::match_token() const {
  if (definition_->form != Form::token) return std::nullopt;
  const crypto::Digest digest = crypto::sha256(claim_.token);
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < definition_->secrets.size(); ++i)
    if (const auto* token = std::get_if<crypto::Digest>(&definition_->secrets[i]))
      if (crypto::is_same_secret(*token, digest)) found = first_of(found, i);
  return found;
}

Result<Verified, Refusal> Verification::finish() {
  const auto secret = first_of(match_codes(), first_of(match_ed25519(), match_token()));
  if (!secret) {
    const bool is_too_long = !claim_.ed25519.empty() && is_longer_than_kept_;
    return failure(Refusal{.reason = is_too_long ? Reason::too_long : Reason::mismatch,
                           .field = claim_.signature_field});
  }
  Verified verified{.scheme = definition_->name, .secret = *secret};
  if (!claim_.id.empty()) verified.message_id = claim_.id;
  if (definition_->signed_bytes.has_timestamp()) verified.timestamp = claim_.timestamp_seconds;
  if (definition_->name == SchemeName::slack) verified.challenge = slack_challenge(kept_);
  return verified;
}

}  // namespace bobbin::signatures
