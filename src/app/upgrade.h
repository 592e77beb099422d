#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/deliveries.h"
#include "app/passed_listeners.h"
#include "app/upload_folders.h"
#include "base/clock.h"
#include "base/result.h"
#include "executor/executor.h"
#include "observe/log.h"
#include "os/launcher.h"
#include "os/message_socket.h"
#include "os/wake.h"

namespace bobbin::app {

/// Lets another process take over from this one: starts the program anew, by its name, gives it what listens
/// and the folders of documents, and says when it serves. Whatever goes wrong before that, this process
/// serves on. See upgrade_protocol.h. Thread: the main thread's.
class Upgrade {
 public:
  /// The references outlive this object.
  struct Parts {
    const os::Launcher* launcher;  ///< null: there is none, because of `obstacle`
    std::string obstacle;
    UploadFolders& folders;
    executor::Executor& executor;
    observe::LogWriter& log;
    std::function<Result<void>(const os::Fd&)> watch;  ///< has poll() called when this is readable
    std::function<void()> failed;                      ///< called when an upgrade has failed
  };
  [[nodiscard]] static Result<std::unique_ptr<Upgrade>> create(std::vector<PassableListener> listeners,
                                                               Parts parts);

  /// Documents that the successor has not answered are told to be not stored.
  ~Upgrade();
  Upgrade(const Upgrade&) = delete;
  Upgrade& operator=(const Upgrade&) = delete;

  /// Begins one, unless one is under way.
  void begin(Instant now);
  /// This process ends: one that is under way fails.
  void cancel(std::string_view why);
  /// Must be called at least once a second, and when what is watched is readable.
  void poll(Instant now);

  [[nodiscard]] bool is_under_way() const { return state_ != State::none && state_ != State::done; }
  /// Another process serves in place of this one.
  [[nodiscard]] bool is_done() const { return state_ == State::done; }
  /// Its number. Once it is done.
  [[nodiscard]] long successor() const { return successor_process_; }
  /// Which of the listeners it has taken, by their order. Once it is done.
  [[nodiscard]] const std::vector<std::size_t>& kept_listeners() const { return kept_; }

 private:
  enum class State : std::uint8_t {
    none,
    starting,      ///< the successor has been started
    handing_over,  ///< it could serve: the folders are being given up
    taking_over,   ///< it takes the folders
    taking_back,   ///< it has failed, while the folders were being given up
    done,
  };

  Upgrade(std::vector<PassableListener> listeners, Parts parts, os::Wake wake)
      : listeners_(std::move(listeners)), parts_(std::move(parts)), handed_over_(std::move(wake)) {}

  [[nodiscard]] Result<void> start_successor();
  void receive(Instant now);
  void take(std::string_view text, Instant now);
  void hand_folders_over(std::string_view kept, Instant now);
  void finish(long process);
  void fail(std::string_view reason);
  /// The same, where the new process may not know that it is to end.
  void abort(std::string_view reason);
  void end_of_successor();
  void tell_failure();
  void take_folders_back();

  const std::vector<PassableListener> listeners_;
  const Parts parts_;
  State state_ = State::none;
  std::shared_ptr<const os::MessageSocket> successor_;
  std::shared_ptr<Deliveries> deliveries_;
  long successor_process_ = 0;
  std::vector<std::size_t> kept_;
  Instant patience_ends_ = kNever;
  std::string failure_;                        // while taking_back
  os::Wake handed_over_;                       // a folder has been
  std::atomic<std::size_t> handing_over_ = 0;  // how many folders are being given up
};

}  // namespace bobbin::app
