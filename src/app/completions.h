#pragma once

#include <cstdint>
#include <string>

// Makes scripts for shells from the table of options, so that they complete the program's words.
namespace bobbin::app {

enum class Shell : std::uint8_t { bash, zsh, fish };

/// The script for this shell.
[[nodiscard]] std::string completions(Shell shell);

[[nodiscard]] std::string bash_completions();
[[nodiscard]] std::string zsh_completions();
[[nodiscard]] std::string fish_completions();

}  // namespace bobbin::app
