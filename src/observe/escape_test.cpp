#include "observe/escape.h"

#include <cstdio>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "base/ascii.h"
#include "base/utf8.h"
#include "observe/access_log.h"

namespace bobbin::observe {
namespace {

using namespace std::string_literals;

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

std::string apache_field(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string json_string(std::string_view text) {
  std::string out;
  static_cast<void>(append_json_string(out, text));
  return out;
}

struct Case {
  std::string text;
  std::string log;   // append_escaped
  std::string json;  // append_json_string, without the quotes
};

const Case kCases[] = {
    {"", "", ""},
    {"GET /a b?c=d HTTP/1.1", "GET /a b?c=d HTTP/1.1", "GET /a b?c=d HTTP/1.1"},
    {"two\nlines", R"(two\x0alines)", R"(two\u000alines)"},
    {"\r\t\0\x1f"s, R"(\x0d\x09\x00\x1f)", R"(\u000d\u0009\u0000\u001f)"},
    {"\x1b[2J", R"(\x1b[2J)", R"(\u001b[2J)"},
    {"\x7f", R"(\x7f)", R"(\u007f)"},
    // What looks like an escape is told from one.
    {R"(\x0a)", R"(\\x0a)", R"(\\x0a)"},
    {R"(\)", R"(\\)", R"(\\)"},
    {R"(say "hi")", R"(say "hi")", R"(say \"hi\")"},
    // Text in other languages is shown: U+00E9, U+4E2D, U+1F600.
    {"caf\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80", "caf\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80",
     "caf\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80"},
    // C1 controls; U+00A0 is the first that is none.
    {"\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xC2\xA0",
     "\\u0080\\u009b\\u009f\xC2\xA0"},
    // U+2027, U+2028..202E, U+202F
    {"\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xAE\xE2\x80\xAF",
     "\xE2\x80\xA7\\xe2\\x80\\xa8\\xe2\\x80\\xae\xE2\x80\xAF", "\xE2\x80\xA7\\u2028\\u202e\xE2\x80\xAF"},
    // U+2065, U+2066..2069, U+206A
    {"\xE2\x81\xA5\xE2\x81\xA6\xE2\x81\xA9\xE2\x81\xAA",
     "\xE2\x81\xA5\\xe2\\x81\\xa6\\xe2\\x81\\xa9\xE2\x81\xAA", "\xE2\x81\xA5\\u2066\\u2069\xE2\x81\xAA"},
    // RFC 3629 §4: a lone continuation byte, a lead without its rest, an overlong "/", a surrogate, above
    // U+10FFFF.
    {"\x80", R"(\x80)", R"(\u0080)"},
    {"\xC3", R"(\xc3)", R"(\u00c3)"},
    {"\xC3z", R"(\xc3z)", R"(\u00c3z)"},
    {"\xE4\xB8", R"(\xe4\xb8)", R"(\u00e4\u00b8)"},
    {"\xC0\xAF", R"(\xc0\xaf)", R"(\u00c0\u00af)"},
    {"\xED\xA0\x80", R"(\xed\xa0\x80)", R"(\u00ed\u00a0\u0080)"},
    {"\xF4\x90\x80\x80", R"(\xf4\x90\x80\x80)", R"(\u00f4\u0090\u0080\u0080)"},
    // An unfinished sequence does not swallow the character behind it.
    {"\xE4\xC3\xA9", "\\xe4\xC3\xA9", "\\u00e4\xC3\xA9"},
    {"\xFF\xFE", R"(\xff\xfe)", R"(\u00ff\u00fe)"},
};

TEST(Escape, ShowsWhatIsSafeAndNamesTheRest) {
  for (const auto& [text, log, json] : kCases) {
    SCOPED_TRACE(log);
    EXPECT_EQ(escaped(text), log);
    EXPECT_EQ(json_string(text), '"' + json + '"');
  }
}

// Plain bytes are copied many at a time: none may hide among them, wherever it stands.
TEST(Escape, FindsEveryByteAtEveryPlace) {
  for (int value = 0; value < 256; ++value) {
    const char byte = static_cast<char>(value);
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(value));
    const bool is_printable = value >= 0x20 && value <= 0x7E;  // a byte beyond ASCII is not UTF-8 on its own
    std::string log = is_printable ? std::string(1, byte) : "\\x"s + digits;
    std::string json = is_printable ? std::string(1, byte) : "\\u00"s + digits;
    if (byte == '\\') log = json = "\\\\";
    const std::string quoted = byte == '"' ? "\\x22" : log;
    if (byte == '"') json = "\\\"";
    for (std::size_t length = 1; length <= 40; ++length) {
      for (std::size_t place = 0; place < length; ++place) {
        std::string text(length, 'a');
        text[place] = byte;
        const std::string before(place, 'a');
        const std::string after(length - place - 1, 'a');
        ASSERT_EQ(escaped(text), before + log + after);
        ASSERT_EQ(apache_field(text), '"' + before + quoted + after + '"');
        ASSERT_EQ(json_string(text), '"' + before + json + after + '"');
      }
    }
  }
}

TEST(Escape, ReadsNothingBeyondTheText) {
  for (std::size_t length = 0; length <= 40; ++length) {
    const std::string text(length, 'a');
    const std::vector<char> exact(text.begin(), text.end());  // AddressSanitizer sees a byte too many
    EXPECT_EQ(escaped({exact.data(), exact.size()}), text);
  }
}

TEST(Escape, AppendsToWhatIsThere) {
  std::string out = "Host: ";
  append_escaped(out, "a\nb");
  EXPECT_EQ(out, R"(Host: a\x0ab)");
}

TEST(Escape, QuotedTextCannotEndItsField) {
  EXPECT_EQ(apache_field(R"(a" 200 5 "b)"), R"("a\x22 200 5 \x22b")");
  EXPECT_EQ(apache_field(R"(a\)"), R"("a\\")");
  EXPECT_EQ(apache_field("a\nb"), R"("a\x0ab")");
  EXPECT_EQ(apache_field(""), R"("-")");
}

/// RFC 8259 §7: string = quotation-mark *char quotation-mark.
bool is_json_string(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0x20 || text[i] == '"') return false;
    if (text[i] != '\\') continue;
    ++i;
    if (i == text.size()) return false;
    if (text[i] == '"' || text[i] == '\\') continue;
    if (text[i] != 'u' || text.size() - i < 5) return false;
    for (std::size_t digit = 1; digit <= 4; ++digit) {
      if (hex_value(text[i + digit]) < 0) return false;
    }
    i += 4;
  }
  return true;
}

TEST(Escape, WhateverBytesComeTheResultIsOneLineOfUtf8) {
  std::mt19937 random(8259);
  // Bytes that make up sequences, escapes and ends are likelier than in plain noise.
  const std::string interesting =
      "\xC2\x80\x9B\xE2\x81\xA6\xAE\xF0\x9F\xED\xA0\xFF\\\"x0\n\r\x1b\x7f"s + '\0';
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto i = random() % 12; i > 0; --i) {
      text += round % 2 == 0 ? static_cast<char>(random()) : interesting[random() % interesting.size()];
    }
    const std::string json = json_string(text);
    ASSERT_TRUE(is_json_string(json)) << json;
    for (const std::string& line : {json, escaped(text), apache_field(text)}) {
      ASSERT_TRUE(is_utf8(line)) << line;
      for (const char c : line) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) << line;
    }
  }
}

/// `count` times the same bytes.
std::string repeated(std::string_view bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += bytes;
  return text;
}

TEST(Escape, ATextThatFitsIsWhole) {
  const std::string plain(kMostTextBytes, 'a');
  EXPECT_EQ(escaped(plain), plain);
  EXPECT_EQ(apache_field(plain), '"' + plain + '"');
  std::string json;
  EXPECT_TRUE(append_json_string(json, plain));
  EXPECT_EQ(json, '"' + plain + '"');
}

TEST(Escape, ALongerTextIsCutAndSaysSo) {
  const std::string plain(kMostTextBytes, 'a');
  for (const std::size_t more : {1, 100, 1'000'000}) {
    const std::string text = plain + std::string(more, 'b');
    EXPECT_EQ(escaped(text), plain + "(cut)");
    EXPECT_EQ(apache_field(text), '"' + plain + "(cut)\"");
    std::string json;
    EXPECT_FALSE(append_json_string(json, text));
    EXPECT_EQ(json, '"' + plain + '"');
  }
}

TEST(Escape, WhatIsEscapedIsCutBetweenTwoCharacters) {
  const struct {
    std::string_view character;
    std::string_view log;
    std::string_view json;
  } cases[] = {
      {"\x80", "\\x80", "\\u0080"},
      {"\n", "\\x0a", "\\u000a"},
      {"\"", "\"", "\\\""},
      {"\\", "\\\\", "\\\\"},
      {"\xE2\x80\xAE", "\\xe2\\x80\\xae", "\\u202e"},
      {"\xE4\xB8\xAD", "\xE4\xB8\xAD", "\xE4\xB8\xAD"},
      {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
  };
  for (const auto& [character, log, json] : cases) {
    for (std::size_t shift = 0; shift < 16; ++shift) {
      SCOPED_TRACE(testing::Message() << log << " behind " << shift);
      const std::string before(shift, 'a');
      const std::string text = before + repeated(character, 20'000);
      const std::string got_log = escaped(text);
      const std::string got_json = json_string(text);
      const std::size_t shown = (got_log.size() - shift - 5) / log.size();
      EXPECT_EQ(got_log, before + repeated(log, shown) + "(cut)");
      EXPECT_EQ(got_json, '"' + before + repeated(json, (got_json.size() - 2 - shift) / json.size()) + '"');
      EXPECT_LE(got_log.size(), kMostTextBytes + 5);
      EXPECT_LE(got_json.size(), kMostTextBytes + 2);
      // Not cut much earlier than it must be.
      EXPECT_GT(got_log.size(), kMostTextBytes - 16);
      EXPECT_GT(got_json.size(), kMostTextBytes - 16);
    }
  }
}

}  // namespace
}  // namespace bobbin::observe
