#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "app/config.h"
#include "base/result.h"

namespace bobbin::app {

/// Start the server. `warnings`: sentences for the log.
struct Run {
  Config config;
  std::vector<std::string> warnings;
};
/// Look whether the server could be started: --check-config. `subject`: the configuration file's name, if
/// any.
struct Check {
  Config config;
  std::vector<std::string> warnings;
  std::string subject;
};
/// Write `text` (it ends in a newline) to standard output and exit with 0: --help, --version.
struct Print {
  std::string text;
};
/// Write `message` (one line, without the newline) to standard error and exit with `exit_code`.
struct ConfigError {
  std::string message;
  int exit_code = 0;
};
using ParseOutcome = std::variant<Run, Check, Print, ConfigError>;

inline constexpr int kExitUsage = 2;  ///< a bad command line or environment variable
inline constexpr int kExitConfiguration =
    78;  ///< a bad or unreadable configuration file (EX_CONFIG of sysexits.h)

using Environment = std::map<std::string, std::string>;

/// What is read besides the arguments.
struct Sources {
  Environment environment;  ///< all of it, so that a misspelt variable is noticed
  std::function<Result<std::string>(const std::string& path)> read_file;
  std::function<bool(const std::string& path)> is_directory;
};

/// What the operator asks for: flag > environment variable > configuration file > default. `arguments` are
/// without the program's name. A value is judged even where a stronger source overrides it, so that no
/// mistake lies in wait.
[[nodiscard]] ParseOutcome parse_configuration(std::span<const char* const> arguments,
                                               const Sources& sources);

}  // namespace bobbin::app
