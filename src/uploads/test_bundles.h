#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "journal/entry.h"
#include "os/test_directory.h"
#include "uploads/inbox_handler.h"
#include "uploads/test_client.h"

namespace bobbin::uploads {

inline std::string text_of(const http::Response& response) {
  const auto* text = std::get_if<std::string>(&response.content);
  return text == nullptr ? response.detail : *text;
}

/// An inbox that takes several documents in one request.
class BundleIntakeTest : public ::testing::Test {
 protected:
  /// With both of their types.
  static InboxSettings settings() {
    InboxSettings settings{.name = "test", .most_bytes = 1024UL * 1024};
    settings.types.lines = true;
    settings.types.batch = true;
    return settings;
  }
  static InboxSettings keyed(std::vector<std::string_view> sources) {
    InboxSettings wanted = settings();
    for (const std::string_view source : sources) wanted.keys.sources.push_back(*KeySource::parse(source));
    return wanted;
  }
  http::Response upload(const InboxSettings& wanted, const http::RequestHead& head, std::string_view content,
                        std::size_t piece_bytes = 1460) {
    const InboxHandler handler(wanted, store_.get());
    return Client(handler).upload(head, content, piece_bytes);
  }
  /// Of the records that are there, in the order of their sequences; which are taken away.
  std::vector<std::string> take_documents() {
    std::set<std::filesystem::path> paths;
    for (const auto& file : std::filesystem::directory_iterator(directory_.path("new")))
      paths.insert(file.path());
    std::vector<std::string> documents;
    for (const auto& path : paths) {
      const std::string entry = journal::kEntryBegin + directory_.read("new/" + path.filename().string());
      const auto read = journal::read_entry(entry);
      EXPECT_TRUE(read);
      if (read) documents.emplace_back(read->body);
      std::filesystem::remove(path);
    }
    return documents;
  }

  os::TestDirectory directory_;
  Store store_{
      inbox_folder(directory_.path("")),
      {.inbox = {.name = "test", .layout = store::Layout::record}, .piece_bytes = 4UL * 1024 * 1024}};
};

}  // namespace bobbin::uploads
