#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "app/config.h"
#include "app/forward_words.h"
#include "app/object_store_words.h"
#include "app/pull_words.h"
#include "app/warning.h"
#include "base/clock.h"
#include "base/result.h"
#include "inbox/record_folders.h"
#include "inbox/retry_schedule.h"

namespace bobbin::app {

/// Start the server. `warnings`: sentences for the log.
struct Run {
  Config config;
  std::vector<Warning> warnings;
  std::string config_file = {};  ///< empty: there is none
};
/// Look whether the server could be started (--check-config). `subject` is the name of the configuration
/// file, or empty.
struct Check {
  Config config;
  std::vector<Warning> warnings;
  std::string subject;
};
/// Show what would be served (bobbin audit). `subject` as above.
struct Audit {
  Config config;
  std::vector<Warning> warnings;
  std::string subject;
  bool shows_all = false;  ///< every URL, and every finding
  bool as_json = false;
};
/// Say whether the machine and the configuration fit (bobbin doctor).
struct Doctor {
  Config config;
  std::vector<Warning> warnings;
  bool as_json = false;
};
/// Have a server that runs upgraded (bobbin upgrade). `pid_file`: where it says who it is; empty: nowhere.
struct RequestUpgrade {
  std::string pid_file;
};
/// Say what would be answered to one request (bobbin explain).
struct Explain {
  Config config;
  std::vector<Warning> warnings;
  std::string method;
  std::string url;                  ///< with scheme and host, or a path
  std::vector<std::string> fields;  ///< "Name: value" each
  std::string client;               ///< an address
  bool as_json = false;
};
/// Look at the journal of an upload folder, or try the folder out (bobbin inbox).
struct Inbox {
  enum class Task : std::uint8_t { verify, cat, prove } task = Task::verify;
  std::string folder;
  bool as_json = false;
  // cat:
  bool receipts = false;  ///< these alone
  bool bodies = false;    ///< likewise
  std::uint64_t first_sequence = 0;
  // prove:
  std::optional<std::uint64_t> documents;  ///< how many are stored at most; nothing: the default
  bool until_killed = false;
  std::optional<std::string> acknowledged;  ///< the file to compare with
};
/// List the records of an inbox, or take them out (bobbin inbox ls, next and so on).
struct Records {
  enum class Task : std::uint8_t {
    ls,
    next,
    work,
    forward,
    drain,
    pull,
    done,
    fail,
    replay,
    reclaim
  } task = Task::ls;
  std::string folder;
  inbox::RecordFolder listed = inbox::RecordFolder::unclaimed;  ///< ls
  bool as_json = false;                                         ///< ls
  std::string consumer;                                         ///< next, work, forward, drain
  milliseconds wait{0};                                         ///< next
  std::vector<std::string> program;                             ///< work: not empty
  inbox::RetrySchedule retry;                                   ///< work, forward
  ForwardWords destination;                                     ///< forward
  RequestWords requests;                                        ///< forward, drain, pull
  ObjectStoreWords store;                                       ///< drain, pull
  PullWords pull;                                               ///< pull
  bool until_empty = false;                                     ///< drain, pull
  std::vector<std::string> fields;                              ///< forward: "Name: value" each
  std::vector<std::string> files;                               ///< done, fail, replay
  std::optional<inbox::RecordFolder> all_in;                    ///< replay: instead of files
  milliseconds older{0};                                        ///< reclaim
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
using ParseOutcome =
    std::variant<Run, Check, Audit, Doctor, RequestUpgrade, Explain, Inbox, Records, Print, ConfigError>;

inline constexpr int kExitUsage = 2;  ///< a bad command line or environment variable
/// A bad or unreadable configuration file (EX_CONFIG of sysexits.h).
inline constexpr int kExitConfiguration = 78;

using Environment = std::map<std::string, std::string>;

/// What is read besides the arguments.
struct Sources {
  Environment environment;  ///< the whole environment, so that a misspelt variable is noticed
  std::function<Result<std::string>(const std::string& path)> read_file;
  std::function<bool(const std::string& path)> is_directory;
  std::function<unsigned()> usable_cpus = [] { return 1U; };
};

/// Finds out what the operator asks for. A flag goes before an environment variable, that before the
/// configuration file, and the file before the default. `arguments` do not include the program's name. A
/// value is judged even where a stronger source overrides it, so that no mistake stays hidden.
[[nodiscard]] ParseOutcome parse_configuration(std::span<const char* const> arguments,
                                               const Sources& sources);

}  // namespace bobbin::app
