#include "inbox/flush_time.h"

#include <algorithm>
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "os/directory.h"
#include "os/file.h"

namespace bobbin::inbox {
namespace {

constexpr std::size_t kBlockBytes = 4096;
constexpr const char* kName = "flush";

Result<FlushTime> measure(const os::Fd& file) {
  const std::string zeros(kBlockBytes * kFlushes, '\0');
  TRY(os::write_all(file, as_bytes(zeros)));
  TRY(os::sync(file));
  const std::string block(kBlockBytes, 'x');
  std::vector<Duration> times;
  for (std::size_t i = 0; i < kFlushes; ++i) {
    const Instant begin = monotonic_now();
    TRY(os::write_at(file, as_bytes(block), i * kBlockBytes));
    TRY(os::sync_content(file));
    times.push_back(monotonic_now() - begin);
  }
  return flush_time_of(std::move(times));
}

}  // namespace

Result<FlushTime> measure_flush(const os::Fd& directory) {
  const os::Fd file = TRY(os::create_private(directory, kName));
  auto measured = measure(file);
  TRY(os::remove_file(directory, kName));
  return measured;
}

FlushTime flush_time_of(std::vector<Duration> times) {
  ASSERT(!times.empty());
  std::ranges::sort(times);
  return {.flushes = times.size(),
          .median = times[(times.size() - 1) / 2],
          .p99 = times[(times.size() * 99 + 99) / 100 - 1]};
}

}  // namespace bobbin::inbox
