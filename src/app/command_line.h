#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "app/options.h"

namespace bobbin::app {

/// The arguments, taken apart but not yet judged.
struct CommandLine {
  std::vector<Setting> settings;  ///< every option at most once
  std::set<Action> actions;
  std::optional<Value> file;        ///< of --config
  bool directory_is_named = false;  ///< the first word is a directory: `bobbin site`
};

/// Takes arguments (without the program's name) apart: `[DIR] [PORT [HOST [THREADS]]]`, `--name VALUE`,
/// `--name=VALUE`, `-n VALUE`, `-nVALUE`, `--`. The first word is a port when it has digits only, else a
/// command, else a directory (`./inbox` where a command has its name). A word that is none of these, an
/// unknown flag, a missing value, a surplus argument or a setting given twice is a message.
[[nodiscard]] Result<CommandLine, std::string> parse_command_line(
    std::span<const char* const> arguments, const std::function<bool(const std::string&)>& is_directory);

}  // namespace bobbin::app
