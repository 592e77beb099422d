#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "http/content.h"
#include "http/response.h"
#include "http/session.h"

namespace bobbin::http::http1 {

/// A whole answer, and the request head that got it.
class CachedResponse {
 public:
  /// `request`: the head, its final empty line included. `front`: see append_front.
  CachedResponse(std::string_view request, const Endpoint& local, std::string_view front,
                 std::string_view content);

  [[nodiscard]] std::string_view request() const { return std::string_view(text_).substr(0, request_bytes_); }
  [[nodiscard]] std::string_view front() const {
    return std::string_view(text_).substr(request_bytes_, front_bytes_);
  }
  /// Empty when the content is shared.
  [[nodiscard]] std::string_view content() const {
    return std::string_view(text_).substr(request_bytes_ + front_bytes_);
  }
  /// Content that is too large to be copied into the output; null when it is not.
  [[nodiscard]] const SharedBytes& shared_content() const { return shared_content_; }
  [[nodiscard]] const Endpoint& local() const { return local_; }
  [[nodiscard]] std::size_t footprint_bytes() const;

  bool persists = false;
  Status status = Status::ok;
  std::uint64_t content_length_bytes = 0;  ///< as announced: for HEAD there is none here
  std::shared_ptr<const LogFields> texts;
  std::shared_ptr<Revalidator> revalidator;
  std::uint64_t round = 0;  ///< the arrival after which `revalidator` was asked

 private:
  std::string text_;  // request, front and content: what is read together lies together
  SharedBytes shared_content_;
  std::size_t request_bytes_;
  std::size_t front_bytes_;
  Endpoint local_;
};

/// Remembers whole answers by the whole bytes of the request heads that got them. Clients send the same bytes
/// again and again, and the same bytes mean the same decisions: so the parser, the router and the handler
/// need not be asked twice. They stay the only source: nothing is answered from here that they did not
/// decide.
///
/// Coherence: an answer is given again only when its `Revalidator` was asked after the request's last byte
/// had arrived. So no answer is older than its request. Requests that arrived together share the question.
///
/// Bounded in bytes; a newer answer displaces an older one. Thread: its owner's.
class ResponseCache {
 public:
  /// `maximum_bytes`: of all answers together; 0 remembers nothing.
  explicit ResponseCache(std::size_t maximum_bytes);

  /// Bytes have been received, for any session that uses this memory: what was asked before has to be asked
  /// again. To be called between the receiving and the session's part.
  void begin_round() { ++arrivals_; }

  /// The answer to the head at the front of `input`, when it is remembered and still holds. Valid until the
  /// next call.
  [[nodiscard]] const CachedResponse* find(std::string_view input, const Endpoint& local);

  /// Content above this is not kept.
  static constexpr std::size_t kMaximumContentBytes = 64 * 1024;
  /// Whether to remember an answer of about `bytes`. While the memory is full, few are: were all, a client
  /// that walks through more files than fit would displace each answer just before it is asked for again.
  [[nodiscard]] bool admits(std::size_t bytes);
  void remember(CachedResponse answer);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  /// Hashed, with linear probing over `kWindow` slots: however many hashes a client makes collide, a look
  /// costs no more than that.
  struct Slot {
    std::uint64_t hash = 0;
    std::unique_ptr<CachedResponse> answer;
  };
  static constexpr std::size_t kFirstSlots = 1024;
  static constexpr std::size_t kWindow = 8;

  /// One answer may take a small part only: a few large ones would push everything else out.
  [[nodiscard]] std::size_t largest_answer_bytes() const { return maximum_bytes_ / 8; }
  [[nodiscard]] Slot& at(std::uint64_t position) { return slots_[position & (slots_.size() - 1)]; }
  [[nodiscard]] Slot* find_slot(std::string_view request, const Endpoint& local);
  [[nodiscard]] Slot& place_for(std::uint64_t hash);
  void grow();
  void forget(Slot& slot);

  const std::size_t maximum_bytes_;
  std::size_t bytes_ = 0;
  std::size_t answers_ = 0;
  std::uint64_t arrivals_ = 1;
  std::uint64_t newcomers_ = 0;  // while it was full
  std::size_t next_displaced_ = 0;
  std::size_t last_request_bytes_ = 0;
  std::vector<Slot> slots_;  // a power of two; none until something is remembered
};

}  // namespace bobbin::http::http1
