#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/http1/output.h"
#include "http/http1/pace.h"
#include "http/session.h"

namespace bobbin::http::http1 {

/// What a session needs while it is not idle.
struct Workspace {
  /// A queued answer, until its last byte has left.
  struct QueuedResponse {
    std::uint64_t content_start = 0;  ///< stream positions, in bytes since the workspace was taken
    std::uint64_t end = 0;
    ExchangeSummary summary;
  };

  std::string input;  ///< bytes received and not yet used: an unfinished head, or pipelined requests
  Output output;
  std::uint64_t sent_bytes = 0;     ///< the stream position of the output's front
  std::optional<Pace> output_pace;  ///< while there is output
  std::vector<QueuedResponse> responses;

  [[nodiscard]] std::uint64_t queued_bytes() const { return sent_bytes + output.pending_bytes(); }
  [[nodiscard]] bool empty() const { return input.empty() && output.empty(); }
  /// Drops what has not left.
  void clear() {
    input.clear();
    output.clear();
    sent_bytes = 0;
    output_pace.reset();
    responses.clear();
  }
};

/// The workspaces of one worker's sessions. A session that finishes within its turn gives its workspace to
/// the next one, memory included: so answering allocates nothing, and an idle connection holds nothing.
/// Thread: the worker's.
class Workspaces {
 public:
  [[nodiscard]] std::unique_ptr<Workspace> take() {
    if (spare_.empty()) return std::make_unique<Workspace>();
    auto workspace = std::move(spare_.back());
    spare_.pop_back();
    return workspace;
  }
  /// It is empty.
  void give_back(std::unique_ptr<Workspace> workspace) {
    if (spare_.size() == kSpare) return;
    workspace->sent_bytes = 0;
    if (workspace->input.capacity() > kKeptInputBytes) workspace->input.shrink_to_fit();
    spare_.push_back(std::move(workspace));
  }

 private:
  static constexpr std::size_t kSpare = 4;
  static constexpr std::size_t kKeptInputBytes = 64 * 1024;
  std::vector<std::unique_ptr<Workspace>> spare_;
};

}  // namespace bobbin::http::http1
