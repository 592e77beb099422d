#include "json/validator.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/utf8.h"
#include "json/basic_parser.h"
#include "json/blanks.h"
#include "json/explain.h"
#include "json/scalar_finder.h"
#include "json/utf8_check.h"

namespace bobbin::json {
namespace {

using boost::json::error_code;
using Text = boost::json::string_view;

/// What the parser tells of: of use only where some value is looked for.
struct Watcher {
  std::optional<ScalarFinder> finder;

  // NOLINTBEGIN(readability-identifier-naming): the parser asks for these names
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_object_size = max_array_size;
  static constexpr std::size_t max_string_size = max_array_size;
  static constexpr std::size_t max_key_size = max_array_size;
  // NOLINTEND(readability-identifier-naming)

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return tell(&ScalarFinder::begin_object); }
  bool on_object_end(std::size_t, error_code&) { return tell(&ScalarFinder::end); }
  bool on_array_begin(error_code&) { return tell(&ScalarFinder::begin_array); }
  bool on_array_end(std::size_t, error_code&) { return tell(&ScalarFinder::end); }
  bool on_key_part(Text part, std::size_t, error_code&) { return tell(&ScalarFinder::add_key_part, part); }
  bool on_key(Text part, std::size_t, error_code&) { return tell(&ScalarFinder::end_key, part); }
  bool on_string_part(Text part, std::size_t, error_code&) {
    return tell(&ScalarFinder::add_scalar_part, part);
  }
  bool on_string(Text part, std::size_t, error_code&) { return tell(&ScalarFinder::end_scalar, part); }
  bool on_number_part(Text part, error_code&) { return tell(&ScalarFinder::add_scalar_part, part); }
  bool on_int64(std::int64_t, Text part, error_code&) { return tell(&ScalarFinder::end_scalar, part); }
  bool on_uint64(std::uint64_t, Text part, error_code&) { return tell(&ScalarFinder::end_scalar, part); }
  bool on_double(double, Text part, error_code&) { return tell(&ScalarFinder::end_scalar, part); }
  bool on_bool(bool value, error_code&) { return tell(&ScalarFinder::end_scalar, value ? "true" : "false"); }
  bool on_null(error_code&) { return tell(&ScalarFinder::null); }
  bool on_comment_part(Text, error_code&) { return true; }
  bool on_comment(Text, error_code&) { return true; }

 private:
  bool tell(void (ScalarFinder::*what)()) {
    if (finder) ((*finder).*what)();
    return true;
  }
  bool tell(void (ScalarFinder::*what)(std::string_view), Text text) {
    if (finder) ((*finder).*what)({text.data(), text.size()});
    return true;
  }
};

// The parser gets the text in blocks of our own choice, whatever the pieces were:
// - Where it reports a fault, and as what, depends on where its input is cut. A block depends on the text.
// - To go on, it climbs back through every open array and object: for a peer that sends single bytes at depth
//   512, that would be our work against its bytes.
// - Boost 1.81 writes up to three bytes past a buffer on its stack when a character cut in two is followed by
//   4 KB of the same string in one call (parse_escaped resumes without room for the bytes it saved). Blocks
//   are too short for that, and cut no character in two.
constexpr std::size_t kBlockBytes = 4000;
static_assert(kBlockBytes + 4 <= BOOST_JSON_STACK_BUFFER_SIZE);

boost::json::parse_options strict() {
  boost::json::parse_options options;  // by default nothing beyond the RFC is allowed
  options.max_depth = Validator::kMaximumDepth;
  options.allow_invalid_utf8 = true;  // it looks at each character by itself: we look at whole blocks
  return options;
}

constexpr std::size_t kLongestCharacter = 4;

/// Where the last character ends that `block`, which is longer than two characters, holds in full. Bytes that
/// are no character count as one that goes on behind the block, unless so many are there that it cannot.
std::size_t end_of_last_character(std::string_view block) {
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; };
  std::size_t at = block.size() + 1 - 2 * kLongestCharacter;
  while (at + kLongestCharacter < block.size() && is_continuation(block[at])) ++at;
  while (at < block.size()) {
    const std::size_t length = utf8_length(block.substr(at));
    if (length == 0) return block.size() - at < kLongestCharacter ? at : block.size();
    at += length;
  }
  return at;
}

/// How much of a full block to hand over: up to the last byte that cannot be inside a word, number or escape,
/// so that the parser sees these whole, if there is one nearby. Never a part of a character: behind a block
/// that ends in one, the parser would find it spoilt only in the next, where nobody can say any more where it
/// began.
std::size_t cut(std::string_view block) {
  constexpr std::size_t kNearby = 64;
  const std::size_t separator = block.find_last_of(" \t\n\r,:[]{}\"");
  const bool is_nearby = separator != std::string_view::npos && separator + kNearby >= block.size();
  return end_of_last_character(is_nearby ? block.substr(0, separator + 1) : block);
}

/// In runs of fixed length, short enough for a counter of one byte: this the compiler turns into vector code,
/// which counts several times faster than the parser reads.
std::uint64_t count_newlines(std::string_view text) {
  constexpr std::size_t kRun = 128;
  std::uint64_t newlines = 0;
  for (; text.size() >= kRun; text.remove_prefix(kRun)) {
    std::uint8_t in_run = 0;
    for (std::size_t i = 0; i < kRun; ++i)
      in_run = static_cast<std::uint8_t>(in_run + (text[i] == '\n' ? 1 : 0));
    newlines += in_run;
  }
  return newlines + static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

struct Validator::State {
  explicit State(std::vector<Pointer> wanted) {
    if (!wanted.empty()) parser.handler().finder.emplace(std::move(wanted));
  }

  boost::json::basic_parser<Watcher> parser{strict()};
  std::array<char, kBlockBytes> block;
  std::size_t block_size = 0;

  // About the text in front of `block`:
  std::uint64_t offset = 0;
  std::uint64_t newlines = 0;
  std::uint64_t line_offset = 0;  ///< where the line that is going on began
  bool blank = true;              ///< nothing but white space

  std::optional<Fault> fault;

  bool feed(std::string_view piece) {
    while (!fault && !piece.empty()) {
      const std::size_t size = std::min(piece.size(), block.size() - block_size);
      std::memcpy(block.data() + block_size, piece.data(), size);
      block_size += size;
      piece.remove_prefix(size);
      if (block_size == block.size()) parse(cut({block.data(), block_size}), true);
    }
    return !fault;
  }

  bool finish() {
    if (!fault) parse(block_size, false);
    return !fault;
  }

  void parse(std::size_t size, bool more) {
    const std::string_view text(block.data(), size);
    error_code code;
    const std::size_t parsed = parser.write_some(more, text.data(), text.size(), code);
    if (parsed < size) {
      report(text, explain(text, parsed, code));
    } else if (!is_valid_utf8(text)) {
      report(text, {"the bytes are not UTF-8", find_invalid_utf8(text)});
    } else if (code) {
      report(text, blank && is_blank(text) ? Explanation{"the text is empty", size} : explain_end(text));
    } else {
      pass(text);
    }
  }

  /// Leaves a valid text behind.
  void pass(std::string_view text) {
    blank = blank && is_blank(text);
    count_lines(text);
    offset += text.size();
    block_size -= text.size();
    std::memmove(block.data(), text.data() + text.size(), block_size);
  }

  void count_lines(std::string_view text) {
    // glibc's memrchr reads 32 bytes at a time, string_view::rfind one: a fifth of the whole validation.
    const void* last = text.empty() ? nullptr : ::memrchr(text.data(), '\n', text.size());
    if (last == nullptr) return;
    newlines += count_newlines(text);
    line_offset = offset + static_cast<std::uint64_t>(static_cast<const char*>(last) - text.data()) + 1;
  }

  void report(std::string_view text, Explanation explanation) {
    count_lines(text.substr(0, explanation.position));
    const std::uint64_t at = offset + explanation.position;
    fault = Fault{.reason = std::move(explanation.reason),
                  .line = newlines + 1,
                  .column = at - line_offset + 1,
                  .byte_offset = at};
  }
};

Validator::Validator(std::vector<Pointer> wanted) : state_(new State(std::move(wanted))) {}
Validator::~Validator() = default;
Validator::Validator(Validator&&) noexcept = default;
Validator& Validator::operator=(Validator&&) noexcept = default;

bool Validator::feed(Bytes piece) { return state_->feed(as_text(piece)); }
bool Validator::finish() { return state_->finish(); }

const std::optional<std::string>& Validator::found(std::size_t index) const {
  return state_->parser.handler().finder->found(index);
}

const Fault& Validator::fault() const {
  ASSERT(state_->fault);
  return *state_->fault;
}

}  // namespace bobbin::json
