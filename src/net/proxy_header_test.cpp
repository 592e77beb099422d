#include "net/proxy_header.h"

#include <gtest/gtest.h>
#include <string>

namespace bobbin::net {
namespace {

using Parsed = std::variant<MoreOfProxyHeader, ProxyHeader, MalformedProxyHeader>;

/// What came of it in words: "more", "malformed: …", or the size and the client.
std::string outcome(std::string_view input) {
  const Parsed parsed = parse_proxy_header(as_bytes(input));
  if (std::holds_alternative<MoreOfProxyHeader>(parsed)) return "more";
  if (const auto* malformed = std::get_if<MalformedProxyHeader>(&parsed))
    return "malformed: " + std::string(malformed->reason);
  const auto& header = std::get<ProxyHeader>(parsed);
  return std::to_string(header.size_bytes) + " " + (header.client ? header.client->text() : "-");
}

/// Every front of a good header needs more, and what stands behind it does not matter.
void expect_good(const std::string& header, const std::string& client) {
  SCOPED_TRACE(header);
  for (std::size_t size = 0; size < header.size(); ++size)
    EXPECT_EQ(outcome(header.substr(0, size)), "more") << size;
  const std::string want = std::to_string(header.size()) + " " + client;
  EXPECT_EQ(outcome(header), want);
  EXPECT_EQ(outcome(header + "GET / HTTP/1.1\r\n"), want);
  EXPECT_EQ(outcome(header + header), want);
}

TEST(ProxyHeaderOfVersion1, NamesTheClient) {  // proxy-protocol.txt §2.1
  expect_good("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535");
  expect_good("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n", "203.0.113.7:4711");
  expect_good("PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n", "[2001:db8::7]:4711");
  expect_good("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n", "203.0.113.7:1");
  expect_good("PROXY UNKNOWN\r\n", "-");
  expect_good("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "-");
}

TEST(ProxyHeaderOfVersion1, OfAnotherFormIsMalformed) {
  const std::string addresses = "malformed: its addresses are malformed";
  const std::string ports = "malformed: its ports are malformed";
  EXPECT_EQ(outcome("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\n"),
            "malformed: its line does not end in CR LF");
  EXPECT_EQ(outcome("PROXY UDP4 203.0.113.7 192.0.2.1 4711 443\r\n"), "malformed: its protocol is not known");
  EXPECT_EQ(outcome("PROXY \r\n"), "malformed: its protocol is not known");
  EXPECT_EQ(outcome("PROXY TCP4\r\n"), addresses);
  EXPECT_EQ(outcome("PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n"), addresses);
  EXPECT_EQ(outcome("PROXY TCP6 203.0.113.7 192.0.2.1 1 2\r\n"), addresses);
  EXPECT_EQ(outcome("PROXY TCP4  203.0.113.7 192.0.2.1 1 2\r\n"), addresses);
  EXPECT_EQ(outcome("PROXY TCP4 203.0.113.07 192.0.2.1 1 2\r\n"), addresses);
  EXPECT_EQ(outcome("PROXY TCP4 203.0.113.7 192.0.2.1\r\n"), ports);
  EXPECT_EQ(outcome("PROXY TCP4 203.0.113.7 192.0.2.1 1\r\n"), ports);
  EXPECT_EQ(outcome("PROXY TCP4 203.0.113.7 192.0.2.1 65536 1\r\n"), ports);
  EXPECT_EQ(outcome("PROXY TCP4 203.0.113.7 192.0.2.1 01 1\r\n"), ports);
  EXPECT_EQ(outcome("PROXY TCP4 203.0.113.7 192.0.2.1 -1 1\r\n"), ports);
  EXPECT_EQ(outcome("PROXY TCP4 203.0.113.7 192.0.2.1 1 2 \r\n"), ports);
  EXPECT_EQ(outcome("PROXY UNKNOWN " + std::string(91, 'x') + "\r\n"), "107 -");
  EXPECT_EQ(outcome("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n"),
            "malformed: its line is longer than 107 bytes");
}

TEST(ProxyHeaderOfVersion1, IsRefusedAtItsFirstWrongByte) {
  const std::string other = "malformed: the connection begins with something else";
  for (const char* text : {"GET / HTTP/1.1\r\n", "P ", "PROXy", "proxy ", "\r\n\r\nG", "\x16\x03\x01"})
    EXPECT_EQ(outcome(text), other) << text;
}

/// Version 2: command, family, and what follows the length.
std::string binary(char command, char family, const std::string& rest) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  header += command;
  header += family;
  header += static_cast<char>(rest.size() >> 8);
  header += static_cast<char>(rest.size() & 0xFF);
  return header + rest;
}
std::string tlv(char type, const std::string& value) {
  return std::string{type, static_cast<char>(value.size() >> 8), static_cast<char>(value.size() & 0xFF)} +
         value;
}
constexpr char kProxied = '\x21';
constexpr char kLocal = '\x20';
const std::string kIpv4("\xCB\x00\x71\x07\xC0\x00\x02\x01\x12\x67\x01\xBB", 12);  // 203.0.113.7:4711
const std::string kIpv6 = std::string("\x20\x01\x0D\xB8", 4) + std::string(11, '\0') + "\x07" +
                          std::string(16, '\1') + std::string("\x12\x67\x01\xBB", 4);

TEST(ProxyHeaderOfVersion2, NamesTheClient) {  // §2.2
  expect_good(binary(kProxied, '\x11', kIpv4), "203.0.113.7:4711");
  expect_good(binary(kProxied, '\x21', kIpv6), "[2001:db8::7]:4711");
  expect_good(binary(kProxied, '\x31', std::string(216, 'x')), "unix:0");
  expect_good(binary(kProxied, '\0', ""), "-");
  expect_good(binary(kProxied, '\0', tlv('\x04', "noop")), "-");
}

TEST(ProxyHeaderOfVersion2, OfALocalConnectionNamesNobodyWhateverItHolds) {
  expect_good(binary(kLocal, '\0', ""), "-");
  expect_good(binary(kLocal, '\x11', kIpv4), "-");
  expect_good(binary(kLocal, '\x7f', "garbage"), "-");
}

TEST(ProxyHeaderOfVersion2, MayHoldTlvs) {
  expect_good(binary(kProxied, '\x11',
                     kIpv4 + tlv('\x01', "h2") + tlv('\x05', "") + tlv('\xE0', std::string(3000, 'x'))),
              "203.0.113.7:4711");
}

TEST(ProxyHeaderOfVersion2, HasARightChecksumOrNone) {
  const auto with_checksum = [](std::uint32_t sum) {
    const std::string value{static_cast<char>(sum >> 24), static_cast<char>(sum >> 16 & 0xFF),
                            static_cast<char>(sum >> 8 & 0xFF), static_cast<char>(sum & 0xFF)};
    return binary(kProxied, '\x11', kIpv4 + tlv('\x03', value) + tlv('\x01', "h2"));
  };
  const std::uint32_t sum = crc32c(as_bytes(with_checksum(0)));
  EXPECT_EQ(outcome(with_checksum(sum)), "40 203.0.113.7:4711");
  EXPECT_EQ(outcome(with_checksum(sum + 1)), "malformed: its checksum is wrong");
  EXPECT_EQ(outcome(binary(kProxied, '\x11', kIpv4 + tlv('\x03', "abc"))),
            "malformed: its checksum is malformed");
}

TEST(ProxyHeaderOfVersion2, OfAnotherFormIsMalformed) {
  const std::string command = "malformed: its version or command is not known";
  const std::string family = "malformed: its family is none of a stream";
  for (const char wrong : {'\x11', '\x22', '\x2f', '\x31', '\0'})
    EXPECT_EQ(outcome(binary(wrong, '\x11', kIpv4)), command);
  for (const char wrong : {'\x12', '\x22', '\x32', '\x41', '\x10', '\x01'})
    EXPECT_EQ(outcome(binary(kProxied, wrong, std::string(216, '\0'))), family);
  EXPECT_EQ(outcome(binary(kProxied, '\x11', kIpv4.substr(1))), "malformed: its addresses are cut short");
  EXPECT_EQ(outcome(binary(kProxied, '\x21', kIpv4)), "malformed: its addresses are cut short");
  EXPECT_EQ(outcome(binary(kProxied, '\x11', kIpv4 + "\x01")), "malformed: a TLV is cut short");
  EXPECT_EQ(outcome(binary(kProxied, '\x11', kIpv4 + std::string("\x01\x00\x05xxxx", 7))),
            "malformed: a TLV is cut short");
}

TEST(ProxyHeaderOfVersion2, HasABoundedLength) {
  expect_good(binary(kLocal, '\0', std::string(4096, 'x')), "-");
  EXPECT_EQ(outcome(binary(kLocal, '\0', std::string(4097, 'x')).substr(0, 16)),
            "malformed: it is longer than 4112 bytes");
}

TEST(Crc32c, IsThatOfRfc3720) {  // appendix B.4
  EXPECT_EQ(crc32c(as_bytes(std::string(32, '\0'))), 0x8A9136AAU);
  EXPECT_EQ(crc32c(as_bytes(std::string(32, '\xFF'))), 0x62A8AB43U);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c(as_bytes("6789"), crc32c(as_bytes("12345"))), 0xE3069283U);
}

}  // namespace
}  // namespace bobbin::net
