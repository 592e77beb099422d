#include "os/landlock.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/call.h"
#include "os/fd.h"

namespace bobbin::os {
namespace {

// Younger than the headers of Debian 12.
constexpr std::uint64_t kTruncate = 1U << 14;     // version 3
constexpr std::uint64_t kDeviceIoctl = 1U << 15;  // version 5
constexpr std::uint64_t kConnectTcp = 1U << 1;    // version 4
constexpr std::uint64_t kScopeSignals = 1U << 1;  // version 6

/// landlock_ruleset_attr as of version 6; an older kernel is given the part that it knows.
struct Ruleset {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scopes;
};

constexpr std::uint64_t kMayRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kMayWrite = kMayRead | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                    LANDLOCK_ACCESS_FS_REFER | kTruncate;
/// All that a rule may say of a file that is no directory.
constexpr std::uint64_t kOfAFile = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

/// Every way to touch a file that this version knows.
std::uint64_t all_file_rights(int version) {
  std::uint64_t rights = (std::uint64_t{LANDLOCK_ACCESS_FS_MAKE_SYM} << 1) - 1;  // version 1
  if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rights |= kTruncate;
  if (version >= 5) rights |= kDeviceIoctl;
  return rights;
}

Ruleset ruleset_for(int version) {
  return {.files = all_file_rights(version),
          .network = version >= 4 ? kConnectTcp : 0,
          .scopes = version >= 6 ? kScopeSignals : 0};
}

std::size_t known_bytes(int version) {
  return version >= 6 ? sizeof(Ruleset) : version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

Result<void> grant(const Fd& ruleset, const std::string& name, std::uint64_t rights) {
  const Fd place(::open(name.c_str(), O_PATH | O_CLOEXEC));
  if (!place) return {};
  struct stat status;
  if (::fstat(place.number(), &status) != 0) return last_error("fstat");
  if (!S_ISDIR(status.st_mode)) rights &= kOfAFile;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = place.number();
  if (::syscall(SYS_landlock_add_rule, ruleset.number(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
    return last_error("landlock_add_rule");
  return {};
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return std::max(static_cast<int>(version), 0);
}

Result<void> confine_files(const FileGrants& grants) {
  const int version = landlock_version();
  Ruleset rules = ruleset_for(version);
  if (grants.may_connect) rules.network = 0;
  const Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, known_bytes(version), 0)));
  if (!ruleset) return last_error("landlock_create_ruleset");
  for (const std::string& name : grants.readable) TRY(grant(ruleset, name, kMayRead & rules.files));
  for (const std::string& name : grants.writable) TRY(grant(ruleset, name, kMayWrite & rules.files));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return last_error("prctl");
  if (::syscall(SYS_landlock_restrict_self, ruleset.number(), 0) != 0)
    return last_error("landlock_restrict_self");
  return {};
}

}  // namespace bobbin::os
