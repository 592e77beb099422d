#include "limits/client_limits.h"

#include <algorithm>
#include <functional>
#include <span>

#include "base/assert.h"
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

/// What an amount that comes together in `time` at one rate takes at another.
Duration at_rate(Duration time, std::uint64_t from, std::uint64_t to) {
  if (from == 0 || to == 0 || from == to) return time;
  const double converted =
      static_cast<double>(time.count()) * static_cast<double>(from) / static_cast<double>(to);
  constexpr Duration kLongest = std::chrono::hours(24);
  return converted < static_cast<double>(kLongest.count()) ? Duration(static_cast<Duration::rep>(converted))
                                                           : kLongest;
}

}  // namespace

// ---- the limits ----

ClientLimits::Rules::Rules(ClientLimitSettings from)
    : settings(std::move(from)),
      per_request(settings.requests_per_second > 0 ? time_for(1, settings.requests_per_second)
                                                   : Duration::zero()) {}

bool ClientLimits::Rules::is_limited(const Endpoint& client) const {
  return !client.is_unix_socket() && !contains(settings.exempt, client);
}
bool ClientLimits::Rules::limits_connections_of(const Endpoint& client) const {
  return settings.connections > 0 && is_limited(client) && !contains(settings.proxies, client);
}
bool ClientLimits::Rules::limits_requests_of(const Endpoint& client) const {
  return settings.limits_requests() && is_limited(client);
}
bool ClientLimits::Rules::limits_paths_of(const Endpoint& client) const {
  return !settings.rates.empty() && is_limited(client);
}
bool ClientLimits::Rules::limits_bytes_of(const Endpoint& client) const {
  return settings.bytes_per_second > 0 && is_limited(client);
}

ClientLimits::ClientLimits(ClientLimitSettings settings, Instant now)
    : shards_(std::make_unique<std::array<Shard, kShards>>()) {
  os::fill_random(std::as_writable_bytes(std::span(secret_)));
  replace(std::move(settings), now);
}

void ClientLimits::replace(ClientLimitSettings settings, Instant now) {
  const auto rules = std::make_shared<const Rules>(std::move(settings));
  const bool limits_anything =
      rules->settings.connections > 0 || rules->settings.limits_requests() || !rules->settings.rates.empty();
  for (Shard& shard : *shards_) {
    const Lock lock(shard.mutex);
    const auto before = std::exchange(shard.rules, rules);
    if (limits_anything && shard.sets.empty()) shard.sets.resize(kSets / kShards);
    if (before == nullptr) continue;
    for (Set& set : shard.sets)
      for (Entry& entry : set) convert(entry, before->settings, rules->settings, now);
  }
  limits_connections_ = rules->settings.connections > 0;
  limits_bytes_ = rules->settings.bytes_per_second > 0;
}

void ClientLimits::convert(Entry& entry, const ClientLimitSettings& from, const ClientLimitSettings& to,
                           Instant now) {
  if (entry.key.paths != LimitedPaths::all) return;  // with another rate they are other ones
  const auto converted = [now](Instant full, std::uint64_t old_rate, std::uint64_t new_rate,
                               Duration longest) {
    return full <= now ? full : now + std::min(at_rate(full - now, old_rate, new_rate), longest);
  };
  entry.requests_full =
      converted(entry.requests_full, from.requests_per_second, to.requests_per_second, to.burst);
  entry.bytes_full =
      converted(entry.bytes_full, from.bytes_per_second, to.bytes_per_second, to.burst + kLongestDebt);
}

// ---- the table ----

ClientLimits::Key ClientLimits::key_of(const Endpoint& client, LimitedPaths paths) {
  const bool is_ipv4 = client.family == Endpoint::Family::ipv4;
  return {.number = number_in(std::span(client.address).first(is_ipv4 ? 4 : 8)),
          .whose = is_ipv4 ? Whose::ipv4 : Whose::ipv6,
          .paths = paths};
}

ClientLimits::Key ClientLimits::key_of(std::string_view user, LimitedPaths paths) {
  return {.number = std::hash<std::string_view>()(user), .whose = Whose::user, .paths = paths};
}

/// Of two different keys the results are equal as rarely as those of any two random numbers, for everybody
/// who does not know the secret (pair-multiply-shift; Dietzfelbinger, 1996).
std::uint64_t ClientLimits::hash(const Key& key) const {
  const std::uint64_t low = (key.number & 0xFFFFFFFF) + (static_cast<std::uint64_t>(key.whose) << 32);
  const std::uint64_t high = key.number >> 32;
  const std::uint64_t paths = secret_[3] * static_cast<std::uint64_t>(key.paths);
  return ((secret_[0] + high) * (secret_[1] + low) + paths + secret_[2]) >> 32;
}

ClientLimits::Spot ClientLimits::spot_of(const Key& key) const {
  const std::uint64_t number = hash(key) % kSets;
  return {(*shards_)[number % kShards], number / kShards};
}

/// Null where every place is held by a client with connections.
ClientLimits::Entry* ClientLimits::find_or_make(Set& set, const Key& key, Instant now) {
  // A place that nobody has had yet has the key 0.0.0.0, which is nobody's, and nothing to forget.
  auto found = std::ranges::find(set, key, &Entry::key);
  if (found == set.end()) {
    found = std::ranges::min_element(set, {}, [now](const Entry& entry) {
      return std::pair(entry.connections > 0, std::max(entry.used_until(), now));
    });
    if (found->connections > 0) return nullptr;
    *found = Entry{.key = key};
  }
  return &*found;
}

template <typename Applies, typename Use>
auto ClientLimits::with_entry(const Key& key, Instant now, Applies applies, Use use) {
  using Answer = decltype(use(std::declval<Entry&>(), std::declval<const Rules&>()));
  const auto [shard, set] = spot_of(key);
  const Lock lock(shard.mutex);
  Entry* entry = applies(*shard.rules) ? find_or_make(shard.sets[set], key, now) : nullptr;
  return entry != nullptr ? use(*entry, *shard.rules) : Answer();
}

template <typename Use>
auto ClientLimits::with_entry(const Endpoint& client, LimitedPaths paths, Instant now,
                              bool (Rules::*applies)(const Endpoint&) const, Use use) {
  return with_entry(
      key_of(client, paths), now, [&](const Rules& rules) { return (rules.*applies)(client); }, use);
}

// ---- what clients take ----

std::optional<Place> ClientLimits::connect(const Endpoint& client, Instant now) {
  enum class Verdict : std::uint8_t { not_counted, counted, refused };
  if (!limits_connections()) return Place();
  const Verdict verdict = with_entry(client, LimitedPaths::all, now, &Rules::limits_connections_of,
                                     [](Entry& entry, const Rules& rules) {
                                       if (entry.connections >= rules.settings.connections)
                                         return Verdict::refused;
                                       ++entry.connections;
                                       return Verdict::counted;
                                     });
  if (verdict == Verdict::refused) return std::nullopt;
  return verdict == Verdict::counted ? Place(*this, client) : Place();
}

void ClientLimits::disconnect(const Endpoint& client) {
  const Key key = key_of(client);
  const auto [shard, set] = spot_of(key);
  const Lock lock(shard.mutex);
  // It is there, since none with a connection ever leaves the table.
  const auto found = std::ranges::find(shard.sets[set], key, &Entry::key);
  ASSERT(found != shard.sets[set].end() && found->connections > 0);
  --found->connections;
}

/// The token of one request. Nothing: it is there.
std::optional<ClientLimits::Refused> ClientLimits::take(Entry& entry, const RequestRate& rate,
                                                        Duration per_request, Instant now) {
  const Instant limit = now + rate.burst;
  const Instant full = std::max(entry.requests_full, now) + per_request;
  if (full > limit) return Refused{Kind::requests, full - limit, rate.requests_per_second, rate.burst};
  entry.requests_full = full;
  return std::nullopt;
}

std::optional<ClientLimits::Refused> ClientLimits::request(const Endpoint& client, Instant now) {
  return with_entry(
      client, LimitedPaths::all, now, &Rules::limits_requests_of,
      [now](Entry& entry, const Rules& rules) -> std::optional<Refused> {
        const ClientLimitSettings& settings = rules.settings;
        const Instant limit = now + settings.burst;
        if (settings.bytes_per_second > 0 && entry.bytes_full > limit)
          return Refused{Kind::bytes, entry.bytes_full - limit, settings.bytes_per_second, settings.burst};
        if (rules.per_request == Duration::zero()) return std::nullopt;
        return take(entry, {settings.requests_per_second, settings.burst}, rules.per_request, now);
      });
}

std::optional<ClientLimits::Refused> ClientLimits::take(Entry& entry, const Rules& rules, LimitedPaths paths,
                                                        Instant now) {
  // A reload may have taken the limit away while the request was on its way.
  const auto rate = rules.settings.rates.find(paths);
  if (rate == rules.settings.rates.end()) return std::nullopt;
  return take(entry, rate->second, time_for(1, rate->second.requests_per_second), now);
}

std::optional<ClientLimits::Refused> ClientLimits::request(const Endpoint& client, LimitedPaths paths,
                                                           Instant now) {
  return with_entry(
      client, paths, now, &Rules::limits_paths_of,
      [now, paths](Entry& entry, const Rules& rules) { return take(entry, rules, paths, now); });
}

std::optional<ClientLimits::Refused> ClientLimits::request(std::string_view user, LimitedPaths paths,
                                                           Instant now) {
  return with_entry(
      key_of(user, paths), now, [](const Rules& rules) { return !rules.settings.rates.empty(); },
      [now, paths](Entry& entry, const Rules& rules) { return take(entry, rules, paths, now); });
}

void ClientLimits::sent(const Endpoint& client, std::uint64_t bytes, Instant now) {
  if (!limits_bytes() || bytes == 0) return;
  with_entry(client, LimitedPaths::all, now, &Rules::limits_bytes_of, [&](Entry& entry, const Rules& rules) {
    const ClientLimitSettings& settings = rules.settings;
    const Instant full = std::max(entry.bytes_full, now) + time_for(bytes, settings.bytes_per_second);
    entry.bytes_full = std::min(full, now + settings.burst + kLongestDebt);
  });
}

}  // namespace bobbin::limits
