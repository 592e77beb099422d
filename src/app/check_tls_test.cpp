#include "app/check_tls.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "app/test_parsing.h"

namespace bobbin::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string refusal_of(const Input& input) {
  const auto checked = check_tls(config_from(input));
  return checked ? "" : checked.error();
}

std::string refusal_of_file(const std::string& text) { return refusal_of({{"-c", "bobbin.toml"}, {}, text}); }

TEST(CheckTls, AnOptionThatNeedsACertificateIsRefusedWithoutOne) {
  const Strings flags[] = {{"--tls-key", "a"},
                           {"--tls-client-ca", "a"},
                           {"--tls-policy", "modern"},
                           {"--tls-client-certificates", "optional"},
                           {"--tls-client-certificates", "required"},
                           {"--hsts", "max-age=60"},
                           {"--tls-ticket-keys", "a"}};
  for (const Strings& flag : flags) {
    EXPECT_THAT(refusal_of({flag, {}, {}}), StartsWith(flag[0] + ": ")) << flag[1];
    Strings secured = flag;
    for (const char* const more : {"--tls-certificate", "c"}) secured.emplace_back(more);
    if (flag[0] == "--tls-client-certificates")
      for (const char* const more : {"--tls-client-ca", "i"}) secured.emplace_back(more);
    EXPECT_EQ(refusal_of({secured, {}, {}}), "") << flag[0];
  }
  EXPECT_THAT(refusal_of({{"--tls-key", "a"}, {}, {}}), AllOf(HasSubstr("the listener has no certificate"),
                                                              HasSubstr("--tls-certificate FILE is needed")));
}

TEST(CheckTls, EachListenerNeedsItsOwnCertificate) {
  const std::string secured = "[[listener]]\nport = 1\ncertificate = \"c\"\n";
  for (const char* const key : {"client_ca", "key"})
    EXPECT_THAT(refusal_of_file(secured + "[[listener]]\nport = 2\n" + key + " = \"a\"\n"),
                HasSubstr("the listener has no certificate"))
        << key;
  EXPECT_EQ(refusal_of_file(secured + "[[listener]]\nport = 2\n"), "");
  EXPECT_EQ(refusal_of_file("[[listener]]\nport = 1\ntls = true\nclient_ca = \"a\"\n"
                            "[[site]]\nnames = \"a.test\"\nroot = \"x\"\ncertificate = \"c\"\n"),
            "");
}

TEST(CheckTls, WhatIsForAllListenersNeedsOneWithTls) {
  const std::string site = "[[site]]\nnames = \"a.test\"\nroot = \"x\"\n";
  const std::string plain = "[[listener]]\nport = 1\n";
  EXPECT_THAT(refusal_of_file("tls_ticket_keys = \"a\"\n" + plain),
              StartsWith("--tls-ticket-keys: no listener"));
  EXPECT_THAT(refusal_of_file(plain + site + "certificate = \"c\"\nkey = \"k\"\n"),
              StartsWith("certificate of a [[site]]: no listener"));
  EXPECT_THAT(refusal_of_file(plain + site + "key = \"k\"\n"), StartsWith("key of a [[site]]: no listener"));
  for (const char* const tls : {"true", "\"self-signed\"", "\"off\""}) {
    const std::string text =
        fmt::format("tls_ticket_keys = \"a\"\n{}[[listener]]\nport = 2\ntls = {}\n{}certificate = \"c\"\n",
                    plain, tls, site);
    EXPECT_EQ(refusal_of_file(text), "") << tls;
  }
}

/// With --tls off the operator has said that nothing of it is used.
TEST(CheckTls, WhatIsSwitchedOffMayStay) {
  EXPECT_EQ(refusal_of({{"--tls", "off", "--tls-key", "a", "--tls-client-ca", "a", "--tls-ticket-keys", "a",
                         "--tls-client-certificates", "optional", "--allow-certificate", "any"},
                        {},
                        {}}),
            "");
  EXPECT_THAT(refusal_of({{"--tls", "off", "--hsts", "max-age=60"}, {}, {}}), StartsWith("--hsts: "));
}

TEST(CheckTls, ClientsAreAskedForTheCertificatesThatAreAllowed) {
  const std::string words = "no listener asks clients for certificates";
  EXPECT_THAT(refusal_of({{"--allow-certificate", "any"}, {}, {}}),
              StartsWith("--allow-certificate: " + words));
  EXPECT_THAT(refusal_of({{"--tls", "self-signed", "--allow-certificate", "any"}, {}, {}}),
              StartsWith("--allow-certificate: " + words));
  EXPECT_EQ(
      refusal_of({{"--tls", "self-signed", "--allow-certificate", "any", "--tls-client-ca", "a"}, {}, {}}),
      "");
  EXPECT_THAT(refusal_of({{"--tls", "self-signed", "--tls-client-certificates", "required"}, {}, {}}),
              StartsWith("--tls-client-certificates: clients are not asked"));
  const std::string site = "[[site]]\nnames = \"a.test\"\nroot = \"x\"\n";
  EXPECT_THAT(refusal_of_file(site + "allow_certificate = \"any\"\n"),
              StartsWith("allow_certificate of the [[site]] a.test: " + words));
  EXPECT_THAT(refusal_of_file(site + "[[site.rule]]\npath = \"/a\"\nallow_certificate = \"any\"\n"),
              StartsWith("bobbin.toml:4:1: [[site.rule]]: allow_certificate: " + words));
}

}  // namespace
}  // namespace bobbin::app
