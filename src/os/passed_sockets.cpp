#include "os/passed_sockets.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace bobbin::os {
namespace {

constexpr int kFirstPassed = 3;      // SD_LISTEN_FDS_START
constexpr int kMostPassed = 65'536;  // a larger number is a mistake

long descriptor_count_in(const char* text) {
  if (text == nullptr) return -1;
  const std::string_view digits(text);
  long number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : -1;
}

std::string_view take_name(std::string_view& names) {
  const std::size_t colon = names.find(':');
  const std::string_view name = names.substr(0, colon);
  names.remove_prefix(colon == std::string_view::npos ? names.size() : colon + 1);
  return name;
}

Result<int, std::string> option_of(int socket, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(socket, SOL_SOCKET, name, &value, &length) == 0) return value;
  return failure(errno == ENOTSOCK ? std::string("it is no socket")
                                   : "getsockopt: " + std::generic_category().message(errno));
}

}  // namespace

std::vector<PassedDescriptor> parse_passed_descriptors(const char* pid, const char* count, const char* names,
                                                       long process) {
  std::vector<PassedDescriptor> passed;
  const long descriptors = descriptor_count_in(count);
  if (descriptor_count_in(pid) != process || descriptors < 1 || descriptors > kMostPassed) return passed;
  std::string_view rest = names == nullptr ? "" : names;
  for (int i = 0; i < descriptors; ++i) {
    const std::string_view name = take_name(rest);
    passed.push_back({.number = kFirstPassed + i, .name = std::string(name.empty() ? "unknown" : name)});
  }
  return passed;
}

std::vector<PassedDescriptor> passed_descriptors() {
  return parse_passed_descriptors(std::getenv("LISTEN_PID"), std::getenv("LISTEN_FDS"),
                                  std::getenv("LISTEN_FDNAMES"), ::getpid());
}

Result<Fd, std::string> take_listening_socket(int number) {
  const int domain = TRY(option_of(number, SO_DOMAIN));
  if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX)
    return failure(std::string("it is a socket of another family than IPv4, IPv6 and Unix"));
  if (TRY(option_of(number, SO_TYPE)) != SOCK_STREAM)
    return failure(std::string("it is no stream socket (ListenStream= makes one)"));
  if (TRY(option_of(number, SO_ACCEPTCONN)) == 0)
    return failure(std::string("it does not listen (with Accept=yes systemd passes connections instead)"));
  Fd socket(number);
  const int flags = ::fcntl(number, F_GETFL);
  if (flags < 0 || ::fcntl(number, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(number, F_SETFD, FD_CLOEXEC) != 0)
    return failure("fcntl: " + std::generic_category().message(errno));
  return socket;
}

}  // namespace bobbin::os
