#include "inbox/store_trouble.h"

#include <algorithm>
#include <fmt/format.h>

namespace bobbin::inbox {

using object_store::Trouble;

milliseconds believed_pause(const Trouble& trouble) {
  constexpr milliseconds kMost = std::chrono::minutes(5);
  return std::min(trouble.shortest_pause, kMost);
}

Result<void, std::string> judge_at_start(const object_store::Location& location, const Trouble& trouble,
                                         const Report& report) {
  const std::string message = fmt::format("{} cannot be used: {}", location.text(), trouble.reason);
  switch (trouble.kind) {
    case Trouble::Kind::refused:
    case Trouble::Kind::impossible: return failure(message);
    case Trouble::Kind::unavailable: report(message + "; it is tried again"); break;
    case Trouble::Kind::aborted: break;
  }
  return {};
}

}  // namespace bobbin::inbox
