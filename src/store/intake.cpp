#include "store/intake.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "os/file.h"

namespace bobbin::store {
namespace {

constexpr std::size_t kPieceBytes = 64UL * 1024;
constexpr Duration kPatience = seconds(20);
constexpr Duration kPause = milliseconds(10);

NotStored failed(const Error& error) { return {.reason = NotStored::Reason::failed, .cause = error}; }

void wait_until_ready(Draft& draft) {
  const auto ready = std::make_shared<std::promise<void>>();
  draft.when_ready([ready] { ready->set_value(); });
  ready->get_future().wait();
}

}  // namespace

Result<Draft, NotStored> draft_of_file(DocumentStore& store, const os::Fd& file, std::uint64_t size_bytes) {
  Draft draft = store.begin(size_bytes);
  const Instant end = monotonic_now() + kPatience;
  std::array<std::byte, kPieceBytes> buffer;
  for (std::uint64_t offset = 0; offset < size_bytes;) {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), size_bytes - offset);
    const auto count = os::read_at(file, std::span(buffer).first(wanted), offset);
    if (!count) return failure(failed(count.error()));
    if (*count == 0) return failure(failed({ENODATA, "pread"}));
    const Bytes piece = Bytes(buffer).first(*count);
    const Draft::Intake intake = draft.append(piece);
    if (intake == Draft::Intake::refused) {
      if (monotonic_now() >= end) return failure(NotStored{NotStored::Reason::busy});
      std::this_thread::sleep_for(kPause);
      continue;
    }
    offset += *count;
    if (intake == Draft::Intake::wait) wait_until_ready(draft);
  }
  return draft;
}

}  // namespace bobbin::store
