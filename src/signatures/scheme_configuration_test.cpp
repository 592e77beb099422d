#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "signatures/known_schemes.h"
#include "signatures/test_request.h"

namespace bobbin::signatures {
namespace {

using Setting = ConfigFault::Setting;
using namespace std::string_literals;

ConfigFault fault_of(const SchemeConfig& config) {
  const auto scheme = Scheme::make(config);
  return scheme ? ConfigFault{} : scheme.error();
}
std::string secrets_fault(std::string_view scheme, std::string_view secrets) {
  const ConfigFault fault = fault_of({.scheme = std::string(scheme), .secrets = std::string(secrets)});
  EXPECT_EQ(fault.setting, Setting::secrets);
  return fault.reason;
}

TEST(SchemeConfiguration, NamesTheSchemesThatAreAllowed) {
  for (const char* name : {"", "GitHub", "svix", "none", "hmac "})
    EXPECT_EQ(fault_of({.scheme = name, .secrets = std::string(kSecret)}),
              (ConfigFault{.setting = Setting::scheme,
                           .reason = "standard, github, stripe, slack, shopify, gitlab or hmac"}));
  for (const char* name : {"github", "stripe", "slack", "shopify", "gitlab"}) {
    const auto scheme = Scheme::make({.scheme = name, .secrets = std::string(kSecret)});
    ASSERT_TRUE(scheme) << name;
    EXPECT_EQ(name_of(scheme->name()), name);
    EXPECT_NE(all_scheme_names().find(name), std::string_view::npos);
  }
}

TEST(SchemeConfiguration, WantsSecretsOfSixteenBytes) {
  for (const char* name : {"github", "stripe", "slack", "shopify", "gitlab"}) {
    EXPECT_EQ(secrets_fault(name, "# new\nfifteen-bytes-x"),
              "line 2 holds a secret of 15 bytes; at least 16 are wanted, chosen at random");
    EXPECT_EQ(secrets_fault(name, ""), "it holds no secret");
    EXPECT_TRUE(Scheme::make({.scheme = name, .secrets = "sixteen-bytes-ok"})) << name;
    EXPECT_EQ(secrets_fault(name, "sixteen-bytes-ok\nx"),
              "line 2 holds a secret of 1 bytes; at least 16 are wanted, chosen at random");
  }
}

TEST(SchemeConfiguration, WantsTheSecretsOfStandardWebhooks) {
  const auto key_of = [](std::size_t bytes) { return encode_base64(std::string(bytes, 'k')); };
  EXPECT_EQ(secrets_fault("standard", kSecret),
            "line 1 must begin with whsec_, or with whpk_ for a public key");
  EXPECT_EQ(secrets_fault("standard", "v1,whsec_" + key_of(32)),
            "line 1 must begin with whsec_, or with whpk_ for a public key");
  for (const std::string& text : {"no base64"s, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"s,
                                  "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_"s, "MfKQ9r8G KYqrTwjUPD8ILPZIo2LaLaS"s})
    EXPECT_EQ(secrets_fault("standard", "whsec_" + text),
              "line 1 holds a secret that has no base64, with its padding, behind whsec_");
  EXPECT_EQ(secrets_fault("standard", "whsec_"),
            "line 1 holds a key of 0 bytes behind whsec_; Standard Webhooks wants 24 to 64");
  EXPECT_EQ(secrets_fault("standard", "whsec_" + key_of(23)),
            "line 1 holds a key of 23 bytes behind whsec_; Standard Webhooks wants 24 to 64");
  // Svix makes keys of up to 75 bytes.
  for (const std::size_t bytes : {24U, 32U, 64U, 75U})
    EXPECT_TRUE(Scheme::make({.scheme = "standard", .secrets = "whsec_" + key_of(bytes)})) << bytes;
  for (const std::string& text : {""s, "x"s, key_of(31), key_of(33), key_of(64)})
    EXPECT_EQ(secrets_fault("standard", "whpk_" + text),
              "line 1 holds no public key of Ed25519 behind whpk_, which is 32 bytes in base64");
  EXPECT_TRUE(Scheme::make({.scheme = "standard", .secrets = "whpk_" + key_of(32)}));
  EXPECT_EQ(
      secrets_fault("standard", "whsk_" + key_of(64)),
      "line 1 holds a private key (whsk_), which nobody but the sender may have; the public key begins with "
      "whpk_");
}

TEST(SchemeConfiguration, TellsNothingOfASecret) {
  const std::string text = "hunter2hunter2!";  // too short by one byte
  const std::vector<std::string> wrong = {text, " " + text, text + "\x01", text + "\n" + text,
                                          "whsec " + text + " "};
  const std::vector<std::string> wrong_for_standard = {"whsec_" + text, "whpk_" + text, "whsk_" + text};
  const auto expect_silence = [](const char* scheme, const std::string& secrets) {
    const ConfigFault fault = fault_of({.scheme = scheme, .secrets = secrets});
    EXPECT_FALSE(fault.reason.empty());
    EXPECT_EQ(fault.reason.find("hunter2"), std::string::npos) << fault.reason;
  };
  for (const char* scheme : {"standard", "github", "gitlab"})
    for (const std::string& secrets : wrong) expect_silence(scheme, secrets);
  for (const std::string& secrets : wrong_for_standard) expect_silence("standard", secrets);
}

TEST(SchemeConfiguration, WantsAToleranceOfUpToADay) {
  const auto with = [](seconds tolerance) {
    return Scheme::make({.scheme = "slack", .secrets = std::string(kSecret), .tolerance = tolerance});
  };
  EXPECT_TRUE(with(seconds(1)));
  EXPECT_TRUE(with(seconds(86'400)));
  for (const seconds wrong : {seconds::min(), seconds(-1), seconds(0), seconds(86'401), seconds::max()})
    EXPECT_EQ(with(wrong).error(),
              (ConfigFault{.setting = Setting::tolerance, .reason = "1 to 86400 seconds"}));
}

TEST(SchemeConfiguration, DescribesSignaturesForTheSchemeHmacOnly) {
  const ConfigFault expected{
      .setting = Setting::hmac,
      .reason = "a description of the signatures for the scheme hmac, and for no other"};
  EXPECT_EQ(fault_of({.scheme = "hmac", .secrets = std::string(kSecret)}), expected);
  EXPECT_EQ(fault_of({.scheme = "github", .secrets = std::string(kSecret), .hmac = HmacConfig{.field = "X"}}),
            expected);
}

ConfigFault hmac_fault(const std::function<void(HmacConfig&)>& change) {
  HmacConfig config{.field = "X-Signature"};
  change(config);
  return fault_of({.scheme = "hmac", .secrets = std::string(kSecret), .hmac = config});
}

TEST(SchemeConfiguration, OfHmacNamesWhatIsAllowed) {
  for (const std::string& field : {""s, "X Signature"s, "X-Signature:"s, "X\n"s}) {
    EXPECT_EQ(hmac_fault([&](HmacConfig& config) { config.field = field; }),
              (ConfigFault{.setting = Setting::field, .reason = "the name of a field, such as X-Signature"}));
    if (field.empty()) continue;
    EXPECT_EQ(hmac_fault([&](HmacConfig& config) { config.timestamp_field = field; }),
              (ConfigFault{.setting = Setting::timestamp_field,
                           .reason = "the name of a field, such as X-Timestamp"}));
  }
  EXPECT_EQ(hmac_fault([](HmacConfig& config) { config.timestamp_field = "x-signature"; }),
            (ConfigFault{.setting = Setting::timestamp_field,
                         .reason = "another field than that of the signature"}));
  for (const std::string& prefix : {" v1="s, "v1\t"s, "\xC3\xA4="s, std::string(65, 'v')})
    EXPECT_EQ(hmac_fault([&](HmacConfig& config) { config.prefix = prefix; }),
              (ConfigFault{.setting = Setting::prefix,
                           .reason = "at most 64 ASCII characters, the first of which is no blank"}));
  for (const char* algorithm : {"", "md5", "SHA256", "sha-256"})
    EXPECT_EQ(hmac_fault([&](HmacConfig& config) { config.algorithm = algorithm; }),
              (ConfigFault{.setting = Setting::algorithm, .reason = "sha256, sha512 or sha1"}));
  for (const char* encoding : {"", "base64url", "HEX"})
    EXPECT_EQ(hmac_fault([&](HmacConfig& config) { config.encoding = encoding; }),
              (ConfigFault{.setting = Setting::encoding, .reason = "hex or base64"}));
}

TEST(SchemeConfiguration, OfHmacNeedsATemplateThatFitsTheFields) {
  const std::vector<std::string> texts = {""s,
                                          "{timestamp}"s,
                                          "{body}{body}"s,
                                          "{id}.{body}"s,
                                          "{url}{body}"s,
                                          "{body"s,
                                          "{body}" + std::string(251, 'x')};
  for (const std::string& text : texts)
    EXPECT_EQ(
        hmac_fault([&](HmacConfig& config) { config.signed_bytes = text; }),
        (ConfigFault{
            .setting = Setting::signed_bytes,
            .reason = "a text of at most 256 bytes with {body} once, and with {timestamp} at most once"}))
        << text;
  EXPECT_EQ(hmac_fault([](HmacConfig& config) { config.signed_bytes = "{timestamp}.{body}"; }),
            (ConfigFault{.setting = Setting::signed_bytes,
                         .reason = "a template without {timestamp}, since there is no timestamp field"}));
  EXPECT_EQ(
      hmac_fault([](HmacConfig& config) { config.timestamp_field = "X-Timestamp"; }),
      (ConfigFault{
          .setting = Setting::signed_bytes,
          .reason = "a template with {timestamp}, since a timestamp that is not signed proves nothing"}));
}

}  // namespace
}  // namespace bobbin::signatures
