#include "json/scalar_finder.h"

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/validator.h"

namespace bobbin::json {
namespace {

/// What stands at the places, however the text is cut into pieces.
std::vector<std::optional<std::string>> found_at(const std::vector<std::string_view>& places,
                                                 std::string_view text) {
  std::vector<std::vector<std::optional<std::string>>> results;
  for (const std::size_t piece_bytes : {std::size_t{1}, std::size_t{3}, std::size_t{4001}, text.size() + 1}) {
    std::vector<Pointer> pointers;
    for (const std::string_view place : places) pointers.push_back(Pointer::parse(place).value());
    Validator validator(std::move(pointers));
    bool is_valid = true;
    for (std::size_t at = 0; at < text.size() && is_valid; at += piece_bytes)
      is_valid = validator.feed(as_bytes(text.substr(at, piece_bytes)));
    EXPECT_TRUE(is_valid && validator.finish()) << text;
    auto& found = results.emplace_back();
    for (std::size_t i = 0; i < places.size(); ++i) found.push_back(validator.found(i));
    EXPECT_EQ(found, results.front()) << piece_bytes << " bytes in a piece";
  }
  return results.front();
}

std::optional<std::string> at(std::string_view place, std::string_view text) {
  return found_at({place}, text).front();
}

constexpr std::nullopt_t kNothing = std::nullopt;

TEST(Pointer, IsReadAsRfc6901Says) {  // its examples: §5
  const auto tokens = [](std::string_view text) { return Pointer::parse(text).value().tokens(); };
  using Tokens = std::vector<std::string>;
  EXPECT_EQ(tokens(""), Tokens{});
  EXPECT_EQ(tokens("/foo"), Tokens{"foo"});
  EXPECT_EQ(tokens("/foo/0"), (Tokens{"foo", "0"}));
  EXPECT_EQ(tokens("/"), Tokens{""});
  EXPECT_EQ(tokens("/a~1b"), Tokens{"a/b"});
  EXPECT_EQ(tokens("/m~0n"), Tokens{"m~n"});
  EXPECT_EQ(tokens("/~01"), Tokens{"~1"});
  for (const char* fault : {"a", "a/b", "/~", "/~2", "/a~/b"}) EXPECT_FALSE(Pointer::parse(fault)) << fault;
  std::string deep;
  for (std::size_t i = 0; i < Pointer::kMostTokens; ++i) deep += "/a";
  EXPECT_TRUE(Pointer::parse(deep));
  EXPECT_FALSE(Pointer::parse(deep + "/a"));
}

TEST(ScalarFinder, FindsTheExamplesOfRfc6901) {  // §5
  constexpr std::string_view kText = R"({"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3,
      "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8})";
  EXPECT_EQ(at("", kText), kNothing);
  EXPECT_EQ(at("/foo", kText), kNothing);
  EXPECT_EQ(at("/foo/0", kText), "bar");
  EXPECT_EQ(at("/foo/1", kText), "baz");
  EXPECT_EQ(at("/foo/2", kText), kNothing);
  EXPECT_EQ(at("/foo/-", kText), kNothing);
  EXPECT_EQ(at("/foo/00", kText), kNothing);
  EXPECT_EQ(at("/", kText), "0");
  EXPECT_EQ(at("/a~1b", kText), "1");
  EXPECT_EQ(at("/c%d", kText), "2");
  EXPECT_EQ(at("/e^f", kText), "3");
  EXPECT_EQ(at("/g|h", kText), "4");
  EXPECT_EQ(at("/i\\j", kText), "5");
  EXPECT_EQ(at("/k\"l", kText), "6");
  EXPECT_EQ(at("/ ", kText), "7");
  EXPECT_EQ(at("/m~0n", kText), "8");
}

TEST(ScalarFinder, TakesScalarsAndNothingElse) {
  EXPECT_EQ(at("", "\"a\""), "a");
  EXPECT_EQ(at("", " 17 "), "17");
  EXPECT_EQ(at("/a", R"({"a":-1.50e3})"), "-1.50e3");
  EXPECT_EQ(at("/a", R"({"a":true})"), "true");
  EXPECT_EQ(at("/a", R"({"a":false})"), "false");
  EXPECT_EQ(at("/a", R"({"a":null})"), kNothing);
  EXPECT_EQ(at("/a", R"({"a":{}})"), kNothing);
  EXPECT_EQ(at("/a", R"({"a":["x"]})"), kNothing);
  EXPECT_EQ(at("/a", R"({"a":""})"), "");
  EXPECT_EQ(at("/a", R"({"a":"\u00e9\n\"x"})"), "\xC3\xA9\n\"x");
  EXPECT_EQ(at("/a", "{}"), kNothing);
}

TEST(ScalarFinder, IsNotMisledByWhatStandsBesides) {
  EXPECT_EQ(at("/id", R"({"x":{"id":"inner"},"y":[{"id":1},"id"],"id":"outer","z":{"id":2}})"), "outer");
  EXPECT_EQ(at("/x/id", R"({"id":"outer","x":{"y":{"id":0},"id":"inner","z":[]}})"), "inner");
  EXPECT_EQ(at("/x/id", R"({"x":"id","id":{"id":1}})"), kNothing);
  EXPECT_EQ(at("/0", R"({"0":"member"})"), "member");
  EXPECT_EQ(at("/1/a", R"([{"a":0},{"a":1},{"a":2}])"), "1");
  EXPECT_EQ(at("/a/b", R"({"a":{"b":1},"c":2,"b":3})"), "1");
}

TEST(ScalarFinder, OfARepeatedNameTheLastOneCounts) {
  EXPECT_EQ(at("/a", R"({"a":1,"a":2})"), "2");
  EXPECT_EQ(at("/a", R"({"a":1,"a":null})"), kNothing);
  EXPECT_EQ(at("/a/b", R"({"a":{"b":1},"a":{"c":2}})"), kNothing);
  EXPECT_EQ(at("/a/b", R"({"a":{"b":1},"a":{"b":2}})"), "2");
}

TEST(ScalarFinder, FindsSeveralAtOnce) {
  const std::vector<std::optional<std::string>> expected{"s", "i", kNothing, "i"};
  EXPECT_EQ(found_at({"/source", "/id", "/a/b", "/id"}, R"({"id":"i","a":{"c":1},"source":"s"})"), expected);
}

TEST(ScalarFinder, LeavesOutWhatIsTooLong) {
  const std::string most(ScalarFinder::kMostBytes, 'x');
  EXPECT_EQ(at("/a", "{\"a\":\"" + most + "\"}"), most);
  EXPECT_EQ(at("/a", "{\"a\":\"" + most + "x\",\"b\":\"" + std::string(9000, 'y') + "\"}"), kNothing);
  EXPECT_EQ(at("/b", "{\"a\":\"" + std::string(9000, 'y') + "\",\"b\":\"z\"}"), "z");
  EXPECT_EQ(at("/" + std::string(9000, 'k'), "{\"" + std::string(9000, 'k') + "\":1}"), "1");
}

}  // namespace
}  // namespace bobbin::json
