#include "app/open_tls.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <utility>

#include "app/options.h"
#include "http/date.h"
#include "http/host_policy.h"
#include "os/file.h"

namespace bobbin::app {
namespace {

using Certificates = std::vector<std::shared_ptr<const net::tls::Certificate>>;
using std::chrono::days;

constexpr days kWarnings[] = {days(21), days(7), days(1), days(0)};

/// The options of a listener's or a site's pairs, for messages.
struct PairOptions {
  const char* certificate;
  const char* key;
};
constexpr PairOptions kOfListener{"--tls-certificate", "--tls-key"};
constexpr PairOptions kOfSite{"certificate of a [[site]]", "key of a [[site]]"};

/// Opens what one configuration names.
class Opener {
 public:
  Opener(const Config& config, const TlsIdentity& identity)
      : config_(config), files_(TlsFiles::read(config)), identity_(identity) {}

  [[nodiscard]] Result<OpenTls, std::string> open() {
    tls_.fingerprint = files_.fingerprint();
    TRY(read_ticket_keys());
    auto named = TRY(of_sites());
    for (const ListenerConfig& listener : config_.listeners)
      tls_.contexts.push_back(is_secured(listener) ? TRY(context_of(listener, named)) : nullptr);
    return std::move(tls_);
  }

 private:
  [[nodiscard]] Result<void, std::string> read_ticket_keys() {
    const std::string& file = config_.server.tls_ticket_keys;
    if (file.empty()) return {};
    auto keys = net::tls::TicketKeys::parse(TRY(files_.text("--tls-ticket-keys", file)));
    if (!keys)
      return failure(
          fmt::format("--tls-ticket-keys: {} is not allowed; {} bytes, or several times as many, "
                      "are needed: openssl rand {}",
                      in_quotes(file), net::tls::TicketKey::kBytes, net::tls::TicketKey::kBytes));
    tls_.ticket_keys = *std::move(keys);
    return {};
  }

  [[nodiscard]] Result<std::vector<net::tls::NamedCertificates>, std::string> of_sites() {
    std::vector<net::tls::NamedCertificates> result;
    for (const SiteConfig& site : config_.sites) {
      Certificates certificates = TRY(pairs(site.certificates, site.keys, kOfSite));
      if (certificates.empty()) continue;
      net::tls::NamedCertificates named{.names = {}, .certificates = std::move(certificates)};
      for (const std::string& name : site.names)
        if (const auto allowed = http::HostPolicy::parse_allowed(name)) named.names.push_back(allowed->host);
      result.push_back(std::move(named));
    }
    return result;
  }

  [[nodiscard]] Result<std::shared_ptr<const net::tls::Context>, std::string> context_of(
      const ListenerConfig& listener, const std::vector<net::tls::NamedCertificates>& named) {
    Certificates certificates = TRY(pairs(listener.certificates, listener.keys, kOfListener));
    if (listener.tls == Tls::self_signed) {
      if (!certificates.empty())
        return failure(
            std::string("--tls: self-signed makes a certificate of its own; leave out "
                        "--tls-certificate, or --tls self-signed"));
      certificates.push_back(identity_.self_signed);
      keep("(self-signed)", identity_.self_signed);
    }
    if (certificates.empty() && named.empty())
      return failure(
          std::string("--tls: on needs a certificate: --tls-certificate FILE and --tls-key FILE, "
                      "or --tls self-signed for development"));
    net::tls::ContextSettings settings{.policy = listener.tls_policy,
                                       .certificates = std::move(certificates),
                                       .named = named,
                                       .ticket_keys = identity_.ticket_keys};
    if (config_.server.http2) settings.protocols = {"h2", "http/1.1"};
    if (!listener.client_ca.empty()) {
      settings.client_certificates =
          listener.client_certificates.value_or(net::tls::ClientCertificates::required);
      settings.client_issuers = TRY(files_.text("--tls-client-ca", listener.client_ca));
    }
    return net::tls::Context::create(settings).map_error([&](const std::string& reason) {
      if (reason.starts_with("the issuers"))
        return fmt::format("--tls-client-ca: {} cannot be used; {}", in_quotes(listener.client_ca), reason);
      return fmt::format(
          "--tls-certificate: the certificates{} cannot be used together, or one of them "
          "is too weak: {}",
          files_of(listener.certificates), reason);
    });
  }

  [[nodiscard]] static std::string files_of(const std::vector<std::string>& files) {
    std::string text;
    for (const std::string& file : files) text += ' ' + in_quotes(file);
    return text;
  }

  [[nodiscard]] Result<Certificates, std::string> pairs(const std::vector<std::string>& certificates,
                                                        const std::vector<std::string>& keys,
                                                        const PairOptions& options) {
    if (!keys.empty() && keys.size() != certificates.size())
      return failure(fmt::format("{}: {} for {} is not allowed; one for each certificate, in the same order",
                                 options.key, keys.size(), certificates.size()));
    Certificates result;
    for (std::size_t i = 0; i < certificates.size(); ++i)
      result.push_back(TRY(pair(certificates[i], keys.empty() ? certificates[i] : keys[i], options)));
    return result;
  }

  [[nodiscard]] Result<std::shared_ptr<const net::tls::Certificate>, std::string> pair(
      const std::string& file, const std::string& key_file, const PairOptions& options) {
    const std::string text = TRY(files_.text(options.certificate, file));
    const std::string key = TRY(files_.text(options.key, key_file));
    auto certificate = TRY(net::tls::Certificate::parse(text, key).map_error([&](const std::string& reason) {
      const std::string with = file == key_file ? "" : fmt::format(" with {}", in_quotes(key_file));
      return fmt::format("{}: {}{} cannot be used; {}", options.certificate, in_quotes(file), with, reason);
    }));
    keep(file, certificate);
    return certificate;
  }

  void keep(const std::string& file, const std::shared_ptr<const net::tls::Certificate>& certificate) {
    if (std::ranges::find(tls_.certificates, file, &OpenTls::Named::file) == tls_.certificates.end())
      tls_.certificates.push_back({file, certificate});
  }

  const Config& config_;
  const TlsFiles files_;
  const TlsIdentity& identity_;
  OpenTls tls_;
};

}  // namespace

bool is_secured(const ListenerConfig& listener) {
  if (listener.tls == Tls::automatic) return !listener.certificates.empty();
  return listener.tls != Tls::off;
}

TlsFiles TlsFiles::read(const Config& config) {
  TlsFiles files;
  const auto read_all = [&files](const std::vector<std::string>& names) {
    for (const std::string& name : names)
      if (!files.texts_.contains(name)) files.texts_.emplace(name, os::read_file(name));
  };
  for (const ListenerConfig& listener : config.listeners) {
    read_all(listener.certificates);
    read_all(listener.keys);
    if (!listener.client_ca.empty()) read_all({listener.client_ca});
  }
  for (const SiteConfig& site : config.sites) {
    read_all(site.certificates);
    read_all(site.keys);
  }
  if (!config.server.tls_ticket_keys.empty()) read_all({config.server.tls_ticket_keys});
  return files;
}

std::size_t TlsFiles::fingerprint() const {
  std::string all;
  for (const auto& [name, text] : texts_)
    all += fmt::format("{} {:x}\n", name,
                       text ? std::hash<std::string>{}(*text) : static_cast<std::size_t>(text.error().code));
  return std::hash<std::string>{}(all);
}

Result<std::string, std::string> TlsFiles::text(const char* option, const std::string& file) const {
  return texts_.at(file).map_error([&](const Error& error) {
    return fmt::format("{}: {} cannot be read; a file that this user may read is needed: {}", option,
                       in_quotes(file), error.message());
  });
}

Result<OpenTls, std::string> open_tls(const Config& config, const TlsIdentity& identity) {
  return Opener(config, identity).open();
}

int expiry_level(const net::tls::Certificate& certificate, WallTime now) {
  return static_cast<int>(
      std::ranges::count_if(kWarnings, [&](days before) { return now >= certificate.not_after() - before; }));
}

std::string expiry_sentence(const OpenTls::Named& named, WallTime now) {
  const WallTime end = named.certificate->not_after();
  const auto left = std::chrono::floor<days>(end - now).count();
  const std::string when = left < 0    ? "has expired"
                           : left == 0 ? "expires in less than a day"
                                       : fmt::format("expires in {} day{}", left, left == 1 ? "" : "s");
  return fmt::format("the certificate of {} {}: {}", in_quotes(named.file), when, http::format_date(end));
}

std::vector<Warning> validity_warnings(const OpenTls& tls, WallTime now) {
  std::vector<Warning> warnings;
  for (const OpenTls::Named& named : tls.certificates) {
    if (expiry_level(*named.certificate, now) > 0)
      warnings.push_back({observe::Event::certificate_expires, expiry_sentence(named, now)});
    if (now < named.certificate->not_before())
      warnings.push_back({observe::Event::certificate_not_yet_valid,
                          fmt::format("the certificate of {} is not valid before {}", in_quotes(named.file),
                                      http::format_date(named.certificate->not_before()))});
  }
  return warnings;
}

}  // namespace bobbin::app
