// What the small programs of ./bench have in common: options, addresses, and giving up.
// They are tools for one machine and one operator, so an error ends the program with one line that says what
// failed.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/un.h>
#include <utility>

namespace bobbin::bench {

using Clock = std::chrono::steady_clock;

[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(EXIT_FAILURE);
}

/// The result of a system call, or the end of the program when it is -1.
template <typename Number>
Number checked(Number result, const char* operation) {
  if (result < 0) give_up(std::string(operation) + ": " + std::strerror(errno));
  return result;
}

inline std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) give_up(path + ": " + std::strerror(errno));
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Arguments of the form `--name value`; everything after `--` is left alone.
class Options {
 public:
  Options(int argc, char** argv, std::map<std::string, std::string> defaults) : values_(std::move(defaults)) {
    int i = 1;
    for (; i < argc && std::string_view(argv[i]) != "--"; i += 2) {
      const std::string name = argv[i];
      if (!values_.contains(name) || i + 1 == argc) give_up(name + ": no such option, or no value");
      values_[name] = argv[i + 1];
    }
    rest_ = argv + std::min(i + 1, argc);
  }

  const std::string& text(const std::string& name) const { return values_.at(name); }

  std::uint64_t count(const std::string& name) const {
    char* end = nullptr;
    const std::uint64_t value = std::strtoull(text(name).c_str(), &end, 10);
    if (text(name).empty() || *end != '\0') give_up(name + ": \"" + text(name) + "\" is not a count");
    return value;
  }

  Clock::duration seconds(const std::string& name) const {
    char* end = nullptr;
    const double value = std::strtod(text(name).c_str(), &end);
    if (text(name).empty() || *end != '\0')
      give_up(name + ": \"" + text(name) + "\" is not a time in seconds");
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
  }

  /// The arguments after `--`, ended by a null pointer.
  char** rest() const { return rest_; }

 private:
  std::map<std::string, std::string> values_;
  char** rest_;
};

/// Loopback, or else a Unix socket: nothing beyond this machine may become the target of a load, or see the
/// programs that answer without looking.
inline sockaddr_in loopback(std::uint64_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

/// Where a server listens: on a port of loopback or on a Unix socket.
class Address {
 public:
  explicit Address(const sockaddr_in& ip) : length_(sizeof ip) { std::memcpy(&storage_, &ip, sizeof ip); }
  explicit Address(const sockaddr_un& path) : length_(sizeof path) {
    std::memcpy(&storage_, &path, sizeof path);
  }

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t length() const { return length_; }
  sa_family_t family() const { return storage_.ss_family; }

 private:
  sockaddr_storage storage_{};
  socklen_t length_;
};

inline Address unix_socket(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof address.sun_path) give_up(path + ": longer than the path of a socket may be");
  path.copy(address.sun_path, path.size());
  return Address(address);
}

}  // namespace bobbin::bench
