#include "app/upload_folders.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>
#include <utility>

#include "app/run_aside.h"
#include "os/directory.h"
#include "os/file.h"

namespace bobbin::app {
namespace {

std::string cannot_be_used(const std::string& directory, const Error& error) {
  return fmt::format(
      "--upload-dir: \"{}\" cannot be used; a directory that this user may write to is needed, or --uploads "
      "off: {}",
      directory, error.message());
}

Result<os::FileStatus> status_of(const std::string& directory) {
  return os::status(TRY(os::open_directory(directory)));
}

}  // namespace

Result<std::shared_ptr<uploads::UploadHandler>, std::string> UploadFolders::open(
    const std::string& directory, const std::string& url_path) {
  const auto as_message = [&](const Error& error) { return cannot_be_used(directory, error); };
  if (const auto status = status_of(directory)) {
    const auto found = std::ranges::find_if(folders_, [&](const Folder& folder) {
      return folder.device == status->device && folder.inode == status->inode;
    });
    if (found != folders_.end() && found->url_path == url_path) return found->endpoint;
    if (found != folders_.end() && found->endpoint.use_count() > 1)
      return failure(fmt::format(
          "--upload-dir: \"{}\" is in use already, with its documents at {}; one directory cannot "
          "have two paths",
          directory, found->url_path));
  }
  std::shared_ptr<uploads::UploadHandler> endpoint =
      TRY(uploads::UploadHandler::create({.directory = directory,
                                          .url_path = url_path,
                                          .max_upload_bytes = limits_.max_upload,
                                          .commit_timeout = limits_.commit_timeout},
                                         log_)
              .map_error(as_message));
  const os::FileStatus status = TRY(status_of(directory).map_error(as_message));
  folders_.push_back({directory, status.device, status.inode, url_path, endpoint});
  return endpoint;
}

Result<void, std::string> UploadFolders::check(const std::string& directory) {
  const auto as_message = [&](const Error& error) { return cannot_be_used(directory, error); };
  const auto status = status_of(directory);
  const bool would_be_made = !status && status.error().code == ENOENT;
  if (!status && !would_be_made) return failure(as_message(status.error()));
  const std::string written_to =
      would_be_made ? std::filesystem::path(directory + "/..").lexically_normal().string() : directory;
  TRY(os::may_write(written_to.empty() ? "." : written_to).map_error(as_message));
  return {};
}

void UploadFolders::close_unused() {
  for (Folder& folder : folders_) {
    if (folder.endpoint.use_count() > 1) continue;
    auto thread = run_aside([endpoint = std::exchange(folder.endpoint, nullptr)] { endpoint->stop(); });
    if (thread.joinable()) closing_.push_back(std::move(thread));
  }
  std::erase_if(folders_, [](const Folder& folder) { return folder.endpoint == nullptr; });
}

void UploadFolders::stop() {
  for (const Folder& folder : folders_) folder.endpoint->stop();
  for (std::thread& thread : closing_) thread.join();
}

}  // namespace bobbin::app
