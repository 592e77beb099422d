#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/content.h"
#include "http/status.h"

namespace bobbin::http {

/// Why a request was refused, where the status of the answer does not tell.
enum class Refused : std::uint8_t {
  no,
  host,         ///< none of ours
  path,         ///< an attempt to leave the root
  link,         ///< a symbolic link that leaves the root
  address,      ///< of the client, which is not let in
  certificate,  ///< of the client: none, or one that is not let in
  signature,    ///< of a document: none, or a wrong one
  origin,       ///< a page of another site has sent it
};

/// What the server should say in its log of this exchange, beyond what request and response show.
struct HandlerLogFields {
  enum class Host : std::uint8_t { unchecked, accepted, refused };
  enum class Action : std::uint8_t { none, sent_html, sent_binary, created_file };

  Host host = Host::accepted;  ///< who answers has accepted it, or says otherwise
  Action action = Action::none;
  std::uint16_t access_log =
      0;                   ///< which of the logs has the exchange, as Site::access_log; set by the router
  std::uint16_t site = 0;  ///< as Site::number; set by the router
  Refused refused = Refused::no;
  bool is_logged = true;  ///< whether the access log has the exchange
  std::string subject;    ///< the file's name, for an action
  std::string
      cause;  ///< of what an operator should look at, such as a 5xx or an answer cut short; empty: nothing
  std::string
      violation;  ///< "Path traversal attempt (/../x)"; empty: none. Raw client bytes: the log escapes them.
};

/// Where a field line stands in the text of a head: its name, a colon and a blank, its value.
struct FieldLine {
  std::uint32_t begin;
  std::uint32_t name_size;
  std::uint32_t value_size;
  /// The name in lower case, as a literal; null when it is none of those that are common.
  const char* literal;

  [[nodiscard]] std::string_view name_in(std::string_view head) const {
    return head.substr(begin, name_size);
  }
  [[nodiscard]] std::string_view value_in(std::string_view head) const {
    return head.substr(begin + name_size + 2, value_size);
  }
};

/// A response that is given many times: what depends neither on the request nor on the moment, rendered once.
/// Immutable once made.
struct PreparedResponse {
  Status status = Status::ok;
  std::string head;              ///< HTTP/1.1: the status line and every field that is the same each time
  std::vector<FieldLine> lines;  ///< of `head`, for protocols that have no text: see field_lines
  std::string content;           ///< small content, copied behind its head; empty when it is shared
  SharedBytes shared_content;    ///< larger content; null when there is none
  std::uint64_t content_length_bytes = 0;  ///< as announced; the session leaves content out for HEAD
  HandlerLogFields log_fields;
  std::string detail;         ///< of an error: the sentence that the client is shown
  std::uint64_t variant = 0;  ///< of the requests to which it is the answer, see Request
};

/// What a handler answers. The session adds Content-Type and Content-Length in front of `fields`, and Date,
/// Server, Connection and Keep-Alive behind them, so that one place decides about the connection.
struct Response {
  Status status = Status::ok;
  std::string media_type;     ///< Content-Type; empty: no such field
  std::string fields;         ///< further field lines, "Name: value\r\n" each, in wire order: see add_field
  Content content;            ///< for HEAD as for GET: the session leaves it out
  std::string detail;         ///< for an error without content: the sentence its page or problem details show
  bool close = false;         ///< close the connection after this answer
  bool never_stored = false;  ///< see forbid_storing, and filters::NeverStored
  HandlerLogFields log_fields;
  /// Called with the prepared form of this very response once its head has been written, so that the handler
  /// can reuse it. Empty when the response is not to be kept. Thread: the worker's.
  std::function<void(PreparedResponse)> keep = {};

  /// `value` must not contain CR, LF or NUL (asserted: a value built from a client's bytes must have been
  /// encoded).
  void add_field(std::string_view name, std::string_view value);

  /// Nobody may keep a copy, whatever a site says of the path (RFC 9111 §5.2.2.5).
  void forbid_storing() {
    add_field("Cache-Control", "no-store");
    never_stored = true;
  }

  /// Whether there is such a line, whatever the case of its name.
  [[nodiscard]] bool has_field(std::string_view name) const;
  /// Takes all lines of this name away, whatever the case of it.
  void remove_field(std::string_view name);
  /// Takes all lines away whose name is one of these.
  void remove_fields(const std::function<bool(std::string_view name)>& is_one);

  /// An error whose page is made from `detail`, one sentence for a person: what is wrong and what is allowed.
  [[nodiscard]] static Response error(Status status, std::string detail);
  [[nodiscard]] static Response with_content(Status status, std::string_view media_type, Content content);
};

/// The peer is at fault and the message cannot be (or is not worth being) read further. The connection
/// closes.
struct Refusal {
  Status status;
  std::string_view reason;          ///< a literal: one sentence for a person
  std::string_view violation = {};  ///< a literal: what the log calls it, where it is a security matter
  std::string_view fields = {};     ///< a literal: further field lines of the answer, each with its CRLF
};

/// The reason is a literal.
[[nodiscard]] constexpr Refusal bad_request(std::string_view reason) { return {Status::bad_request, reason}; }

/// Of an HTTP/1.1 request always (RFC 9112 §3.2), of an HTTP/1.0 one where hosts are checked.
inline constexpr Refusal kMissingHost{Status::bad_request, "The Host field is missing.",
                                      "Missing Host header"};

}  // namespace bobbin::http
