#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>

#include "crypto/sha256.h"
#include "feed/record_files.h"
#include "journal/entry.h"
#include "os/test_directory.h"

namespace bobbin::feed {

/// For tests: the folders of an inbox, with records as a server would write them.
class TestInbox {
 public:
  static constexpr std::string_view kEpoch = "epoch";

  TestInbox() {
    for (const char* folder : {"new", "work", "done", "failed"}) place_.make_folder(folder);
  }

  [[nodiscard]] static std::string name_of(std::uint64_t sequence) {
    return fmt::format("20261128T120000.{:06}Z-{:a>26}.json", sequence, "");
  }
  /// Of a JSON document that came with no field.
  [[nodiscard]] static journal::Record record(std::uint64_t sequence, std::string_view body) {
    return {.sequence = sequence,
            .id = std::string(26, 'a'),
            .inbox = "box",
            .received = WallTime(seconds(1'800'000'000)) + std::chrono::microseconds(42),
            .name = "new/" + name_of(sequence),
            .size_bytes = body.size(),
            .digest = crypto::sha256(body),
            .is_whole_file = true};
  }
  /// As it stands in the journal.
  [[nodiscard]] static std::string entry(journal::Record record, std::string_view body,
                                         std::string_view epoch = kEpoch) {
    std::string text;
    journal::append_entry(text, {.epoch = std::string(epoch), .content = std::move(record)}, body);
    return text;
  }
  [[nodiscard]] static std::string entry(std::uint64_t sequence, std::string_view body,
                                         std::string_view epoch = kEpoch) {
    return entry(record(sequence, body), body, epoch);
  }
  [[nodiscard]] static std::string document(std::uint64_t sequence) {
    return fmt::format("{{\"n\": {}}}", sequence);
  }
  /// Puts a record into a folder; returns how large its file is.
  std::uint64_t add(std::uint64_t sequence, std::string_view folder = "new", std::string_view prefix = "",
                    std::string_view epoch = kEpoch) const {
    const std::string text = entry(sequence, document(sequence), epoch).substr(1);
    place_.write(fmt::format("{}/{}{}", folder, prefix, name_of(sequence)), text);
    return text.size();
  }
  void remove(std::uint64_t sequence, std::string_view folder = "new") const {
    std::filesystem::remove(place_.path(fmt::format("{}/{}", folder, name_of(sequence))));
  }
  void move(std::uint64_t sequence, std::string_view from, std::string_view to,
            std::string_view prefix = "") const {
    std::filesystem::rename(place_.path(fmt::format("{}/{}", from, name_of(sequence))),
                            place_.path(fmt::format("{}/{}{}", to, prefix, name_of(sequence))));
  }

  [[nodiscard]] const os::TestDirectory& place() const { return place_; }

 private:
  os::TestDirectory place_;
};

}  // namespace bobbin::feed
