#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "observe/log.h"
#include "uploads/upload_handler.h"

namespace bobbin::app {

/// The upload endpoints by the directories that they store in. They outlive reloads: a new generation takes
/// over the endpoint of its predecessor where the directory is the same, so that no store is opened twice and
/// none is closed while a generation needs it. Thread: the main thread's, but for stop().
class UploadFolders {
 public:
  /// `log` outlives this.
  UploadFolders(const ServerConfig& limits, observe::Log& log) : limits_(limits), log_(log) {}

  /// The endpoint that stores in `directory`, whose documents stand beneath `url_path` (percent-encoded). The
  /// error is a sentence for the operator.
  [[nodiscard]] Result<std::shared_ptr<uploads::UploadHandler>, std::string> open(
      const std::string& directory, const std::string& url_path);

  /// Looks whether open() could succeed, and changes nothing.
  [[nodiscard]] static Result<void, std::string> check(const std::string& directory);

  /// Ends the endpoints that no generation holds any more, each in a thread of its own: a disk that hangs
  /// must not hold up whoever calls this.
  void close_unused();

  /// Answers the uploads that are still being committed and ends all endpoints. To be called once the workers
  /// have ended; by any thread.
  void stop();

 private:
  struct Folder {
    std::string directory;
    std::uint64_t device;
    std::uint64_t inode;
    std::string url_path;
    std::shared_ptr<uploads::UploadHandler> endpoint;
  };

  const ServerConfig limits_;
  observe::Log& log_;
  std::vector<Folder> folders_;
  std::vector<std::thread> closing_;
};

}  // namespace bobbin::app
