#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/test_patience.h"
#include "journal/test_medium.h"
#include "store/folder.h"

namespace bobbin::store {

/// A folder in memory for tests. It can fail or hold any step, it remembers what happened in which order, and
/// it knows what a power cut would leave: content and names that were not synced are forgotten. Thread: any.
class TestFolder : public Folder {
 public:
  enum class Step : std::uint8_t {
    prepare,
    stage,
    append,
    sync,
    publish,
    sync_names,
    remove,
    close,
    sync_everything,
    sync_hidden_names,
    append_keys,
    prove,
    write_again
  };
  using Files = std::map<std::string, std::string>;  ///< name → content

  /// From the nth call of `step` on, `times` calls fail with `code`. Calls are counted from 1, from the time
  /// when the folder was made.
  void fail(Step step, int code, std::size_t nth = 1, std::size_t times = 1) {
    const Lock lock(mutex_);
    plan(step).fault = {.code = code, .first = nth, .times = times};
  }
  /// Every nth call of `step` fails with `code`.
  void fail_every(Step step, int code, std::size_t n) {
    const Lock lock(mutex_);
    plan(step).fault = {.code = code, .every = n};
  }
  /// Makes the calls of `step` wait until release().
  void hold(Step step) {
    const Lock lock(mutex_);
    plan(step).held = true;
  }
  void release(Step step) {
    const Lock lock(mutex_);
    plan(step).held = false;
    changed_.notify_all();
  }
  /// Waits until `count` calls of `step` are being held. False when patience has ended.
  [[nodiscard]] bool wait_until_held(Step step, std::size_t count) {
    return wait_until(step, &Plan::waiting, count);
  }
  /// Waits until `count` calls of `step` have ended well. False when patience has ended.
  [[nodiscard]] bool wait_until_done(Step step, std::size_t count) {
    return wait_until(step, &Plan::done, count);
  }

  /// Waits until `count` calls of `step` have begun, since the folder was made. False when patience has
  /// ended.
  [[nodiscard]] bool wait_until_called(Step step, std::size_t count) {
    return wait_until(step, &Plan::calls, count);
  }

  /// Sets who owns the folder from now on.
  void set_ownership(Ownership ownership) {
    const Lock lock(mutex_);
    ownership_ = ownership;
  }

  void note(std::string event) {
    const Lock lock(mutex_);
    events_.push_back(std::move(event));
  }
  /// What succeeded, in order ("sync", "publish", "sync_names", "remove"), and what note() has added.
  [[nodiscard]] std::vector<std::string> events() {
    const Lock lock(mutex_);
    return events_;
  }
  [[nodiscard]] std::size_t calls(Step step) {
    const Lock lock(mutex_);
    return plan(step).calls;
  }
  /// The files that a reader sees now.
  [[nodiscard]] Files files() {
    const Lock lock(mutex_);
    Files files;
    for (const auto& [name, inode] : names_) files[name] = inode->content;
    return files;
  }
  /// The files that a power cut leaves when the disk has written only what was synced.
  [[nodiscard]] Files after_power_cut() {
    const Lock lock(mutex_);
    Files files;
    for (const auto& [name, inode] : durable_names_)
      files[name] = inode->content.substr(0, inode->synced_bytes);
    return files;
  }
  /// How many names were given before the content was synced. The kernel may write a name at any time, so
  /// after each of these a power cut can leave a name without its bytes.
  [[nodiscard]] std::size_t published_too_early() {
    const Lock lock(mutex_);
    return published_too_early_;
  }
  [[nodiscard]] std::size_t staged_files() {
    const Lock lock(mutex_);
    return staged_files_;
  }

  /// The highest number of them until now.
  [[nodiscard]] std::size_t most_staged_files() {
    const Lock lock(mutex_);
    return most_staged_files_;
  }

  Result<Ownership> own() override {
    const Lock lock(mutex_);
    return ownership_;
  }
  void disown() override {
    const Lock lock(mutex_);
    ownership_ = Ownership::another_process;
  }
  Result<void> prepare() override {
    const Lock lock(mutex_);
    TRY(enter(Step::prepare));
    leave(Step::prepare, {});
    return {};
  }
  Result<void> prove() override {
    const Lock lock(mutex_);
    TRY(enter(Step::prove));
    leave(Step::prove, "prove");
    return {};
  }
  const std::string& path() const override { return path_; }
  std::uint64_t device() const override { return 0; }
  Result<std::unique_ptr<StagedFile>> stage() override {
    const Lock lock(mutex_);
    TRY(enter(Step::stage));
    most_staged_files_ = std::max(most_staged_files_, ++staged_files_);
    leave(Step::stage, {});
    return std::make_unique<File>(*this);
  }
  Result<void> sync_names() override {
    const Lock lock(mutex_);
    const auto names = names_;  // those that are there when the call begins
    TRY(enter(Step::sync_names));
    durable_names_ = names;
    leave(Step::sync_names, "sync_names");
    return {};
  }
  Result<void> remove(const std::string& name) override {
    const Lock lock(mutex_);
    TRY(enter(Step::remove));
    if (names_.erase(name) == 0) return failure(Error{ENOENT, "remove"});
    leave(Step::remove, "remove");
    return {};
  }

  // The journal.
  [[nodiscard]] journal::TestDisk& journal_disk() { return *disk_; }
  [[nodiscard]] bool has_journal() const { return has_journal_; }
  /// Forgets what was not synced, as a power cut does, and begins another boot.
  void cut_power() {
    disk_->cut_power();
    const Lock lock(mutex_);
    names_.clear();
    for (const auto& [name, inode] : durable_names_) {
      inode->content.resize(inode->synced_bytes);
      names_[name] = inode;
    }
    ++boots_;
  }
  /// Changes a file behind the store's back.
  void overwrite(const std::string& name, std::string content) {
    const Lock lock(mutex_);
    names_.at(name)->content = std::move(content);
  }
  /// What a consumer does that has read it.
  void take(const std::string& name) {
    const Lock lock(mutex_);
    names_.erase(name);
  }
  Result<std::unique_ptr<journal::Medium>> open_journal(bool make) override {
    has_journal_ = has_journal_ || make;
    if (!has_journal_) return nullptr;
    return std::make_unique<journal::TestMedium>(disk_);
  }
  Result<void> remove_journal() override {
    has_journal_ = false;
    disk_->segments.clear();
    return {};
  }
  std::string place_of(const std::string& name) override { return name; }
  void look_again() override {}
  std::string journal_obstacle() const override { return obstacle; }
  std::string obstacle;
  journal::Circumstances circumstances() const override {
    return {.boot = std::to_string(boots_), .mount = 1};
  }
  Result<void> sync_everything() override {
    const Lock lock(mutex_);
    const auto names = names_;
    std::map<std::shared_ptr<Inode>, std::size_t> sizes;
    for (const auto& [name, inode] : names) sizes[inode] = inode->content.size();
    TRY(enter(Step::sync_everything));
    durable_names_ = names;
    for (const auto& [inode, size] : sizes) inode->synced_bytes = size;
    leave(Step::sync_everything, "sync_everything");
    return {};
  }
  Result<std::optional<crypto::Digest>> digest_of(const std::string& name) override {
    const Lock lock(mutex_);
    const auto found = names_.find(name);
    if (found == names_.end()) return std::nullopt;
    return crypto::sha256(found->second->content);
  }
  Result<void> write_again(const std::string& name, Bytes content) override {
    const Lock lock(mutex_);
    TRY(enter(Step::write_again));
    const auto& inode = names_.at(name);
    inode->content = as_text(content);
    inode->synced_bytes = content.size();
    leave(Step::write_again, "write_again");
    return {};
  }
  Result<void> set_aside(const std::string& name) override {
    const Lock lock(mutex_);
    names_[".bobbin/replaced/" + name] = names_.extract(name).mapped();
    return {};
  }
  Result<void> sync_hidden_names() override {
    const Lock lock(mutex_);
    TRY(enter(Step::sync_hidden_names));
    for (const auto& [name, inode] : names_)
      if (name.starts_with(kHidden)) durable_names_[name] = inode;
    leave(Step::sync_hidden_names, "sync_hidden_names");
    return {};
  }
  Result<void> publish_hidden(const std::string& name) override {
    const Lock lock(mutex_);
    TRY(enter(Step::publish));
    const auto hidden = names_.find(hidden_name(name));
    if (hidden == names_.end()) return failure(Error{ENOENT, "publish_hidden"});
    if (!names_.emplace(name, hidden->second).second) return failure(Error{EEXIST, "publish_hidden"});
    leave(Step::publish, "publish");
    return {};
  }
  std::unique_ptr<KeyFiles> key_files() override { return std::make_unique<HiddenKeyFiles>(*this); }
  Result<void> remove_hidden_names() override {
    const Lock lock(mutex_);
    std::erase_if(names_, [](const auto& each) { return each.first.starts_with(kHidden); });
    return {};
  }

 private:
  struct Inode {
    std::string content;
    std::size_t synced_bytes = 0;
  };
  struct Fault {
    int code = 0;
    std::size_t first = 0;
    std::size_t times = 0;
    std::size_t every = 0;

    [[nodiscard]] bool strikes(std::size_t call) const {
      return (call >= first && call < first + times) || (every != 0 && call % every == 0);
    }
  };
  struct Plan {
    Fault fault;
    bool held = false;
    std::size_t waiting = 0;
    std::size_t calls = 0;
    std::size_t done = 0;
  };

  class File : public StagedFile {
   public:
    explicit File(TestFolder& folder) : folder_(folder) {}
    ~File() override {
      const Lock lock(folder_.mutex_);
      static_cast<void>(folder_.enter(Step::close));
      --folder_.staged_files_;
      folder_.leave(Step::close, {});
    }
    Result<void> append(Bytes bytes) override {
      const Lock lock(folder_.mutex_);
      TRY(folder_.enter(Step::append));
      inode_->content += as_text(bytes);
      folder_.leave(Step::append, {});
      return {};
    }
    Result<void> sync() override {
      const Lock lock(folder_.mutex_);
      const std::size_t bytes = inode_->content.size();
      TRY(folder_.enter(Step::sync));
      inode_->synced_bytes = bytes;
      folder_.leave(Step::sync, "sync");
      return {};
    }
    int descriptor() const override { return -1; }
    Result<void> publish(const std::string& name) override {
      const Lock lock(folder_.mutex_);
      TRY(folder_.enter(Step::publish));
      if (!folder_.names_.emplace(name, inode_).second) return failure(Error{EEXIST, "publish"});
      if (inode_->synced_bytes != inode_->content.size()) ++folder_.published_too_early_;
      folder_.leave(Step::publish, "publish");
      return {};
    }

   private:
    TestFolder& folder_;
    std::shared_ptr<Inode> inode_ = std::make_shared<Inode>();
  };

  /// As other hidden files, durable with sync_everything.
  class HiddenKeyFiles : public KeyFiles {
   public:
    explicit HiddenKeyFiles(TestFolder& folder) : folder_(folder) {}
    Result<std::vector<std::uint64_t>> numbers() override {
      const Lock lock(folder_.mutex_);
      std::vector<std::uint64_t> numbers;
      for (const auto& [name, inode] : folder_.names_)
        if (name.starts_with(kKeys)) numbers.push_back(std::stoull(name.substr(kKeys.size())));
      std::ranges::sort(numbers);
      return numbers;
    }
    Result<std::string> read(std::uint64_t number) override {
      const Lock lock(folder_.mutex_);
      return folder_.names_.at(name_of(number))->content;
    }
    Result<void> begin(std::uint64_t number) override {
      const Lock lock(folder_.mutex_);
      current_ = std::make_shared<Inode>();
      if (!folder_.names_.emplace(name_of(number), current_).second) return failure(Error{EEXIST, "begin"});
      return {};
    }
    Result<void> append(std::string_view text) override {
      const Lock lock(folder_.mutex_);
      const Result<void> entered = folder_.enter(Step::append_keys);
      current_->content += entered ? text : text.substr(0, text.size() / 2);
      if (!entered) return entered;
      folder_.leave(Step::append_keys, {});
      return {};
    }
    Result<void> remove(std::uint64_t number) override {
      const Lock lock(folder_.mutex_);
      folder_.names_.erase(name_of(number));
      return {};
    }

   private:
    static constexpr std::string_view kKeys = ".bobbin/keys/";
    static std::string name_of(std::uint64_t number) { return std::string(kKeys) + std::to_string(number); }

    TestFolder& folder_;
    std::shared_ptr<Inode> current_;
  };

  Plan& plan(Step step) REQUIRES(mutex_) { return plans_[static_cast<std::size_t>(step)]; }

  Result<void> enter(Step step) REQUIRES(mutex_) {
    Plan& p = plan(step);
    const std::size_t call = ++p.calls;
    ++p.waiting;
    changed_.notify_all();
    while (p.held) changed_.wait(mutex_);
    --p.waiting;
    if (p.fault.strikes(call)) return failure(Error{p.fault.code, "test"});
    return {};
  }
  void leave(Step step, std::string_view event) REQUIRES(mutex_) {
    ++plan(step).done;
    if (!event.empty()) events_.emplace_back(event);
    changed_.notify_all();
  }
  bool wait_until(Step step, std::size_t Plan::* counter, std::size_t count) {
    const Instant deadline = end_of_patience();
    const Lock lock(mutex_);
    while (plan(step).*counter < count) {
      if (monotonic_now() >= deadline) return false;
      changed_.wait_for(mutex_, milliseconds(100));
    }
    return true;
  }

  static constexpr std::string_view kHidden = ".bobbin/large/";

  const std::string path_ = "test folder";
  const std::shared_ptr<journal::TestDisk> disk_ = std::make_shared<journal::TestDisk>();
  bool has_journal_ = false;
  int boots_ = 1;
  Mutex mutex_;
  Ownership ownership_ GUARDED_BY(mutex_) = Ownership::ours;
  ConditionVariable changed_;
  std::array<Plan, 13> plans_ GUARDED_BY(mutex_);
  std::vector<std::string> events_ GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<Inode>> names_ GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<Inode>> durable_names_ GUARDED_BY(mutex_);
  std::size_t published_too_early_ GUARDED_BY(mutex_) = 0;
  std::size_t staged_files_ GUARDED_BY(mutex_) = 0;
  std::size_t most_staged_files_ GUARDED_BY(mutex_) = 0;
};

}  // namespace bobbin::store
