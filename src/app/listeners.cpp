#include "app/listeners.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string>
#include <string_view>
#include <utility>

#include "app/open_tls.h"
#include "app/option_values.h"
#include "app/parse_configuration.h"
#include "base/assert.h"
#include "os/accounts.h"
#include "os/passed_sockets.h"
#include "os/socket.h"
#include "os/unix_socket.h"

namespace bobbin::app {
namespace {

/// The congestion control for connections to this listener; empty for that of the system. bbr paces by a
/// model of a network, and there is none when the machine talks to itself. Every kernel has reno and allows
/// it to every user.
std::string congestion_control_for(const std::string& configured, const server::Listener& listener) {
  if (configured == "system") return {};
  if (configured != "auto") return configured;
  const auto of_system = os::congestion_control(listener.socket);
  return listener.bound.is_loopback() && of_system && *of_system == "bbr" ? "reno" : "";
}

StartFailure unavailable_congestion(const std::string& configured) {
  const std::string names = os::available_congestion_controls();
  return {fmt::format("--tcp-congestion: \"{}\" is not available; {}", configured,
                      names.empty() ? "auto or system" : "auto, system, " + names),
          kExitUsage};
}

Result<void, StartFailure> set_congestion_control(const ServerConfig& config,
                                                  const server::Listener& listener) {
  const std::string name = congestion_control_for(config.tcp_congestion, listener);
  if (name.empty() || os::set_congestion_control(listener.socket, name)) return {};
  return failure(unavailable_congestion(config.tcp_congestion));
}

/// What the operator can do about this errno of a Unix socket; empty where its text is enough.
std::string need_of_unix_socket(int code) {
  switch (code) {
    case EADDRINUSE: return "; another program listens there: stop it, or choose another --bind";
    case ENOTSOCK: return "; what stands there is no socket: remove it, or choose another --bind";
    case ENOENT:
    case ENOTDIR: return "; an existing directory is needed (RuntimeDirectory= in a unit makes one)";
    case EACCES:
    case EROFS: return "; a directory is needed in which this user may make files";
    case EPERM: return "; only root may give the socket to another user: leave --socket-owner out";
    case EWOULDBLOCK: return "; another program keeps the lock of its directory";
    default: return "";
  }
}

Result<std::uint32_t, StartFailure> number_of_owner(const std::string& owner, const std::string& name,
                                                    Result<std::uint32_t> number) {
  return number.map_error([&](const Error& error) {
    return StartFailure{fmt::format("--socket-owner: \"{}\" is not possible; \"{}\" is not known here: {}",
                                    owner, name, error.message()),
                        kExitUsage};
  });
}

Result<os::SocketRights, StartFailure> rights_of(const ListenerConfig& config) {
  os::SocketRights rights{.mode = static_cast<unsigned>(std::stoul(config.socket_mode, nullptr, 8)),
                          .user = std::nullopt,
                          .group = std::nullopt};
  const std::string& owner = config.socket_owner;
  const std::size_t colon = std::min(owner.find(':'), owner.size());
  const std::string user = owner.substr(0, colon);
  const std::string group = owner.substr(std::min(colon + 1, owner.size()));
  if (!user.empty()) rights.user = TRY(number_of_owner(owner, user, os::user_number(user)));
  if (!group.empty()) rights.group = TRY(number_of_owner(owner, group, os::group_number(group)));
  return rights;
}

/// How the log names a socket: as clients do, and, where they cannot see it, with the families it serves.
std::string name_of(const server::Listener& listener, bool is_secured) {
  if (listener.bound.is_unix_socket()) return "unix:" + os::socket_path(listener.socket);
  return (is_secured ? "https://" : "http://") + listener.bound.text() +
         (listener.bound.is_wildcard() && os::takes_both_families(listener.socket) ? " (IPv4 and IPv6)" : "");
}

/// Opens listeners one after the other, and hands out the sockets that the service manager has passed.
class Opening {
 public:
  Opening(const ServerConfig& server, std::vector<InheritedListener> inherited)
      : server_(server), passed_(os::passed_descriptors()), inherited_(std::move(inherited)) {}

  /// `index`: of this listener in the configuration.
  Result<void, StartFailure> open(const ListenerConfig& config, std::size_t index, const std::string& bind) {
    index_ = index;
    is_secured_ = is_secured(config);
    const std::string_view text = bind;
    key_ = is_admin_ ? "admin " + bind : bind;
    if (!text.starts_with(kUnixPrefix) && !text.starts_with(kPassedPrefix))
      key_ += fmt::format(" {} {}", config.port, family_words(config, bind));
    if (TRY(take_inherited(bind))) return {};
    if (text.starts_with(kUnixPrefix)) return open_unix(config, bind.substr(kUnixPrefix.size()));
    if (text.starts_with(kPassedPrefix)) return take_passed(bind.substr(kPassedPrefix.size()));
    return open_address(config, bind);
  }
  /// `text`: one that accept_admin has accepted.
  Result<void, StartFailure> open_admin(const std::string& text) {
    ListenerConfig config;
    config.binds = {text};
    const bool is_address = !std::string_view(text).starts_with(kUnixPrefix) &&
                            !std::string_view(text).starts_with(kPassedPrefix);
    if (is_address) {
      const std::size_t colon = text.rfind(':');
      config.binds = {*accept_bind(text.substr(0, colon))};
      config.port = static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)));
    }
    is_admin_ = true;
    return open(config, 0, config.binds.front());
  }
  [[nodiscard]] Listening finish() {
    result_.warnings.reserve(passed_.size());
    for (const os::PassedDescriptor& unused : passed_)
      result_.warnings.push_back(
          {observe::Event::descriptor_not_used,
           fmt::format(
               "The descriptor {} that the service manager has passed is not used: --bind fd:{} uses it",
               unused.number, unused.name)});
    return std::move(result_);
  }

 private:
  static os::Families families_of(const ListenerConfig& config) {
    // A socket for both families cannot stand beside another one for IPv4 at the same port.
    const bool has_ipv4 = std::ranges::any_of(config.binds, [](const std::string& other) {
      return other == "localhost" || other.find_first_not_of("0123456789.") == std::string::npos;
    });
    return config.ipv6_only || has_ipv4 ? os::Families::its_own : os::Families::both;
  }

  /// For a key: a socket of one kind does not stand for one of the other.
  static std::string_view family_words(const ListenerConfig& config, const std::string& bind) {
    const bool is_ipv6 = bind.find(':') != std::string::npos;
    return is_ipv6 && families_of(config) == os::Families::both ? "both" : "one";
  }

  /// All sockets with this key, which are several where they had been passed under one name. False: there is
  /// none.
  Result<bool, StartFailure> take_inherited(const std::string& bind) {
    bool has_taken = false;
    for (std::size_t i = 0; i < inherited_.size(); ++i) {
      InheritedListener& each = inherited_[i];
      if (!each.socket || each.key != key_) continue;
      const std::string what = "cannot take over " + key_;
      auto listener = TRY(server::adopt(std::move(each.socket)).map_error([&](const Error& error) {
        return refused_by_system(what, error, server_);
      }));
      const bool is_passed = std::string_view(bind).starts_with(kPassedPrefix);
      if (listener.bound.is_unix_socket() && !is_passed)
        listener.file = os::take_socket_file(listener.socket);
      result_.inherited.push_back(i);
      has_taken = true;
      const server::Listener& added = add(std::move(listener), is_passed ? fmt::format(" ({})", bind) : "");
      if (!added.bound.is_unix_socket()) TRY(set_congestion_control(server_, added));
      if (!is_passed) break;
    }
    return has_taken;
  }

  Result<void, StartFailure> open_address(const ListenerConfig& config, const std::string& bind) {
    const Endpoint endpoint = endpoint_of(bind, config.port);
    auto listener = TRY(server::listen(endpoint, families_of(config)).map_error([&](const Error& error) {
      return refused_by_system("cannot listen on " + endpoint.text(), error, server_);
    }));
    return set_congestion_control(server_, add(std::move(listener), ""));
  }

  Result<void, StartFailure> open_unix(const ListenerConfig& config, const std::string& path) {
    const os::SocketRights rights = TRY(rights_of(config));
    auto listener = TRY(server::listen(path, rights).map_error([&](const Error& error) {
      return StartFailure{fmt::format("cannot listen on unix:{}: {}{}", path, error.message(),
                                      need_of_unix_socket(error.code)),
                          kExitCannotRun};
    }));
    static_cast<void>(add(std::move(listener), ""));
    return {};
  }

  /// All descriptors of this name: a unit with several ListenStream= gives them the same one.
  Result<void, StartFailure> take_passed(const std::string& name) {
    const auto has_name = [&](const os::PassedDescriptor& each) { return each.name == name; };
    if (std::ranges::none_of(passed_, has_name)) return failure(not_passed(name));
    for (const os::PassedDescriptor& each : passed_)
      if (has_name(each)) TRY(take(each));
    std::erase_if(passed_, has_name);
    return {};
  }

  Result<void, StartFailure> take(const os::PassedDescriptor& passed) {
    const std::string what = fmt::format("cannot use fd:{} (descriptor {})", passed.name, passed.number);
    auto socket = TRY(os::take_listening_socket(passed.number).map_error([&](const std::string& reason) {
      return StartFailure{what + ": a listening socket is needed, and " + reason, kExitCannotRun};
    }));
    auto adopted = TRY(server::adopt(std::move(socket)).map_error([&](const Error& error) {
      return refused_by_system(what, error, server_);
    }));
    const server::Listener& listener = add(std::move(adopted), fmt::format(" (fd:{})", passed.name));
    if (listener.bound.is_unix_socket()) return {};
    TRY(os::send_small_segments_at_once(listener.socket).map_error([&](const Error& error) {
      return refused_by_system(what, error, server_);
    }));
    return set_congestion_control(server_, listener);
  }

  [[nodiscard]] StartFailure not_passed(const std::string& name) const {
    std::vector<std::string> names;
    names.reserve(passed_.size());
    for (const os::PassedDescriptor& each : passed_) names.push_back("fd:" + each.name);
    return {fmt::format(
                "cannot use fd:{}: no socket of this name is left of those that the service manager has "
                "passed ({}); FileDescriptorName={} in the unit of the socket names one",
                name, names.empty() ? std::string("none") : fmt::format("{}", fmt::join(names, ", ")), name),
            kExitCannotRun};
  }

  const server::Listener& add(server::Listener listener, const std::string& origin) {
    (is_admin_ ? result_.admin_names : result_.names).push_back(name_of(listener, is_secured_) + origin);
    if (!is_admin_) result_.configs.push_back(index_);
    result_.passable.push_back({key_, listener.socket.number()});
    return (is_admin_ ? result_.admin : result_.listeners).emplace_back(std::move(listener));
  }

  const ServerConfig& server_;
  std::vector<os::PassedDescriptor> passed_;  // that no bind has used yet
  std::vector<InheritedListener> inherited_;
  Listening result_;
  std::size_t index_ = 0;  // of the listener that is being opened
  std::string key_;        // of its sockets
  bool is_secured_ = false;
  bool is_admin_ = false;  // likewise
};

}  // namespace

Endpoint endpoint_of(const std::string& bind, std::uint16_t port) {
  auto endpoint = parse_address(bind == "localhost" ? "127.0.0.1" : bind);
  ASSERT(endpoint);  // the option takes nothing else
  endpoint->port = port;
  return *endpoint;
}

Result<Listening, StartFailure> listen_on_all(const Config& config,
                                              std::vector<InheritedListener> inherited) {
  Opening opening(config.server, std::move(inherited));
  for (std::size_t i = 0; i < config.listeners.size(); ++i)
    for (const std::string& bind : config.listeners[i].binds) TRY(opening.open(config.listeners[i], i, bind));
  for (const std::string& admin : config.server.admin) TRY(opening.open_admin(admin));
  return opening.finish();
}

std::vector<Endpoint> addresses_of(const std::vector<server::Listener>& listeners) {
  std::vector<Endpoint> addresses;
  addresses.reserve(listeners.size());
  for (const server::Listener& listener : listeners) addresses.push_back(listener.bound);
  return addresses;
}

}  // namespace bobbin::app
