#include "observe/log_target.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "observe/socket_target.h"
#include "os/directory.h"
#include "os/log_file.h"

namespace bobbin::observe {
namespace {

class FileTarget final : public LogTarget {
 public:
  /// `path`: empty for standard output, which is never reopened.
  FileTarget(std::string path, os::LogFile file) : path_(std::move(path)), file_(std::move(file)) {}

  [[nodiscard]] Result<std::size_t> write_some(std::string_view lines) override {
    return file_.write_some(lines);
  }
  void wait_for_room(milliseconds limit) override { file_.wait_for_room(limit); }
  [[nodiscard]] Result<void> reopen() override {
    if (!path_.empty()) file_ = TRY(os::LogFile::open(path_));
    return {};
  }

 private:
  const std::string path_;
  os::LogFile file_;
};

}  // namespace

Result<std::unique_ptr<LogTarget>> LogTarget::open(std::string_view place) {
  const auto parsed = parse_log_place(place);
  if (!parsed) return failure(Error{EINVAL, "log"});
  return open(*parsed);
}

Result<void> LogTarget::check(std::string_view place) {
  const auto parsed = parse_log_place(place);
  std::error_code error;
  if (!parsed || parsed->path.empty() || std::filesystem::exists(parsed->path, error)) {
    static_cast<void>(TRY(open(place)));
    return {};
  }
  const std::string parent = std::filesystem::path(parsed->path).parent_path().string();
  return os::may_write(parent.empty() ? "." : parent);
}

Result<std::unique_ptr<LogTarget>> LogTarget::open(const LogPlace& place) {
  if (place.kind == LogPlace::Kind::file) {
    auto file = place.path.empty() ? os::LogFile::standard_output() : os::LogFile::open(place.path);
    return std::make_unique<FileTarget>(place.path, TRY(std::move(file)));
  }
  return std::make_unique<SocketTarget>(place.kind, place.address,
                                        TRY(os::LogSocket::connect(place.address)));
}

}  // namespace bobbin::observe
