#include "json/object.h"

#include <gtest/gtest.h>

namespace bobbin::json {
namespace {

TEST(ObjectTest, GivesItsMembersByTheirType) {
  const auto object =
      Object::parse(R"({"a":"x\ny","b":17,"c":-1,"d":18446744073709551615,"e":1.5,"f":null,"b":18})");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->text("a"), "x\ny");
  EXPECT_EQ(object->number("b"), 18U);
  EXPECT_EQ(object->number("d"), UINT64_MAX);
  for (const char* other : {"a", "c", "e", "f", "z"}) EXPECT_EQ(object->number(other), std::nullopt) << other;
  for (const char* other : {"b", "f", "z"}) EXPECT_EQ(object->text(other), std::nullopt) << other;
  EXPECT_TRUE(object->has("f"));
  EXPECT_FALSE(object->has("z"));
}

TEST(ObjectTest, IsNothingElse) {
  for (const char* text : {"", "[]", "1", "{", "{}{}", "{\"a\":}", "{'a':1}"})
    EXPECT_FALSE(Object::parse(text)) << text;
  EXPECT_FALSE(Object::parse("{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}"));
}

TEST(ObjectTest, HasObjectsAndPairsOfStrings) {
  const auto object =
      Object::parse(R"({"o":{"f":[["a","1"],["a","\u000a"]]},"e":[],"s":"x","t":[["a"]],"n":[["a",1]]})");
  ASSERT_TRUE(object);
  const auto inner = object->object("o");
  ASSERT_TRUE(inner);
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(inner->pairs("f"), (Pairs{{"a", "1"}, {"a", "\n"}}));
  EXPECT_EQ(object->pairs("e"), Pairs());
  for (const char* other : {"o", "s", "t", "n", "z"}) EXPECT_EQ(object->pairs(other), std::nullopt) << other;
  for (const char* other : {"e", "s", "z"}) EXPECT_FALSE(object->object(other)) << other;
}

TEST(ObjectTest, AStringIsReadAsItWasWritten) {
  std::string every;
  for (char c = 0; c < 0x7F; ++c) every += c;
  every += "\xC3\xA4";
  std::string text = "{\"a\":";
  append_string(text, every);
  const auto object = Object::parse(text + "}");
  ASSERT_TRUE(object) << text;
  EXPECT_EQ(object->text("a"), every);
  EXPECT_EQ(text.size() - 5, string_size(every));
}

}  // namespace
}  // namespace bobbin::json
