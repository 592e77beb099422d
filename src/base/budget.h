#pragma once

#include <atomic>
#include <cstdint>

namespace bobbin {

/// What many may take together, of memory or of disk: all documents that are not stored yet, for example.
/// Thread: any.
class Budget {
 public:
  explicit Budget(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  [[nodiscard]] std::uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

  /// The part that one of them has taken. It is given back when this object is destroyed. The budget
  /// outlives it. Thread: one at a time.
  class Share {
   public:
    explicit Share(Budget& budget) : budget_(budget) {}
    ~Share() { give_back(bytes_); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Takes so many bytes more. False, and nothing is taken, when the budget does not have them.
    [[nodiscard]] bool take(std::uint64_t bytes) {
      // Several threads add to one sum. A thread that finds it beyond the limit subtracts its own part again.
      const std::uint64_t before = budget_.used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
      if (before + bytes > budget_.limit_bytes_) {
        budget_.used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        return false;
      }
      bytes_ += bytes;
      return true;
    }
    /// `bytes` is at most what has been taken.
    void give_back(std::uint64_t bytes) {
      budget_.used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
      bytes_ -= bytes;
    }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

   private:
    Budget& budget_;
    std::uint64_t bytes_ = 0;
  };

 private:
  const std::uint64_t limit_bytes_;
  std::atomic<std::uint64_t> used_bytes_ = 0;
};

}  // namespace bobbin
