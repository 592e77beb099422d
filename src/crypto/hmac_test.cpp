#include "crypto/hmac.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/test_hex.h"

namespace bobbin::crypto {
namespace {

struct HmacVector {
  std::string key;
  std::string text;
  std::string_view code;  ///< in hexadecimal digits; the front of the code, where the standard gives no more
};

std::string counting(char last) {
  std::string bytes;
  for (char c = 1; c <= last; ++c) bytes += c;
  return bytes;
}

std::string code_of(HashFunction function, const std::string& key, std::string_view text) {
  const Mac mac = HmacKey(function, as_bytes(key)).begin().add(text).finish();
  return std::string(as_text(mac.bytes()));
}

void expect_all(HashFunction function, const std::vector<HmacVector>& vectors) {
  for (const HmacVector& vector : vectors) {
    const std::string code = code_of(function, vector.key, vector.text);
    const std::string expected = from_hex(vector.code);
    EXPECT_EQ(code.size(), mac_size(function));
    EXPECT_EQ(code.substr(0, expected.size()), expected) << vector.text;
  }
}

const std::string kLargerKeyText = "Test Using Larger Than Block-Size Key - Hash Key First";
const std::string kLargerDataText =
    "This is a test using a larger than block-size key and a larger than block-size data. The key needs to "
    "be "
    "hashed before being used by the HMAC algorithm.";

// RFC 4231 §4.2 to §4.8
TEST(Hmac, IsThatOfTheStandardWithSha256) {
  expect_all(HashFunction::sha256,
             {{std::string(20, '\x0b'), "Hi There",
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
              {"Jefe", "what do ya want for nothing?",
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
              {std::string(20, '\xaa'), std::string(50, '\xdd'),
               "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
              {counting(25), std::string(50, '\xcd'),
               "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
              {std::string(20, '\x0c'), "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"},
              {std::string(131, '\xaa'), kLargerKeyText,
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
              {std::string(131, '\xaa'), kLargerDataText,
               "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"}});
}

// RFC 4231 §4.2 to §4.8
TEST(Hmac, IsThatOfTheStandardWithSha512) {
  expect_all(HashFunction::sha512,
             {{std::string(20, '\x0b'), "Hi There",
               "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
               "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
              {"Jefe", "what do ya want for nothing?",
               "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
               "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
              {std::string(20, '\xaa'), std::string(50, '\xdd'),
               "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
               "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
              {counting(25), std::string(50, '\xcd'),
               "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
               "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
              {std::string(20, '\x0c'), "Test With Truncation", "415fad6271580a531d4179bc891d87a6"},
              {std::string(131, '\xaa'), kLargerKeyText,
               "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
               "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
              {std::string(131, '\xaa'), kLargerDataText,
               "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
               "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"}});
}

// RFC 2202 §3
TEST(Hmac, IsThatOfTheStandardWithSha1) {
  expect_all(HashFunction::sha1,
             {{std::string(20, '\x0b'), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"},
              {"Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
              {std::string(20, '\xaa'), std::string(50, '\xdd'), "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
              {counting(25), std::string(50, '\xcd'), "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
              {std::string(20, '\x0c'), "Test With Truncation", "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
              {std::string(80, '\xaa'), kLargerKeyText, "aa4ae5e15272d00e95705637ce8a3b55ed402112"}});
}

TEST(Hmac, IsTheSameHoweverTheTextIsCut) {
  const HmacKey key(HashFunction::sha256, as_bytes("Jefe"));
  const std::string whole = code_of(HashFunction::sha256, "Jefe", kLargerDataText);
  for (const std::size_t size : {1U, 7U, 63U, 64U, 65U}) {
    Hmac hmac = key.begin();
    for (std::size_t at = 0; at < kLargerDataText.size(); at += size)
      hmac.add(std::string_view(kLargerDataText).substr(at, size)).add("");
    EXPECT_EQ(as_text(hmac.finish().bytes()), whole) << size;
  }
}

TEST(HmacKey, BeginsAnewEachTime) {
  const HmacKey key(HashFunction::sha256, as_bytes("Jefe"));
  Hmac abandoned = key.begin();
  abandoned.add("what");
  const std::string expected = code_of(HashFunction::sha256, "Jefe", "what do ya want for nothing?");
  EXPECT_EQ(as_text(key.begin().add("what do ya want for nothing?").finish().bytes()), expected);
  EXPECT_EQ(as_text(abandoned.add(" do ya want for nothing?").finish().bytes()), expected);
}

// stripe-dotnet, src/StripeTests/Services/Events/EventUtilityTest.cs, with
// Resources/event_test_signature.json
TEST(Hmac, IsThatOfAPublishedEventOfStripe) {
  constexpr std::string_view kEvent = R"({
  "id": "evt_123",
  "object": "event",
  "account": "acct_123",
  "api_version": "2017-05-25",
  "created": 1533204620,
  "data": {
    "object": {
      "id": "cus_123",
      "object": "customer",
      "created": 123456789,
      "email": "test@stripe.com",
      "livemode": false,
      "metadata": {}
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_123",
    "idempotency_key": "idempotency-key-123"
  },
  "type": "customer.created"
}
)";
  const Mac mac = HmacKey(HashFunction::sha256, as_bytes("webhook_secret"))
                      .begin()
                      .add("1533204620.")
                      .add(kEvent)
                      .finish();
  EXPECT_EQ(as_text(mac.bytes()),
            from_hex("2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7"));
}

}  // namespace
}  // namespace bobbin::crypto
