#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/command_line.h"
#include "base/result.h"

namespace bobbin::app {

/// What stands without a flag in a command of inbox.
struct InboxWords {
  Command command = Command::inbox_verify;
  std::string folder;
  std::vector<std::string> files;    ///< of inbox done, fail and replay
  std::vector<std::string> program;  ///< of inbox work
};

/// Takes `inbox COMMAND DIR [FILE…]` and `inbox work DIR -- PROGRAM [ARGUMENT…]` apart. `words` begin with
/// `inbox`; `marker`: how many of them stand before `--`, where there is one. The error is a message.
[[nodiscard]] Result<InboxWords, std::string> inbox_words(std::span<const std::string> words,
                                                          std::optional<std::size_t> marker);

/// Whether a command of inbox has been told all that it needs. The error is a message.
[[nodiscard]] Result<void, std::string> check_inbox_command(const CommandLine& line);

}  // namespace bobbin::app
