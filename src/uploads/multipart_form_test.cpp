#include "uploads/multipart_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "crypto/sha256.h"

namespace bobbin::uploads {
namespace {

using ::testing::HasSubstr;
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// The fields of a form with the boundary AaB03x.
Pairs parts_of(std::string content) {
  const auto fields = parse_multipart(content, "AaB03x", FormFiles::refused);
  Pairs pairs;
  if (!fields) return {{"refused", fields.error().reason}};
  for (const FormField& field : *fields) pairs.emplace_back(field.name, field.value);
  return pairs;
}
MultipartFault fault_of(std::string content) {
  const auto fields = parse_multipart(content, "AaB03x", FormFiles::refused);
  return fields ? MultipartFault{.reason = "taken"} : fields.error();
}
std::string part(std::string_view head, std::string_view value) {
  return "--AaB03x\r\n" + std::string(head) + "\r\n\r\n" + std::string(value) + "\r\n";
}
std::string field(std::string_view name, std::string_view value) {
  return part("Content-Disposition: form-data; name=\"" + std::string(name) + "\"", value);
}
const std::string kEnd = "--AaB03x--\r\n";

TEST(MultipartForm, HasAFieldForEachPart) {
  // As of RFC 7578 §4.2 and §4.6.
  EXPECT_EQ(parts_of("--AaB03x\r\n"
                     "content-disposition: form-data; name=\"_charset_\"\r\n"
                     "\r\n"
                     "UTF-8\r\n"
                     "--AaB03x\r\n"
                     "Content-Type: text/plain;charset=UTF-8\r\n"
                     "content-disposition: form-data; name=\"field1\"\r\n"
                     "\r\n"
                     "Joe owes \xE2\x82\xAC"
                     "100.\r\n"
                     "--AaB03x--"),
            (Pairs{{"_charset_", "UTF-8"},
                   {"field1",
                    "Joe owes \xE2\x82\xAC"
                    "100."}}));
}

TEST(MultipartForm, ValuesAreWhatStandsBetweenTheirLineEnds) {
  for (const char* value :
       {"", "\r\n", "\r\n\r\n", "a\r\nb", "--AaB03xy", "\r\n--AaB03", "\r\n--AaB03xy", "\r\n-AaB03x\r\n",
        "\r\n--AaB03x x\r\n", "\r\n--AaB03x-\r\n", "\r", "\n--AaB03x\r\n"})
    EXPECT_EQ(parts_of(field("a", value) + field("b", "") + kEnd), (Pairs{{"a", value}, {"b", ""}})) << value;
}

TEST(MultipartForm, APartMayHaveNoContent) {  // RFC 2046 §5.1.1: body-part := MIME-part-headers [CRLF *OCTET]
  EXPECT_EQ(parts_of("--AaB03x\r\nContent-Disposition: form-data; name=a\r\n\r\n--AaB03x--"),
            (Pairs{{"a", ""}}));
}

TEST(MultipartForm, WhatIsAroundThePartsIsPassedOver) {  // RFC 2046 §5.1.1
  EXPECT_EQ(parts_of("preamble\r\n--AaB03x?\r\n" + field("a", "b") + kEnd + "epilogue\r\n" + field("c", "d") +
                     kEnd),
            (Pairs{{"a", "b"}}));
  EXPECT_EQ(
      parts_of("\r\n--AaB03x \t\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--AaB03x--  \r\n"),
      (Pairs{{"a", "b"}}));
}

TEST(MultipartForm, WithoutPartsItHasNoFields) { EXPECT_EQ(parts_of(kEnd), Pairs{}); }

TEST(MultipartForm, NamesMayHaveQuotes) {
  EXPECT_EQ(parts_of(field("a\\\"b", "1") + field("a%22b", "2") + field("a\\b", "3") + field("", "4") +
                     field("\xC3\xA4; filename=x", "5") + kEnd),
            (Pairs{{"a\"b", "1"}, {"a%22b", "2"}, {"a\\b", "3"}, {"", "4"}, {"\xC3\xA4; filename=x", "5"}}));
}

TEST(MultipartForm, FilesAreTold) {
  for (const char* parameter : {"filename=\"x.png\"", "filename=\"\"", "FileName=x", "filename*=UTF-8''x"}) {
    const MultipartFault fault =
        fault_of(field("a", "b") +
                 part("Content-Disposition: form-data; name=\"f\"; " + std::string(parameter), "x") + kEnd);
    EXPECT_TRUE(fault.is_file) << parameter;
    EXPECT_THAT(fault.reason, HasSubstr("takes no files, and part 2"));
  }
}

TEST(MultipartForm, FilesAreTakenAsTheyAre) {
  std::string content = field("a", "b") +
                        part(
                            "Content-Disposition: form-data; name=\"f\"; filename=\"x "
                            "\\\"1\\\".png\"\r\nContent-Type: image/png",
                            "\x89PNG\r\n") +
                        part("Content-Disposition: form-data; name=\"none\"; filename=\"\"", "") +
                        part("Content-Disposition: form-data; name=\"star\"; filename*=UTF-8''x", "y") + kEnd;
  const auto fields = parse_multipart(content, "AaB03x", FormFiles::taken);
  ASSERT_TRUE(fields);
  ASSERT_EQ(fields->size(), 4U);
  EXPECT_FALSE(fields->at(0).file);
  EXPECT_EQ(fields->at(1).value, "\x89PNG\r\n");
  EXPECT_EQ(fields->at(1).file->name, "x \"1\".png");
  EXPECT_EQ(fields->at(1).file->type, "image/png");
  EXPECT_EQ(fields->at(3).file->name, "");
  EXPECT_EQ(form_to_json(*fields, 10'000),
            R"({"a":"b","f":{"filename":"x \"1\".png","type":"image/png","size":6,"sha256":")" +
                crypto::hex_of(crypto::sha256("\x89PNG\r\n")) +
                R"(","base64":"iVBORw0K"},"none":null,"star":{"filename":"","size":1,"sha256":")" +
                crypto::hex_of(crypto::sha256("y")) + R"(","base64":"eQ=="}})");
  EXPECT_FALSE(form_to_json(*fields, 200));
}

TEST(MultipartForm, WhatIsSaidOfAFileHasToBeUtf8) {
  for (const char* head : {"Content-Disposition: form-data; name=f; filename=\"\xFF\"",
                           "Content-Disposition: form-data; name=f; filename=x\r\nContent-Type: \xFF"}) {
    std::string content = part(head, "x") + kEnd;
    const auto fields = parse_multipart(content, "AaB03x", FormFiles::taken);
    ASSERT_FALSE(fields);
    EXPECT_FALSE(fields.error().is_file);
    EXPECT_THAT(fields.error().reason, HasSubstr("Part 1 of the form has a head that is not UTF-8"));
  }
}

TEST(MultipartForm, WhatIsMalformedSaysWhere) {
  const std::pair<std::string, const char*> wrong[] = {
      {"", "no boundary"},
      {"a=1", "no boundary"},
      {"--AaB03x", "no boundary"},
      {"--AaB03xx\r\n\r\n--AaB03x", "no boundary"},
      {field("a", "b"), "Part 1 of the form has no boundary behind it"},
      {field("a", "b") + "--AaB03x\r\n", "Part 2 of the form has no end of its head"},
      {"--AaB03x\r\n\r\nb\r\n" + kEnd, "Part 1 of the form does not say its name"},
      {part("Content-Type: text/plain", "b") + kEnd, "does not say its name"},
      {part("Content-Disposition: form-data", "b") + kEnd, "malformed head"},
      {part("Content-Disposition: attachment; name=a", "b") + kEnd, "malformed head"},
      {part("Content-Disposition: form-data; name=a; name=b", "b") + kEnd, "malformed head"},
      {part("Content-Disposition: form-data; name=\"a", "b") + kEnd, "malformed head"},
      {part("Content-Disposition: form-data; name=a x", "b") + kEnd, "malformed head"},
      {part("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "b") + kEnd,
       "malformed head"},
      {part("Content-Disposition: form-data;\r\n name=a", "b") + kEnd, "malformed head"},
      {part("Content-Disposition : form-data; name=a", "b") + kEnd, "malformed head"},
      {part("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", "b") + kEnd,
       "Content-Transfer-Encoding"},
      {field("a", "b") + field("c", "\xC3(") + kEnd, "Part 2 of the form is not UTF-8"},
      {field("\xFF", "b") + kEnd, "Part 1 of the form is not UTF-8"}};
  for (const auto& [content, words] : wrong) {
    const MultipartFault fault = fault_of(content);
    EXPECT_FALSE(fault.is_file);
    EXPECT_THAT(fault.reason, HasSubstr(words)) << content;
  }
}

TEST(MultipartForm, AnEncodingThatSaysNothingIsTaken) {  // RFC 7578 §4.7
  for (const char* encoding : {"7bit", "8bit", "BINARY"})
    EXPECT_EQ(parts_of(part("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: " +
                                std::string(encoding),
                            "b") +
                       kEnd),
              (Pairs{{"a", "b"}}));
}

TEST(MultipartForm, HasAtMostAThousandParts) {
  std::string content;
  for (int i = 0; i < 1000; ++i) content += field("a", "b");
  EXPECT_EQ(parts_of(content + kEnd).size(), 1000U);
  EXPECT_THAT(fault_of(content + field("a", "b") + kEnd).reason, HasSubstr("more than 1000 parts"));
}

TEST(MultipartForm, AHeadHasAtMost8KiB) {
  const std::string start = "Content-Disposition: form-data; name=\"";
  const std::string largest(8192 - start.size() - 1, 'x');
  EXPECT_EQ(parts_of(field(largest, "b") + kEnd), (Pairs{{largest, "b"}}));
  EXPECT_THAT(fault_of(field(largest + "x", "b") + kEnd).reason, HasSubstr("more than 8192 bytes"));
}

TEST(BoundaryOf, IsThatOfTheContentType) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=AaB03x"), "AaB03x");
  EXPECT_EQ(boundary_of("multipart/form-data;BOUNDARY=\"a b:c\"; charset=utf-8"), "a b:c");
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + std::string(70, 'x')), std::string(70, 'x'));
  for (const std::string& wrong :
       {std::string("multipart/form-data"), std::string("multipart/form-data; boundary"),
        std::string("multipart/form-data; boundary="), std::string("multipart/form-data; boundary=\"\""),
        std::string("multipart/form-data; boundary=\"a \""),
        std::string("multipart/form-data; boundary=\"a\\\"b\""),
        std::string("multipart/form-data; boundary=a; boundary=b"),
        std::string("multipart/form-data; boundary=a b"),
        std::string("multipart/form-data; boundary=\"\xC3\xA4\""),
        "multipart/form-data; boundary=" + std::string(71, 'x')})
    EXPECT_EQ(boundary_of(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace bobbin::uploads
