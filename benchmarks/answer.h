#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bobbin::bench {

/// What matters of the head of an answer.
struct AnswerHead {
  std::size_t bytes = 0;
  int status = 0;
  std::uint64_t content_length = 0;
  bool closes = false;  // the server said that it will close the connection
};

/// Reads heads of answers. A head that equals the one before it byte for byte is not read again, which is
/// nearly every one while `Date` stands still: the generator shares a CPU with what it measures.
class AnswerReader {
 public:
  /// The head at the front of `input`; nothing when its end has not arrived. `status` 0 means that it is not
  /// HTTP/1.1 with a Content-Length: no peer needs to answer these requests in another way.
  std::optional<AnswerHead> read(std::string_view input) {
    if (!last_.empty() && input.starts_with(last_)) return head_;
    const std::size_t end = input.find("\r\n\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    last_ = input.substr(0, end + 4);
    head_ = parse(last_);
    return head_;
  }

 private:
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

  /// The value of a field whose lower-case name is given with its colon.
  static std::optional<std::string_view> field(std::string_view head, std::string_view name) {
    for (std::size_t line = head.find("\r\n"); line + 2 < head.size(); line = head.find("\r\n", line + 2)) {
      std::string_view rest = head.substr(line + 2);
      std::size_t matched = 0;
      while (matched < name.size() && matched < rest.size() && lower(rest[matched]) == name[matched])
        ++matched;
      if (matched < name.size()) continue;
      rest = rest.substr(matched, rest.find("\r\n") - matched);
      rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
      return rest;
    }
    return std::nullopt;
  }

  static AnswerHead parse(std::string_view head) {
    AnswerHead result{.bytes = head.size()};
    if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return result;
    int status = 0;
    for (const char digit : head.substr(9, 3)) status = status * 10 + (digit - '0');
    const auto connection = field(head, "connection:");
    result.closes = connection && !connection->empty() && lower((*connection)[0]) == 'c';
    const auto length = field(head, "content-length:");
    // RFC 9112 §6.3: these have no content, whatever the fields say.
    const bool no_content = status == 204 || status == 304;
    if (!length && !no_content) return result;
    for (const char digit : no_content ? std::string_view() : *length) {
      if (digit < '0' || digit > '9') return result;
      result.content_length = result.content_length * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    result.status = status;
    return result;
  }

  std::string last_;
  AnswerHead head_;
};

/// Reads answers of servers that do not speak HTTP, but whose answers all begin and end alike: those of a
/// database to the same statement. An answer has no content besides, and status 200 when it begins as it
/// must, 0 when it does not.
class MarkedAnswerReader {
 public:
  MarkedAnswerReader(std::string begin, std::string end) : begin_(std::move(begin)), end_(std::move(end)) {}

  /// The answer at the front of `input`; nothing when its end has not arrived.
  std::optional<AnswerHead> read(std::string_view input) const {
    if (input.substr(0, begin_.size()) != std::string_view(begin_).substr(0, input.size())) {
      return AnswerHead{.bytes = input.size()};
    }
    const std::size_t end = input.find(end_, begin_.size());
    if (end == std::string_view::npos) return std::nullopt;
    return AnswerHead{.bytes = end + end_.size(), .status = 200};
  }

 private:
  std::string begin_;
  std::string end_;
};

}  // namespace bobbin::bench
