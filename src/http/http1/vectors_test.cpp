#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "http/http1/guarded_text.h"
#include "http/http1/session_driver.h"

// Runs tests/vectors/*.md: see the README there for their form.
namespace bobbin::http::http1 {
namespace {

struct Vector {
  std::string file;
  std::string title;
  std::string input;
  std::vector<std::string> expected;
};

/// Returns the bytes of a line of an `http` block. The line ends in CRLF unless a backslash is its last
/// character. \r \n \t \0 \\ \xHH stand for bytes, and \{text*count} for a repetition.
std::string unescape_line(std::string_view line) {
  std::string bytes;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      bytes += line[i];
      continue;
    }
    if (i + 1 == line.size()) return bytes;
    const char kind = line[++i];
    if (kind == 'x') {
      bytes += static_cast<char>(hex_value(line[i + 1]) * 16 + hex_value(line[i + 2]));
      i += 2;
    } else if (kind == '{') {
      const std::size_t end = line.find('}', i);
      const std::size_t star = line.rfind('*', end);
      const int count = std::stoi(std::string(line.substr(star + 1, end - star - 1)));
      for (int n = 0; n < count; ++n) bytes += line.substr(i + 1, star - i - 1);
      i = end;
    } else {
      constexpr std::string_view kNames = "rnt0\\";
      constexpr std::string_view kBytes("\r\n\t\0\\", 5);
      const std::size_t index = kNames.find(kind);
      EXPECT_NE(index, std::string_view::npos) << "unknown escape in: " << line;
      bytes += kBytes.at(index);
    }
  }
  return bytes + "\r\n";
}

void read_file(const std::filesystem::path& path, std::vector<Vector>& vectors) {
  std::ifstream file(path);
  std::string line;
  std::string title;
  enum class Block { none, http, expect } block = Block::none;
  while (std::getline(file, line)) {
    if (line.starts_with("## ")) title = line.substr(3);
    if (line == "```http") {
      block = Block::http;
      vectors.push_back({.file = path.filename().string(), .title = title});
    } else if (line == "```expect") {
      block = Block::expect;
    } else if (line.starts_with("```")) {
      block = Block::none;
    } else if (block == Block::http) {
      vectors.back().input += unescape_line(line);
    } else if (block == Block::expect) {
      vectors.back().expected.push_back(line);
    }
  }
}

/// What was asked of the handler, then what was answered: each in its order. Between the two there is none,
/// since pipelined answers leave together when their requests came together.
std::vector<std::string> in_two_columns(const std::vector<std::string>& events) {
  const auto is_asked = [](const std::string& event) {
    return event.starts_with("request ") || event.starts_with("content ");
  };
  std::vector<std::string> columns;
  std::copy_if(events.begin(), events.end(), std::back_inserter(columns), is_asked);
  std::copy_if(events.begin(), events.end(), std::back_inserter(columns), std::not_fn(is_asked));
  return columns;
}

std::vector<Vector> all_vectors() {
  std::vector<Vector> vectors;
  for (const auto& entry : std::filesystem::directory_iterator(BOBBIN_SOURCE_DIR "/tests/vectors"))
    if (entry.path().extension() == ".md" && entry.path().filename() != "README.md")
      read_file(entry.path(), vectors);
  for (Vector& vector : vectors) vector.expected = in_two_columns(vector.expected);
  return vectors;
}

/// The events, and at the end what the session then waits for.
std::vector<std::string> outcome(SessionDriver& driver) {
  std::vector<std::string> events = in_two_columns(driver.events());
  events.push_back("then " + std::string(driver.session().state_name()));
  return events;
}

TEST(Vectors, AreFound) { EXPECT_GE(all_vectors().size(), 40U); }

TEST(Vectors, FedWhole) {
  for (const Vector& vector : all_vectors()) {
    SCOPED_TRACE(vector.file + ": " + vector.title);
    SessionDriver driver;
    driver.feed(vector.input);
    EXPECT_EQ(outcome(driver), vector.expected);
  }
}

TEST(Vectors, FedByteByByte) {
  for (const Vector& vector : all_vectors()) {
    SCOPED_TRACE(vector.file + ": " + vector.title);
    SessionDriver driver;
    for (const char& byte : vector.input) driver.feed({&byte, 1});
    EXPECT_EQ(outcome(driver), vector.expected);
  }
}

TEST(Vectors, FedAtEverySplit) {
  for (const Vector& vector : all_vectors()) {
    SCOPED_TRACE(vector.file + ": " + vector.title);
    // The long ones repeat one byte thousands of times: a split every few bytes says as much.
    SessionDriver whole;
    whole.feed(vector.input);
    const std::size_t step = vector.input.size() > 2000 ? 97 : 1;
    for (std::size_t split = 1; split < vector.input.size(); split += step) {
      SessionDriver driver;
      driver.feed(std::string_view(vector.input).substr(0, split));
      driver.feed(std::string_view(vector.input).substr(split));
      ASSERT_EQ(outcome(driver), vector.expected) << "split at " << split;
      ASSERT_EQ(driver.sent, whole.sent) << "split at " << split;
    }
  }
}

TEST(Vectors, FedInFrontOfAGuardPage) {
  for (const Vector& vector : all_vectors()) {
    SCOPED_TRACE(vector.file + ": " + vector.title);
    GuardedText guarded(vector.input.size());
    SessionDriver driver;
    driver.session().received(as_bytes(guarded.hold(vector.input)), driver.now);
    driver.pump();
    EXPECT_EQ(outcome(driver), vector.expected);
  }
}

}  // namespace
}  // namespace bobbin::http::http1
