#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "http/request_head.h"
#include "http/response.h"
#include "http/session.h"

namespace bobbin::http::http1 {

/// Remembers whole answers by the whole bytes of the request heads that got them. Clients send the same bytes
/// again and again, and the same bytes mean the same decisions: so the parser, the router and the handler
/// need not be asked twice. They stay the only source: nothing is answered from here that they did not
/// decide.
///
/// Coherence: an answer is given again only when its `Repeatable` was asked after the request's last byte had
/// arrived. So no answer is older than its request. Requests that arrived together share the question.
///
/// Bounded in bytes and entries; a newer answer displaces an older one. Thread: its owner's.
class AnswerMemory {
 public:
  struct Remembered {
    std::string request;  ///< the head, its final empty line included
    Endpoint local;
    Method method = Method::unknown;
    bool persists = false;
    Status status = Status::ok;
    std::string front;  ///< see append_front
    std::string content;
    std::uint64_t content_length_bytes = 0;  ///< as announced: for HEAD there is none here
    LogNotes notes;
    ExchangeSummary::Texts texts;
    std::shared_ptr<const Repeatable> repeatable;
    std::uint64_t checked_at = 0;  ///< the arrival after which `repeatable` was asked
  };

  /// `maximum_bytes`: of all entries together; 0 remembers nothing.
  explicit AnswerMemory(std::size_t maximum_bytes);

  /// Bytes have been received, for any session that uses this memory: what was asked before has to be asked
  /// again. To be called between the receiving and the session's part.
  void bytes_arrived() { ++arrivals_; }

  /// The answer to the head at the front of `input`, when it is remembered and still holds. Valid until the
  /// next call.
  [[nodiscard]] const Remembered* recall(std::string_view input, const Endpoint& local);

  /// Content above this is not kept.
  static constexpr std::size_t kMaximumContentBytes = 64 * 1024;
  void remember(Remembered answer);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kSlots = 8192;

  [[nodiscard]] std::unique_ptr<Remembered>& slot(std::string_view request);
  void forget(std::unique_ptr<Remembered>& slot);

  std::size_t maximum_bytes_;
  std::size_t bytes_ = 0;
  std::uint64_t arrivals_ = 1;
  std::size_t next_displaced_ = 0;
  std::vector<std::unique_ptr<Remembered>> slots_;  // by hash; empty until something is remembered
};

}  // namespace bobbin::http::http1
