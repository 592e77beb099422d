#include "auth/password_checker.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <optional>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "auth/password_hash.h"
#include "base/mutex.h"
#include "crypto/sha256.h"
#include "os/random.h"

namespace bobbin::auth {
namespace {

/// Digests with a secret key spread well by themselves.
struct HashOfDigest {
  std::size_t operator()(const crypto::Digest& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
  }
};

/// A set that forgets its oldest member when it is full.
class RecentDigests {
 public:
  [[nodiscard]] bool contains(const crypto::Digest& digest) const { return members_.contains(digest); }
  void add(const crypto::Digest& digest) {
    if (!members_.insert(digest).second) return;
    order_.push_back(digest);
    if (order_.size() <= PasswordChecker::kRemembered) return;
    members_.erase(order_.front());
    order_.pop_front();
  }

 private:
  std::unordered_set<crypto::Digest, HashOfDigest> members_;
  std::deque<crypto::Digest> order_;
};

crypto::Sha256 with_random_key() {
  std::array<std::byte, 32> key;
  os::fill_random(key);
  crypto::Sha256 keyed;
  keyed.add(key);
  return keyed;
}

}  // namespace

executor::Lane& password_lane(executor::Executor& executor) {
  const std::size_t parallel = std::max(1U, std::thread::hardware_concurrency() / 2);
  constexpr std::uint64_t kNoDevice = 0;
  return executor.lane(kNoDevice, "passwords", {.parallel = parallel});
}

class PasswordChecker::State : public std::enable_shared_from_this<State> {
 public:
  State(PasswordFile file, executor::Lane& lane)
      : file_(std::move(file)), lane_(lane), keyed_(with_random_key()) {}

  [[nodiscard]] Verdict check(const http::BasicCredentials& credentials, const Endpoint& client,
                              const http::Resume& resume) EXCLUDES(mutex_) {
    const crypto::Digest digest =
        crypto::Sha256(keyed_).add(credentials.user).add(":").add(credentials.password).finish();
    {
      const Lock lock(mutex_);
      if (right_.contains(digest)) return Verdict::right;
      if (wrong_.contains(digest)) return Verdict::wrong;
      if (const auto found = waiting_.find(digest); found != waiting_.end()) {
        found->second.resumes.push_back(resume);
        return Verdict::not_known_yet;
      }
      if (waiting_.size() == kMostWaiting) return Verdict::busy;
      const Endpoint from = client.of_one_client();
      const auto of_client = static_cast<std::size_t>(
          std::ranges::count_if(waiting_, [&](const auto& each) { return each.second.client == from; }));
      if (of_client == kMostWaitingOfClient) return Verdict::client_is_busy;
      waiting_.emplace(digest, Waiting{.credentials = credentials,
                                       .client = from,
                                       .before_of_client = of_client,
                                       .number = next_number_++,
                                       .resumes = {resume}});
    }
    if (lane_.run([state = shared_from_this()] { state->verify_next(); })) return Verdict::not_known_yet;
    finish(digest, std::nullopt);
    return Verdict::busy;
  }

 private:
  struct Waiting {
    http::BasicCredentials credentials;
    Endpoint client;
    std::size_t before_of_client;  // how many of its client waited when it came
    std::uint64_t number;          // in the order in which they came
    std::vector<http::Resume> resumes;
    bool is_being_verified = false;
    [[nodiscard]] auto turn() const { return std::tuple(is_being_verified, before_of_client, number); }
  };

  /// There is a task for each that waits, but it need not be the one for which the task was made.
  void verify_next() EXCLUDES(mutex_) {
    crypto::Digest digest;
    http::BasicCredentials credentials;
    {
      const Lock lock(mutex_);
      const auto next =
          std::ranges::min_element(waiting_, {}, [](const auto& each) { return each.second.turn(); });
      if (next == waiting_.end() || next->second.is_being_verified) return;
      next->second.is_being_verified = true;
      digest = next->first;
      credentials = next->second.credentials;
    }
    const PasswordFile::User* user = file_.find(credentials.user);
    const bool fits = is_password(credentials.password, user != nullptr ? user->hash : file_.decoy());
    finish(digest, user != nullptr && fits);
  }

  /// Without a value they could not be verified, and whoever waits asks again.
  void finish(const crypto::Digest& digest, std::optional<bool> are_right) EXCLUDES(mutex_) {
    Waiting done;
    {
      const Lock lock(mutex_);
      if (are_right) (*are_right ? right_ : wrong_).add(digest);
      const auto waiting = waiting_.find(digest);
      if (waiting == waiting_.end()) return;  // a full lane has ended the wait while this was being verified
      done = std::move(waiting->second);
      waiting_.erase(waiting);
    }
    for (const http::Resume& resume : done.resumes) resume();
  }

  const PasswordFile file_;
  executor::Lane& lane_;
  const crypto::Sha256 keyed_;
  Mutex mutex_;
  RecentDigests right_ GUARDED_BY(mutex_);
  RecentDigests wrong_ GUARDED_BY(mutex_);
  std::unordered_map<crypto::Digest, Waiting, HashOfDigest> waiting_ GUARDED_BY(mutex_);
  std::uint64_t next_number_ GUARDED_BY(mutex_) = 0;
};

PasswordChecker::PasswordChecker(PasswordFile file, executor::Lane& lane)
    : state_(std::make_shared<State>(std::move(file), lane)) {}
PasswordChecker::~PasswordChecker() = default;

PasswordChecker::Verdict PasswordChecker::check(const http::BasicCredentials& credentials,
                                                const Endpoint& client, const http::Resume& resume) const {
  return state_->check(credentials, client, resume);
}

}  // namespace bobbin::auth
