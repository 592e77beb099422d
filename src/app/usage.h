#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/command_line.h"

namespace bobbin::app {

/// One way to call the program, for --help, the manual page and completions.
struct Usage {
  std::optional<Command> command;  ///< nothing: it serves
  std::string_view words;          ///< those that name the command: "inbox ls"
  std::string_view arguments;      ///< what may stand behind them
  std::string_view meaning;        ///< goes on from the words, as in "lists the records of an inbox"

  /// "bobbin inbox ls DIR"
  [[nodiscard]] std::string line() const;
};

/// Serving comes first; then each command once.
[[nodiscard]] std::span<const Usage> usages();

}  // namespace bobbin::app
