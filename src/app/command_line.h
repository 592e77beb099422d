#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "app/completions.h"
#include "app/forward_words.h"
#include "app/object_store_words.h"
#include "app/options.h"
#include "app/pull_words.h"
#include "base/clock.h"
#include "inbox/record_folders.h"
#include "inbox/retry_schedule.h"

namespace bobbin::app {

/// What is done instead of serving.
enum class Command : std::uint8_t {
  audit,
  doctor,
  explain,
  upgrade,
  inbox_verify,
  inbox_cat,
  inbox_prove,
  inbox_ls,
  inbox_next,
  inbox_work,
  inbox_forward,
  inbox_drain,
  inbox_pull,
  inbox_done,
  inbox_fail,
  inbox_replay,
  inbox_reclaim
};

/// The arguments, taken apart but not yet judged.
struct CommandLine {
  std::vector<Setting> settings;  ///< every option at most once
  std::set<Action> actions;
  std::optional<Command> command;    ///< the first word, where it is one
  std::string method;                ///< of the request that is to be explained
  std::string url;                   ///< likewise
  std::vector<std::string> fields;   ///< likewise, and of inbox forward, "Name: value" each
  std::string client = "127.0.0.1";  ///< likewise; an address
  std::string inbox;                 ///< the folder that a command of inbox is about
  std::vector<std::string> files;    ///< of records, behind inbox done, fail and replay
  std::vector<std::string> program;  ///< that inbox work runs, with its first arguments
  inbox::RecordFolder listed = inbox::RecordFolder::unclaimed;  ///< by inbox ls
  std::optional<std::string> consumer;                          ///< of inbox next, work, forward and drain
  milliseconds wait{0};                                         ///< of inbox next
  inbox::RetrySchedule retry;                                   ///< of inbox work and forward
  RequestWords requests;                                        ///< of inbox forward, drain and pull
  ForwardWords forward;                                         ///< of inbox forward
  ObjectStoreWords store;                                       ///< of inbox drain and pull
  PullWords pull;                                               ///< of inbox pull
  std::optional<milliseconds> older;                            ///< of inbox reclaim
  std::uint64_t first_sequence = 0;                             ///< of what inbox cat prints
  std::optional<std::uint64_t> documents;                       ///< how many inbox prove stores
  std::optional<std::string> acknowledged;                      ///< the file that inbox prove compares with
  std::optional<Shell> completed_shell;                         ///< for which a script is printed
  std::optional<Value> file;                                    ///< the value of --config
  bool directory_is_named = false;  ///< whether the first word is a directory, as in `bobbin site`
};

/// Takes arguments (without the program's name) apart: `[COMMAND] [DIR] [PORT [HOST [THREADS]]]`, `--name
/// VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, `--`. The first word is a command if there is one of that
/// name, `[METHOD] URL` stands behind `explain`, and what inbox_words takes behind `inbox`; the next is a
/// port when it consists of digits, otherwise a directory (`./inbox` where a command has its name). The error
/// is a message about a word that is none of these, an unknown flag, a missing value, a surplus argument, or
/// a setting that is given twice.
[[nodiscard]] Result<CommandLine, std::string> parse_command_line(
    std::span<const char* const> arguments, const std::function<bool(const std::string&)>& is_directory);

}  // namespace bobbin::app
