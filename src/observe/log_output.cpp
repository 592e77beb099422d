#include "observe/log_output.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>

namespace bobbin::observe {
namespace {

constexpr milliseconds kLookUp{100};  // while a reader stalls: how often to ask whether to give up

std::uint64_t count_lines(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

void LogOutput::write(std::string_view lines) {
  if (lost_lines_ > 0) {
    if (!send(loss_report()).empty()) return lose(count_lines(lines));
    lost_lines_ = 0;
  }
  lose(count_lines(send(lines)));
}

void LogOutput::lose(std::uint64_t lines) {
  lost_lines_ += lines;
  all_lost_lines_ += lines;
}

void LogOutput::reopen() {
  if (const auto reopened = target_->reopen(); !reopened) {
    return write(warning(Event::log_not_reopened,
                         fmt::format("Warning: cannot reopen the log file, going on with the old one ({})",
                                     reopened.error().message())));
  }
  is_inside_line_ = false;
}

// Returns what could not be written.
std::string_view LogOutput::send(std::string_view text) {
  while (!text.empty()) {
    const Result<std::size_t> sent = target_->write_some(text);
    if (!sent) {
      last_error_ = sent.error();
      return text;
    }
    if (*sent == 0) {
      if (!wait_for_room()) return text;
      continue;
    }
    is_inside_line_ = text[*sent - 1] != '\n';
    text.remove_prefix(*sent);
  }
  return text;
}

// False when it is time to give up.
bool LogOutput::wait_for_room() {
  const Instant now = monotonic_now();
  const Instant deadline = deadline_.load();
  if (now >= deadline) {
    last_error_ = {ETIMEDOUT, "poll"};
    return false;
  }
  target_->wait_for_room(std::min(kLookUp, std::chrono::ceil<milliseconds>(deadline - now)));
  return true;
}

std::string LogOutput::loss_report() const {
  // A torn line is ended first: what comes next must stand on a line of its own.
  return (is_inside_line_ ? "\n" : "") +
         warning(Event::log_lines_lost,
                 fmt::format("Warning: {} log lines lost ({})", lost_lines_, last_error_.message()));
}

std::string LogOutput::warning(Event event, std::string_view text) const {
  std::string line;
  format_.append(line, {.time = wall_now(), .event = event, .text = text});
  return line;
}

}  // namespace bobbin::observe
