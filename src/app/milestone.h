#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "base/result.h"
#include "os/fd.h"
#include "os/wake.h"

namespace bobbin::app {

/// An event that other threads bring about and the main loop waits for. Thread: any thread may call `reach`;
/// the rest belongs to the main thread.
class Milestone {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Milestone>> create() {
    os::Wake wake = TRY(os::Wake::create());
    return std::unique_ptr<Milestone>(new Milestone(std::move(wake)));
  }
  void reach() {
    reached_ = true;
    wake_.notify();
  }
  [[nodiscard]] bool reached() {
    if (reached_) wake_.clear();
    return reached_;
  }
  [[nodiscard]] const os::Fd& fd() const { return wake_.fd(); }

 private:
  explicit Milestone(os::Wake wake) : wake_(std::move(wake)) {}

  os::Wake wake_;
  std::atomic<bool> reached_ = false;
};

}  // namespace bobbin::app
