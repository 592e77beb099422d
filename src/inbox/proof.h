#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "inbox/acknowledged.h"
#include "inbox/file_system.h"
#include "inbox/flush_time.h"

namespace bobbin::inbox {

/// What has become of documents that were acknowledged, once their folder has been recovered.
struct Kept {
  std::uint64_t acknowledged = 0;
  std::vector<std::string> missing;    ///< folder and name
  std::vector<std::string> different;  ///< likewise
  [[nodiscard]] bool is_all() const { return missing.empty() && different.empty(); }
};

/// What was found out about a folder.
struct Proof {
  std::string path;
  std::vector<Kept> rounds;  ///< a kill each; the last one looks at the documents of all
  bool chain_holds = true;   ///< nothing is wrong in the journal afterwards
  FlushTime flush;
  FileSystem file_system;
  std::string left_behind;  ///< the scratch folder, where something was lost; empty: it has been removed
  [[nodiscard]] bool is_kept() const;
};

struct ProofOptions {
  std::uint64_t rounds = 5;
  std::uint64_t documents = 1000;  ///< in each round, at most; from 1
  /// Asked again and again; true: it is to end early.
  std::function<bool()> is_interrupted = [] { return false; };
};

/// Stores documents in a scratch folder in `path`, through the store and the journal of the server, in a
/// process that is killed at a random moment; recovers, and compares each that was acknowledged. Then
/// measures a flush. The error is a message: the folder cannot be used, or it was interrupted. Only where
/// this process has no other thread.
[[nodiscard]] Result<Proof, std::string> prove(const std::string& path, const ProofOptions& options);

/// Stores documents in a scratch folder in `path` and hands each that is acknowledged to `print`, as a line;
/// ends after so many, or when that returns false. What was stored stays.
[[nodiscard]] Result<void, std::string> store_until_killed(
    const std::string& path, std::uint64_t documents, const std::function<bool(const std::string&)>& print);

/// Recovers the scratch folders that are named, and compares the documents in them. They are removed when
/// nothing was lost.
[[nodiscard]] Result<Kept, std::string> check_acknowledged(const std::string& path,
                                                           const std::vector<Acknowledged>& documents);

}  // namespace bobbin::inbox
