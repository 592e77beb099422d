#include "inbox/proof.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "inbox/load.h"
#include "inbox/open_store.h"
#include "inbox/upload_folder.h"
#include "inbox/verification.h"
#include "os/child_process.h"
#include "os/directory.h"
#include "os/random.h"

namespace bobbin::inbox {
namespace {

using os::ChildProcess;

constexpr Duration kLongestRound = seconds(20);
constexpr Duration kLongestPause = milliseconds(100);  // between two looks at whether it is interrupted
constexpr std::uint64_t kLatestKillMicroseconds = 20'000;

/// From 0 to below `limit`.
std::uint64_t random_below(std::uint64_t limit) {
  std::array<std::byte, 8> bytes{};
  os::fill_random(bytes);
  std::uint64_t number = 0;
  for (const std::byte byte : bytes) number = number << 8U | std::to_integer<std::uint64_t>(byte);
  return number % limit;
}

// ---- the scratch folder ----

Result<os::Fd, std::string> open_folder(const std::string& path) {
  auto folder = os::open_directory(path);
  if (folder) return *std::move(folder);
  return failure(fmt::format("\"{}\" is not allowed; an existing folder is needed: {}", path,
                             std::generic_category().message(folder.error().code)));
}

Result<std::string, std::string> make_scratch(const std::string& path) {
  const os::Fd folder = TRY(open_folder(path));
  std::string name = scratch_name();
  TRY(os::make_private_directory(folder, name).map_error([&](const Error& error) {
    return fmt::format("\"{}\" cannot be used; a folder that this user may write to is needed: {}", path,
                       std::generic_category().message(error.code));
  }));
  return name;
}

/// Makes a scratch folder, and removes it at the end unless it is to be kept.
class Scratch {
 public:
  static Result<Scratch, std::string> make(const std::string& path) {
    return Scratch(path, TRY(make_scratch(path)));
  }
  Scratch(Scratch&& other) noexcept
      : name_(std::move(other.name_)), path_(std::exchange(other.path_, std::string())) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    if (path_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string keep() { return std::exchange(path_, std::string()); }

 private:
  Scratch(const std::string& path, std::string name) : name_(std::move(name)), path_(path + "/" + name_) {}

  std::string name_;
  std::string path_;
};

// ---- a process that stores ----

Result<void, std::string> store_in(const std::string& path, const std::string& folder,
                                   std::uint64_t documents,
                                   const std::function<bool(const std::string&)>& print) {
  const auto open = TRY(OpenStore::create(path + "/" + folder));
  return store_documents(open->store(), documents,
                         [&](const std::string& name, const crypto::Digest& digest) {
                           return print(line_of({.folder = folder, .name = name, .digest = digest}));
                         });
}

bool print_at_once(const std::string& line) {
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
}

/// In the child: prints what is acknowledged, then waits to be killed.
int store_and_wait(const std::string& path, const std::string& folder, std::uint64_t documents) {
  const auto stored = store_in(path, folder, documents, print_at_once);
  if (!stored) {
    std::fprintf(stderr, "bobbin: inbox prove: %s\n", stored.error().c_str());
    return EXIT_FAILURE;
  }
  for (;;) std::this_thread::sleep_for(seconds(1));
}

/// What a process that is killed has acknowledged.
class Victim {
 public:
  Victim(ChildProcess process, const std::function<bool()>& is_interrupted)
      : process_(std::move(process)), is_interrupted_(is_interrupted) {}

  /// Kills it once it has acknowledged so many, at a random moment behind. Returns all lines that it has
  /// written.
  Result<std::string, std::string> kill_after(std::uint64_t documents) {
    const Instant deadline = monotonic_now() + kLongestRound;
    while (!has_ended_ && lines() < documents && monotonic_now() < deadline) TRY(read(kLongestPause));
    const Instant kill_at =
        monotonic_now() + std::chrono::microseconds(random_below(kLatestKillMicroseconds));
    while (!has_ended_ && monotonic_now() < kill_at) TRY(read(kill_at - monotonic_now()));
    process_.kill();
    while (!has_ended_) TRY(read(kLongestRound));
    if (process_.wait()) return failure(std::string("the process that stores documents has ended by itself"));
    return std::move(text_);
  }

 private:
  [[nodiscard]] std::uint64_t lines() const {
    return static_cast<std::uint64_t>(std::ranges::count(text_, '\n'));
  }
  Result<void, std::string> read(Duration patience) {
    if (is_interrupted_()) return failure(std::string("interrupted, so nothing is proved"));
    const auto bytes = TRY(process_.read(patience).map_error([](const Error& error) {
      return fmt::format("the process that stores documents cannot be read: {}", error.message());
    }));
    if (!bytes) return {};
    has_ended_ = bytes->empty();
    text_ += *bytes;
    return {};
  }

  ChildProcess process_;
  const std::function<bool()>& is_interrupted_;
  std::string text_;
  bool has_ended_ = false;
};

Result<std::vector<Acknowledged>, std::string> store_and_kill(const std::string& path,
                                                              const std::string& folder,
                                                              const ProofOptions& options) {
  auto process = TRY(ChildProcess::start([&] {
                       return store_and_wait(path, folder, options.documents);
                     }).map_error([](const Error& error) {
    return fmt::format("a process that stores documents cannot be started: {}", error.message());
  }));
  Victim victim(std::move(process), options.is_interrupted);
  return all_acknowledged_in(TRY(victim.kill_after(1 + random_below(options.documents))));
}

// ---- what is left ----

/// Recovers, as a server does at its start.
Result<void, std::string> recover(const std::string& folder) {
  static_cast<void>(TRY(OpenStore::create(folder)));
  return {};
}

Result<Kept, std::string> compare(const std::string& path, const std::vector<Acknowledged>& documents) {
  std::set<std::string> recovered;
  const os::Fd folder = TRY(open_folder(path));
  for (const Acknowledged& document : documents)
    // Where the whole folder is lost, none must be made.
    if (recovered.insert(document.folder).second && os::open_directory_at(folder, document.folder))
      TRY(recover(path + "/" + document.folder));
  Kept kept{.acknowledged = documents.size()};
  for (const Acknowledged& document : documents) {
    const std::string place = document.folder + "/" + document.name;
    const auto scratch = os::open_directory_at(folder, document.folder);
    const auto found =
        scratch ? digest_at(*scratch, document.name) : Result<std::optional<crypto::Digest>>(std::nullopt);
    if (found && !*found)
      kept.missing.push_back(place);
    else if (!found || **found != document.digest)
      kept.different.push_back(place);
  }
  return kept;
}

bool chain_holds(const std::string& folder) {
  const auto open = UploadFolder::open(folder);
  if (!open) return false;
  const auto verified = verify(*open);
  return verified && verified->findings.empty();
}

Result<void, std::string> kill_and_compare(const std::string& path, const Scratch& scratch,
                                           const ProofOptions& options, Proof& proof) {
  std::vector<Acknowledged> all;
  for (std::uint64_t round = 0; round < options.rounds; ++round) {
    auto documents = TRY(store_and_kill(path, scratch.name(), options));
    const std::size_t in_this_round = documents.size();
    std::ranges::move(documents, std::back_inserter(all));
    // Those of the earlier rounds have to be there as well.
    Kept kept = TRY(compare(path, all));
    kept.acknowledged = in_this_round;
    const bool is_all = kept.is_all();
    proof.rounds.push_back(std::move(kept));
    if (!is_all) return {};
  }
  if (all.empty()) return failure(std::string("no document was acknowledged in time, so nothing is proved"));
  return {};
}

}  // namespace

bool Proof::is_kept() const { return chain_holds && std::ranges::all_of(rounds, &Kept::is_all); }

Result<Proof, std::string> prove(const std::string& path, const ProofOptions& options) {
  Scratch scratch = TRY(Scratch::make(path));
  Proof proof{.path = path};
  TRY(kill_and_compare(path, scratch, options, proof));
  proof.chain_holds = chain_holds(scratch.path());
  const os::Fd folder = TRY(open_folder(scratch.path()));
  proof.file_system = file_system_of(folder);
  proof.flush = TRY(measure_flush(folder).map_error(
      [](const Error& error) { return fmt::format("a flush cannot be measured: {}", error.message()); }));
  if (!proof.is_kept()) proof.left_behind = scratch.keep();
  return proof;
}

Result<void, std::string> store_until_killed(const std::string& path, std::uint64_t documents,
                                             const std::function<bool(const std::string&)>& print) {
  return store_in(path, TRY(make_scratch(path)), documents, print);
}

Result<Kept, std::string> check_acknowledged(const std::string& path,
                                             const std::vector<Acknowledged>& documents) {
  Kept kept = TRY(compare(path, documents));
  if (!kept.is_all()) return kept;
  std::set<std::string> folders;
  for (const Acknowledged& document : documents) folders.insert(document.folder);
  for (const std::string& folder : folders) {
    std::error_code ignored;
    std::filesystem::remove_all(std::filesystem::path(path) / folder, ignored);
  }
  return kept;
}

}  // namespace bobbin::inbox
