#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/mutex.h"
#include "journal/medium.h"

namespace bobbin::journal {

/// The disk of a journal, in memory, for tests. It knows what a power cut would leave.
struct TestDisk {
  struct Content {
    std::string now;
    std::string flushed;
  };
  std::map<std::uint64_t, std::shared_ptr<Content>> segments;
  std::shared_ptr<Content> prepared;
  int fail_prepare = 0;  ///< the errno of the next call
  int fail_write = 0;
  int fail_flush = 0;
  int spares_removed = 0;                  ///< how often remove_spares() was called
  std::function<void()> on_flush = [] {};  ///< before it has an effect
  Mutex mutex;

  /// Forgets what was not flushed.
  void cut_power() {
    const Lock lock(mutex);
    for (auto& [number, content] : segments) content->now = content->flushed;
    prepared.reset();
  }
};

/// Thread: any.
class TestMedium final : public Medium {
 public:
  explicit TestMedium(std::shared_ptr<TestDisk> disk) : disk_(std::move(disk)) {}

  Result<std::vector<std::uint64_t>> segments() override {
    const Lock lock(disk_->mutex);
    std::vector<std::uint64_t> numbers;
    for (const auto& [number, content] : disk_->segments) numbers.push_back(number);
    return numbers;
  }
  Result<std::string> read(std::uint64_t number) override {
    const Lock lock(disk_->mutex);
    return disk_->segments.at(number)->now;
  }
  Result<std::unique_ptr<SegmentFile>> prepare(std::uint64_t size_bytes) override {
    const Lock lock(disk_->mutex);
    TRY(step(disk_->fail_prepare));
    disk_->prepared = std::make_shared<TestDisk::Content>();
    disk_->prepared->now = disk_->prepared->flushed = std::string(size_bytes, '\0');
    return std::make_unique<File>(disk_, disk_->prepared);
  }
  Result<void> install(std::uint64_t number) override {
    const Lock lock(disk_->mutex);
    disk_->segments[number] = std::exchange(disk_->prepared, nullptr);
    return {};
  }
  Result<void> retire(std::uint64_t number) override {
    const Lock lock(disk_->mutex);
    disk_->segments.erase(number);
    return {};
  }
  Result<void> remove_spares() override {
    const Lock lock(disk_->mutex);
    ++disk_->spares_removed;
    return {};
  }

 private:
  class File final : public SegmentFile {
   public:
    File(std::shared_ptr<TestDisk> disk, std::shared_ptr<TestDisk::Content> content)
        : disk_(std::move(disk)), content_(std::move(content)) {}
    Result<void> write(std::uint64_t offset, Bytes bytes) override {
      const Lock lock(disk_->mutex);
      TRY(step(disk_->fail_write));
      content_->now.replace(offset, bytes.size(), as_text(bytes));
      return {};
    }
    Result<void> flush() override {
      disk_->on_flush();
      const Lock lock(disk_->mutex);
      TRY(step(disk_->fail_flush));
      content_->flushed = content_->now;
      return {};
    }

   private:
    std::shared_ptr<TestDisk> disk_;
    std::shared_ptr<TestDisk::Content> content_;
  };
  static Result<void> step(int& code) {
    if (code == 0) return {};
    return failure(Error{std::exchange(code, 0), "test"});
  }

  std::shared_ptr<TestDisk> disk_;
};

}  // namespace bobbin::journal
