#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/mutex.h"
#include "base/network.h"

namespace bobbin::limits {

/// Paths with a limit of their own, which every client or every user has besides that for the whole server.
/// The number stays the same for as long as the paths and the limit do.
enum class LimitedPaths : std::uint32_t { all = 0 };

struct RequestRate {
  std::uint64_t requests_per_second = 0;  ///< on average; more than 0
  Duration burst = seconds(10);           ///< as in ClientLimitSettings
};

/// What one client may take. 0 is no limit.
struct ClientLimitSettings {
  std::uint64_t connections = 0;          ///< at the same time
  std::uint64_t requests_per_second = 0;  ///< on average
  std::uint64_t bytes_per_second = 0;     ///< of content that is sent to it, on average
  /// For how long a client that has been quiet may take as much at once as it may on average.
  Duration burst = seconds(10);
  /// For some paths, besides; never for LimitedPaths::all.
  std::unordered_map<LimitedPaths, RequestRate> rates = {};
  Networks exempt;   ///< clients without limits
  Networks proxies;  ///< connect on behalf of others, so that their connections are not counted

  [[nodiscard]] bool limits_requests() const { return requests_per_second > 0 || bytes_per_second > 0; }
};

class Place;

/// What each client has taken, by address; an IPv6 client is all of its /64, since that is what one customer
/// gets (RFC 6177). Clients of Unix sockets have no address and so no limits. Thread: any.
///
/// Rates are token buckets in the form of the generic cell rate algorithm (ITU-T I.371): of each bucket only
/// the moment is kept at which it will be full again. A request needs its token before it is answered. Bytes
/// are charged when they have been sent, so an answer may overdraw the bucket; then requests are refused
/// until that is made good, for a minute at most.
///
/// The table never grows: it has room for kClients, in sets of a few places that a keyed hash chooses. In a
/// full set the client goes that has taken least lately, never one that holds a connection. So a flood of
/// addresses makes the server forget, at worst, what quiet clients have taken, and nobody can choose whom.
///
/// What a client or a user asks for at paths with a limit of their own is counted in an entry of its own,
/// which takes a place as a client does.
///
/// The limits may change at any time; what has been counted stays. Only connections that come while they are
/// limited are counted, and each one that was is given back, whatever the limits are then.
class ClientLimits {
 public:
  static constexpr std::size_t kClients = 65'536;

  explicit ClientLimits(ClientLimitSettings settings = {}, Instant now = monotonic_now());

  /// These hold from now on. What a client has taken in the meantime counts as the same amount. The memory of
  /// the table, 3 MiB, is taken when something is limited for the first time.
  void replace(ClientLimitSettings settings, Instant now);

  /// Whether connections are limited at all.
  [[nodiscard]] bool limits_connections() const {
    return limits_connections_.load(std::memory_order_relaxed);
  }
  /// One more connection of this client. Nothing, and nothing is counted, when it has as many as it may. The
  /// place is empty where the connection is not counted.
  [[nodiscard]] std::optional<Place> connect(const Endpoint& client, Instant now);
  /// Gives the place of one connection back that was counted.
  void disconnect(const Endpoint& client);

  enum class Kind : std::uint8_t { requests, bytes };
  struct Refused {
    Kind kind;
    Duration wait;             ///< until the next request would be allowed, more than 0
    std::uint64_t per_second;  ///< the limit that it has met
    Duration burst;
  };
  /// One more request of this client. Nothing: it may be answered, and is counted.
  [[nodiscard]] std::optional<Refused> request(const Endpoint& client, Instant now);
  /// The same, at paths with a limit of their own.
  [[nodiscard]] std::optional<Refused> request(const Endpoint& client, LimitedPaths paths, Instant now);
  /// The same of a user, from wherever it asks: exempt addresses are limited, too.
  [[nodiscard]] std::optional<Refused> request(std::string_view user, LimitedPaths paths, Instant now);

  /// Whether bytes are limited at all.
  [[nodiscard]] bool limits_bytes() const { return limits_bytes_.load(std::memory_order_relaxed); }
  /// So much content has been sent to this client.
  void sent(const Endpoint& client, std::uint64_t bytes, Instant now);

 private:
  static constexpr std::size_t kPlaces = 8;  // of one set
  static constexpr std::size_t kSets = kClients / kPlaces;
  static constexpr std::size_t kShards = 64;  // each has a mutex

  enum class Whose : std::uint8_t { ipv4, ipv6, user };
  /// An address without its port, of IPv6 the first half; or a hash of a user's name. Two of the names that
  /// an operator gives have the same one time in 2^64.
  struct Key {
    std::uint64_t number = 0;
    Whose whose = Whose::ipv4;
    LimitedPaths paths = LimitedPaths::all;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Entry {
    Key key;
    std::uint32_t connections = 0;
    Instant requests_full{};  // when the bucket is full again; in the past: it is full
    Instant bytes_full{};
    [[nodiscard]] Instant used_until() const { return std::max(requests_full, bytes_full); }
  };
  using Set = std::array<Entry, kPlaces>;
  /// The settings, and whom each of them is for. Immutable.
  struct Rules {
    ClientLimitSettings settings;
    Duration per_request{};  // 0: requests are not limited, but for some paths

    explicit Rules(ClientLimitSettings from);
    [[nodiscard]] bool is_limited(const Endpoint& client) const;
    [[nodiscard]] bool limits_connections_of(const Endpoint& client) const;
    [[nodiscard]] bool limits_requests_of(const Endpoint& client) const;
    [[nodiscard]] bool limits_paths_of(const Endpoint& client) const;
    [[nodiscard]] bool limits_bytes_of(const Endpoint& client) const;
  };
  struct Shard {
    Mutex mutex;
    std::shared_ptr<const Rules> rules GUARDED_BY(mutex);  // the same in all shards, but for a moment
    std::vector<Set> sets GUARDED_BY(mutex);               // none before anything was limited
  };
  struct Spot {
    Shard& shard;
    std::size_t set;
  };

  [[nodiscard]] static Key key_of(const Endpoint& client, LimitedPaths paths = LimitedPaths::all);
  [[nodiscard]] static Key key_of(std::string_view user, LimitedPaths paths);
  [[nodiscard]] std::uint64_t hash(const Key& key) const;
  [[nodiscard]] Spot spot_of(const Key& key) const;
  [[nodiscard]] static Entry* find_or_make(Set& set, const Key& key, Instant now);
  static void convert(Entry& entry, const ClientLimitSettings& from, const ClientLimitSettings& to,
                      Instant now);
  [[nodiscard]] static std::optional<Refused> take(Entry& entry, const RequestRate& rate,
                                                   Duration per_request, Instant now);
  [[nodiscard]] static std::optional<Refused> take(Entry& entry, const Rules& rules, LimitedPaths paths,
                                                   Instant now);
  /// Calls `use` with the entry of this key and the rules, where `applies` to them says so and there is a
  /// place for it. Otherwise the result is that of an empty `use`.
  template <typename Applies, typename Use>
  auto with_entry(const Key& key, Instant now, Applies applies, Use use);
  /// The same of a client, where the rules are for it.
  template <typename Use>
  auto with_entry(const Endpoint& client, LimitedPaths paths, Instant now,
                  bool (Rules::*applies)(const Endpoint&) const, Use use);

  std::array<std::uint64_t, 4> secret_{};
  std::unique_ptr<std::array<Shard, kShards>> shards_;
  std::atomic<bool> limits_connections_ = false;
  std::atomic<bool> limits_bytes_ = false;
};

/// The right to one connection of a client, given back at the end; or nothing, for one that is not counted.
class Place {
 public:
  Place() = default;
  Place(ClientLimits& limits, const Endpoint& client) : limits_(&limits), client_(client) {}
  Place(Place&& other) noexcept : limits_(std::exchange(other.limits_, nullptr)), client_(other.client_) {}
  Place& operator=(Place&& other) noexcept {
    std::swap(limits_, other.limits_);
    std::swap(client_, other.client_);
    return *this;
  }
  ~Place() {
    if (limits_ != nullptr) limits_->disconnect(client_);
  }
  /// Hands the duty to disconnect over to the caller, if there is one.
  [[nodiscard]] bool release() { return std::exchange(limits_, nullptr) != nullptr; }

 private:
  ClientLimits* limits_ = nullptr;
  Endpoint client_;
};

}  // namespace bobbin::limits
