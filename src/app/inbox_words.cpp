#include "app/inbox_words.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <string_view>

#include "app/options.h"

namespace bobbin::app {
namespace {

constexpr std::string_view kUploads = "uploads";
constexpr std::string_view kInbox = "inboxes/github";

/// A word behind `inbox`, and what belongs to it.
struct Form {
  std::string_view word;
  Command command;
  std::string_view folder;  ///< an example
  enum class Rest : std::uint8_t { nothing, files, program } rest = Rest::nothing;
};
using Rest = Form::Rest;

constexpr Form kForms[] = {{"ls", Command::inbox_ls, kInbox},
                           {"next", Command::inbox_next, kInbox},
                           {"work", Command::inbox_work, kInbox, Rest::program},
                           {"forward", Command::inbox_forward, kInbox},
                           {"drain", Command::inbox_drain, kInbox},
                           {"pull", Command::inbox_pull, kInbox},
                           {"done", Command::inbox_done, kInbox, Rest::files},
                           {"fail", Command::inbox_fail, kInbox, Rest::files},
                           {"replay", Command::inbox_replay, kInbox, Rest::files},
                           {"reclaim", Command::inbox_reclaim, kInbox},
                           {"verify", Command::inbox_verify, kUploads},
                           {"cat", Command::inbox_cat, kUploads},
                           {"prove", Command::inbox_prove, kUploads}};

const Form& form_of(Command command) { return *std::ranges::find(kForms, command, &Form::command); }

/// "ls, next or prove"
std::string all_words() {
  std::string text;
  for (const Form& form : kForms) {
    if (!text.empty()) text += &form == std::end(kForms) - 1 ? " or " : ", ";
    text += form.word;
  }
  return text;
}

std::string example_of(const Form& form) {
  std::string_view rest = form.rest == Rest::program ? " -- ./on-push" : "";
  if (form.command == Command::inbox_forward) rest = " --to https://example.org/in/events";
  if (form.command == Command::inbox_drain) rest = " --to s3://archive/github";
  if (form.command == Command::inbox_pull) rest = " --from s3://archive/github";
  return fmt::format("bobbin inbox {} {}{}", form.word, form.folder, rest);
}

Result<const Form*, std::string> form_named(std::string_view word) {
  const auto* const form = std::ranges::find(kForms, word, &Form::word);
  if (form != std::end(kForms)) return form;
  return failure(
      fmt::format("inbox: {}; {} is needed, as in: bobbin inbox verify uploads "
                  "(./inbox is the directory of this name)",
                  word.empty() ? "a command is missing" : in_quotes(word) + " is no command", all_words()));
}

/// Without files where all that have failed, or all that are done, are meant.
Result<void, std::string> check_files(const CommandLine& line, const Form& form) {
  const bool takes_all =
      line.actions.contains(Action::replay_failed) || line.actions.contains(Action::replay_done);
  if (takes_all && !line.files.empty())
    return failure(fmt::format("{}: a file is not allowed beside --failed or --done; give one of them",
                               in_quotes(line.files.front())));
  if (takes_all || !line.files.empty()) return {};
  if (form.command == Command::inbox_replay)
    return failure(
        fmt::format("inbox replay: the files of the records are missing, as in: bobbin inbox replay {0} "
                    "failed/RECORD; --failed and --done mean all",
                    kInbox));
  return failure(fmt::format(
      "inbox {0}: the files of the claims are missing, as in: bobbin inbox {0} {1} work/NAME.RECORD",
      form.word, kInbox));
}

}  // namespace

Result<InboxWords, std::string> inbox_words(std::span<const std::string> words,
                                            std::optional<std::size_t> marker) {
  const Form& form = *TRY(form_named(words.size() > 1 ? std::string_view(words[1]) : ""));
  const bool takes_program = form.rest == Rest::program;
  const auto own = takes_program ? words.first(marker.value_or(words.size())) : words;
  if (own.size() < 3)
    return failure(fmt::format("inbox {}: {} is missing, as in: {}", form.word,
                               form.folder == kUploads ? "the upload folder" : "the folder of the inbox",
                               example_of(form)));
  if (own.size() > 3 && form.rest != Rest::files)
    return failure(fmt::format("{}: too many arguments; only one folder stands behind inbox {}{}",
                               in_quotes(own[3]), form.word,
                               takes_program ? ", and the command behind --" : ""));
  const auto behind = words.subspan(own.size());
  if (takes_program && (behind.empty() || behind.front().empty()))
    return failure("inbox work: the command that gets the records is missing, as in: " + example_of(form));
  const auto files = own.subspan(3);
  return InboxWords{.command = form.command,
                    .folder = own[2],
                    .files = {files.begin(), files.end()},
                    .program = {behind.begin(), behind.end()}};
}

Result<void, std::string> check_inbox_command(const CommandLine& line) {
  const Form& form = form_of(*line.command);
  if (form.rest == Rest::files) TRY(check_files(line, form));
  const bool lacks_target = (form.command == Command::inbox_forward && line.forward.url.empty()) ||
                            (form.command == Command::inbox_drain && !line.store.location);
  if (lacks_target)
    return failure(fmt::format("inbox {}: --to is missing, as in: {}", form.word, example_of(form)));
  if (form.command == Command::inbox_pull && !line.store.location)
    return failure("inbox pull: --from is missing, as in: " + example_of(form));
  if (form.command == Command::inbox_reclaim && !line.older)
    return failure("inbox reclaim: --older is missing, as in: " + example_of(form) + " --older 15m");
  return {};
}

}  // namespace bobbin::app
