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
  std::string url;                     ///< one in which fault_of_url finds no fault
  milliseconds timeout = seconds(30);  ///< of a request, from its connection to the end of the answer
  /// A file of certificates (PEM) of authorities: they count instead of those of the system. Empty: those do.
  std::string ca_file = {};
};

/// An answer, or of a longer one the beginning.
struct Answer {
  /// How much of a head is read, and of a content, in bytes. A longer head is no answer.
  static constexpr std::size_t kMostBytes = 64 * 1024;

  int status = 0;           ///< 101, or 200 and more
  std::string retry_after;  ///< the value of the field Retry-After; empty: there is none
  std::string content;      ///< as it was sent, whatever its coding
};
/// There was none: no connection, no trust, no time. The reason is a message with what the server may have
/// sent, unescaped; it may have got the request all the same.
struct NoAnswer {
  std::string reason;
};
/// It was told to end meanwhile.
struct Aborted {};
using PostOutcome = std::variant<Answer, NoAnswer, Aborted>;

/// Sends requests to one server, one at a time, over a connection that is kept while the server keeps it, and
/// made anew otherwise. Redirections are not followed. Thread: one at a time. It ignores no signal: see
/// os::ignore_broken_pipes.
class Client {
 public:
  /// The error is a message: the library cannot be loaded, or is too old.
  [[nodiscard]] static Result<Client, std::string> open(const ClientSettings& settings,
                                                        const std::string& library = kLibrary);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) = delete;
  ~Client();

  /// POST. Content-Length comes from the content; the other fields are those that are given. Asks
  /// `is_to_abort` about once a second, also while it connects.
  [[nodiscard]] PostOutcome post(const std::vector<Field>& fields, std::string_view content,
                                 const std::function<bool()>& is_to_abort);

 private:
  class Connection;
  explicit Client(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace bobbin::http_client
