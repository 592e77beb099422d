#include "os/privileges.h"

#include <array>
#include <cstdint>
#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/call.h"

namespace bobbin::os {

bool is_root() { return ::geteuid() == 0; }

Result<void> become(const Account& account) {
  if (::initgroups(account.name.c_str(), account.group) != 0) return last_error("initgroups");
  if (::setresgid(account.group, account.group, account.group) != 0) return last_error("setresgid");
  if (::setresuid(account.user, account.user, account.user) != 0) return last_error("setresuid");
  return {};
}

Result<void> give_up_capabilities() {
  constexpr std::uint32_t kOfFiles = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH |
                                     1U << CAP_FOWNER | 1U << CAP_FSETID;
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> kept{};
  if (::syscall(SYS_capget, &header, kept.data()) != 0) return last_error("capget");
  // Ambient ones go with those that are permitted.
  const std::uint32_t files = is_root() ? kept[0].permitted & kOfFiles : 0;
  // A sandbox around this process may not even let nothing be given up.
  if (kept[0].permitted == files && kept[1].permitted == 0 && kept[0].inheritable == 0) return {};
  kept = {};
  kept[0] = {.effective = files, .permitted = files, .inheritable = 0};
  if (::syscall(SYS_capset, &header, kept.data()) != 0) return last_error("capset");
  return {};
}

}  // namespace bobbin::os
