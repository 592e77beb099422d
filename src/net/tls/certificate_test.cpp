#include "net/tls/certificate.h"

#include <gtest/gtest.h>

#include "net/tls/test_certificates.h"

namespace bobbin::net::tls {
namespace {

using std::chrono::hours;

TEST(TlsCertificate, KnowsWhenItEndsAndWhatItIs) {
  const TestPair pair = make_test_pair({.seconds_until_expiry = 7200});
  const auto certificate = Certificate::parse(pair.certificate, pair.key);
  ASSERT_TRUE(certificate) << certificate.error();
  EXPECT_NEAR(std::chrono::duration<double>((*certificate)->not_after() - wall_now()).count(), 7200, 60);
  EXPECT_LT((*certificate)->not_before(), wall_now());
  EXPECT_EQ((*certificate)->key_type(), "EC");
  EXPECT_EQ((*certificate)->fingerprint().size(), 64U);
}

struct Bad {
  std::string certificate;
  std::string key;
  std::string_view message;
};

TEST(TlsCertificate, SaysWhatIsWrong) {
  const TestPair& pair = test_pair();
  const TestPair other = make_test_pair({});
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAoGCCqGSIb3DQIH\n-----END ENCRYPTED PRIVATE KEY-----\n";
  const Bad kinds[] = {
      {"", pair.key, "the certificate: PEM_read_bio_X509: no start line"},
      {pair.certificate.substr(0, 200), pair.key, "the certificate: PEM_read_bio_X509: "},
      {pair.certificate + other.certificate.substr(0, 200), pair.key, "the chain behind the certificate: "},
      {pair.certificate, "", "the key (a PEM file without a password is needed): PEM_read_bio_PrivateKey: "},
      {pair.certificate, encrypted, "the key (a PEM file without a password is needed): "},
      {pair.certificate, pair.certificate, "the key (a PEM file without a password is needed): "},
      {pair.certificate, other.key,
       "the key does not belong to the certificate: X509_check_private_key: key values mismatch"},
      {pair.certificate, make_test_pair({.rsa_bits = 2048}).key,
       "the key does not belong to the certificate: "},
  };
  for (const Bad& bad : kinds) {
    const auto parsed = Certificate::parse(bad.certificate, bad.key);
    ASSERT_FALSE(parsed) << bad.message;
    EXPECT_TRUE(parsed.error().starts_with(bad.message)) << parsed.error();
  }
}

TEST(TlsCertificate, ASelfSignedOneIsForThisMachine) {
  const WallTime now = wall_now();
  const auto made = Certificate::self_signed({*parse_address("192.0.2.7"), *parse_address("0.0.0.0")}, now);
  ASSERT_TRUE(made) << made.error();
  EXPECT_LT((*made)->not_before(), now);
  EXPECT_GT((*made)->not_after(), now + hours(24 * 88));
  const ContextPointer context(SSL_CTX_new(TLS_server_method()));
  ASSERT_TRUE((*made)->install(context.get()));
  X509* certificate = SSL_CTX_get0_certificate(context.get());
  EXPECT_EQ(X509_check_host(certificate, "localhost", 0, 0, nullptr), 1);
  for (const char* address : {"127.0.0.1", "::1", "192.0.2.7"})
    EXPECT_EQ(X509_check_ip_asc(certificate, address, 0), 1) << address;
  EXPECT_EQ(X509_check_ip_asc(certificate, "0.0.0.0", 0), 0);
}

}  // namespace
}  // namespace bobbin::net::tls
