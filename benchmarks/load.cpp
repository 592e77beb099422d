// bench_load: a load generator for one machine. One thread, a fixed number of connections, each with one
// batch of requests under way at a time (--pipeline of them), for --seconds or --requests, whichever ends
// first; the batches under way then are waited for. The request is given as bytes (--request FILE), and every
// answer is judged: its status and the length of its content must be what was asked for, or the run ends with
// an error. What it measured is one JSON object on stdout.
//
//   --close 1        a connection for every request, which the server must close
//   --number-at N    seven digits at this offset of the request are replaced by a number that counts up from
//                    --first, and starts again after --numbers of them
//   --number-by connection
//                    the number counts connections instead of requests: each repeats its own request
//   --number-by popularity
//                    the number is one of --numbers at random, the n-th 1/n as often as the first (Zipf)
//   --hold 1         connections stay open. A warm-up opens them, with one exchange on each and --warm-up
//                    requests at least; then every byte on stdin asks for a load on these same connections.
//                    After each there is a report, and a last one at the end of stdin
//   --longer N       content may be up to N bytes longer than --length, because of a number in it that grows
//   --socket PATH    the server listens on this Unix socket, not on --port
//   --answer-begin FILE --answer-end FILE
//                    the server does not speak HTTP: every answer begins and ends with the bytes of these
//                    files
//   --greeting FILE --greeting-end FILE
//                    what is sent on a new connection before the first request, and how the answer to it ends
//
// Latency runs from handing a batch to the kernel (with --close: from the call of connect) to the last byte
// of the answer.

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <iterator>
#include <limits>
#include <netinet/tcp.h>
#include <poll.h>
#include <random>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "benchmarks/answer.h"
#include "benchmarks/histogram.h"
#include "benchmarks/load_plan.h"
#include "benchmarks/support.h"

namespace bobbin::bench {
namespace {

constexpr std::size_t kScratchBytes = 256 * 1024;
constexpr std::uint64_t kDropAboveBytes = 64 * 1024;
/// How long after the end of the load the answers still under way may take.
constexpr std::chrono::seconds kPatience{20};
/// How long a warm-up may take, and how long a word on stdin is waited for.
constexpr std::chrono::seconds kMostPreparation{120};

struct Connection {
  int fd = -1;
  std::uint64_t waiting = 0;       // answers under way
  std::uint64_t content_left = 0;  // of the answer whose head has been read
  bool in_content = false;
  bool closing = false;      // the server said that this answer is the last one
  std::string head_part;     // the beginning of a head that has not arrived whole
  std::string unsent;        // the rest of a batch that the socket did not take at once
  std::uint64_t number = 0;  // kept when the connection is made anew
  Clock::time_point started;
};

class Generator {
 public:
  explicit Generator(Plan plan)
      : plan_(std::move(plan)), epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

  void load() {
    run(plan_.load);
    report();
  }

  void loads_on_kept_connections() {
    warm_up();
    while (asked_for_a_load()) load();
    report();
  }

 private:
  void warm_up() {
    const std::uint64_t requests = std::max(plan_.connections * plan_.pipeline, plan_.warm_up_requests);
    run({.duration = kMostPreparation, .requests = requests});
    if (answered_ + plan_.pipeline <= requests) give_up("the warm-up takes too long");
    report();
  }

  /// Waits for a byte on stdin; false at its end.
  static bool asked_for_a_load() {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    constexpr std::chrono::milliseconds most = kMostPreparation;
    char byte = 0;
    return checked(poll(&input, 1, static_cast<int>(most.count())), "poll") > 0 &&
           checked(read(STDIN_FILENO, &byte, 1), "read") > 0;
  }

  /// Of the connections that are kept, those that the server has closed.
  std::uint64_t closed() const {
    std::uint64_t closed = 0;
    for (const Connection& connection : connections_) {
      char byte = 0;
      if (recv(connection.fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0 || errno != EAGAIN) ++closed;
    }
    return closed;
  }

  void report() const {
    const auto microseconds = [this](double share) {
      return static_cast<double>(latency_.quantile(share)) / 1e3;
    };
    std::printf(
        "{\"requests\": %lu, \"content_bytes\": %lu, \"connects\": %lu, \"closed\": %lu, \"seconds\": %.6f, "
        "\"p50_us\": %.2f, \"p99_us\": %.2f, \"p999_us\": %.2f, \"max_us\": %.2f}\n",
        answered_, content_bytes_, connects_, plan_.hold ? closed() : 0,
        std::chrono::duration<double>(finished_ - started_).count(), microseconds(0.5), microseconds(0.99),
        microseconds(0.999), microseconds(1));
    std::fflush(stdout);
  }

  void run(Bounds bounds) {
    bounds_ = bounds;
    begun_ = answered_ = content_bytes_ = connects_ = 0;
    latency_ = {};
    while (connections_.size() < plan_.connections) connections_.push_back({.number = connections_.size()});
    started_ = now_ = Clock::now();
    for (Connection& connection : connections_) {
      if (!may_begin()) break;
      ++active_;
      if (connection.fd < 0) {
        connect_and_begin(connection);
      } else {
        begin(connection);
      }
    }
    while (active_ > 0) turn();
    finished_ = now_;
  }

  bool may_begin() const {
    return now_ - started_ < bounds_.duration && begun_ + plan_.pipeline <= bounds_.requests;
  }

  void turn() {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1000);
    now_ = Clock::now();
    if (now_ - started_ > bounds_.duration + kPatience) {
      give_up(std::to_string(active_) + " connections wait for an answer long after the end of the load");
    }
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      auto& connection = *static_cast<Connection*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0) send_rest(connection);
      if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) receive(connection);
    }
  }

  void connect_and_begin(Connection& connection) {
    if (connection.fd >= 0) close(connection.fd);
    connection = Connection{.number = connection.number};
    connection.started = Clock::now();
    const int family = plan_.server.family();
    connection.fd = checked(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    const int on = 1;
    if (family == AF_INET) {
      checked(setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    }
    if (connect(connection.fd, plan_.server.get(), plan_.server.length()) < 0 && errno != EINPROGRESS) {
      checked(-1, "connect");
    }
    ++connects_;
    if (!plan_.protocol.greeting.empty()) greet(connection.fd);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event), "epoll_ctl");
    begin(connection);
  }

  /// Waits for the answer: greetings belong to the warm-up, and are no part of what is measured.
  void greet(int fd) {
    const std::string& greeting = plan_.protocol.greeting;
    const ssize_t sent = send(fd, greeting.data(), greeting.size(), MSG_NOSIGNAL);
    if (checked(sent, "send") != std::ssize(greeting)) give_up("the greeting does not fit into the socket");
    std::string answer;
    while (!answer.ends_with(plan_.protocol.greeting_end)) {
      pollfd input{.fd = fd, .events = POLLIN, .revents = 0};
      const auto most = std::chrono::milliseconds(kPatience).count();
      if (checked(poll(&input, 1, static_cast<int>(most)), "poll") == 0) {
        give_up("no answer to the greeting");
      }
      const ssize_t n = checked(recv(fd, scratch_.data(), scratch_.size(), 0), "recv");
      if (n == 0) give_up("the server closed the connection after the greeting: " + printable(answer));
      answer.append(scratch_.data(), static_cast<std::size_t>(n));
    }
  }

  void begin(Connection& connection) {
    begun_ += plan_.pipeline;
    connection.waiting = plan_.pipeline;
    if (plan_.numbering.used()) number_requests(connection);
    if (!plan_.close) connection.started = now_;
    send_from(connection, plan_.batch);
  }

  void number_requests(const Connection& connection) {
    const Numbering& numbering = plan_.numbering;
    for (std::uint64_t i = 0; i < plan_.pipeline; ++i) {
      plan_.number_request(i, numbering.first + next_number(connection) % numbering.count);
    }
  }

  std::uint64_t next_number(const Connection& connection) {
    switch (plan_.numbering.by) {
      case Numbering::By::connection: return connection.number;
      case Numbering::By::popularity: return popular_number();
      case Numbering::By::request: break;
    }
    return next_number_++;
  }

  /// A number whose logarithm is spread evenly: the n-th comes about 1/n as often as the first.
  std::uint64_t popular_number() {
    const double exponent = std::uniform_real_distribution<double>()(random_);
    return static_cast<std::uint64_t>(std::pow(static_cast<double>(plan_.numbering.count + 1), exponent)) - 1;
  }

  /// On loopback a connection is usually established by the time connect returns, and takes a small batch at
  /// once.
  void send_from(Connection& connection, std::string_view bytes) {
    const ssize_t n = send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != ENOTCONN) checked(n, "send");
    const auto sent = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    if (sent == bytes.size()) return;
    connection.unsent = bytes.substr(sent);
    watch(connection, EPOLLIN | EPOLLOUT);
  }

  void send_rest(Connection& connection) {
    const ssize_t n =
        send(connection.fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) checked(n, "send");
    connection.unsent.erase(0, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (connection.unsent.empty()) watch(connection, EPOLLIN);
  }

  void watch(Connection& connection, std::uint32_t events) const {
    epoll_event event{.events = events, .data = {.ptr = &connection}};
    checked(epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event), "epoll_ctl");
  }

  void receive(Connection& connection) {
    // Large content is dropped in the kernel: copying it would measure this program.
    if (connection.content_left > kDropAboveBytes) {
      const auto most = std::min<std::uint64_t>(connection.content_left, std::numeric_limits<int>::max());
      const ssize_t n = recv(connection.fd, nullptr, most, MSG_TRUNC | MSG_DONTWAIT);
      if (!arrived(connection, n)) return;
      content(connection, static_cast<std::uint64_t>(n));
    } else if (!receive_copied(connection)) {
      return;
    }
    // After a last answer the server's end of the connection is waited for, so that it, not we, is in
    // TIME_WAIT.
    if (connection.waiting == 0 && !connection.closing) go_on(connection);
  }

  bool receive_copied(Connection& connection) {
    const std::size_t kept = connection.head_part.copy(scratch_.data(), connection.head_part.size());
    const ssize_t n = recv(connection.fd, scratch_.data() + kept, scratch_.size() - kept, MSG_DONTWAIT);
    if (!arrived(connection, n)) return false;
    connection.head_part.clear();
    consume(connection, std::string_view(scratch_.data(), kept + static_cast<std::size_t>(n)));
    return true;
  }

  bool arrived(Connection& connection, ssize_t n) {
    if (n > 0) return true;
    if (n < 0 && errno == EAGAIN) return false;
    // A server that announced the end may reset the connection over pipelined requests that it will not read.
    if (n < 0 && (!connection.closing || errno != ECONNRESET)) checked(n, "recv");
    if (connection.closing && connection.content_left == 0 && connection.head_part.empty()) {
      // Pipelined requests behind the last answer go unanswered (RFC 9112 §9.6) and are sent anew.
      begun_ -= connection.waiting;
      go_on(connection);
    } else {
      give_up("the server closed a connection without saying so");
    }
    return false;
  }

  void consume(Connection& connection, std::string_view input) {
    while (!input.empty()) {
      if (connection.waiting == 0) give_up("bytes that nobody asked for: " + first_line(input));
      if (!connection.in_content) {
        const auto head = plan_.protocol.used() ? marked_reader_.read(input) : reader_.read(input);
        if (!head) {
          if (input.size() > kScratchBytes / 2) give_up("a head without an end: " + first_line(input));
          connection.head_part = input;
          return;
        }
        judge(*head, input);
        input.remove_prefix(head->bytes);
        connection.closing = head->closes;
        connection.in_content = true;
        connection.content_left = head->content_length;
      }
      const auto here = std::min<std::uint64_t>(input.size(), connection.content_left);
      input.remove_prefix(here);
      content(connection, here);
    }
  }

  void judge(const AnswerHead& head, std::string_view input) const {
    const bool has_length =
        head.content_length >= plan_.length && head.content_length <= plan_.length + plan_.longer;
    if (head.status != plan_.status || !has_length) {
      give_up("expected status " + std::to_string(plan_.status) + " with " + std::to_string(plan_.length) +
              " bytes of content, got " + std::to_string(head.content_length) +
              " with: " + first_line(input));
    }
  }

  static std::string first_line(std::string_view input) {
    return printable(input.substr(0, input.find_first_of("\r\n")));
  }

  /// Answers that are not HTTP may have zeros in them.
  static std::string printable(std::string_view bytes) {
    std::string text(bytes.substr(0, 300));
    std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return text;
  }

  void content(Connection& connection, std::uint64_t bytes) {
    content_bytes_ += bytes;
    connection.content_left -= bytes;
    if (connection.content_left > 0) return;
    connection.in_content = false;
    now_ = Clock::now();
    latency_.add(static_cast<std::uint64_t>((now_ - connection.started) / std::chrono::nanoseconds(1)));
    ++answered_;
    --connection.waiting;
  }

  void go_on(Connection& connection) {
    if (plan_.close && !connection.closing) give_up("asked to close the connection, the server kept it");
    if (!may_begin()) {
      if (connection.closing || !plan_.hold) {
        close(connection.fd);
        connection.fd = -1;
      }
      --active_;
    } else if (connection.closing) {
      connect_and_begin(connection);
    } else {
      begin(connection);
    }
  }

  Plan plan_;
  Bounds bounds_{};
  int epoll_;
  std::deque<Connection> connections_;
  std::uint64_t active_ = 0;
  AnswerReader reader_;
  MarkedAnswerReader marked_reader_{plan_.protocol.answer_begin, plan_.protocol.answer_end};
  std::vector<char> scratch_ = std::vector<char>(kScratchBytes);
  Clock::time_point started_, now_, finished_;
  std::uint64_t begun_ = 0, answered_ = 0, content_bytes_ = 0, connects_ = 0, next_number_ = 0;
  std::mt19937_64 random_{1};  // the same numbers in every run
  Histogram latency_;
};

int run(int argc, char** argv) {
  const Plan plan = plan_of(argc, argv);
  Generator generator(plan);
  if (plan.hold) {
    generator.loads_on_kept_connections();
  } else {
    generator.load();
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace bobbin::bench

int main(int argc, char** argv) { return bobbin::bench::run(argc, argv); }
