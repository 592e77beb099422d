#include "uploads/form.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace bobbin::uploads {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs fields_of(std::string content) {
  Pairs pairs;
  const auto fields = parse_form(content);
  if (!fields) return {{"refused", fields.error()}};
  for (const FormField& field : *fields) pairs.emplace_back(field.name, field.value);
  return pairs;
}

std::string json_of(std::string content, std::uint64_t most_bytes = 1000) {
  const auto fields = parse_form(content);
  if (!fields) return fields.error();
  return form_to_json(*fields, most_bytes).value_or("too long");
}

// WHATWG URL Standard §5.1, and the cases of web-platform-tests (url/urlencoded-parser.any.js).
TEST(FormTest, FieldsAreThoseOfTheStandard) {
  const std::pair<const char*, Pairs> cases[] = {
      {"", {}},
      {"test", {{"test", ""}}},
      {"a=b", {{"a", "b"}}},
      {"a=", {{"a", ""}}},
      {"=b", {{"", "b"}}},
      {"=", {{"", ""}}},
      {"&", {}},
      {"&a", {{"a", ""}}},
      {"a&", {{"a", ""}}},
      {"a&a", {{"a", ""}, {"a", ""}}},
      {"a&b&c", {{"a", ""}, {"b", ""}, {"c", ""}}},
      {"a=b&c=d", {{"a", "b"}, {"c", "d"}}},
      {"a=b&c=d&", {{"a", "b"}, {"c", "d"}}},
      {"&&&a=b&&&&c=d&", {{"a", "b"}, {"c", "d"}}},
      {"a=a&a=b&a=c", {{"a", "a"}, {"a", "b"}, {"a", "c"}}},
      {"a==a", {{"a", "=a"}}},
      {"a=a+b+c+d", {{"a", "a b c d"}}},
      {"a+b=c%2Bd", {{"a b", "c+d"}}},
      {"%=a", {{"%", "a"}}},
      {"%a=a", {{"%a", "a"}}},
      {"%a_=a", {{"%a_", "a"}}},
      {"%61=a", {{"a", "a"}}},
      {"%61+%4d%4D=", {{"a MM", ""}}},
      {"a=%2&b=%", {{"a", "%2"}, {"b", "%"}}},
      {"a=%26%3D%25", {{"a", "&=%"}}},
      {"id=0&value=%", {{"id", "0"}, {"value", "%"}}},
      {"b=%2sf%2a", {{"b", "%2sf*"}}},
      {"b=%2%2af%2a", {{"b", "%2*f*"}}},
      {"b=%%2a", {{"b", "%*"}}},
      {"\xEF\xBB\xBFtest=\xEF\xBB\xBF", {{"\xEF\xBB\xBFtest", "\xEF\xBB\xBF"}}},
      {"%EF%BB%BFtest=%EF%BB%BF", {{"\xEF\xBB\xBFtest", "\xEF\xBB\xBF"}}},
      {"\xE2\x80\xA0&\xE2\x80\xA0=x", {{"\xE2\x80\xA0", ""}, {"\xE2\x80\xA0", "x"}}},
      {"%C2", {{"refused", "The form is not UTF-8 at byte 3, in field 1."}}},
  };
  for (const auto& [content, expected] : cases) EXPECT_EQ(fields_of(content), expected) << content;
}

TEST(FormTest, WhatIsNotUtf8IsRefusedWhereItIs) {
  const std::pair<const char*, const char*> cases[] = {
      {"a=%FE%FF", "byte 2, in field 1"},          {"a=b&x=%C2x", "byte 9, in field 2"},
      {"%FE%FF=a", "byte 0, in field 1"},          {"a=%ED%A0%80", "byte 5, in field 1"},  // a surrogate
      {"a=\xE2\x80", "byte 4, in field 1"},        {"a=%C3&%BC=b", "byte 5, in field 1"},  // not over the end
      {"&&a=%61%62%C0%AF", "byte 10, in field 1"},
  };
  for (const auto& [content, where] : cases)
    EXPECT_EQ(json_of(content), std::string("The form is not UTF-8 at ") + where + ".") << content;
}

TEST(FormTest, BecomesOneObjectInTheOrderReceived) {
  EXPECT_EQ(json_of(""), "{}");
  EXPECT_EQ(json_of("name=Ada+Lovelace&city=London&ok"),
            R"({"name":"Ada Lovelace","city":"London","ok":""})");
  EXPECT_EQ(json_of("b=1&a=2"), R"({"b":"1","a":"2"})") << "not sorted";
  EXPECT_EQ(json_of("=x"), R"({"":"x"})");
}

TEST(FormTest, ARepeatedNameBecomesAnArrayAtItsFirstPlace) {
  EXPECT_EQ(json_of("t=1&n=x&t=2&%74=3"), R"({"t":["1","2","3"],"n":"x"})");
  EXPECT_EQ(json_of("a&a="), R"({"a":["",""]})");
}

TEST(FormTest, WhatJsonCannotHoldIsEscaped) {
  EXPECT_EQ(json_of("a=%22%5C%0D%0A%00&%09=%7F"),
            "{\"a\":\"\\\"\\\\\\u000d\\u000a\\u0000\",\"\\u0009\":\"\x7F\"}");
  EXPECT_EQ(json_of("a=%22}%2C{&%22b=1"), R"({"a":"\"},{","\"b":"1"})");
}

TEST(FormTest, HasAtMostAThousandFields) {
  std::string content = "a";
  for (std::size_t i = 1; i < kMostFormFields; ++i) content += "&a";
  EXPECT_EQ(fields_of(content).size(), kMostFormFields);
  EXPECT_EQ(fields_of(content + "&").size(), kMostFormFields) << "nothing is no field";
  EXPECT_EQ(json_of(content + "&a"), "The form has more than 1000 fields.");
}

TEST(FormTest, TheDocumentIsNoLargerThanAllowed) {
  for (const std::string content : {"", "a=b", "a=%00&b&a=%22", "%00"}) {
    const std::string whole = json_of(content);
    EXPECT_EQ(json_of(content, whole.size()), whole);
    for (std::size_t most = 0; most < whole.size(); ++most)
      EXPECT_EQ(json_of(content, most), "too long") << most;
  }
}

}  // namespace
}  // namespace bobbin::uploads
