#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "http/http1/input_buffer.h"
#include "http/http1/response_queue.h"

namespace bobbin::http::http1 {

/// What a session needs while it is not idle.
struct Workspace {
  InputBuffer input;
  ResponseQueue responses;

  [[nodiscard]] bool empty() const { return input.empty() && responses.empty(); }
};

/// The workspaces of one worker's sessions. A session that finishes within its turn gives its workspace to
/// the next one, memory included. So answering allocates nothing, and an idle connection holds nothing.
/// Thread: the worker's.
class Workspaces {
 public:
  [[nodiscard]] std::unique_ptr<Workspace> take() {
    if (spare_.empty()) return std::make_unique<Workspace>();
    auto workspace = std::move(spare_.back());
    spare_.pop_back();
    return workspace;
  }
  /// The workspace must be empty.
  void give_back(std::unique_ptr<Workspace> workspace) {
    if (spare_.size() == kSpare) return;
    workspace->responses.reset();
    if (workspace->input.capacity() > kKeptInputBytes) workspace->input.trim();
    spare_.push_back(std::move(workspace));
  }

 private:
  static constexpr std::size_t kSpare = 4;
  static constexpr std::size_t kKeptInputBytes = 64 * 1024;
  std::vector<std::unique_ptr<Workspace>> spare_;
};

}  // namespace bobbin::http::http1
