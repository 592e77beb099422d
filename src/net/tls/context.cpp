#include "net/tls/context.h"

#include <algorithm>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <span>

#include "base/ascii.h"
#include "base/assert.h"
#include "net/tls/openssl.h"

namespace bobbin::net::tls {
namespace {

// Mozilla, "Security/Server Side TLS", version 5.7.
constexpr const char* kCiphersOfTls13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kIntermediateCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
// Of finite-field Diffie-Hellman, RFC 7919 §A.1.
constexpr const char* kFiniteFieldGroup = "ffdhe2048";

// Renegotiation lets a client make the server work without end; compression betrays secrets (RFC 7457 §2.6).
// The order of ciphers is ours, except for clients that would rather have ChaCha20: they have no instructions
// for AES. (Mozilla leaves it to the client; scanners blame a server for that.)
constexpr std::uint64_t kOptions = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
// An idle connection keeps no buffer, and a record that the kernel did not take may be offered from
// elsewhere.
constexpr long kModes =
    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;

/// The list as ALPN writes it: each name behind its length.
std::string wire_form(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols)
    wire.append(1, static_cast<char>(protocol.size())) += protocol;
  return wire;
}

KeyPointer finite_field_parameters() {
  const std::unique_ptr<EVP_PKEY_CTX, Freeing<EVP_PKEY_CTX_free>> maker(
      EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
  std::string group = kFiniteFieldGroup;
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
                             OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (maker == nullptr || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
      EVP_PKEY_fromdata(maker.get(), &key, EVP_PKEY_KEY_PARAMETERS, parameters) != 1)
    return nullptr;
  return KeyPointer(key);
}

[[nodiscard]] Result<void, std::string> apply_policy(SSL_CTX* context, Policy policy) {
  const int oldest = policy == Policy::modern ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (SSL_CTX_set_min_proto_version(context, oldest) != 1)
    return failure(reason_of("SSL_CTX_set_min_proto_version"));
  if (SSL_CTX_set_ciphersuites(context, kCiphersOfTls13) != 1)
    return failure(reason_of("SSL_CTX_set_ciphersuites"));
  if (SSL_CTX_set1_groups_list(context, kGroups) != 1) return failure(reason_of("SSL_CTX_set1_groups_list"));
  if (policy == Policy::modern) return {};
  if (SSL_CTX_set_cipher_list(context, kIntermediateCiphers) != 1)
    return failure(reason_of("SSL_CTX_set_cipher_list"));
  KeyPointer parameters = finite_field_parameters();
  if (!parameters || SSL_CTX_set0_tmp_dh_pkey(context, parameters.get()) != 1)
    return failure(reason_of("SSL_CTX_set0_tmp_dh_pkey"));
  parameters.release();  // NOLINT(bugprone-unused-return-value): the context owns them now
  return {};
}

// Longer than a ticket can be opened for sure would not help: a key opens for two rotations.
constexpr long kTicketSeconds = 24L * 60 * 60;

/// Tickets of one setting must not be taken by a listener that asks for other certificates of clients.
[[nodiscard]] Result<void, std::string> separate_sessions(SSL_CTX* context, const ContextSettings& settings) {
  std::string text = settings.client_issuers;
  text += static_cast<char>(settings.client_certificates);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  if (SSL_CTX_set_session_id_context(context, digest, sizeof digest) != 1)
    return failure(reason_of("SSL_CTX_set_session_id_context"));
  SSL_CTX_set_timeout(context, kTicketSeconds);
  return {};
}

[[nodiscard]] Result<void, std::string> ask_for_certificates(SSL_CTX* context,
                                                             const ContextSettings& settings) {
  if (settings.client_certificates == ClientCertificates::none) return {};
  const BioPointer issuers(
      BIO_new_mem_buf(settings.client_issuers.data(), static_cast<int>(settings.client_issuers.size())));
  int count = 0;
  while (const CertificatePointer issuer{PEM_read_bio_X509(issuers.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), issuer.get()) != 1 ||
        SSL_CTX_add_client_CA(context, issuer.get()) != 1)
      return failure(reason_of("SSL_CTX_add_client_CA"));
    ++count;
  }
  const bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (count == 0 || !is_at_end) return failure("the issuers of clients: " + reason_of("PEM_read_bio_X509"));
  ERR_clear_error();
  const bool is_required = settings.client_certificates == ClientCertificates::required;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return {};
}

/// How well a name of a certificate fits a name that is asked for: 0 is not at all.
std::size_t fit(std::string_view pattern, std::string_view name) {
  if (pattern == name) return SIZE_MAX;
  if (!pattern.starts_with("*.") || !name.ends_with(pattern.substr(1))) return 0;
  return name.size() >= pattern.size() ? pattern.size() : 0;
}

}  // namespace

struct Context::Parts {
  struct Named {
    std::vector<std::string> names;
    ContextPointer context;
  };
  std::vector<Named> contexts;  // the default one is the first
  std::string protocols;        // in wire form
  std::shared_ptr<const TicketKeys> ticket_keys;
};

/// What OpenSSL calls during a handshake.
struct Context::Callbacks {
  static int choose_certificate(SSL* connection, int*, void* argument) {
    const auto& self = *static_cast<const Context*>(argument);
    const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    std::string wanted = lowercase(name);
    if (wanted.ends_with('.')) wanted.pop_back();
    return SSL_set_SSL_CTX(connection, self.context_for(wanted)) != nullptr ? SSL_TLSEXT_ERR_OK
                                                                            : SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  /// RFC 7301 §3.2: a client that offers only what we do not speak is told so.
  static int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                             const unsigned char* offered, unsigned offered_size, void* argument) {
    const std::string& ours = static_cast<const Context*>(argument)->parts_->protocols;
    unsigned char* found = nullptr;
    const int outcome =
        SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(ours.data()),
                              static_cast<unsigned>(ours.size()), offered, offered_size);
    *chosen = found;
    return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  [[nodiscard]] static bool set_mac_key(EVP_MAC_CTX* mac, TicketKey& key) {
    std::string digest = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, parameters) == 1;
  }
  static int seal_ticket(const TicketKeys& keys, unsigned char* name, unsigned char* iv,
                         EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    TicketKey key = keys.sealing();
    std::ranges::copy(key.name, name);
    const bool is_ready =
        RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1 &&
        set_mac_key(mac, key);
    return is_ready ? 1 : -1;
  }
  /// 0: a full handshake. 1: the session goes on. 2: it goes on, and the client gets a new ticket.
  static int open_ticket(const TicketKeys& keys, const unsigned char* name, const unsigned char* iv,
                         EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    auto opening = keys.opening(std::span<const unsigned char, 16>(name, 16));
    if (!opening) return 0;
    const bool is_ready =
        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, opening->key.cipher.data(), iv) == 1 &&
        set_mac_key(mac, opening->key);
    if (!is_ready) return -1;
    return opening->is_old ? 2 : 1;
  }
  static int handle_ticket(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                           EVP_MAC_CTX* mac, int seals) {
    const auto* self = static_cast<const Context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
    const TicketKeys& keys = *self->parts_->ticket_keys;
    return seals == 1 ? seal_ticket(keys, name, iv, cipher, mac) : open_ticket(keys, name, iv, cipher, mac);
  }
};

Context::Context(const ContextSettings& settings) : parts_(std::make_unique<Parts>()) {
  parts_->protocols = wire_form(settings.protocols);
  parts_->ticket_keys = settings.ticket_keys;
}

Context::~Context() = default;

Result<std::shared_ptr<const Context>, std::string> Context::create(const ContextSettings& settings) {
  ERR_clear_error();
  std::shared_ptr<Context> made(new Context(settings));
  const bool has_default = !settings.certificates.empty();
  ASSERT(has_default || !settings.named.empty());
  TRY(made->add(settings, has_default ? settings.certificates : settings.named.front().certificates));
  for (const NamedCertificates& each : settings.named) {
    TRY(made->add(settings, each.certificates));
    made->parts_->contexts.back().names = each.names;
  }
  return std::shared_ptr<const Context>(std::move(made));
}

Result<void, std::string> Context::add(const ContextSettings& settings,
                                       const std::vector<std::shared_ptr<const Certificate>>& certificates) {
  ContextPointer context(SSL_CTX_new(TLS_server_method()));
  if (!context) return failure(reason_of("SSL_CTX_new"));
  TRY(apply_policy(context.get(), settings.policy));
  SSL_CTX_set_options(context.get(), kOptions);
  SSL_CTX_set_mode(context.get(), kModes);
  SSL_CTX_set_read_ahead(context.get(), 1);  // a record's head and content with one call
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_tlsext_servername_callback(context.get(), Callbacks::choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(context.get(), this);
  SSL_CTX_set_alpn_select_cb(context.get(), Callbacks::choose_protocol, this);
  SSL_CTX_set_app_data(context.get(), this);
  if (parts_->ticket_keys != nullptr)
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context.get(), Callbacks::handle_ticket);
  TRY(separate_sessions(context.get(), settings));
  TRY(ask_for_certificates(context.get(), settings));
  for (const auto& certificate : certificates) TRY(certificate->install(context.get()));
  parts_->contexts.push_back({{}, std::move(context)});
  return {};
}

ssl_ctx_st* Context::context_for(std::string_view name) const {
  const Parts::Named* best = &parts_->contexts.front();
  std::size_t best_fit = 0;
  for (const Parts::Named& each : parts_->contexts)
    for (const std::string& pattern : each.names)
      if (const std::size_t found = fit(pattern, name); found > best_fit) {
        best = &each;
        best_fit = found;
      }
  return best->context.get();
}

ssl_st* Context::new_connection() const {
  ERR_clear_error();
  return SSL_new(parts_->contexts.front().context.get());
}

}  // namespace bobbin::net::tls
