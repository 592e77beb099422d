#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "crypto/sha256.h"
#include "executor/executor.h"
#include "files/open_file.h"
#include "http/handler.h"

namespace bobbin::files {

/// The SHA-256 of files, computed once for each version of a file, by the executor: half of the CPUs at most
/// work on it. What was computed is remembered for the files that were asked for last.
/// Thread: any.
class Digests {
 public:
  /// `executor` outlives it.
  explicit Digests(executor::Executor& executor) : state_(std::make_shared<State>()), executor_(executor) {}

  struct Outcome {
    std::optional<crypto::Digest> digest;
    bool is_under_way = false;  ///< it is being computed, and `resume` will be called
  };
  /// For the file as it was when it was looked at. Without either part of the outcome it cannot be had now:
  /// too many wait, or the file has changed since.
  [[nodiscard]] Outcome ask(const OpenFile& file, const http::Resume& resume) const;

 private:
  /// What tells two versions of files apart.
  struct Version {
    std::uint64_t device, inode, size_bytes;
    std::int64_t changed, modified;
    friend bool operator==(const Version&, const Version&) = default;
  };
  struct Hash {
    std::size_t operator()(const Version& version) const;
  };
  [[nodiscard]] static Version version_of(const OpenFile& file);

  /// Shared with the tasks, which may end later.
  class State {
   public:
    /// How many versions are remembered, twice over: when the newer half is full it becomes the older one.
    static constexpr std::size_t kHalf = 4096;

    [[nodiscard]] std::optional<crypto::Digest> find(const Version& version) EXCLUDES(mutex_);
    /// Whether a task must be begun; otherwise one is under way. Either way `resume` is called at its end.
    [[nodiscard]] bool wait_for(const Version& version, const http::Resume& resume) EXCLUDES(mutex_);
    /// Nothing: it could not be computed.
    void finish(const Version& version, const std::optional<crypto::Digest>& digest) EXCLUDES(mutex_);

   private:
    using Known = std::unordered_map<Version, crypto::Digest, Hash>;
    void remember(const Version& version, const crypto::Digest& digest) REQUIRES(mutex_);

    Mutex mutex_;
    Known newer_ GUARDED_BY(mutex_);
    Known older_ GUARDED_BY(mutex_);
    std::unordered_map<Version, std::vector<http::Resume>, Hash> under_way_ GUARDED_BY(mutex_);
  };

  std::shared_ptr<State> state_;
  executor::Executor& executor_;
};

/// Whether the request wants the SHA-256 of the representation (Want-Repr-Digest, RFC 9530 §4).
[[nodiscard]] bool wants_digest(const http::RequestHead& head);
/// The line of Repr-Digest (RFC 9530 §3), with its CRLF.
[[nodiscard]] std::string repr_digest_line(const crypto::Digest& digest);

}  // namespace bobbin::files
