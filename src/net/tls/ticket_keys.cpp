#include "net/tls/ticket_keys.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "os/random.h"

namespace bobbin::net::tls {
namespace {

constexpr std::size_t kKeptKeys = 3;

TicketKey random_key() {
  TicketKey key;
  os::fill_random(std::as_writable_bytes(std::span(key.name)));
  os::fill_random(std::as_writable_bytes(std::span(key.mac)));
  os::fill_random(std::as_writable_bytes(std::span(key.cipher)));
  return key;
}

}  // namespace

TicketKeys::TicketKeys() : keys_{random_key()} {}

void TicketKeys::rotate() {
  const TicketKey fresh = random_key();
  const Lock lock(mutex_);
  keys_.insert(keys_.begin(), fresh);
  if (keys_.size() > kKeptKeys) keys_.resize(kKeptKeys);
}

void TicketKeys::replace(std::vector<TicketKey> keys) {
  const Lock lock(mutex_);
  keys_ = std::move(keys);
}

std::optional<std::vector<TicketKey>> TicketKeys::parse(const std::string& content) {
  if (content.empty() || content.size() % TicketKey::kBytes != 0) return std::nullopt;
  std::vector<TicketKey> keys(content.size() / TicketKey::kBytes);
  const char* from = content.data();
  const auto take = [&from](std::span<unsigned char> part) {
    std::memcpy(part.data(), from, part.size());
    from += part.size();
  };
  for (TicketKey& key : keys) {
    take(key.name);
    take(key.mac);
    take(key.cipher);
  }
  return keys;
}

TicketKey TicketKeys::sealing() const {
  const Lock lock(mutex_);
  return keys_.front();
}

std::optional<TicketKeys::Opening> TicketKeys::opening(std::span<const unsigned char, 16> name) const {
  const Lock lock(mutex_);
  const auto found =
      std::ranges::find_if(keys_, [&](const TicketKey& key) { return std::ranges::equal(key.name, name); });
  if (found == keys_.end()) return std::nullopt;
  return Opening{*found, found != keys_.begin()};
}

}  // namespace bobbin::net::tls
