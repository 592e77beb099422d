#include "uploads/digest_check.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "base/base64.h"

namespace bobbin::uploads {
namespace {

using http::ContentDigest;
using http::DigestAlgorithm;

// RFC 9530 §2 and appendix B.
constexpr std::string_view kContent = "{\"hello\": \"world\"}\n";

ContentDigest sha256(std::string_view field) {
  return {field, DigestAlgorithm::sha256, *decode_base64("RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=")};
}
ContentDigest sha512(std::string_view field) {
  return {field, DigestAlgorithm::sha512,
          *decode_base64(
              "YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==")};
}
ContentDigest altered(ContentDigest digest) {
  digest.bytes.back() = static_cast<char>(digest.bytes.back() ^ 1);
  return digest;
}

std::optional<ContentDigest> mismatch(std::vector<ContentDigest> named, std::string_view content = kContent) {
  DigestCheck check(std::move(named));
  for (const char& c : content) check.add(as_bytes(std::string_view(&c, 1)));
  return check.mismatch();
}

TEST(DigestCheck, AllThatAreNamedHaveToBeRight) {
  const ContentDigest right[] = {sha256("Content-Digest"), sha512("Content-Digest"), sha256("Repr-Digest"),
                                 sha512("Repr-Digest")};
  EXPECT_EQ(mismatch({}), std::nullopt);
  EXPECT_EQ(mismatch({std::begin(right), std::end(right)}), std::nullopt);
  for (std::size_t i = 0; i < 4; ++i) {
    std::vector<ContentDigest> named(std::begin(right), std::end(right));
    named[i] = altered(named[i]);
    EXPECT_EQ(mismatch(named), named[i]);
    EXPECT_EQ(mismatch({right[i]}, kContent.substr(1)), right[i]);
  }
}

}  // namespace
}  // namespace bobbin::uploads
