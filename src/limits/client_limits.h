#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/mutex.h"
#include "base/network.h"

namespace bobbin::limits {

/// What one client may take. 0 is no limit.
struct ClientLimitSettings {
  std::uint64_t connections = 0;          ///< at the same time
  std::uint64_t requests_per_second = 0;  ///< on average
  std::uint64_t bytes_per_second = 0;     ///< of content that is sent to it, on average
  /// For how long a client that has been quiet may take as much at once as it may on average.
  Duration burst = seconds(10);
  Networks exempt;  ///< clients without limits

  [[nodiscard]] bool has_any() const {
    return connections > 0 || requests_per_second > 0 || bytes_per_second > 0;
  }
};

/// What each client has taken, by address; an IPv6 client is all of its /64, since that is what one customer
/// gets (RFC 6177). Clients of Unix sockets have no address and so no limits. Thread: any.
///
/// Rates are token buckets in the form of the generic cell rate algorithm (ITU-T I.371): of each bucket only
/// the moment is kept at which it will be full again. A request needs its token before it is answered. Bytes
/// are charged when they have been sent, so one answer may overdraw the bucket; then requests are refused
/// until that is made good, for a minute at most.
///
/// The table never grows: it has room for kClients, in sets of a few places that a keyed hash chooses. In a
/// full set the client goes that has taken least lately, never one that holds a connection. So a flood of
/// addresses makes the server forget, at worst, what quiet clients have taken, and nobody can choose whom.
class ClientLimits {
 public:
  static constexpr std::size_t kClients = 65'536;

  explicit ClientLimits(ClientLimitSettings settings);

  /// One more connection of this client. False, and nothing is counted, when it has as many as it may.
  /// Each that is counted must be given back by disconnect().
  [[nodiscard]] bool connect(const Endpoint& client, Instant now);
  void disconnect(const Endpoint& client, Instant now);

  enum class Kind : std::uint8_t { requests, bytes };
  struct Refused {
    Kind kind;
    Duration wait;  ///< until the next request would be allowed, more than 0
  };
  /// One more request of this client. Nothing: it may be answered, and is counted.
  [[nodiscard]] std::optional<Refused> request(const Endpoint& client, Instant now);
  /// So much content has been sent to this client.
  void sent(const Endpoint& client, std::uint64_t bytes, Instant now);

  [[nodiscard]] const ClientLimitSettings& settings() const { return settings_; }

 private:
  static constexpr std::size_t kPlaces = 8;  // of one set
  static constexpr std::size_t kSets = kClients / kPlaces;
  static constexpr std::size_t kShards = 64;  // each has a mutex

  /// An address without its port; of IPv6 the first half.
  struct Key {
    std::uint64_t address = 0;
    Endpoint::Family family = Endpoint::Family::ipv4;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Entry {
    Key key;
    std::uint32_t connections = 0;
    Instant requests_full{};  // when the bucket is full again; in the past: it is full
    Instant bytes_full{};
    [[nodiscard]] Instant used_until() const { return std::max(requests_full, bytes_full); }
  };
  struct Shard {
    Mutex mutex;
    std::vector<std::array<Entry, kPlaces>> sets GUARDED_BY(mutex);
  };

  [[nodiscard]] bool is_limited(const Endpoint& client) const;
  [[nodiscard]] static Key key_of(const Endpoint& client);
  [[nodiscard]] std::uint64_t hash(const Key& key) const;
  /// Calls `use` with the client's entry, and with null when there is no place for it.
  template <typename Use>
  auto with_entry(const Endpoint& client, Instant now, Use use);

  const ClientLimitSettings settings_;
  const Duration per_request_;
  std::array<std::uint64_t, 3> secret_{};
  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

/// The right to one connection of a client, given back at the end.
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
    if (limits_ != nullptr) limits_->disconnect(client_, monotonic_now());
  }
  /// Hands the duty to disconnect over to the caller, if there is one.
  [[nodiscard]] bool release() { return std::exchange(limits_, nullptr) != nullptr; }

 private:
  ClientLimits* limits_ = nullptr;
  Endpoint client_;
};

}  // namespace bobbin::limits
