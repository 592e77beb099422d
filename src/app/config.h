#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "observe/access_log.h"
#include "observe/log.h"

namespace bobbin::app {

/// Everything an operator can decide, with its defaults. Plain values: ranges, names and meanings are in the
/// table of options.cpp, and docs/configuration.md explains each to the operator.
struct Config {
  std::vector<std::string> binds{
      "127.0.0.1"};           ///< IP addresses without brackets, or "localhost"; never empty
  std::uint16_t port = 8080;  ///< 0: any free one
  unsigned threads = 10;
  unsigned connections_per_thread = 1024;
  unsigned queue = 1024;
  std::string tcp_congestion = "auto";  ///< "auto", "system" or the name of an algorithm

  std::string root = "resources";
  std::vector<std::string> downloads{"txt", "png", "jpg",
                                     "jpeg"};  ///< extensions: lowercase, without the dot
  std::vector<std::string> allowed_types;      ///< extensions; empty: every type
  std::string mime_types = "/etc/mime.types";
  std::vector<std::string> headers;  ///< "Name: value", added to every answer that is no error

  std::uint64_t answer_memory = 64 * 1024 * 1024;  ///< of all threads together; 0: nothing is kept

  bool uploads = true;
  std::string upload_path = "/upload";
  std::string upload_dir;  ///< empty: <root>/uploads
  bool serve_uploads = true;

  std::vector<std::string> allow_hosts;  ///< each one is accepted by http::HostPolicy::parse_allowed
  std::string server_name = "Multi-threaded HTTP Server";  ///< empty: no Server field

  std::uint64_t max_head = 16 * 1024;
  std::uint64_t max_upload = 1024 * 1024;
  unsigned keep_alive_requests = 100;  ///< 0: no limit
  std::uint64_t minimum_rate = 500;    ///< bytes per second; 0: no minimum

  milliseconds keep_alive_timeout = seconds(30);
  milliseconds head_timeout = seconds(10);
  milliseconds rate_grace = seconds(10);
  milliseconds stall_timeout = seconds(60);
  milliseconds commit_timeout = seconds(30);
  milliseconds grace_period = seconds(30);

  bool access_log = true;
  observe::AccessFormat log_format = observe::AccessFormat::transfer;
  std::string log_file;  ///< empty: standard output
  observe::LogLevel log_level = observe::LogLevel::info;
  milliseconds status_interval = seconds(30);  ///< 0: never

  friend bool operator==(const Config&, const Config&) = default;
};

/// Start the server.
struct Run {
  Config config;
};
/// Write `text` (it ends in a newline) to standard output and exit with 0: --help, --version, --check-config.
struct Print {
  std::string text;
};
/// Write `message` (one line, without the newline) to standard error and exit with `exit_code`.
struct ConfigError {
  std::string message;
  int exit_code = 0;
};
using ParseOutcome = std::variant<Run, Print, ConfigError>;

inline constexpr int kExitUsage = 2;  ///< a bad command line or environment variable
inline constexpr int kExitConfiguration =
    78;  ///< a bad or unreadable configuration file (EX_CONFIG of sysexits.h)

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
using FileReader = std::function<Result<std::string>(const std::string& path)>;

/// What the operator asks for: flag > environment variable > configuration file > default. `arguments` are
/// without the program's name. A value is judged even where a stronger source overrides it, so that no
/// mistake lies in wait.
[[nodiscard]] ParseOutcome parse_configuration(std::span<const char* const> arguments,
                                               const Environment& environment, const FileReader& read_file);

}  // namespace bobbin::app
