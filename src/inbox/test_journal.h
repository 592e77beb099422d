#pragma once

#include <cstdint>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/sha256.h"
#include "journal/directory_medium.h"
#include "journal/entry.h"
#include "journal/journal.h"
#include "os/test_directory.h"

namespace bobbin::inbox {

/// For tests: an upload folder with a journal, written entry by entry.
class TestJournal {
 public:
  TestJournal() {
    place_.make_folder(".bobbin/journal");
    place_.make_folder(".bobbin/large");
  }

  void begin_segment() {
    segments_.emplace_back();
    add(journal::SegmentBegin{.number = segments_.size(), .first = sequence_ + 1, .boot = "one", .mount = 7});
  }
  /// A record and, unless `has_file` says otherwise, its file. Returns the name of that.
  std::string add_record(bool has_file = true, bool has_body = true) {
    const std::string body = document(++sequence_);
    std::string name = name_of(sequence_);
    add(journal::Record{.sequence = sequence_,
                        .id = "id",
                        .inbox = "upload",
                        .received = WallTime(seconds(1'800'000'000)),
                        .name = name,
                        .size_bytes = body.size(),
                        .digest = crypto::sha256(body),
                        .has_body = has_body},
        has_body ? body : "");
    if (has_file) place_.write(name, body);
    return name;
  }
  void add(decltype(journal::Entry::content) content, std::string_view body = {}) {
    receipt_ = journal::append_entry(
        segments_.back(),
        {.epoch = epoch, .previous = receipt_, .flushed = flushed_, .content = std::move(content)}, body);
    receipts_.push_back(receipt_);
  }
  void flush() { flushed_ = sequence_; }
  /// Names everything that has been stored, flushed.
  void publish() {
    flush();
    add(journal::Published{sequence_});
  }
  void checkpoint() {
    flush();
    add(journal::Checkpoint{sequence_});
  }
  /// Goes back to before the last `entries` entries.
  void go_back(std::size_t entries, std::uint64_t sequence) {
    receipts_.resize(receipts_.size() - entries);
    receipt_ = receipts_.back();
    sequence_ = sequence;
  }

  /// Writes the segments as they are now into files of the size that they have.
  void write() const {
    for (std::size_t i = 0; i < segments_.size(); ++i) write_segment(i + 1, segments_[i]);
  }
  void write_segment(std::uint64_t number, std::string_view text) const {
    place_.write(segment_path(number), text);
    std::filesystem::resize_file(place_.path(segment_path(number)), journal::Journal::kSegmentBytes);
  }

  [[nodiscard]] static std::string document(std::uint64_t sequence) {
    return fmt::format("{{\"n\": {}}}", sequence);
  }
  [[nodiscard]] static std::string name_of(std::uint64_t sequence) {
    return fmt::format("upload_20261128_120000_{:a>26}.json", std::string(sequence, 'b'));
  }
  [[nodiscard]] static std::string segment_path(std::uint64_t number) {
    return ".bobbin/journal/" + journal::segment_name(number);
  }
  [[nodiscard]] const os::TestDirectory& place() const { return place_; }
  /// Number 1 is the first.
  [[nodiscard]] std::string& segment(std::uint64_t number) { return segments_.at(number - 1); }

  std::string epoch = "e";  ///< of what is added next

 private:
  os::TestDirectory place_;
  std::vector<std::string> segments_;
  std::vector<crypto::Digest> receipts_;
  crypto::Digest receipt_{};
  std::uint64_t sequence_ = 0;
  std::uint64_t flushed_ = 0;
};

}  // namespace bobbin::inbox
