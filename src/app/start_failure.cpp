#include "app/start_failure.h"

#include <cerrno>
#include <fmt/format.h>

#include "app/admin_server.h"
#include "app/parse_configuration.h"
#include "observe/log_place.h"
#include "os/process.h"

namespace bobbin::app {
namespace {

/// What the operator can do about this errno; empty where the text of the errno is enough.
std::string need(int code, const ServerConfig& config) {
  switch (code) {
    case EMFILE:
      return fmt::format(
          "; {} open files or more are needed (ulimit -n, LimitNOFILE= in a unit), or fewer --threads",
          descriptors_needed(config) + config.threads);
    case ENFILE: return "; the whole system has too few open files (sysctl fs.file-max)";
    case EAGAIN:
    case ENOMEM:
      return fmt::format(
          "; {} threads need more processes or memory than are allowed (ulimit -u, TasksMax= or "
          "MemoryMax= in a unit), or fewer --threads",
          config.threads);
    case EADDRINUSE: return "; another program listens there: stop it, or choose another --port";
    case EADDRNOTAVAIL: return "; an address of this machine is needed: --bind";
    case EACCES:
    case EPERM: return "; a port below 1024 needs CAP_NET_BIND_SERVICE: grant it, or choose another --port";
    default: return "";
  }
}

}  // namespace

std::uint64_t descriptors_needed(const ServerConfig& config) {
  const std::uint64_t admin = config.admin.empty() ? 0 : AdminServer::kMostConnections + 8;
  return os::open_descriptors() + 2 * std::uint64_t{config.threads} + 16 + admin;
}

std::string_view needed_at(std::string_view log_place) {
  const auto place = observe::parse_log_place(log_place);
  return place && place->kind != observe::LogPlace::Kind::file ? "a daemon that takes entries at this socket"
                                                               : "a file that this user may append to";
}

StartFailure unwritable_log(std::string_view option, const std::string& place, const Error& error) {
  return {fmt::format("{}: \"{}\" cannot be written; {} is needed: {}", option, place, needed_at(place),
                      error.message()),
          kExitUsage};
}

StartFailure impossible_user(const std::string& user, const Error& error) {
  return {fmt::format("--user: \"{}\" is not possible; root must start the server, and there must be such a "
                      "user: {}",
                      user, error.message()),
          kExitUsage};
}

StartFailure refused_by_system(const std::string& what, const Error& error, const ServerConfig& config) {
  return {what + ": " + error.message() + need(error.code, config), kExitCannotRun};
}

}  // namespace bobbin::app
