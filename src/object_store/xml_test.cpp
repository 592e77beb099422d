#include "object_store/xml.h"

#include <gtest/gtest.h>
#include <vector>

namespace bobbin::object_store {
namespace {

class Log final : public XmlReader {
 public:
  void begin(std::string_view path) override { lines.push_back("<" + std::string(path)); }
  void end(std::string_view path, const std::string& text) override {
    lines.push_back(std::string(path) + "=" + text);
  }
  std::vector<std::string> lines;
};

TEST(Xml, TellsOfElementsByTheirPaths) {
  Log log;
  EXPECT_TRUE(
      read_xml("<?xml version=\"1.0\"?><a xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><b>x&amp;"
               "y</b><b/></a>",
               log));
  EXPECT_EQ(log.lines, (std::vector<std::string>{"</a", "</a/b", "/a/b=x&y", "</a/b", "/a/b=", "/a="}));
}

TEST(Xml, IsWholeAndHasNoDocumentType) {
  for (const char* xml : {"", "a", "<a>", "<a></b>", "<a/><b/>", "<!DOCTYPE a><a/>",
                          "<!DOCTYPE a [<!ENTITY e \"eee\">]><a>&e;</a>", "{\"a\":1}"}) {
    Log log;
    EXPECT_FALSE(read_xml(xml, log)) << xml;
  }
}

TEST(Xml, IsNotDeep) {
  const auto nested = [](int depth) {
    std::string xml;
    for (int i = 0; i < depth; ++i) xml += "<a>";
    for (int i = 0; i < depth; ++i) xml += "</a>";
    return xml;
  };
  Log log;
  EXPECT_TRUE(read_xml(nested(32), log));
  EXPECT_FALSE(read_xml(nested(33), log));
}

TEST(Moment, IsWrittenAsAmazonDoes) {
  constexpr WallTime kSix{seconds(1'796'018'400)};  // date -ud 2026-11-30T06:00:00Z +%s
  EXPECT_EQ(moment_of("2026-11-30T06:00:00Z"), kSix);
  EXPECT_EQ(moment_of("2026-11-30T06:00:00.000Z"), kSix);
  EXPECT_EQ(moment_of("2026-11-30T06:00:00.5Z"), kSix + milliseconds(500));
  EXPECT_EQ(moment_of("2026-11-30T06:00:00.123456789Z"), kSix + std::chrono::microseconds(123'456));
  for (const char* text : {"", "Z", "2026-11-30", "2026-11-30T06:00:00", "2026-11-30T06:00:00+02:00",
                           "2026-11-30T06:00:00,5Z", "2026-02-30T06:00:00Z", "1796018400"})
    EXPECT_EQ(moment_of(text), std::nullopt) << text;
}

}  // namespace
}  // namespace bobbin::object_store
