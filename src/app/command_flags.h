#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "app/command_line.h"

namespace bobbin::app {

/// A flag that is about one command or a few, and about nothing else.
struct CommandFlag {
  Action action;
  std::string_view name;  ///< as an operator writes it
  std::set<Command> commands;
  std::string example;  ///< what may stand behind "bobbin "
};

/// All of them. The list lives as long as the program.
[[nodiscard]] std::span<const CommandFlag> command_flags();

}  // namespace bobbin::app
