#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "observe/message.h"

namespace bobbin::observe {

enum class AccessFormat : std::uint8_t { transfer, common, combined, json };

/// One exchange, for the access log. Views live as long as the call. Texts are the client's raw bytes:
/// formatting escapes.
struct ExchangeRecord {
  enum class Host : std::uint8_t { unchecked, accepted, refused };
  enum class Action : std::uint8_t { none, sent_html, sent_binary, created_file };

  WallTime time;                  ///< when the request's head was complete (or refused)
  Duration duration{};            ///< from there to the end of the exchange
  Origin origin;                  ///< with the number of the exchange
  std::string_view request_line;  ///< "GET /x HTTP/1.1"; empty when none could be read
  std::string_view host;          ///< the authority the client named; empty: none
  Host host_verdict = Host::unchecked;
  Action action = Action::none;
  std::string_view subject;    ///< the file's name, for an action
  std::string_view violation;  ///< "Path traversal attempt (/../x)"; empty: none
  std::string_view refused;    ///< why the request was, in a word, "limit"; empty: it was not
  std::string_view detail;     ///< of an error: the sentence that the client was shown; empty: none
  int status = 0;
  std::string_view reason_phrase;
  std::uint64_t content_bytes = 0;         ///< of the response, really handed to the socket
  std::uint64_t content_length_bytes = 0;  ///< of the response, as announced
  bool keeps_connection = false;
  std::string_view referer;
  std::string_view user_agent;
  std::string_view tls;         ///< its version, "TLSv1.3"; empty: the connection is in clear text
  std::string_view request_id;  ///< empty: it has none
  /// Of the trace that the client has named, and of its own part of it; empty: it has named none.
  std::string_view trace_id;
  std::string_view span_id;
  std::string_view user;  ///< who has proven to ask; empty: nobody has
  /// Of the client's certificate, where it has shown one, the subject and SHA-256 in hexadecimal digits.
  std::string_view certificate_subject;
  std::string_view certificate_fingerprint;
  unsigned sample = 1;  ///< of how many exchanges of its kind this one stands for
};

/// Appends what the log shows of one exchange, '\n' at its end. `thread_name` as in "[Thread-1]".
/// transfer: the block of CONTRACT §6; its first line or its last names the client. common, combined:
/// Apache's formats. json: one object; a byte of a text that is not part of valid UTF-8 becomes \u00HH, so
/// that the line is valid JSON in valid UTF-8 whatever the client has sent. Each text is cut to
/// kMostTextBytes, so that the entry always fits a LogWriter: "(cut)" stands behind such a text, "cut":true
/// in the object of json.
void format_exchange(std::string& out, AccessFormat format, const ExchangeRecord& record,
                     std::string_view thread_name);

/// Appends `text` with control characters, DEL and bytes outside valid UTF-8 as \xHH, and a backslash
/// doubled. The bytes of characters that act on a terminal or editor (U+0080–009F, U+2028–202E, U+2066–2069)
/// are escaped too. What would become longer than kMostTextBytes is cut, and "(cut)" stands behind it.
void append_escaped(std::string& out, std::string_view text);
/// The same as a text of its own, so that what a stranger has named cannot steer a terminal.
[[nodiscard]] inline std::string printable(std::string_view text) {
  std::string result;
  append_escaped(result, text);
  return result;
}

}  // namespace bobbin::observe
