#include "uploads/batch_intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "uploads/test_bundles.h"

namespace bobbin::uploads {
namespace {

using http::Response;
using http::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kBatch = "application/cloudevents-batch+json";

class BatchIntakeTest : public BundleIntakeTest {
 protected:
  Response upload(std::string_view content, std::size_t piece_bytes = 1460) {
    return upload(settings(), content, piece_bytes);
  }
  Response upload(const InboxSettings& wanted, std::string_view content, std::size_t piece_bytes = 1460) {
    return BundleIntakeTest::upload(wanted, post(kBatch), content, piece_bytes);
  }
};

TEST_F(BatchIntakeTest, EachElementIsADocumentHoweverTheyAreCut) {
  const std::string first = R"({"id": "a]},{\"", "data": [{"b": "\\"}, [1]]})";
  const std::string second = "{\n \"c\" : {} }";
  const std::string content = " [" + first + "\r\n,\t" + second + ",{}] \n";
  for (std::size_t piece_bytes = 1; piece_bytes <= content.size(); ++piece_bytes) {
    const Response response = upload(content, piece_bytes);
    EXPECT_EQ(response.status, Status::created) << text_of(response);
    EXPECT_THAT(text_of(response), HasSubstr(R"("stored":3,"repeated":0)"));
    EXPECT_THAT(take_documents(), ElementsAre(first, second, "{}"));
  }
}

TEST_F(BatchIntakeTest, OneFaultRefusesAllAndSaysWhere) {
  struct Case {
    const char* content;
    const char* words;
  };
  const Case cases[] = {
      {"", "before the array is complete at line 1, column 1 (byte 0)"},
      {"{}", R"(begins with "[" at line 1, column 1 (byte 0))"},
      {"[", "before the array is complete at line 1, column 2 (byte 1)"},
      {"[{}", "before the array is complete"},
      {"[{},", "before the array is complete"},
      {"[{},\n\n ]", R"(begins with "{" at line 3, column 2 (byte 7))"},
      {"[,{}]", R"(begins with "{" at line 1, column 2 (byte 1))"},
      {"[1]", R"(begins with "{")"},
      {"[\"{}\"]", R"(begins with "{")"},
      {"[[{}]]", R"(begins with "{")"},
      {"[{} {}]", R"(stands "," or "]" at line 1, column 5 (byte 4))"},
      {"[{}}", R"(stands "," or "]")"},
      {"[{}] []", "behind the array at line 1, column 6 (byte 5)"},
      {"[{}]\n{}", "behind the array at line 2, column 1 (byte 5)"},
      {"[{},\n {\"a\":\n  }]", "at line 3, column 3 (byte 14)"},
      {"[{\"a\": 1},  {\"b\" 2}]", "at line 1, column 18 (byte 17)"},
      {"[{]]", "at line 1, column 3 (byte 2)"},
      {"[{\"a\": [}]}]", "at line 1, column 9 (byte 8)"},
      {"[{\"a\": \"\n\"}]", "at line 1"},
      {"[{\"a", "is not valid JSON"},
      {"[{\"a\\", "is not valid JSON"},
      {"[{\"a\": \"\xff\"}]", "at line 1, column 9 (byte 8)"},
  };
  for (const auto& [content, words] : cases) {
    for (const std::size_t piece_bytes : {1, 2, 1000}) {
      const Response response = upload(content, piece_bytes);
      EXPECT_EQ(response.status, Status::bad_request) << content;
      EXPECT_THAT(text_of(response), HasSubstr(words)) << content;
    }
  }
  EXPECT_THAT(take_documents(), IsEmpty());
}

TEST_F(BatchIntakeTest, ABatchWithoutAnEventIsRefused) {
  const Response response = upload("[ \n]");
  EXPECT_EQ(response.status, Status::bad_request);
  EXPECT_THAT(text_of(response), HasSubstr("no document: a batch is an array of events"));
}

TEST_F(BatchIntakeTest, AnEventIsKnownByItsSourceAndId) {
  InboxSettings wanted = keyed({"cloudevent"});
  wanted.keys.is_required = true;
  EXPECT_EQ(upload(wanted, R"([{"source":"/a","id":"1"},{"source":"/b","id":"1"}])").status, Status::created);
  EXPECT_THAT(text_of(upload(wanted, R"([{"source":"/a","id":"1"},{"source":"/a","id":"2"}])")),
              HasSubstr(R"("stored":1,"repeated":1)"));
  const Response response = upload(wanted, R"([{"source":"/a","id":"3"},{"source":"/a"}])");
  EXPECT_EQ(response.status, Status::bad_request);
  EXPECT_THAT(text_of(response), HasSubstr("Event 2: Nothing identifies the document."));
  EXPECT_THAT(take_documents(), SizeIs(3));
}

TEST_F(BatchIntakeTest, ADepthBeyondTheLimitIsAFaultOfItsEvent) {
  const auto nested = [](std::size_t depth) {
    return "[{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}]";
  };
  EXPECT_EQ(upload(nested(511)).status, Status::created) << "an event may be as deep as any document";
  EXPECT_EQ(upload(nested(512)).status, Status::bad_request);
}

}  // namespace
}  // namespace bobbin::uploads
