#include "json/validator.h"

#include <gtest/gtest.h>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace bobbin::json {

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.reason << " at line " << fault.line << ", column " << fault.column << ", byte "
       << fault.byte_offset;
}

namespace {

using namespace std::string_literals;

/// The fault in a text given in these pieces; nothing when it is valid.
std::optional<Fault> fault_in(const std::vector<std::string_view>& pieces) {
  Validator validator;
  for (const std::string_view piece : pieces)
    if (!validator.feed(as_bytes(piece))) return validator.fault();
  if (!validator.finish()) return validator.fault();
  return std::nullopt;
}

std::optional<Fault> fault_in(std::string_view text) { return fault_in(std::vector{text}); }

void expect_valid(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) EXPECT_EQ(fault_in(text), std::nullopt) << text;
}

void expect_refused(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) EXPECT_TRUE(fault_in(text)) << text;
}

std::string nested(std::size_t depth, std::string_view opening, std::string_view inner,
                   std::string_view closing) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += opening;
  text += inner;
  for (std::size_t i = 0; i < depth; ++i) text += closing;
  return text;
}

TEST(Validator, AcceptsAnyValue) {  // RFC 8259 §2, §3
  expect_valid({"null", "true", "false", "0", "\"\"", "{}", "[]", " \t\r\n1 \t\r\n", "\"text\"", "[[],{}]",
                R"({"a":1,"b":[true,false,null],"c":{"d":"e"}})", "[1,2 , 3\n,\r4]", R"({"":0})",
                R"({"a":1,"a":2})"});  // §4: names should be unique, not must
}

TEST(Validator, AcceptsNumbers) {  // RFC 8259 §6
  expect_valid({"-0",
                "10",
                "-1",
                "1.5",
                "-0.0",
                "0.10",
                "1e5",
                "1E5",
                "1e+5",
                "1e-5",
                "1.5e10",
                "0e0",
                "0E+00",
                "123456789012345678901234567890",
                "-9223372036854775809",
                "0.1234567890123456789012345678901234",
                "1e400",
                "1e-400",
                "1e2147483647",
                "[1e-2147483647]",
                "-1.0E-0"});
}

TEST(Validator, RefusesOtherNumbers) {  // RFC 8259 §6
  expect_refused({"-",    "+1",   "01",       "-01",       "00",    "1.",    ".5",
                  "-.5",  "1.e5", "1e",       "1e+",       "1e-",   "1e5.5", "1ee5",
                  "0x10", "1_0",  "1,0",      "--1",       "1-",    "1+1",   "NaN",
                  "-NaN", "nan",  "Infinity", "-Infinity", "inf",   "1f",    "1e2147483648",
                  "[-]",  "[1.]", "[1e]",     "[01]",      "[-01]", "1 000", "\xEF\xBC\x91"});
}

TEST(Validator, AcceptsStrings) {  // RFC 8259 §7
  expect_valid({R"("\"\\\/\b\f\n\r\t")", R"("\u0000\u001f\u00e9\uFFFF\uabcd\uABCD")", R"("\ud83d\ude00")",
                R"("\uD834\uDD1E\uDBFF\uDFFF")", "\"\x7F\"", "\"na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x98\x80\"",
                "\"\xF4\x8F\xBF\xBF\"", "\"\xEF\xBB\xBF\"", "\"/* no comment */\"", "{\"\\u0061\":\"'\"}"});
}

TEST(Validator, RefusesOtherStrings) {  // RFC 8259 §7
  expect_refused({"\"",       "'a'",       "\"a",        "\"a\n\"",       "\"\t\"",      "\"\x1F\"",
                  "\"\0\""s,  R"("\a")",   R"("\x41")",  R"("\'")",       R"("\0")",     R"("\u")",
                  R"("\u1")", R"("\u12")", R"("\u123")", R"("\u123g")",   R"("\u 123")", R"("\U0041")",
                  R"("\)",    R"("\")",    "\"\\\n\"",   "\"\\\xC3\xA9\""});
}

TEST(Validator, RefusesWhatIsNotUtf8) {  // RFC 8259 §8.1, RFC 3629 §3
  expect_refused({"\"\xFF\"",
                  "\"\x80\"",
                  "\"\xC3\"",
                  "\"\xC3(\"",
                  "\"\xC0\xAF\"",
                  "\"\xE0\x80\x80\"",
                  "\"\xED\xA0\x80\"",
                  "\"\xF4\x90\x80\x80\"",
                  "\"\xF5\x80\x80\x80\"",
                  "\"\xE2\x82\"",
                  "\"na\xEFve\"",
                  "[\"\xC3\"]",
                  "[\"\xF0\x9F\x98\"]",
                  "{\"\xFF\":1}",
                  "\"a\\n\xC3\"",
                  "\"a\\n\xFF\"",
                  "\xE9",
                  "\xFE\xFF\0[\0]"s,
                  "\xFF\xFE[\0]\0"s,
                  "[\0]\0"s});
}

TEST(Validator, RefusesHalfSurrogatePairs) {  // RFC 7493 §2.1
  expect_refused({R"("\ud800")", R"("\udfff")", R"("\ud800\u0041")", R"("\ud800\ud800")", R"("\ude00\ud83d")",
                  R"("\ud83d text long enough")", R"("\udc00 text long enough")",
                  R"("\ud83d\n long enough")"});
}

TEST(Validator, RefusesOtherStructures) {  // RFC 8259 §2, §4, §5
  expect_refused({"[1,]",        "[,1]",        "[,]",
                  "[1,,2]",      "[1 2]",       "[1:2]",
                  "[",           "]",           "[1",
                  "[1}",         "[[]",         "[]]",
                  "{",           "}",           R"({"a"})",
                  R"({"a":})",   R"({"a":1,})", R"({,"a":1})",
                  R"({"a" 1})",  R"({"a"::1})", R"({"a":1 "b":2})",
                  R"({"a":1]})", "{a:1}",       "{1:1}",
                  "{'a':1}",     R"({"a":1}})", R"({null:1})",
                  "[\"a\",\n",   R"({"a":1)"});
}

TEST(Validator, RefusesWhatIsNoJson) {
  expect_refused({"nul",
                  "nulll",
                  "Null",
                  "TRUE",
                  "True",
                  "None",
                  "undefined",
                  "tru",
                  "falsey",
                  "truefalse",
                  "{} {}",
                  "1 2",
                  "[]x",
                  "{}#",
                  "[],",
                  "null\0"s,
                  "[]\0"s,
                  "\0[]"s,
                  "1\0"s,
                  "/**/1",
                  "1/**/",
                  "1//",
                  "//\n1",
                  "[1/*,*/]",
                  "#1\n",
                  "\xEF\xBB\xBF[]",
                  "\xEF\xBB\xBF",
                  "\v1",
                  "\f1",
                  "1\v",
                  "\xC2\xA0"
                  "1",
                  "\xE2\x80\xA8"
                  "1",
                  "*",
                  "&",
                  "<html>"});
}

TEST(Validator, LimitsTheDepth) {
  constexpr std::size_t kDepth = Validator::kMaximumDepth;
  expect_valid({nested(kDepth, "[", "", "]"), nested(kDepth, "{\"a\":", "1", "}"),
                nested(kDepth / 2, "[{\"a\":", "1", "}]")});
  const auto fault = fault_in(nested(kDepth + 1, "[", "", "]"));
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->reason, "arrays and objects are nested too deeply");
  EXPECT_EQ(fault->byte_offset, kDepth);
  expect_refused(
      {nested(kDepth + 1, "{\"a\":", "1", "}"), nested(100'000, "[", "", "]"), nested(100'000, "[", "", "")});
  // It is the depth that counts, not how many there are.
  expect_valid({"[" + nested(kDepth - 1, "[", "", "]") + "," + nested(kDepth - 1, "[", "", "]") + "]"});
}

TEST(Validator, SaysWhereAndWhy) {
  struct Case {
    std::string text;
    Fault fault;
  };
  const Case cases[] = {
      {"", {"the text is empty", 1, 1, 0}},
      {" \n ", {"the text is empty", 2, 2, 3}},
      {"[1,", {"the text ends before the value is complete", 1, 4, 3}},
      {"{\n\"a\": \"x", {"the text ends before the value is complete", 2, 8, 9}},
      {"-", {"the text ends before the value is complete", 1, 2, 1}},
      {"[nul", {"the text ends before the value is complete", 1, 5, 4}},
      {"\"\\u00", {"the text ends before the value is complete", 1, 6, 5}},
      {"{invalid", {"unexpected \"invalid\"", 1, 2, 1}},
      {"{\"a\":1,}", {"unexpected character \"}\"", 1, 8, 7}},
      {"[\n  1,\n  2,\n]", {"unexpected character \"]\"", 4, 1, 12}},
      {"[1,\r\n 2 3]", {"unexpected character \"3\"", 2, 4, 8}},
      {"[\"a\" \"b\"]", {"unexpected character '\"'", 1, 6, 5}},
      {"[NaN]", {"unexpected \"NaN\"", 1, 2, 1}},
      {"[tru]", {"unexpected \"tru\"", 1, 2, 1}},
      {"[nulls]", {"unexpected \"s\"", 1, 6, 5}},
      {"[abcdefghijklmnopqrstuvwxyz]", {"unexpected \"abcdefghijklmnopqrst\"…", 1, 2, 1}},
      {"[\xE2\x80\x9C"
       "a\"]",
       {"unexpected character \"\xE2\x80\x9C\"", 1, 2, 1}},
      {"[01]", {"unexpected character \"1\"", 1, 3, 2}},
      {"[1.]", {"unexpected character \"]\"", 1, 4, 3}},
      {"1e9999999999", {"the exponent of a number is too large", 1, 12, 11}},
      {"\"a\nb\"", {"unexpected control character U+000A", 1, 3, 2}},
      {"\"\x1F\"", {"unexpected control character U+001F", 1, 2, 1}},
      {"{} {}", {"nothing but white space may follow the value", 1, 4, 3}},
      {"1\n2", {"nothing but white space may follow the value", 2, 1, 2}},
      {"[]\0"s, {"nothing but white space may follow the value", 1, 3, 2}},
      {"\xEF\xBB\xBF{}", {"a byte order mark is not allowed", 1, 1, 0}},
      {"[\"na\xEFve\"]", {"the bytes are not UTF-8", 1, 5, 4}},
      {"\"\xE2\x82\"", {"the bytes are not UTF-8", 1, 2, 1}},
      {"[1]\xFF", {"the bytes are not UTF-8", 1, 4, 3}},
      {R"(["\x41"])", {"unknown escape after a backslash", 1, 4, 3}},
      {R"(["\\x41\'"])", {"unknown escape after a backslash", 1, 9, 8}},
      {R"("\u12g4")", {"four hexadecimal digits must follow \\u", 1, 6, 5}},
      {R"("\u12g4 and text behind")", {"four hexadecimal digits must follow \\u", 1, 6, 5}},
      {R"(["bc\u"], "and text": "behind"])", {"four hexadecimal digits must follow \\u", 1, 7, 6}},
      {R"("\u00e9\u, and text behind")", {"four hexadecimal digits must follow \\u", 1, 10, 9}},
      {R"("\ud83d\u12g4 and text behind")", {"an escape names half of a surrogate pair", 1, 2, 1}},
      {R"("\u\ud83d\ude00 and text behind")", {"four hexadecimal digits must follow \\u", 1, 4, 3}},
      {"\"\\ud83d\\uL\xB0"
       "asPa\"",
       {"an escape names half of a surrogate pair", 1, 2, 1}},
      {R"("ab\ud800")", {"an escape names half of a surrogate pair", 1, 4, 3}},
      {R"("ab\ud800 and text behind")", {"an escape names half of a surrogate pair", 1, 4, 3}},
      {R"("ab\ud83d\u0041")", {"an escape names half of a surrogate pair", 1, 4, 3}},
      {R"("ab\ud83d\u0041 and text behind")", {"an escape names half of a surrogate pair", 1, 4, 3}},
      {R"("\udc00 and text behind")", {"an escape names half of a surrogate pair", 1, 2, 1}},
      {"\"\\ud83d\\ude00\x01\"", {"unexpected control character U+0001", 1, 14, 13}},
      {"\"\\\\ud800\x01\"", {"unexpected control character U+0001", 1, 9, 8}},
  };
  for (const auto& [text, want] : cases) {
    SCOPED_TRACE(testing::PrintToString(text));
    EXPECT_EQ(fault_in(text), want);
    // However the text is cut.
    for (std::size_t first = 0; first <= text.size(); ++first) {
      const std::string_view view = text;
      EXPECT_EQ(fault_in({view.substr(0, first), view.substr(first)}), want) << "cut at " << first;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(std::string_view(text).substr(i, 1));
    EXPECT_EQ(fault_in(bytes), want) << "byte by byte";
  }
}

TEST(Validator, DoesNotCallATextEmptyThatHasBegunManyBlanksAgo) {
  for (const std::size_t blanks : {3'990UL, 4'000UL, 4'010UL, 9'000UL}) {
    const std::string text = "[1," + std::string(blanks, ' ');
    EXPECT_EQ(fault_in(text),
              (Fault{"the text ends before the value is complete", 1, text.size() + 1, text.size()}));
    const std::string blank(blanks, ' ');
    EXPECT_EQ(fault_in(blank), (Fault{"the text is empty", 1, blanks + 1, blanks}));
  }
}

TEST(Validator, SaysTheSameFarIntoATextHoweverItIsCut) {
  const std::string faults[] = {"}",       "nulx",        "\xFF",        "\"\xE2\x82(\"",
                                "\"\\q\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud83d\\u0041\"",
                                "\"\n\"",  "1.x",         "truE",        "\"\\ud83d\xFF\""};
  const std::string line = "\"caf\xC3\xA9 \\u00e9\\ud83d\\ude00\",\n";
  for (const std::string& fault : faults) {
    // Every place that the fault can have in one of the parser's blocks.
    for (std::size_t spaces = 0; spaces < line.size(); ++spaces) {
      std::string text = "[" + std::string(spaces, ' ');
      std::size_t lines = 1;
      for (; text.size() < 9'000; ++lines) text += line;
      const std::size_t begin = text.size();
      text += fault + ",\"and more\"]";
      const auto whole = fault_in(text);
      ASSERT_TRUE(whole) << fault;
      EXPECT_GE(whole->byte_offset, begin) << fault;
      EXPECT_LT(whole->byte_offset, begin + fault.size() + 1) << fault;
      EXPECT_EQ(whole->column, whole->byte_offset - begin + 1) << fault;
      EXPECT_EQ(whole->line, lines) << fault;
      const std::string_view view = text;
      for (const std::size_t size : {1UL, 7UL, 1000UL, 3999UL, 4000UL, 4001UL}) {
        std::vector<std::string_view> pieces;
        for (std::size_t i = 0; i < view.size(); i += size) pieces.push_back(view.substr(i, size));
        ASSERT_EQ(fault_in(pieces), whole) << fault << " in pieces of " << size;
      }
    }
  }
}

TEST(Validator, FindsTheFaultAtEveryOffset) {
  for (std::size_t offset = 0; offset < 9'000; offset += offset > 3'900 && offset < 4'100 ? 1 : 97) {
    EXPECT_EQ(fault_in(std::string(offset, ' ') + "}"),
              (Fault{"unexpected character \"}\"", 1, offset + 1, offset}));
    EXPECT_EQ(fault_in(std::string(offset, '\n') + "}"),
              (Fault{"unexpected character \"}\"", offset + 1, 1, offset}));
    EXPECT_EQ(fault_in("\"" + std::string(offset, 'x') + "\x01\""),
              (Fault{"unexpected control character U+0001", 1, offset + 2, offset + 1}));
    EXPECT_EQ(fault_in("\"" + std::string(offset, 'x') + "\xE2\x28\xA1\""),
              (Fault{"the bytes are not UTF-8", 1, offset + 2, offset + 1}));
    EXPECT_EQ(fault_in("\"" + std::string(offset, 'x') + "\xE2\x82(\""),
              (Fault{"the bytes are not UTF-8", 1, offset + 2, offset + 1}));
    for (const std::string bytes :
         {"\xD2\xCD", "\xD2\xCDz", "\xE0\x80\xC3z", "\xF0,", "\xF0\x9F, ", "\xC3\xC3\xC3\xC3\xC3\xC3"})
      EXPECT_EQ(fault_in("\"" + std::string(offset, 'x') + bytes + std::string(100, 'y')),
                (Fault{"the bytes are not UTF-8", 1, offset + 2, offset + 1}))
          << testing::PrintToString(bytes);
    EXPECT_EQ(fault_in("[]" + std::string(offset, ' ') + "1"),
              (Fault{"nothing but white space may follow the value", 1, offset + 3, offset + 2}));
  }
}

TEST(Validator, AcceptsLongTextsHoweverTheyAreCut) {
  const std::string units[] = {"x",   "\xC3\xA9", "\xE2\x82\xAC",  "\xF0\x9F\x98\x80",
                               "\\n", "\\u00e9",  "\\ud83d\\ude00"};
  for (const std::string& unit : units) {
    for (std::size_t shift = 0; shift < 13; ++shift) {
      // The second half is a long run behind a character that may have been cut in two.
      std::string text = "[\"" + std::string(shift, '.');
      while (text.size() < 8'100) text += unit;
      text += std::string(12'000, 'y') + "\"]";
      const std::string_view view = text;
      EXPECT_EQ(fault_in(text), std::nullopt) << unit;
      for (std::size_t first = 3'980; first < 4'010; ++first)
        EXPECT_EQ(fault_in({view.substr(0, first), view.substr(first)}), std::nullopt)
            << unit << " cut at " << first;
      EXPECT_TRUE(fault_in(view.substr(0, view.size() - 1)));
    }
  }
  expect_valid(
      {"[" + std::string(10'000, '7') + "]", std::string(10'000, ' ') + "1" + std::string(10'000, '\n')});
}

TEST(Validator, SplitsInTwoAreAllTheSame) {
  const std::string text =
      R"( {"name" : [ true, false, null, -12.5e+3, 0 ], "\u00e9\ud83d\ude00é" : { "" : "\\\"" } } )";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    const std::string_view view = text;
    EXPECT_EQ(fault_in({view.substr(0, first), view.substr(first)}), std::nullopt) << first;
    const bool is_complete = first + 1 >= text.size();  // but for the white space at the end
    EXPECT_EQ(fault_in(view.substr(0, first)) == std::nullopt, is_complete) << first;
  }
}

TEST(Validator, KeepsItsVerdict) {
  Validator validator;
  EXPECT_TRUE(validator.feed(as_bytes("[1,]")));
  EXPECT_FALSE(validator.finish());
  const Fault fault = validator.fault();
  EXPECT_FALSE(validator.feed(as_bytes("[1]")));
  EXPECT_FALSE(validator.finish());
  EXPECT_EQ(validator.fault(), fault);
}

TEST(Validator, RefusesALongTextBeforeItsEnd) {
  Validator validator;
  EXPECT_FALSE(validator.feed(as_bytes("}" + std::string(4'096, ' '))));
  EXPECT_EQ(validator.fault().byte_offset, 0U);
}

TEST(Validator, CanBeMoved) {
  Validator first;
  EXPECT_TRUE(first.feed(as_bytes("[1,")));
  Validator second = std::move(first);
  EXPECT_TRUE(second.feed(as_bytes("2]")));
  EXPECT_TRUE(second.finish());
}

}  // namespace
}  // namespace bobbin::json
