#include "net/tls/context.h"

#include <gtest/gtest.h>

#include "net/tls/test_tls_client.h"

namespace bobbin::net::tls {
namespace {

using Configure = TestTlsPair::Configure;

Configure asks_for(std::string name) {
  return [name = std::move(name)](SSL_CTX*, SSL* ssl) { SSL_set_tlsext_host_name(ssl, name.c_str()); };
}
Configure with_version(int version) {
  return [version](SSL_CTX*, SSL* ssl) {
    SSL_set_security_level(ssl, 0);
    SSL_set_min_proto_version(ssl, version);
    SSL_set_max_proto_version(ssl, version);
  };
}
Configure offers(std::string protocols) {
  return [protocols = std::move(protocols)](SSL_CTX*, SSL* ssl) {
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
  };
}

/// The name in the certificate that such a client is shown; empty when the handshake fails.
std::string name_shown(const std::shared_ptr<const Context>& context, const Configure& configure) {
  TestTlsPair pair(context, configure);
  pair.pump();
  const CertificatePointer shown(SSL_get1_peer_certificate(pair.client()));
  if (!shown) return {};
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, sizeof name);
  return name;
}
bool succeeds(const std::shared_ptr<const Context>& context, const Configure& configure) {
  TestTlsPair pair(context, configure);
  pair.pump();
  return SSL_is_init_finished(pair.client()) == 1 && pair.server().security_failure().empty();
}

std::shared_ptr<const Certificate> named(const std::string& name) {
  return certificate_of(make_test_pair({.name = name}));
}

TEST(TlsContext, ShowsTheCertificateOfTheNameThatIsAskedFor) {
  const auto context = make_context({.certificates = {named("default")},
                                     .named = {{{"a.example", "www.a.example"}, {named("a")}},
                                               {{"*.b.example"}, {named("b")}},
                                               {{"*.deep.b.example"}, {named("deep")}}}});
  EXPECT_EQ(name_shown(context, {}), "default");
  EXPECT_EQ(name_shown(context, asks_for("other.example")), "default");
  EXPECT_EQ(name_shown(context, asks_for("a.example")), "a");
  EXPECT_EQ(name_shown(context, asks_for("WWW.A.Example")), "a");
  EXPECT_EQ(name_shown(context, asks_for("x.a.example")), "default");
  EXPECT_EQ(name_shown(context, asks_for("x.b.example")), "b");
  EXPECT_EQ(name_shown(context, asks_for("b.example")), "default");
  EXPECT_EQ(name_shown(context, asks_for("x.deep.b.example")), "deep");
}

TEST(TlsContext, WithoutADefaultTheFirstOfTheNamedOnesIsShown) {
  const auto context =
      make_context({.named = {{{"a.example"}, {named("a")}}, {{"b.example"}, {named("b")}}}});
  EXPECT_EQ(name_shown(context, {}), "a");
  EXPECT_EQ(name_shown(context, asks_for("b.example")), "b");
}

TEST(TlsContext, HasCertificatesOfBothKindsSideBySide) {
  const auto context = make_context(
      {.certificates = {certificate_of(make_test_pair({.name = "rsa", .rsa_bits = 2048})), named("ec")}});
  const auto signs_with = [](const char* algorithms) {
    return [algorithms](SSL_CTX*, SSL* ssl) { SSL_set1_sigalgs_list(ssl, algorithms); };
  };
  EXPECT_EQ(name_shown(context, signs_with("ECDSA+SHA256")), "ec");
  EXPECT_EQ(name_shown(context, signs_with("RSA-PSS+SHA256")), "rsa");
}

TEST(TlsContext, TwoCertificatesOfOneKindAreRefused) {
  const auto made = Context::create({.certificates = {named("a"), named("b")}});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().find("SSL_CTX_use_cert_and_key"), std::string::npos) << made.error();
}

TEST(TlsContext, AWeakKeyIsRefused) {
  const auto made = Context::create({.certificates = {certificate_of(make_test_pair({.rsa_bits = 1024}))}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), "SSL_CTX_use_cert_and_key: ee key too small");
}

TEST(TlsContext, ThePolicyDecidesTheVersions) {
  const auto certificate = certificate_of(test_pair());
  const auto intermediate = make_context({.certificates = {certificate}});
  const auto modern = make_context({.policy = Policy::modern, .certificates = {certificate}});
  EXPECT_TRUE(succeeds(intermediate, with_version(TLS1_3_VERSION)));
  EXPECT_TRUE(succeeds(intermediate, with_version(TLS1_2_VERSION)));
  EXPECT_FALSE(succeeds(intermediate, with_version(TLS1_1_VERSION)));
  EXPECT_FALSE(succeeds(intermediate, with_version(TLS1_VERSION)));
  EXPECT_TRUE(succeeds(modern, with_version(TLS1_3_VERSION)));
  EXPECT_FALSE(succeeds(modern, with_version(TLS1_2_VERSION)));
}

TEST(TlsContext, CiphersWithoutForwardSecrecyOrAuthenticatedEncryptionAreRefused) {
  const auto context = make_context({.certificates = {certificate_of(make_test_pair({.rsa_bits = 2048}))}});
  const auto with_cipher = [](const char* cipher) {
    return [cipher](SSL_CTX*, SSL* ssl) {
      SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
      SSL_set_security_level(ssl, 0);
      SSL_set_cipher_list(ssl, cipher);
    };
  };
  EXPECT_TRUE(succeeds(context, with_cipher("ECDHE-RSA-AES128-GCM-SHA256")));
  EXPECT_TRUE(succeeds(context, with_cipher("DHE-RSA-AES128-GCM-SHA256")));
  EXPECT_FALSE(succeeds(context, with_cipher("AES128-GCM-SHA256"))) << "no forward secrecy";
  EXPECT_FALSE(succeeds(context, with_cipher("ECDHE-RSA-AES128-SHA"))) << "no authenticated encryption";
}

TEST(TlsContext, TheOrderOfCiphersIsOursExceptForThoseWhoPreferChaCha20) {
  const auto context = make_context();
  const auto chosen = [&context](const char* offered) {
    TestTlsPair pair(context, [offered](SSL_CTX*, SSL* ssl) { SSL_set_ciphersuites(ssl, offered); });
    pair.pump();
    return std::string(SSL_get_cipher_name(pair.client()));
  };
  EXPECT_EQ(chosen("TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(chosen("TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"), "TLS_CHACHA20_POLY1305_SHA256");
}

TEST(TlsContext, ChoosesAmongTheProtocolsOfferedByItsOwnOrder) {
  const auto context =
      make_context({.certificates = {certificate_of(test_pair())}, .protocols = {"h2", "http/1.1"}});
  const auto chosen = [&context](const std::string& offered) {
    TestTlsPair pair(context, offers(offered));
    pair.pump();
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(pair.client(), &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  };
  EXPECT_EQ(chosen("\x08http/1.1\x02h2"), "h2");
  EXPECT_EQ(chosen("\x08http/1.1"), "http/1.1");
}

TEST(TlsContext, AClientThatOffersOnlyOtherProtocolsIsRefused) {
  TestTlsPair pair(make_context(), offers("\x04spdy"));
  pair.pump();
  EXPECT_NE(pair.server().security_failure(), "");
  EXPECT_TRUE(succeeds(make_context(), {})) << "one that offers none is not";
}

TEST(TlsContext, AReplacedOneIsKeptByThoseWhoHaveIt) {
  CurrentContext current(make_context({.certificates = {named("old")}}));
  const auto old = current.get();
  current.replace(make_context({.certificates = {named("new")}}));
  EXPECT_EQ(name_shown(current.get(), {}), "new");
  EXPECT_EQ(name_shown(old, {}), "old");
}

// ---- tickets ----

/// The session that a client keeps after its first response; null when it gets none.
using SessionPointer = std::unique_ptr<SSL_SESSION, Freeing<SSL_SESSION_free>>;
SessionPointer session_from(const std::shared_ptr<const Context>& context, int version,
                            const Configure& configure = {}) {
  SSL_SESSION* kept = nullptr;
  TestTlsPair pair(context, [&](SSL_CTX* client, SSL* ssl) {
    SSL_set_max_proto_version(ssl, version);
    if (configure) configure(client, ssl);
  });
  pair.pump();
  EXPECT_TRUE(pair.send("x"));
  static_cast<void>(pair.client_receives());
  kept = SSL_get1_session(pair.client());
  SSL_shutdown(pair.client());  // or the session would count as broken
  return SessionPointer(SSL_SESSION_is_resumable(kept) == 1 ? kept : nullptr);
}
bool resumes(const std::shared_ptr<const Context>& context, SSL_SESSION* session) {
  TestTlsPair pair(context, [session](SSL_CTX*, SSL* ssl) {
    SSL_set_max_proto_version(ssl, SSL_SESSION_get_protocol_version(session));
    SSL_set_session(ssl, session);
  });
  pair.pump();
  SSL_shutdown(pair.client());
  return SSL_is_init_finished(pair.client()) == 1 && SSL_session_reused(pair.client()) == 1;
}

std::shared_ptr<const Context> with_tickets(const std::shared_ptr<const TicketKeys>& keys) {
  return make_context({.certificates = {certificate_of(test_pair())}, .ticket_keys = keys});
}

TEST(TlsTickets, ResumeUnderAnotherContextWithTheSameKeys) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SCOPED_TRACE(version);
    const auto keys = std::make_shared<TicketKeys>();
    const SessionPointer session = session_from(with_tickets(keys), version);
    ASSERT_NE(session, nullptr);
    EXPECT_TRUE(resumes(with_tickets(keys), session.get()));
  }
}

TEST(TlsTickets, OfAnotherKeyLeadToAFullHandshake) {
  const SessionPointer session = session_from(with_tickets(std::make_shared<TicketKeys>()), TLS1_3_VERSION);
  const auto other = with_tickets(std::make_shared<TicketKeys>());
  EXPECT_FALSE(resumes(other, session.get()));
  EXPECT_TRUE(succeeds(other, [&](SSL_CTX*, SSL* ssl) { SSL_set_session(ssl, session.get()); }));
}

TEST(TlsTickets, OfAnOldKeyResumeUntilItIsForgotten) {
  const auto keys = std::make_shared<TicketKeys>();
  const auto context = with_tickets(keys);
  const SessionPointer session = session_from(context, TLS1_2_VERSION);
  keys->rotate();
  EXPECT_TRUE(resumes(context, session.get()));
  for (int i = 0; i < 2; ++i) keys->rotate();
  EXPECT_FALSE(resumes(context, session.get()));
}

// ---- certificates of clients ----

std::shared_ptr<const Context> asking(ClientCertificates kind, const std::string& issuers,
                                      const std::shared_ptr<const TicketKeys>& keys = nullptr) {
  return make_context({.certificates = {certificate_of(test_pair())},
                       .ticket_keys = keys,
                       .client_certificates = kind,
                       .client_issuers = issuers});
}
Configure shows(const TestPair& pair) {
  return [&pair](SSL_CTX*, SSL* ssl) {
    SSL_use_certificate(ssl, read_test_certificate(pair.certificate).get());
    SSL_use_PrivateKey(ssl, read_test_key(pair.key).get());
  };
}
/// The subject that the server knows the client by; "-" without a certificate, "" when it is not let in.
std::string known_as(const std::shared_ptr<const Context>& context, const Configure& configure) {
  TestTlsPair pair(context, configure);
  pair.pump();
  if (!pair.server().security_failure().empty()) return {};
  const PeerCertificate* shown = pair.server().peer_certificate();
  return shown != nullptr ? shown->subject + " " + std::to_string(shown->fingerprint.size()) : "-";
}

TEST(TlsClientCertificates, AreAskedForAndJudged) {
  const TestPair issuer = make_test_pair({.name = "issuer"});
  const TestPair alice = make_test_pair({.name = "alice", .issuer = &issuer});
  const TestPair stranger = make_test_pair({.name = "stranger"});
  const auto optional = asking(ClientCertificates::optional, issuer.certificate);
  const auto required = asking(ClientCertificates::required, issuer.certificate);
  EXPECT_EQ(known_as(optional, shows(alice)), "CN=alice 64");
  EXPECT_EQ(known_as(required, shows(alice)), "CN=alice 64");
  EXPECT_EQ(known_as(optional, {}), "-");
  EXPECT_EQ(known_as(required, {}), "");
  EXPECT_EQ(known_as(optional, shows(stranger)), "");
  EXPECT_EQ(known_as(make_context(), shows(alice)), "-") << "nobody asks";
}

TEST(TlsClientCertificates, AreKnownInAResumedSession) {
  const TestPair issuer = make_test_pair({.name = "issuer"});
  const TestPair alice = make_test_pair({.name = "alice", .issuer = &issuer});
  const auto context =
      asking(ClientCertificates::required, issuer.certificate, std::make_shared<TicketKeys>());
  const SessionPointer session = session_from(context, TLS1_3_VERSION, shows(alice));
  ASSERT_TRUE(resumes(context, session.get()));
  EXPECT_EQ(known_as(context, [&](SSL_CTX*, SSL* ssl) { SSL_set_session(ssl, session.get()); }),
            "CN=alice 64");
}

TEST(TlsClientCertificates, ATicketOfAListenerThatAsksForNoneOpensNoOther) {
  const TestPair issuer = make_test_pair({.name = "issuer"});
  const auto keys = std::make_shared<TicketKeys>();
  const SessionPointer session = session_from(with_tickets(keys), TLS1_3_VERSION);
  const auto required = asking(ClientCertificates::required, issuer.certificate, keys);
  EXPECT_FALSE(resumes(required, session.get()));
  EXPECT_EQ(known_as(required, [&](SSL_CTX*, SSL* ssl) { SSL_set_session(ssl, session.get()); }), "");
}

TEST(TlsClientCertificates, AFileWithoutIssuersIsRefused) {
  for (const std::string& bad : {std::string(), test_pair().certificate.substr(0, 200)}) {
    const auto made = Context::create({.certificates = {certificate_of(test_pair())},
                                       .client_certificates = ClientCertificates::required,
                                       .client_issuers = bad});
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().starts_with("the issuers of clients: PEM_read_bio_X509")) << made.error();
  }
}

}  // namespace
}  // namespace bobbin::net::tls
