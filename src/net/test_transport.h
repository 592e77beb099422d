#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/transport.h"

namespace bobbin::net {

/// For tests: what a scripted transport does, and what has happened to it. The test keeps the script, since
/// the connection owns the transport itself.
struct TransportScript {
  std::deque<std::string> input;  ///< receive() takes one piece a call; it fails (EAGAIN) after the last
  Received::Kind kind = Received::Kind::usable;  ///< of the input
  bool tells_of_more = false;                    ///< whether receive() says that another piece is there
  bool input_ends = false;                       ///< whether the peer finishes sending after the input
  std::optional<Error> receive_error;            ///< how receive() fails after the input
  std::size_t most_sent = SIZE_MAX;              ///< how many bytes one call takes at most
  std::size_t room = SIZE_MAX;                   ///< how many bytes are taken before send() fails (EAGAIN)
  std::optional<Error> send_error;               ///< how every send() fails
  bool can_send_files = true;
  std::optional<Error> send_file_error;  ///< how every send_file() fails
  std::uint64_t unacknowledged = 0;
  os::Fd descriptor;  ///< for a test that has it watched

  std::string output;              ///< all bytes that were taken, those of files included
  std::vector<bool> more_follows;  ///< what each call of send was told
  int calls_of_send_file = 0;
  bool writing_is_shut_down = false;
  bool is_reset = false;
  bool has_ended = false;
  /// Stands for the reading of files: `read(file, offset, count)` returns the bytes.
  std::function<std::string(int, std::uint64_t, std::size_t)> read;
};

class TestTransport final : public Transport {
 public:
  explicit TestTransport(TransportScript& script) : script_(script) {}

  Result<Received> receive(std::span<std::byte> into) override {
    if (script_.input.empty()) {
      if (script_.receive_error) return failure(*script_.receive_error);
      if (script_.input_ends) return Received{};
      return failure(Error{EAGAIN, "recv"});
    }
    std::string& piece = script_.input.front();
    const std::size_t count = std::min(piece.size(), into.size());
    std::memcpy(into.data(), piece.data(), count);
    piece.erase(0, count);
    if (piece.empty()) script_.input.pop_front();
    return Received{.count = count,
                    .more = count == into.size() || (script_.tells_of_more && !script_.input.empty()),
                    .kind = script_.kind};
  }
  Result<std::size_t> send(std::span<const Bytes> pieces, bool more) override {
    script_.more_follows.push_back(more);
    std::string all;
    for (const Bytes piece : pieces) all += as_text(piece);
    return take(all, script_.send_error);
  }
  Result<std::size_t> send_file(int file, std::uint64_t offset, std::size_t count) override {
    ++script_.calls_of_send_file;
    if (!script_.can_send_files) return failure(Error{EOPNOTSUPP, "send_file"});
    if (script_.send_file_error) return failure(*script_.send_file_error);
    return take(script_.read(file, offset, count), script_.send_error);
  }
  void shut_down_writing() override { script_.writing_is_shut_down = true; }
  void close_with_reset() override { script_.is_reset = true; }
  void end() override { script_.has_ended = true; }
  std::uint64_t unacknowledged_bytes() const override { return script_.unacknowledged; }
  const os::Fd& descriptor() const override { return script_.descriptor; }
  const Endpoint& peer() const override { return nobody_; }
  const Endpoint& local() const override { return nobody_; }

 private:
  Result<std::size_t> take(const std::string& bytes, const std::optional<Error>& error) {
    if (error) return failure(*error);
    const std::size_t count = std::min({bytes.size(), script_.most_sent, script_.room});
    if (count == 0 && !bytes.empty()) return failure(Error{EAGAIN, "send"});
    if (script_.room != SIZE_MAX) script_.room -= count;
    script_.output += bytes.substr(0, count);
    return count;
  }

  TransportScript& script_;
  Endpoint nobody_;
};

}  // namespace bobbin::net
