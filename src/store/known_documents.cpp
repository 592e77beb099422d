#include "store/known_documents.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <iterator>
#include <system_error>
#include <utility>

// A line is
//
//   KEY SEQUENCE ID SHA256 RECEIVED CHECK
//
// where KEY and SHA256 have 64 hexadecimal digits, RECEIVED is in microseconds since 1970, and CHECK is the
// beginning of the SHA-256 of what stands before it.
namespace bobbin::store {
namespace {

using std::chrono::microseconds;

constexpr std::size_t kLineCheckDigits = 8;

std::string line_check(std::string_view text) {
  return crypto::hex_of(crypto::sha256(text)).substr(0, kLineCheckDigits);
}

std::string_view next_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

template <typename Number>
bool read_number(std::string_view word, Number& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size();
}

std::int64_t in_microseconds(WallTime time) {
  return std::chrono::floor<microseconds>(time.time_since_epoch()).count();
}

}  // namespace

Result<void> KnownDocuments::load() {
  for (const std::uint64_t number : TRY(files_->numbers())) {
    const std::string text = TRY(files_->read(number));
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos) break;
      read_line(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    file_list_.push_back({.number = number, .end = remembered_});
    next_number_ = number + 1;
  }
  return {};
}

void KnownDocuments::read_line(std::string_view line) {
  if (line.size() <= kLineCheckDigits) return;
  const std::size_t size = line.size() - kLineCheckDigits;
  if (line_check(line.substr(0, size)) != line.substr(size)) return;
  std::string_view rest = line.substr(0, size);
  const auto key = crypto::digest_from_hex(next_word(rest));
  Kept kept{};
  const bool has_sequence = read_number(next_word(rest), kept.sequence);
  const std::string_view id = next_word(rest);
  const auto digest = crypto::digest_from_hex(next_word(rest));
  const bool has_time = read_number(next_word(rest), kept.received);
  if (!key || !has_sequence || id.size() != kept.id.size() || !digest || !has_time) return;
  std::ranges::copy(id, kept.id.begin());
  kept.digest = *digest;
  static_cast<void>(remember(*key, kept));
}

bool KnownDocuments::remember(const crypto::Digest& key, const Kept& kept) {
  const auto [found, is_new] = keys_.emplace(key, kept);
  if (!is_new && found->second.sequence == kept.sequence) return false;
  found->second = kept;  // the one before was older than the window
  order_.push_back({.key = key, .sequence = kept.sequence, .received = kept.received});
  ++remembered_;
  if (order_.size() > most_) {
    forget_oldest();
    ++crowded_out_;
  }
  return true;
}

void KnownDocuments::forget_oldest() {
  const auto found = keys_.find(order_.front().key);
  if (found != keys_.end() && found->second.sequence == order_.front().sequence) keys_.erase(found);
  order_.pop_front();
}

std::optional<KnownDocument> KnownDocuments::find(const DocumentKey& key, WallTime now) {
  const std::int64_t oldest = in_microseconds(now - key.window);
  while (!order_.empty() && order_.front().received < oldest) forget_oldest();
  const auto found = keys_.find(key.digest);
  if (found == keys_.end() || found->second.received < oldest) return std::nullopt;
  const Kept& kept = found->second;
  return KnownDocument{.id = std::string(kept.id.begin(), kept.id.end()),
                       .sequence = kept.sequence,
                       .digest = kept.digest,
                       .received = WallTime(microseconds(kept.received))};
}

/// Nothing: it has no id of ours.
std::optional<KnownDocuments::Kept> KnownDocuments::kept_of(const KnownDocument& document) {
  Kept kept{.id = {},
            .digest = document.digest,
            .sequence = document.sequence,
            .received = in_microseconds(document.received)};
  if (document.id.size() != kept.id.size()) return std::nullopt;
  std::ranges::copy(document.id, kept.id.begin());
  return kept;
}

void KnownDocuments::add(const crypto::Digest& key, const KnownDocument& document) {
  const auto kept = kept_of(document);
  if (kept && remember(key, *kept)) add_line(key, *kept);
}

void KnownDocuments::add_again(const crypto::Digest& key, const KnownDocument& document) {
  const auto kept = kept_of(document);
  if (!kept) return;
  static_cast<void>(remember(key, *kept));
  add_line(key, *kept);
  is_writing_ = false;  // behind what the disk has lost there may be no line feed
}

void KnownDocuments::add_line(const crypto::Digest& key, const Kept& kept) {
  const std::size_t begin = unwritten_.size();
  fmt::format_to(std::back_inserter(unwritten_), "{} {} {} {} {} ", crypto::hex_of(key), kept.sequence,
                 std::string_view(kept.id.data(), kept.id.size()), crypto::hex_of(kept.digest),
                 kept.received);
  unwritten_ += line_check(std::string_view(unwritten_).substr(begin));
  unwritten_ += '\n';
  ++unwritten_lines_;
}

Result<void> KnownDocuments::write() {
  if (unwritten_.empty()) return {};
  if (!is_writing_ || lines_ >= kLinesInAFile) TRY(begin_file());
  // What a failed call has left ends in half a line, behind which nothing may be written.
  is_writing_ = false;
  TRY(files_->append(unwritten_));
  is_writing_ = true;
  lines_ += std::exchange(unwritten_lines_, 0);
  file_list_.back().end = remembered_;
  unwritten_.clear();
  return {};
}

Result<void> KnownDocuments::begin_file() {
  remove_unneeded_files();
  TRY(files_->begin(next_number_));
  file_list_.push_back({.number = next_number_++, .end = remembered_});
  lines_ = 0;
  return {};
}

/// One that cannot be removed now is removed when the next one is begun after a start.
void KnownDocuments::remove_unneeded_files() {
  while (!file_list_.empty() && file_list_.front().end <= forgotten()) {
    static_cast<void>(files_->remove(file_list_.front().number));
    file_list_.pop_front();
  }
}

}  // namespace bobbin::store
