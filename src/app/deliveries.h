#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "base/mutex.h"
#include "executor/executor.h"
#include "os/message_socket.h"
#include "store/successor.h"

namespace bobbin::app {

/// Documents that this process has received and its successor stores. Thread: any.
class Deliveries final : public std::enable_shared_from_this<Deliveries> {
 public:
  /// The executor outlives it.
  Deliveries(std::shared_ptr<const os::MessageSocket> successor, executor::Executor& executor)
      : successor_(std::move(successor)), executor_(executor) {}

  /// For the documents of one folder.
  [[nodiscard]] std::shared_ptr<store::Successor> successor_of(std::uint64_t device, std::uint64_t inode);
  /// `text`: what the successor says behind the word `outcome`.
  void take_outcome(std::string_view text) EXCLUDES(mutex_);
  /// The successor has ended: what it was given and has not answered may be stored or not, and its senders
  /// are told that it is not.
  void end() EXCLUDES(mutex_);

 private:
  class FolderSuccessor;
  struct UnderWay {
    std::shared_ptr<store::Document> document;
    store::Document::Done done;
  };

  void take(std::uint64_t device, std::uint64_t inode, UnderWay delivery);
  void deliver(std::uint64_t device, std::uint64_t inode, UnderWay delivery) EXCLUDES(mutex_);
  /// Nothing when it has been finished before.
  void finish(std::uint64_t number, const store::Outcome& outcome) EXCLUDES(mutex_);
  static void conclude(UnderWay delivery, store::Outcome outcome);

  const std::shared_ptr<const os::MessageSocket> successor_;
  executor::Executor& executor_;

  Mutex mutex_;
  std::map<std::uint64_t, UnderWay> under_way_ GUARDED_BY(mutex_);  // by their numbers
  std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;
  bool has_ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace bobbin::app
