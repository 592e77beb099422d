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

/// What somebody may want to do first, for --help and the manual page.
struct Example {
  std::string_view purpose;                    ///< a sentence without its end
  std::span<const std::string_view> commands;  ///< each a line for a shell
};
[[nodiscard]] std::span<const Example> examples();

}  // namespace bobbin::app
