#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace bobbin::http_client {

/// The library as the loader looks for it, and the package of Debian that has it.
inline constexpr const char* kLibrary = "libcurl.so.4";
inline constexpr const char* kPackage = "libcurl4";

/// A field of a request. The name is a token, the value a field value (RFC 9110 §5.5).
struct Field {
  std::string name;
  std::string value;
  friend bool operator==(const Field&, const Field&) = default;
};

struct ClientSettings {
  milliseconds timeout = seconds(30);  ///< of a request, from its connection to the end of the answer
  /// A file of certificates (PEM) of authorities: they count instead of those of the system. Empty: those do.
  std::string ca_file = {};
  /// Whether the variables http_proxy, https_proxy and no_proxy count. Not for what is on this machine, or
  /// next to it.
  bool may_use_proxy = true;
};

/// An answer, or of a longer one the beginning.
struct Answer {
  static constexpr std::size_t kMostHeadBytes = 64UL * 1024;  ///< a longer head is none of an answer

  int status = 0;                  ///< 101, or 200 and more
  std::vector<Field> fields = {};  ///< as they were sent, in order, those of a trailer section included
  std::string content = {};        ///< as it was sent, whatever its coding
  bool is_cut = false;             ///< there was more of the content

  /// The value of the first field of this name, in whatever case; empty: there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const;
};
struct Request {
  std::string method = "POST";           ///< a token, but not HEAD
  std::string url;                       ///< one in which fault_of_url finds no fault; sent as it is
  std::vector<Field> fields = {};        ///< Content-Type among them, where there is content
  std::string_view content = {};         ///< Content-Length comes from it, but for GET, which has none
  std::size_t most_bytes = 64UL * 1024;  ///< how much of the content of the answer is read
  /// Is given the content of an answer 200 piece by piece, as it comes; the answer then has none of it, and
  /// `most_bytes` holds for other answers alone. False: the request is ended, without an answer. Such a
  /// request may take any time: it ends when less than kLeastRate comes for as long as
  /// ClientSettings::timeout.
  std::function<bool(std::string_view piece)> sink = {};
  static constexpr long kLeastRate = 1024;  ///< bytes per second
  /// Is asked before the sink is given anything, with the head of the answer. False: the request is ended,
  /// without an answer. Empty: every content is taken.
  std::function<bool(const Answer& head)> accepts = {};
};

/// There was none: no connection, no trust, no time. The reason is a message with what the server may have
/// sent, unescaped; it may have got the request all the same.
struct NoAnswer {
  std::string reason;
};
/// It was told to end meanwhile.
struct Aborted {};
using RequestOutcome = std::variant<Answer, NoAnswer, Aborted>;

/// Sends requests, one at a time. A connection is kept while its server keeps it, and made anew otherwise.
/// Redirections are not followed. Thread: one at a time. It ignores no signal: see os::ignore_broken_pipes.
class Client {
 public:
  /// The error is a message: the library cannot be loaded, or is too old.
  [[nodiscard]] static Result<Client, std::string> open(const ClientSettings& settings,
                                                        const std::string& library = kLibrary);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) = delete;
  ~Client();

  /// Asks `is_to_abort` about once a second, also while it connects.
  [[nodiscard]] RequestOutcome send(const Request& request, const std::function<bool()>& is_to_abort);

 private:
  class Connection;
  explicit Client(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace bobbin::http_client
