#pragma once

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
  std::optional<Value> file;  ///< of --config
};

/// Takes arguments (without the program's name) apart: `[PORT [HOST [THREADS]]]`, `--name VALUE`,
/// `--name=VALUE`,
/// `-n VALUE`, `-nVALUE`, `--`. An unknown flag, a missing value, a surplus argument or a setting given twice
/// is a message.
[[nodiscard]] Result<CommandLine, std::string> parse_command_line(std::span<const char* const> arguments);

}  // namespace bobbin::app
