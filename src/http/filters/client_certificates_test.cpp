#include "http/filters/client_certificates.h"

#include <gtest/gtest.h>

#include "http/test_filter.h"

namespace bobbin::http::filters {
namespace {

const PeerCertificate kAlice{.subject = "CN=alice,O=Example", .fingerprint = std::string(64, 'a')};

std::optional<Response> refusal(std::vector<std::string> allowed, const PeerCertificate* certificate) {
  const RequestHead head;
  const Endpoint local;
  return answer_of(ClientCertificates(std::move(allowed)),
                   {.head = head, .local = local, .certificate = certificate});
}

TEST(ClientCertificates, LetInBySubjectByFingerprintOrAny) {
  const std::string fingerprint = "sha256:" + kAlice.fingerprint;
  for (const std::vector<std::string>& allowed : std::vector<std::vector<std::string>>{
           {"any"}, {kAlice.subject}, {fingerprint}, {"CN=bob", fingerprint}})
    EXPECT_FALSE(refusal(allowed, &kAlice));
  for (const char* other :
       {"CN=alice", "CN=alice,O=Example,C=DE", "cn=alice,o=example", "sha256:", "sha256:aa"}) {
    const auto refused = refusal({other}, &kAlice);
    ASSERT_TRUE(refused) << other;
    EXPECT_EQ(refused->status, Status::forbidden);
    EXPECT_EQ(refused->log_fields.violation, "Client certificate not allowed (CN=alice,O=Example)");
  }
}

TEST(ClientCertificates, RefuseWhoShowsNone) {
  const auto refused = refusal({"any"}, nullptr);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, Status::forbidden);
}

}  // namespace
}  // namespace bobbin::http::filters
