// bench_placement CPU CPU: how far apart two CPUs are, as nanoseconds for one hand-over of a cache line.
//
// Under a hypervisor two virtual CPUs may share a cache now and lie in different core complexes a minute
// later: the same program then takes twice the time, so runs on two CPUs can only be compared when they were
// placed alike.

#include <atomic>
#include <pthread.h>
#include <sched.h>
#include <thread>

#include "benchmarks/support.h"

namespace bobbin::bench {
namespace {

constexpr unsigned kHandOvers = 200'000;

unsigned cpu_named(const char* text) {
  char* end = nullptr;
  const unsigned long cpu = std::strtoul(text, &end, 10);
  if (end == text || *end != '\0' || cpu >= CPU_SETSIZE) give_up(std::string(text) + ": not a CPU");
  return static_cast<unsigned>(cpu);
}

void stay_on(unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  errno = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  checked(errno == 0 ? 0 : -1, "pthread_setaffinity_np");
}

/// Two threads count one number up in turn, so that its cache line travels once for every step.
double nanoseconds_per_hand_over(unsigned here, unsigned there) {
  alignas(128) std::atomic<unsigned> turn = 0;
  const auto play = [&turn](unsigned mine) {
    for (unsigned next = mine; next < kHandOvers; next += 2) {
      while (turn.load(std::memory_order_acquire) != next) {
      }
      turn.store(next + 1, std::memory_order_release);
    }
  };
  std::jthread other([&] {
    stay_on(there);
    play(1);
  });
  stay_on(here);
  const auto started = Clock::now();
  play(0);
  other.join();
  return std::chrono::duration<double, std::nano>(Clock::now() - started).count() / kHandOvers;
}

int run(int argc, char** argv) {
  if (argc != 3) give_up("usage: bench_placement CPU CPU");
  std::printf("%.1f\n", nanoseconds_per_hand_over(cpu_named(argv[1]), cpu_named(argv[2])));
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace bobbin::bench

int main(int argc, char** argv) { return bobbin::bench::run(argc, argv); }
