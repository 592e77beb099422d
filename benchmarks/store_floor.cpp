// bench_store_floor: the least that durable storing can cost.
//
// One thread takes all documents that have arrived, writes them with one call behind each other into a file
// that was filled with zeros and synced before, and flushes it (fdatasync). With --files 1 it also writes
// each into a file without a name before the flush, and gives it a name behind that. Then it answers all.
// What arrives meanwhile is the next batch.
//
// It parses nothing and looks at nothing: every --request-bytes received are a request, whose last
// --document-bytes are the document, and every request gets the constant bytes of --answer. No client may
// send a request before it has the answer to the one before. There is no recovery, and the oldest documents
// in the log are overwritten, so it is a yardstick, not a store. It listens on loopback only, and ends with
// the first error.

#include <array>
#include <fcntl.h>
#include <limits.h>
#include <memory>
#include <netinet/tcp.h>
#include <span>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

#include "benchmarks/support.h"

namespace bobbin::bench {
namespace {

constexpr off_t kLogBytes = off_t{64} * 1024 * 1024;

struct Plan {
  std::uint64_t port;
  std::uint64_t request_bytes;
  std::uint64_t document_bytes;
  std::string answer;
  std::string folder;
  bool files;  // a file for each document besides the log
};

struct Connection {
  Connection(int accepted, std::uint64_t request_bytes) : fd(accepted), request(request_bytes) {}
  ~Connection() { close(fd); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd;
  std::vector<char> request;
  std::size_t received = 0;
};

/// Where documents become durable, a batch at a time.
class Store {
 public:
  explicit Store(const Plan& plan)
      : plan_(plan),
        folder_(checked(open(plan.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), plan.folder.c_str())),
        log_(checked(openat(folder_, "log", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), "log")) {
    fill_with_zeros();
  }

  /// All of `batch` is on the disk when it returns.
  void keep(std::span<Connection* const> batch) {
    std::vector<int> nameless;
    if (plan_.files) nameless = write_files(batch);
    append(batch);
    checked(fdatasync(log_), "fdatasync");
    for (const int file : nameless) name(file);
  }

 private:
  /// Space that is only reserved would have to be marked as written at each flush.
  void fill_with_zeros() const {
    const std::vector<char> zeros(1024 * 1024);
    for (off_t at = 0; at < kLogBytes; at += std::ssize(zeros)) {
      if (checked(pwrite(log_, zeros.data(), zeros.size(), at), "pwrite") != std::ssize(zeros))
        give_up("the disk is full");
    }
    checked(fsync(log_), "fsync");
    checked(fsync(folder_), "fsync");
  }

  std::span<char> document(Connection& connection) const {
    return std::span(connection.request).last(plan_.document_bytes);
  }

  std::vector<int> write_files(std::span<Connection* const> batch) const {
    std::vector<int> files;
    for (Connection* connection : batch) {
      const int file = checked(openat(folder_, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), "O_TMPFILE");
      const std::span<char> content = document(*connection);
      if (checked(write(file, content.data(), content.size()), "write") != std::ssize(content))
        give_up("the disk is full");
      files.push_back(file);
    }
    return files;
  }

  void append(std::span<Connection* const> batch) {
    std::vector<iovec> parts;
    std::size_t bytes = 0;
    for (Connection* connection : batch) {
      const std::span<char> content = document(*connection);
      parts.push_back({.iov_base = content.data(), .iov_len = content.size()});
      bytes += content.size();
    }
    if (end_ + static_cast<off_t>(bytes) > kLogBytes) end_ = 0;
    const ssize_t n = checked(pwritev(log_, parts.data(), static_cast<int>(parts.size()), end_), "pwritev");
    if (static_cast<std::size_t>(n) != bytes) give_up("a short write");
    end_ += n;
  }

  /// As long as its descriptor is open, a file without a name can be named through /proc.
  void name(int file) {
    const std::string nameless = "/proc/self/fd/" + std::to_string(file);
    const std::string name = std::to_string(++named_) + ".json";
    checked(linkat(AT_FDCWD, nameless.c_str(), folder_, name.c_str(), AT_SYMLINK_FOLLOW), "linkat");
    close(file);
  }

  const Plan& plan_;
  int folder_;
  int log_;
  off_t end_ = 0;
  std::uint64_t named_ = 0;
};

class Loop {
 public:
  explicit Loop(const Plan& plan)
      : plan_(plan),
        store_(plan),
        epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
        listener_(checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")) {
    const int on = 1;
    checked(setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    checked(setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    const sockaddr_in address = loopback(plan.port);
    checked(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    checked(listen(listener_, 4096), "listen");
    watch(listener_, nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, IOV_MAX> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      batch_.clear();
      for (int i = 0; i < count; ++i) {
        auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (connection == nullptr) {
          accept_all();
        } else {
          receive(connection);
        }
      }
      if (!batch_.empty()) store_.keep(batch_);
      for (Connection* connection : batch_) answer(*connection);
    }
  }

 private:
  void watch(int fd, Connection* connection) const {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = connection}};
    checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

  /// From here on epoll holds the connections, and receive() deletes them.
  void accept_all() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      watch(fd, std::make_unique<Connection>(fd, plan_.request_bytes).release());
    }
  }

  void receive(Connection* connection) {
    const std::span<char> room = std::span(connection->request).subspan(connection->received);
    const ssize_t n = recv(connection->fd, room.data(), room.size(), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      delete connection;
      return;
    }
    connection->received += static_cast<std::size_t>(n);
    if (connection->received == plan_.request_bytes) batch_.push_back(connection);
  }

  void answer(Connection& connection) const {
    connection.received = 0;
    // A client that has left is noticed by the next recv; one that reads nothing cannot ask again.
    const ssize_t n = send(connection.fd, plan_.answer.data(), plan_.answer.size(), MSG_NOSIGNAL);
    if (n >= 0 && n != std::ssize(plan_.answer)) give_up("the answer does not fit into the socket");
  }

  const Plan& plan_;
  Store store_;
  int epoll_;
  int listener_;
  std::vector<Connection*> batch_;
};

Plan plan_of(const Options& options) {
  Plan plan{.port = options.count("--port"),
            .request_bytes = options.count("--request-bytes"),
            .document_bytes = options.count("--document-bytes"),
            .answer = contents_of(options.text("--answer")),
            .folder = options.text("--folder"),
            .files = options.count("--files") != 0};
  if (plan.document_bytes == 0 || plan.document_bytes > plan.request_bytes || plan.answer.empty()) {
    give_up("--document-bytes must be from 1 to --request-bytes, and --answer must not be empty");
  }
  return plan;
}

int run(int argc, char** argv) {
  const Options options(argc, argv,
                        {{"--port", ""},
                         {"--request-bytes", ""},
                         {"--document-bytes", ""},
                         {"--answer", ""},
                         {"--folder", ""},
                         {"--files", "0"}});
  const Plan plan = plan_of(options);
  Loop(plan).run();
}

}  // namespace
}  // namespace bobbin::bench

int main(int argc, char** argv) { return bobbin::bench::run(argc, argv); }
