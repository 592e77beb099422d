#include "net/tls/tls_transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <unistd.h>
#include <vector>

#include "net/tls/test_tls_client.h"

namespace bobbin::net::tls {
namespace {

TEST(TlsTransport, TakesAndSendsBytesBehindTheHandshake) {
  TestTlsPair pair(make_context());
  pair.pump();
  ASSERT_EQ(pair.error, EAGAIN);
  pair.client_sends("hello");
  pair.receive();
  EXPECT_EQ(pair.received, "hello");
  EXPECT_EQ(pair.send("good day"), 8U);
  EXPECT_EQ(pair.client_receives(), "good day");
  EXPECT_EQ(pair.server().security_failure(), "");
}

TEST(TlsTransport, ReceiveWaitsForTheClientDuringTheHandshake) {
  TestTlsPair pair(make_context());
  pair.receive();
  EXPECT_EQ(pair.error, EAGAIN);
}

TEST(TlsTransport, SendWaitsForTheClientDuringTheHandshakeAndGoesOnAsItIsRead) {
  TestTlsPair pair(make_context());
  EXPECT_EQ(pair.send("first").error().code, EINPROGRESS) << "for input, not for room";
  SSL_do_handshake(pair.client());
  EXPECT_EQ(pair.send("first").error().code, EINPROGRESS);
  SSL_do_handshake(pair.client());
  EXPECT_EQ(pair.send("first"), 5U);
  EXPECT_EQ(pair.client_receives(), "first");
}

// Bytes that OpenSSL has taken from the socket are announced by no event.
TEST(TlsTransport, TellsOfBytesThatAreInNoSocketAnyMore) {
  TestTlsPair pair(make_context());
  pair.pump();
  pair.client_sends("one");
  pair.client_sends("two");
  std::array<std::byte, 2> small;
  std::string all;
  while (all.size() < 6) {
    const auto got = pair.server().receive(small);
    ASSERT_TRUE(got);
    all += as_text(Bytes(small).first(got->count));
    EXPECT_TRUE(got->more);
  }
  EXPECT_EQ(all, "onetwo");
}

TEST(TlsTransport, WhatArrivesBetweenTwoCallsIsNotTakenForRead) {
  TestTlsPair pair(make_context());
  pair.pump();
  pair.client_sends("one");
  std::array<std::byte, 2> small;
  ASSERT_EQ(pair.server().receive(small)->count, 2U);
  pair.client_sends("two");  // the event of this is taken before the next call
  pair.received = "on";
  pair.receive();
  EXPECT_EQ(pair.received, "onetwo");
}

TEST(TlsTransport, AHandshakeOfSingleBytesWorks) {
  TestTlsPair pair(make_context(),
                   [](SSL_CTX*, SSL* ssl) { SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())); });
  const auto to_server = [&pair] {
    char byte = 0;
    while (BIO_read(SSL_get_wbio(pair.client()), &byte, 1) == 1) {
      ASSERT_EQ(::write(pair.client_socket(), &byte, 1), 1);
      pair.receive();
    }
    char buffer[8192];
    const ssize_t count = ::read(pair.client_socket(), buffer, sizeof buffer);
    if (count > 0) BIO_write(SSL_get_rbio(pair.client()), buffer, static_cast<int>(count));
  };
  for (int turn = 0; turn < 4; ++turn) {
    SSL_do_handshake(pair.client());
    to_server();
  }
  pair.client_sends("hello");
  to_server();
  EXPECT_EQ(pair.received, "hello");
}

TEST(TlsTransport, SendsManyPiecesInFewRecords) {
  TestTlsPair pair(make_context());
  pair.pump();
  static_cast<void>(pair.client_receives());
  std::vector<std::string> texts;
  std::vector<Bytes> pieces;
  std::string all;
  for (int i = 0; i < 20; ++i)
    texts.emplace_back(static_cast<std::size_t>(100 * i), static_cast<char>('a' + i));
  for (const std::string& text : texts) pieces.push_back(as_bytes(text)), all += text;
  ASSERT_EQ(pair.server().send(pieces, false).value_or(0), all.size());
  // A record has a head of 5 bytes, the kind of its content and a tag of 16 bytes (RFC 8446 §5.2).
  int queued = 0;
  std::vector<char> raw(100'000);
  queued = static_cast<int>(::recv(pair.client_socket(), raw.data(), raw.size(), MSG_PEEK));
  EXPECT_EQ(queued, static_cast<int>(all.size() + 2 * 22));
  EXPECT_TRUE(pair.client_receives() == all);
}

TEST(TlsTransport, WhatTheKernelDoesNotTakeIsSentLaterAndCountsOnlyThen) {
  TestTlsPair pair(make_context());
  pair.pump();
  std::string all(3'000'000, '\0');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i / 256 * 7 + i);
  std::string_view rest = all;
  std::string arrived;
  int refused = 0;
  while (!rest.empty()) {
    const auto sent = pair.send(rest);
    if (sent) {
      rest.remove_prefix(*sent);
      continue;
    }
    ASSERT_EQ(sent.error().code, EAGAIN);
    ++refused;
    arrived += pair.client_receives();
  }
  arrived += pair.client_receives();
  EXPECT_GT(refused, 5);
  EXPECT_TRUE(arrived == all);
}

TEST(TlsTransport, CannotSendFilesByItself) {
  TestTlsPair pair(make_context());
  pair.pump();
  EXPECT_EQ(pair.server().send_file(0, 0, 1).error().code, EOPNOTSUPP);
}

TEST(TlsTransport, AClientThatHasFinishedIsToldApartFromOneThatWasCutOff) {
  for (const bool is_cut_off : {false, true}) {
    SCOPED_TRACE(is_cut_off);
    TestTlsPair pair(make_context());
    pair.pump();
    pair.client_sends("bye");
    if (!is_cut_off) SSL_shutdown(pair.client());
    ::shutdown(pair.client_socket(), SHUT_WR);
    std::array<std::byte, 100> buffer;
    auto got = pair.server().receive(buffer);
    ASSERT_TRUE(got);
    EXPECT_EQ(as_text(Bytes(buffer).first(got->count)), "bye");
    got = pair.server().receive(buffer);
    EXPECT_EQ(got.has_value(), !is_cut_off);
    EXPECT_EQ(got ? got->count : 0, 0U);
    EXPECT_EQ(pair.server().security_failure(), "") << "it has left, which is nothing to be told of";
  }
}

TEST(TlsTransport, SaysGoodbyeOnce) {
  TestTlsPair pair(make_context());
  pair.pump();
  EXPECT_EQ(pair.send("last"), 4U);
  pair.server().shut_down_writing();
  pair.server().end();
  EXPECT_EQ(pair.client_receives(), "last");
  EXPECT_EQ(pair.client_error, SSL_ERROR_ZERO_RETURN) << "close_notify";
  char byte = 0;
  EXPECT_EQ(::recv(pair.client_socket(), &byte, 1, MSG_DONTWAIT), 0) << "and then the end of the connection";
}

TEST(TlsTransport, SaysGoodbyeAtTheEnd) {
  TestTlsPair pair(make_context());
  pair.pump();
  pair.server().end();
  EXPECT_EQ(pair.client_receives(), "");
  EXPECT_EQ(pair.client_error, SSL_ERROR_ZERO_RETURN);
}

TEST(TlsTransport, SaysNothingWhereTheEndShallBeAReset) {
  TestTlsPair pair(make_context());
  pair.pump();
  static_cast<void>(pair.client_receives());
  pair.server().close_with_reset();
  pair.server().end();
  static_cast<void>(pair.client_receives());
  EXPECT_EQ(pair.client_error, SSL_ERROR_WANT_READ);
}

TEST(TlsTransport, FindsOutClearText) {
  TestTlsPair pair(make_context());
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(::write(pair.client_socket(), request.data(), request.size()),
            static_cast<ssize_t>(request.size()));
  pair.receive();
  EXPECT_TRUE(pair.unsecured);
  EXPECT_EQ(pair.received, request);
  EXPECT_EQ(pair.error, EAGAIN);
  EXPECT_EQ(pair.send("HTTP/1.1 400"), 12U);
  char buffer[100];
  EXPECT_EQ(::read(pair.client_socket(), buffer, sizeof buffer), 12);
  EXPECT_EQ(pair.server().security_failure(), "");
}

TEST(TlsTransport, SendsInClearTextToAClientThatSpeaksIt) {
  TestTlsPair pair(make_context());
  ASSERT_EQ(::write(pair.client_socket(), "G", 1), 1);
  EXPECT_EQ(pair.send("HTTP/1.1 503"), 12U);
}

TEST(TlsTransport, TellsWhyAHandshakeHasFailedAndTellsTheClient) {
  TestTlsPair pair(make_context(), [](SSL_CTX*, SSL* ssl) {
    SSL_set_max_proto_version(ssl, TLS1_1_VERSION);
    SSL_set_security_level(ssl, 0);
  });
  SSL_do_handshake(pair.client());
  pair.receive();
  EXPECT_EQ(pair.error, EPROTO);
  EXPECT_EQ(pair.server().security_failure(), "unsupported protocol");
  SSL_do_handshake(pair.client());
  EXPECT_EQ(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
  pair.receive();
  EXPECT_EQ(pair.error, ECONNABORTED) << "and so it stays";
}

TEST(TlsTransport, WhatIsNeitherTlsNorClearTextFails) {
  TestTlsPair pair(make_context());
  ASSERT_EQ(::write(pair.client_socket(), "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b", 11), 11);
  pair.receive();
  EXPECT_EQ(pair.error, EPROTO);
  EXPECT_NE(pair.server().security_failure(), "");
}

TEST(TlsTransport, AClientThatLeavesDuringTheHandshakeIsNoFault) {
  TestTlsPair pair(make_context());
  SSL_do_handshake(pair.client());
  pair.receive();
  ::shutdown(pair.client_socket(), SHUT_WR);
  pair.receive();
  EXPECT_EQ(pair.error, ECONNRESET);
  EXPECT_EQ(pair.server().security_failure(), "");
}

TEST(TlsTransport, ARecordThatWasTamperedWithEndsTheConnection) {
  TestTlsPair pair(make_context());
  pair.pump();
  const std::string forged = "\x17\x03\x03" + std::string(1, '\0') + "\x20" + std::string(32, 'x');
  ASSERT_EQ(::write(pair.client_socket(), forged.data(), forged.size()), static_cast<ssize_t>(forged.size()));
  pair.receive();
  EXPECT_EQ(pair.error, EPROTO);
  EXPECT_EQ(pair.server().security_failure(), "decryption failed or bad record mac");
  EXPECT_FALSE(pair.send("x")) << "nothing is sent any more";
}

TEST(TlsTransport, TheErrorOfTheSocketIsTold) {
  TestTlsPair pair(make_context());
  pair.pump();
  pair.close_client();
  EXPECT_EQ(pair.send("x").error().code, EPIPE);
}

// The tickets of TLS 1.3 leave with the first response, not in a packet of their own.
TEST(TlsTransport, TicketsLeaveWithTheResponse) {
  TestTlsPair pair(make_context());
  SSL_do_handshake(pair.client());
  pair.receive();
  SSL_do_handshake(pair.client());
  pair.client_sends("hello");
  char buffer[4096];
  ASSERT_EQ(::recv(pair.client_socket(), buffer, sizeof buffer, MSG_DONTWAIT), -1);
  pair.receive();
  EXPECT_EQ(pair.received, "hello");
  EXPECT_EQ(::recv(pair.client_socket(), buffer, sizeof buffer, MSG_DONTWAIT | MSG_PEEK), -1);
  EXPECT_EQ(pair.send("good day"), 8U);
  EXPECT_EQ(pair.client_receives(), "good day");
}

TEST(TlsTransport, OldClientsOfTls12AreServed) {
  TestTlsPair pair(make_context(),
                   [](SSL_CTX*, SSL* ssl) { SSL_set_max_proto_version(ssl, TLS1_2_VERSION); });
  pair.pump();
  pair.client_sends("hello");
  pair.receive();
  EXPECT_EQ(pair.received, "hello");
}

TEST(TlsTransport, RenegotiationIsRefused) {
  TestTlsPair pair(make_context(),
                   [](SSL_CTX*, SSL* ssl) { SSL_set_max_proto_version(ssl, TLS1_2_VERSION); });
  pair.pump();
  SSL_renegotiate(pair.client());
  SSL_do_handshake(pair.client());
  pair.receive();
  EXPECT_EQ(pair.error, EAGAIN);
  EXPECT_NE(SSL_do_handshake(pair.client()), 1);
  EXPECT_EQ(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_NO_RENEGOTIATION) << "RFC 5246 §7.2.2";
}

}  // namespace
}  // namespace bobbin::net::tls
