#pragma once

#include <chrono>
#include <cstdint>
#include <fmt/format.h>
#include <set>
#include <string>
#include <string_view>

#include "crypto/sha256.h"
#include "inbox/record_folders.h"
#include "journal/entry.h"
#include "os/test_directory.h"

namespace bobbin::inbox {

/// For tests: the folders of an inbox, with records as a server would write them.
class TestInboxFolders {
 public:
  TestInboxFolders() {
    for (const char* folder : {"new", "work", "done", "failed"}) place_.make_folder(folder);
  }

  [[nodiscard]] static std::string name_of(std::uint64_t sequence) {
    return fmt::format("20261128T120000.{:06}Z-{:a>26}.json", sequence, "");
  }
  [[nodiscard]] static std::string document(std::uint64_t sequence) {
    return fmt::format("{{\"n\": {}}}", sequence);
  }
  [[nodiscard]] static std::string record(std::uint64_t sequence) {
    const std::string body = document(sequence);
    std::string text;
    journal::append_entry(text,
                          {.epoch = "epoch",
                           .content = journal::Record{.sequence = sequence,
                                                      .id = std::string(26, 'a'),
                                                      .inbox = "box",
                                                      .received = WallTime(seconds(1'800'000'000)),
                                                      .name = "new/" + name_of(sequence),
                                                      .size_bytes = body.size(),
                                                      .digest = crypto::sha256(body),
                                                      .is_whole_file = true}},
                          body);
    return text.substr(1);
  }
  /// Puts records into a folder; returns the name of the last one there.
  std::string add(std::uint64_t sequence, std::string_view folder = "new",
                  std::string_view prefix = "") const {
    const std::string name = std::string(prefix) + name_of(sequence);
    place_.write(fmt::format("{}/{}", folder, name), record(sequence));
    return name;
  }

  [[nodiscard]] const os::TestDirectory& place() const { return place_; }
  [[nodiscard]] RecordFolders open() const { return *RecordFolders::open(place_.path()); }
  [[nodiscard]] std::set<std::string> names(std::string_view folder) const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(place_.path(folder)))
      names.insert(entry.path().filename());
    return names;
  }

 private:
  os::TestDirectory place_;
};

}  // namespace bobbin::inbox
