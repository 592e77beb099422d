#include "uploads/digest_check.h"

#include <string>
#include <utility>

namespace bobbin::uploads {

using http::DigestAlgorithm;

DigestCheck::DigestCheck(std::vector<http::ContentDigest> named) : named_(std::move(named)) {
  for (const http::ContentDigest& digest : named_) {
    if (digest.algorithm == DigestAlgorithm::sha256 && !sha256_) sha256_.emplace();
    if (digest.algorithm == DigestAlgorithm::sha512 && !sha512_) sha512_.emplace();
  }
}

void DigestCheck::add(Bytes piece) {
  if (sha256_) sha256_->add(piece);
  if (sha512_) sha512_->add(piece);
}

std::optional<http::ContentDigest> DigestCheck::mismatch() {
  std::string sha256;
  std::string sha512;
  if (sha256_) sha256 = as_text(sha256_->finish());
  if (sha512_) sha512 = as_text(sha512_->finish());
  for (const http::ContentDigest& digest : named_)
    if (digest.bytes != (digest.algorithm == DigestAlgorithm::sha256 ? sha256 : sha512)) return digest;
  return std::nullopt;
}

}  // namespace bobbin::uploads
