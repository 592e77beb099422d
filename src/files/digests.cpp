#include "files/digests.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <span>
#include <thread>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"
#include "files/validators.h"
#include "http/field_syntax.h"
#include "os/file.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bobbin::files {
namespace {

constexpr std::size_t kStepBytes = 1024 * 1024;

executor::Lane& digest_lane(executor::Executor& executor, std::uint64_t device) {
  return executor.lane(device, "digest",
                       {.parallel = std::max(1U, std::thread::hardware_concurrency() / 2), .waiting = 256});
}

/// Waits until a change could not go unseen any more. False: it has changed, or says of itself that it will.
bool let_settle(const OpenFile& file) {
  constexpr int kLongestWaits = 300;
  for (int waits = 0; could_change_unseen(file.status(), wall_now()); ++waits) {
    if (waits == kLongestWaits) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return file.unchanged();
}

/// Waits for the disk. Nothing: it cannot be read, or has changed since it was looked at.
std::optional<crypto::Digest> digest_of(const OpenFile& file) {
  if (!let_settle(file)) return std::nullopt;
  crypto::Sha256 hash;
  std::string buffer(std::min<std::uint64_t>(file.status().size_bytes, kStepBytes), '\0');
  for (std::uint64_t offset = 0; offset < file.status().size_bytes;) {
    const auto read = os::read_at(file.descriptor(), std::as_writable_bytes(std::span(buffer)), offset);
    if (!read || *read == 0) return std::nullopt;
    hash.add(as_bytes(buffer).first(*read));
    offset += *read;
  }
  if (!file.unchanged()) return std::nullopt;
  return hash.finish();
}

}  // namespace

std::size_t Digests::Hash::operator()(const Version& version) const {
  return XXH3_64bits(&version, sizeof version);
}

Digests::Version Digests::version_of(const OpenFile& file) {
  const os::FileStatus& status = file.status();
  return {.device = status.device,
          .inode = status.inode,
          .size_bytes = status.size_bytes,
          .changed = status.changed.time_since_epoch().count(),
          .modified = status.modified.time_since_epoch().count()};
}

Digests::Outcome Digests::ask(const OpenFile& file, const http::Resume& resume) const {
  if (file.is_placeholder()) return {};
  const Version version = version_of(file);
  if (auto digest = state_->find(version)) return {.digest = digest};
  auto own = file.duplicate();
  if (!own) return {};
  if (!state_->wait_for(version, resume)) return {.is_under_way = true};
  executor::Lane& lane = digest_lane(executor_, file.status().device);
  const auto shared = std::make_shared<const OpenFile>(*std::move(own));
  const bool runs =
      lane.run([state = state_, shared, version] { state->finish(version, digest_of(*shared)); });
  if (!runs) state_->finish(version, std::nullopt);
  return {.is_under_way = runs};
}

std::optional<crypto::Digest> Digests::State::find(const Version& version) {
  const Lock lock(mutex_);
  if (const auto found = newer_.find(version); found != newer_.end()) return found->second;
  const auto found = older_.find(version);
  if (found == older_.end()) return std::nullopt;
  const crypto::Digest digest = found->second;
  remember(version, digest);
  return digest;
}

bool Digests::State::wait_for(const Version& version, const http::Resume& resume) {
  const Lock lock(mutex_);
  std::vector<http::Resume>& waiting = under_way_[version];
  waiting.push_back(resume);
  return waiting.size() == 1;
}

void Digests::State::finish(const Version& version, const std::optional<crypto::Digest>& digest) {
  std::vector<http::Resume> waiting;
  {
    const Lock lock(mutex_);
    if (digest) remember(version, *digest);
    const auto found = under_way_.find(version);
    waiting = std::move(found->second);
    under_way_.erase(found);
  }
  for (const http::Resume& resume : waiting) resume();
}

void Digests::State::remember(const Version& version, const crypto::Digest& digest) {
  newer_.insert_or_assign(version, digest);
  if (newer_.size() < kHalf) return;
  older_ = std::exchange(newer_, {});
}

bool wants_digest(const http::RequestHead& head) {
  if (!head.fields.has(http::FieldName::want_repr_digest)) return false;
  bool wants = false;
  for (const http::Field& field : head.fields.lines()) {
    if (field.name != http::FieldName::want_repr_digest) continue;
    http::FieldValueReader reader(field.value);
    for (reader.skip_to_element(); !reader.at_end(); reader.skip_to_element()) {
      const std::string_view algorithm = reader.token();
      if (algorithm.empty() || !reader.skip('=')) return false;
      const std::string_view preference = reader.token();  // an Integer from 0, "not wanted", to 10
      if (preference.empty() || !std::ranges::all_of(preference, is_digit)) return false;
      if (algorithm == "sha-256") wants = preference.find_first_not_of('0') != std::string_view::npos;
      if (!reader.at_element_end()) return false;
    }
  }
  return wants;
}

std::string repr_digest_line(const crypto::Digest& digest) {
  return "Repr-Digest: sha-256=:" + encode_base64(as_text(digest)) + ":\r\n";
}

}  // namespace bobbin::files
