// bench_floor: the least that an epoll server can cost.
//
// It parses nothing: every --request-bytes received are a request, and every request gets the constant bytes
// of --answer, followed by --file (sendfile) when there is one. It is a yardstick, not a server, and listens
// on loopback only.

#include <array>
#include <fcntl.h>
#include <memory>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "benchmarks/support.h"

namespace bobbin::bench {
namespace {

constexpr std::size_t kAnswersPerSend = 64;
constexpr int kAcceptsPerTurn = 64;

struct Plan {
  std::uint64_t port;
  std::uint64_t request_bytes;
  std::string answers;  // kAnswersPerSend copies, so that pipelined requests are answered with one call
  std::size_t answer_bytes;
  int file = -1;
  off_t file_bytes = 0;
  bool close;  // after the first answer
};

struct Connection {
  explicit Connection(int accepted) : fd(accepted) {}
  ~Connection() { close(fd); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd;
  std::uint64_t received_bytes = 0;  // of requests not answered yet
  std::uint64_t owed_bytes = 0;      // of answers: what is left of one in part sent, and whole ones after it
  off_t owed_file_bytes = 0;         // of the file that follows the answer just sent
  bool answered = false;
};

class Loop {
 public:
  explicit Loop(const Plan& plan)
      : plan_(plan),
        epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
        listener_(checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")) {
    const int on = 1;
    checked(setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    checked(setsockopt(listener_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), "SO_REUSEPORT");
    checked(setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    const sockaddr_in address = loopback(plan.port);
    checked(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    checked(listen(listener_, 4096), "listen");
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event), "epoll_ctl");
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (connection == nullptr) {
          accept_some();
        } else if (!serve(*connection)) {
          delete connection;
        }
      }
    }
  }

 private:
  void accept_some() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      auto connection = std::make_unique<Connection>(fd);
      // The request is often there already, and a connection that is over after it needs no epoll at all.
      if (!serve(*connection)) continue;
      // From here on epoll holds it, and run() deletes it.
      epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                        .data = {.ptr = connection.release()}};
      checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    }
  }

  /// False: the connection is over.
  bool serve(Connection& connection) {
    if (!flush(connection)) return false;
    for (;;) {
      const ssize_t n = recv(connection.fd, scratch_.data(), scratch_.size(), 0);
      if (n == 0) return false;
      if (n < 0) return errno == EAGAIN;
      connection.received_bytes += static_cast<std::uint64_t>(n);
      if (!answer(connection)) return false;
      // A short read has emptied the socket: what comes later comes with an event of its own.
      if (static_cast<std::size_t>(n) < scratch_.size()) return true;
    }
  }

  bool answer(Connection& connection) {
    const std::uint64_t requests = connection.received_bytes / plan_.request_bytes;
    connection.received_bytes %= plan_.request_bytes;
    connection.owed_bytes += requests * plan_.answer_bytes;
    return flush(connection);
  }

  bool flush(Connection& connection) {
    while (connection.owed_bytes > 0 || connection.owed_file_bytes > 0) {
      const ssize_t n = connection.owed_file_bytes > 0 ? send_file(connection) : send_answers(connection);
      if (n < 0) return errno == EAGAIN;
      connection.answered = true;
    }
    return !(plan_.close && connection.answered);
  }

  ssize_t send_answers(Connection& connection) {
    const std::size_t skip =
        (plan_.answer_bytes - connection.owed_bytes % plan_.answer_bytes) % plan_.answer_bytes;
    // With a file behind every answer they leave one at a time.
    const std::size_t most = plan_.file >= 0 ? plan_.answer_bytes : plan_.answers.size();
    const std::size_t length = std::min<std::uint64_t>(connection.owed_bytes, most - skip);
    const int more = plan_.file >= 0 ? MSG_MORE : 0;
    const ssize_t n = send(connection.fd, plan_.answers.data() + skip, length, MSG_NOSIGNAL | more);
    if (n > 0) {
      connection.owed_bytes -= static_cast<std::uint64_t>(n);
      if (connection.owed_bytes % plan_.answer_bytes == 0) connection.owed_file_bytes = plan_.file_bytes;
    }
    return n;
  }

  ssize_t send_file(Connection& connection) const {
    off_t offset = plan_.file_bytes - connection.owed_file_bytes;
    const ssize_t n =
        sendfile(connection.fd, plan_.file, &offset, static_cast<std::size_t>(connection.owed_file_bytes));
    if (n > 0) connection.owed_file_bytes -= n;
    return n;
  }

  const Plan& plan_;
  int epoll_;
  int listener_;
  std::vector<char> scratch_ = std::vector<char>(64 * 1024);
};

Plan plan_of(const Options& options) {
  Plan plan{.port = options.count("--port"),
            .request_bytes = options.count("--request-bytes"),
            .answers = {},
            .answer_bytes = 0,
            .close = options.count("--close") != 0};
  const std::string answer = contents_of(options.text("--answer"));
  if (plan.request_bytes == 0 || answer.empty()) give_up("--request-bytes and --answer must not be empty");
  plan.answer_bytes = answer.size();
  for (std::size_t i = 0; i < kAnswersPerSend; ++i) plan.answers += answer;
  if (const std::string& path = options.text("--file"); !path.empty()) {
    plan.file = checked(open(path.c_str(), O_RDONLY | O_CLOEXEC), path.c_str());
    struct stat status{};
    checked(fstat(plan.file, &status), "fstat");
    plan.file_bytes = status.st_size;
  }
  return plan;
}

int run(int argc, char** argv) {
  const Options options(argc, argv,
                        {{"--port", ""},
                         {"--request-bytes", ""},
                         {"--answer", ""},
                         {"--file", ""},
                         {"--close", "0"},
                         {"--threads", "1"}});
  const Plan plan = plan_of(options);
  // sendfile has no MSG_NOSIGNAL, and a client may leave in the middle of a file.
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) give_up("signal");
  std::vector<std::jthread> others;
  for (std::uint64_t i = 1; i < options.count("--threads"); ++i) {
    others.emplace_back([&plan] { Loop(plan).run(); });
  }
  Loop(plan).run();
}

}  // namespace
}  // namespace bobbin::bench

int main(int argc, char** argv) { return bobbin::bench::run(argc, argv); }
