#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/passed_listeners.h"
#include "app/upload_folders.h"
#include "base/result.h"
#include "executor/executor.h"
#include "os/message_socket.h"

namespace bobbin::app {

/// The process that this one takes over from, which has started it by its launcher: see upgrade_protocol.h.
/// Thread: the main thread's.
class Predecessor {
 public:
  /// Nothing: this process takes over from nobody. To be called once, before the environment is read.
  [[nodiscard]] static std::optional<Predecessor> of_environment();

  /// Waits for the sockets on which the other process listens.
  [[nodiscard]] Result<std::vector<InheritedListener>, std::string> receive_listeners();
  /// Tells the other process that this one could serve, and which of its listeners it takes, waits until it
  /// has given its folders up, and takes those.
  [[nodiscard]] Result<void, std::string> take_over(const std::vector<std::size_t>& kept,
                                                    UploadFolders& folders);
  /// From now on this process serves. What the other one still receives goes into these folders, which
  /// outlive this object, as the executor does.
  [[nodiscard]] Result<void, std::string> begin_serving(UploadFolders& folders, executor::Executor& executor);
  /// This process does not take over, and why.
  void fail(const std::string& reason);

  /// Readable when poll() has something to do.
  [[nodiscard]] const os::Fd& fd() const { return socket_->fd(); }
  /// Takes documents that have arrived. False: the other process has ended, and poll() is not to be called
  /// again.
  [[nodiscard]] bool poll();

 private:
  explicit Predecessor(os::MessageSocket socket)
      : socket_(std::make_shared<const os::MessageSocket>(std::move(socket))) {}

  [[nodiscard]] Result<os::Message, std::string> next(Duration patience);
  void take_document(std::string_view text, std::vector<os::Fd> descriptors);

  std::shared_ptr<const os::MessageSocket> socket_;  // kept by documents on their way
  UploadFolders* folders_ = nullptr;
  executor::Executor* executor_ = nullptr;
};

}  // namespace bobbin::app
