#include "files/multipart.h"

#include <gtest/gtest.h>
#include <string>

namespace bobbin::files {
namespace {

std::string boundary_of(const Multipart& multipart) {
  constexpr std::string_view kStart = "multipart/byteranges; boundary=";
  EXPECT_TRUE(multipart.media_type.starts_with(kStart)) << multipart.media_type;
  return multipart.media_type.substr(kStart.size());
}

/// The parts one after the other, a range as "<offset+length>".
std::string shown(const Multipart& multipart) {
  std::string text;
  for (const FileSource::Part& part : multipart.parts)
    text +=
        part.before + "<" + std::to_string(part.range.offset) + "+" + std::to_string(part.range.length) + ">";
  return text + multipart.end;
}

TEST(ContentRange, NamesFirstLastAndSize) {  // RFC 9110 §14.4
  EXPECT_EQ(content_range({0, 500}, 1234), "bytes 0-499/1234");
  EXPECT_EQ(content_range({734, 500}, 1234), "bytes 734-1233/1234");
  EXPECT_EQ(content_range({0, 1}, 1), "bytes 0-0/1");
}

TEST(Byteranges, PutsEachRangeIntoAPart) {  // RFC 9110 §14.6, RFC 2046 §5.1.1
  const Multipart multipart = byteranges({{500, 500}, {7000, 1000}}, "application/pdf", 8000);
  const std::string boundary = boundary_of(multipart);
  EXPECT_EQ(shown(multipart), "--" + boundary +
                                  "\r\nContent-Type: application/pdf"
                                  "\r\nContent-Range: bytes 500-999/8000"
                                  "\r\n\r\n<500+500>\r\n--" +
                                  boundary +
                                  "\r\nContent-Type: application/pdf"
                                  "\r\nContent-Range: bytes 7000-7999/8000"
                                  "\r\n\r\n<7000+1000>\r\n--" +
                                  boundary + "--\r\n");
}

TEST(Byteranges, KeepsTheOrderAskedFor) {  // RFC 9110 §15.3.7.2
  const Multipart multipart = byteranges({{9, 1}, {0, 1}, {4, 2}}, "a/b", 10);
  std::string offsets;
  for (const FileSource::Part& part : multipart.parts) offsets += std::to_string(part.range.offset) + " ";
  EXPECT_EQ(offsets, "9 0 4 ");
}

TEST(Byteranges,
     BoundaryIsNewEveryTimeAndNeedsNoQuotes) {  // RFC 2045 §5.1, RFC 2046 §5.1.1: at most 70 characters
  const std::string first = boundary_of(byteranges({{0, 1}, {2, 1}}, "a/b", 10));
  const std::string second = boundary_of(byteranges({{0, 1}, {2, 1}}, "a/b", 10));
  EXPECT_NE(first, second);
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos) << first;
  EXPECT_EQ(first.size(), 32U) << "128 random bits";
}

}  // namespace
}  // namespace bobbin::files
