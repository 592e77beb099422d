// bench_syscall: what an empty system call costs, in nanoseconds.
//
// A server's cost for a small file is mostly that of its system calls, and a call costs twenty times as much
// on one machine as on another (mitigations, hypervisors, seccomp filters). Results of two machines can only
// be compared with this number beside them.

#include <algorithm>
#include <array>
#include <sys/syscall.h>
#include <unistd.h>

#include "benchmarks/support.h"

namespace bobbin::bench {
namespace {

constexpr int kCallsPerBatch = 20'000;

/// By syscall(2), because a C library may keep the answer of a function of that name.
double nanoseconds_per_call() {
  const auto started = Clock::now();
  for (int i = 0; i < kCallsPerBatch; ++i) syscall(SYS_getppid);
  return std::chrono::duration<double, std::nano>(Clock::now() - started).count() / kCallsPerBatch;
}

int run() {
  std::array<double, 25> batches{};
  std::ranges::generate(batches, nanoseconds_per_call);
  const auto middle = batches.begin() + batches.size() / 2;
  std::ranges::nth_element(batches, middle);
  std::printf("%.0f\n", *middle);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace bobbin::bench

int main() { return bobbin::bench::run(); }
