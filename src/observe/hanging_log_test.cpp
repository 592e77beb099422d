#include <atomic>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include "observe/log.h"
#include "observe/test_files.h"

namespace bobbin::observe {
namespace {

/// As long as one exists, writes of this process's log threads hang as on a disk that does not answer. (The
/// program's own write() comes before the C library's.)
class HangingWrites {
 public:
  HangingWrites() { state() = State::hold; }
  ~HangingWrites() { release(); }
  void wait_until_one_hangs() { state().wait(State::hold); }
  /// Returns when the one that hangs has been made.
  void release() {
    if (state() == State::hangs) {
      state() = State::released;
      state().notify_all();
      state().wait(State::released);
    }
    state() = State::none;
  }

  enum class State : std::uint8_t { none, hold, hangs, released };
  static std::atomic<State>& state() {
    static std::atomic<State> state{State::none};
    return state;
  }
};

TEST(HangingLog, IsLeftBehindAtTheStop) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "log";
  auto log = Log::open({.file = path});
  ASSERT_TRUE(log);
  LogWriter& writer = (*log)->writer("");
  HangingWrites hanging;
  writer.write_block("first\n");
  hanging.wait_until_one_hangs();
  writer.write_block("second\n");
  (*log)->stop();                 // without a limit this never returns
  writer.write_block("third\n");  // a writer does no harm,
  log->reset();  // nor does the thread, which finds its memory when its call returns after all
  hanging.release();
  while (content_of(path) != "first\nsecond\n") std::this_thread::yield();
}

}  // namespace
}  // namespace bobbin::observe
extern "C" ssize_t write(int fd, const void* data, std::size_t count) {
  using State = bobbin::observe::HangingWrites::State;
  auto& state = bobbin::observe::HangingWrites::state();
  auto expected = State::hold;
  const bool hangs = state.compare_exchange_strong(expected, State::hangs);
  if (hangs) {
    state.notify_all();
    state.wait(State::hangs);
  }
  const ssize_t written = ::syscall(SYS_write, fd, data, count);
  if (hangs) {
    state = State::none;
    state.notify_all();
  }
  return written;
}
