#include "os/accounts.h"

#include <cerrno>
#include <charconv>
#include <grp.h>
#ifdef BOBBIN_STATIC
#include <nss.h>
#endif
#include <optional>
#include <pwd.h>
#include <string_view>
#include <vector>

namespace bobbin::os {
namespace {

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A program that is linked statically can ask /etc/passwd and /etc/group, and loads none of the libraries by
/// which other services are asked.
void choose_services() {
#ifdef BOBBIN_STATIC
  __nss_configure_lookup("passwd", "files");
  __nss_configure_lookup("group", "files");
#endif
}

/// Looks `name` up by a function such as getpwnam_r.
template <typename Entry, typename LookUp>
Result<Entry> look_up(const std::string& name, LookUp look_up_in, std::vector<char>& memory,
                      const char* operation) {
  choose_services();
  Entry entry{};
  Entry* found = nullptr;
  int code = 0;
  while ((code = look_up_in(name.c_str(), &entry, memory.data(), memory.size(), &found)) == ERANGE)
    memory.resize(2 * memory.size());
  if (code != 0) return failure(Error{code, operation});
  if (found == nullptr) return failure(Error{ENOENT, operation});
  return entry;
}

}  // namespace

Result<Account> account(const std::string& name) {
  std::vector<char> memory(1024);
  const auto by_number = [&](const char*, auto... rest) { return ::getpwuid_r(*number_in(name), rest...); };
  const passwd entry = TRY(number_in(name) ? look_up<passwd>(name, by_number, memory, "getpwuid")
                                           : look_up<passwd>(name, ::getpwnam_r, memory, "getpwnam"));
  return Account{.name = entry.pw_name, .user = entry.pw_uid, .group = entry.pw_gid};
}

Result<std::uint32_t> user_number(const std::string& name) {
  if (const auto number = number_in(name)) return *number;
  return TRY(account(name)).user;
}

Result<std::uint32_t> group_number(const std::string& name) {
  if (const auto number = number_in(name)) return *number;
  std::vector<char> memory(1024);
  return TRY(look_up<group>(name, ::getgrnam_r, memory, "getgrnam")).gr_gid;
}

}  // namespace bobbin::os
