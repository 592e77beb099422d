#include "listing/selection.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace bobbin::listing {
namespace {

/// How many offsets there are in so much memory.
constexpr std::size_t for_offsets(std::size_t bytes) { return bytes / 4 / sizeof(std::uint32_t); }

}  // namespace

Selection::Selection(Order order, os::Pages memory, Budget& budget)
    : order_(order), memory_(std::move(memory)), share_(budget) {
  const std::span<std::byte> bytes = memory_.bytes();
  ASSERT(bytes.size() >= kLeastBytes);
  all_offsets_ = {reinterpret_cast<std::uint32_t*>(bytes.data()), for_offsets(bytes.size())};
  const std::span<std::byte> rest = bytes.subspan(all_offsets_.size_bytes());
  records_ = {reinterpret_cast<char*>(rest.data()), rest.size()};
}

void Selection::offer(const SortKey& key) {
  if (last_given_ && !comes_before(last_given_->view(), key, order_)) return;
  if (last_possible_ && !comes_before(key, last_possible_->view(), order_)) {
    ++left_count_;
    return;
  }
  while (!has_room(record_bytes(key.name.size()))) {
    if (grow()) continue;
    leave_out_the_last();
    return offer(key);
  }
  all_offsets_[count_++] = static_cast<std::uint32_t>(records_end_);
  const char head[] = {static_cast<char>(key.name.size()), static_cast<char>(key.is_folder)};
  append(head, sizeof head);
  if (order_.by != SortBy::name) append(&key.number, sizeof key.number);
  append(key.name.data(), key.name.size());
}

void Selection::append(const void* bytes, std::size_t count) {
  std::memcpy(records_.data() + records_end_, bytes, count);
  records_end_ += count;
}

std::size_t Selection::record_bytes(std::size_t name_bytes) const {
  return 2 + (order_.by == SortBy::name ? 0 : sizeof(std::uint64_t)) + name_bytes;
}

SortKey Selection::at(std::uint32_t offset) const {
  const char* record = records_.data() + offset;
  SortKey key{.name = {}, .is_folder = record[1] != 0, .number = 0};
  const char* name = record + record_bytes(0);
  if (order_.by != SortBy::name) std::memcpy(&key.number, record + 2, sizeof key.number);
  key.name = {name, static_cast<unsigned char>(record[0])};
  return key;
}

bool Selection::has_room(std::size_t record_bytes) const {
  return records_end_ + record_bytes <=
             allowed_bytes_ - for_offsets(allowed_bytes_) * sizeof(std::uint32_t) &&
         count_ < for_offsets(allowed_bytes_);
}

/// False: there is no more memory here, or in the budget.
bool Selection::grow() {
  const std::size_t after = std::min(2 * allowed_bytes_, memory_.bytes().size());
  if (after == allowed_bytes_ || !share_.take(after - allowed_bytes_)) return false;
  allowed_bytes_ = after;
  return true;
}

/// A quarter at once, since each time all that is kept is moved.
void Selection::leave_out_the_last() {
  const auto all = offsets();
  const auto last = all.end() - static_cast<std::ptrdiff_t>(all.size() / 4) - 1;
  std::nth_element(all.begin(), last, all.end(),
                   [this](std::uint32_t one, std::uint32_t other) { return precedes(one, other); });
  // What comes in its place later may be anything up to it, so it is left out, too.
  last_possible_.emplace(at(*last));
  left_count_ += static_cast<std::size_t>(all.end() - last);
  count_ = static_cast<std::size_t>(last - all.begin());
  close_gaps();
}

void Selection::close_gaps() {
  std::ranges::sort(offsets());
  records_end_ = 0;
  for (std::uint32_t& offset : offsets()) {
    const std::size_t bytes = record_bytes(at(offset).name.size());
    std::memmove(records_.data() + records_end_, records_.data() + offset, bytes);
    offset = static_cast<std::uint32_t>(records_end_);
    records_end_ += bytes;
  }
}

void Selection::end_pass() {
  std::ranges::sort(offsets(),
                    [this](std::uint32_t one, std::uint32_t other) { return precedes(one, other); });
}

std::optional<SortKey> Selection::next() {
  if (given_ == count_) return std::nullopt;
  return at(all_offsets_[given_++]);
}

void Selection::begin_next_pass() {
  if (count_ > 0) last_given_.emplace(at(offsets().back()));
  last_possible_.reset();
  records_end_ = count_ = given_ = left_count_ = 0;
}

std::size_t Selection::expected_passes() const {
  return count_ == 0 ? 1 : 1 + (left_count_ + count_ - 1) / count_;
}

}  // namespace bobbin::listing
