#pragma once

#include <string>

namespace bobbin {

/// The certificate by which a client has shown who it is. Its issuer has been verified.
struct PeerCertificate {
  std::string subject;      ///< as RFC 4514 writes it: "CN=alice,O=Example"
  std::string fingerprint;  ///< SHA-256, 64 hexadecimal digits in lower case
};

}  // namespace bobbin
