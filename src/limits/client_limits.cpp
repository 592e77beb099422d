#include "limits/client_limits.h"

#include <algorithm>
#include <span>

#include "os/random.h"

namespace bobbin::limits {
namespace {

constexpr Duration kLongestDebt = std::chrono::minutes(1);

/// The time in which `amount` comes together at this rate, and never more than an hour.
Duration time_for(std::uint64_t amount, std::uint64_t per_second) {
  constexpr std::uint64_t kHour = 3600;
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  const std::uint64_t whole = std::min(amount / per_second, kHour);
  // The rest is smaller than the rate. A rate beyond 2^33 makes it less than a nanosecond for each.
  const std::uint64_t rest = amount % per_second;
  const std::uint64_t part = per_second <= UINT64_MAX / kNanoseconds ? rest * kNanoseconds / per_second : 0;
  return seconds(whole) + std::chrono::nanoseconds(part);
}

std::uint64_t number_in(std::span<const std::uint8_t> bytes) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  return number;
}

}  // namespace

ClientLimits::ClientLimits(ClientLimitSettings settings)
    : settings_(std::move(settings)),
      per_request_(settings_.requests_per_second > 0 ? time_for(1, settings_.requests_per_second)
                                                     : Duration::zero()),
      shards_(std::make_unique<std::array<Shard, kShards>>()) {
  os::fill_random(std::as_writable_bytes(std::span(secret_)));
  for (Shard& shard : *shards_) {
    const Lock lock(shard.mutex);
    shard.sets.resize(kSets / kShards);
  }
}

bool ClientLimits::is_limited(const Endpoint& client) const {
  return !client.is_unix_socket() && !contains(settings_.exempt, client);
}

ClientLimits::Key ClientLimits::key_of(const Endpoint& client) {
  const std::size_t size = client.family == Endpoint::Family::ipv4 ? 4 : 8;
  return {.address = number_in(std::span(client.address).first(size)), .family = client.family};
}

/// Of two different keys the results are equal as rarely as those of any two random numbers, for everybody
/// who does not know the secret (pair-multiply-shift; Dietzfelbinger, 1996).
std::uint64_t ClientLimits::hash(const Key& key) const {
  const std::uint64_t low = (key.address & 0xFFFFFFFF) + (static_cast<std::uint64_t>(key.family) << 32);
  const std::uint64_t high = key.address >> 32;
  return ((secret_[0] + high) * (secret_[1] + low) + secret_[2]) >> 32;
}

template <typename Use>
auto ClientLimits::with_entry(const Endpoint& client, Instant now, Use use) {
  const Key key = key_of(client);
  const std::uint64_t number = hash(key) % kSets;
  Shard& shard = (*shards_)[number % kShards];
  const Lock lock(shard.mutex);
  auto& set = shard.sets[number / kShards];
  // A place that nobody has had yet has the key 0.0.0.0, which is nobody's, and nothing to forget.
  auto found = std::ranges::find(set, key, &Entry::key);
  if (found == set.end()) {
    found = std::ranges::min_element(set, {}, [now](const Entry& entry) {
      return std::pair(entry.connections > 0, std::max(entry.used_until(), now));
    });
    if (found->connections > 0) return use(static_cast<Entry*>(nullptr));
    *found = Entry{.key = key};
  }
  return use(&*found);
}

bool ClientLimits::connect(const Endpoint& client, Instant now) {
  if (settings_.connections == 0 || !is_limited(client)) return true;
  return with_entry(client, now, [&](Entry* entry) {
    if (entry == nullptr) return true;
    if (entry->connections >= settings_.connections) return false;
    ++entry->connections;
    return true;
  });
}

void ClientLimits::disconnect(const Endpoint& client, Instant now) {
  if (settings_.connections == 0 || !is_limited(client)) return;
  with_entry(client, now, [](Entry* entry) {
    if (entry != nullptr && entry->connections > 0) --entry->connections;
  });
}

std::optional<ClientLimits::Refused> ClientLimits::request(const Endpoint& client, Instant now) {
  if (per_request_ == Duration::zero() && settings_.bytes_per_second == 0) return std::nullopt;
  if (!is_limited(client)) return std::nullopt;
  return with_entry(client, now, [&](Entry* entry) -> std::optional<Refused> {
    if (entry == nullptr) return std::nullopt;
    const Instant limit = now + settings_.burst;
    if (entry->bytes_full > limit) return Refused{Kind::bytes, entry->bytes_full - limit};
    if (per_request_ == Duration::zero()) return std::nullopt;
    const Instant full = std::max(entry->requests_full, now) + per_request_;
    if (full > limit) return Refused{Kind::requests, full - limit};
    entry->requests_full = full;
    return std::nullopt;
  });
}

void ClientLimits::sent(const Endpoint& client, std::uint64_t bytes, Instant now) {
  if (settings_.bytes_per_second == 0 || bytes == 0 || !is_limited(client)) return;
  with_entry(client, now, [&](Entry* entry) {
    if (entry == nullptr) return;
    const Instant full = std::max(entry->bytes_full, now) + time_for(bytes, settings_.bytes_per_second);
    entry->bytes_full = std::min(full, now + settings_.burst + kLongestDebt);
  });
}

}  // namespace bobbin::limits
