#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "observe/access_log.h"
#include "observe/log.h"
#include "server/worker.h"

namespace bobbin::app {

/// Whether messages go elsewhere than exchanges.
[[nodiscard]] bool has_error_log(const ServerConfig& config);

/// A file that sites have for their exchanges.
struct SiteLogFile {
  std::string name;
  observe::AccessFormat format;

  friend bool operator==(const SiteLogFile&, const SiteLogFile&) = default;
};

/// All of them, each once, without the one that is the server's anyway.
[[nodiscard]] std::vector<SiteLogFile> site_log_files(const Config& config);

/// In which log the exchanges of a site stand: 0 in the server's, else in that of `files[i - 1]`, as
/// http::Site::access_log. A file that is not among them was named by a reload: the server's log then.
[[nodiscard]] std::size_t access_log_of(const SiteConfig& site, const std::vector<SiteLogFile>& files);

/// The logs that have exchanges alone, open from the start to the end of the server: those behind these
/// files, and that of the server where messages have another one. Thread: main.
class SiteLogs {
 public:
  /// The error is a sentence for the operator.
  [[nodiscard]] static Result<SiteLogs, std::string> open(const Config& config);
  /// Whether open() could succeed. The files are made when they are missing, as by a start.
  [[nodiscard]] static Result<void, std::string> check(const Config& config);

  /// In the order of site_log_files. They live as long as this.
  [[nodiscard]] std::vector<server::SiteLog> all() const;
  /// Of the server. Null where it is the one that has the messages. It lives as long as this.
  [[nodiscard]] observe::Log* exchanges() const { return exchanges_.get(); }
  /// Of all of them together. Thread: any.
  [[nodiscard]] std::uint64_t lost_lines() const;
  void reopen();
  void stop();

 private:
  struct OpenLog {
    std::unique_ptr<observe::Log> log;
    observe::AccessFormat format;
  };
  std::unique_ptr<observe::Log> exchanges_;
  std::vector<OpenLog> logs_;
};

}  // namespace bobbin::app
