#include "uploads/lines_intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "json/object.h"
#include "uploads/test_bundles.h"

namespace bobbin::uploads {
namespace {

using http::Response;
using http::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kLines = "application/x-ndjson";

class LinesIntakeTest : public BundleIntakeTest {
 protected:
  Response upload(const InboxSettings& wanted, std::string_view content, std::size_t piece_bytes = 1460,
                  const http::RequestHead& head = post(kLines)) {
    return BundleIntakeTest::upload(wanted, head, content, piece_bytes);
  }
};

/// ndjson-spec 1.0.0, §3.1 and §3.2: LF or CR LF, and empty lines may be ignored.
TEST_F(LinesIntakeTest, EachLineIsADocumentHoweverTheyAreCut) {
  const std::string content = "{\"a\": 1}\n\r\n \t\n[2,\t3]\r\n  \"four\"  \n\"\\r\"\n5";
  for (std::size_t piece_bytes = 1; piece_bytes <= content.size(); ++piece_bytes) {
    EXPECT_EQ(upload(settings(), content, piece_bytes).status, Status::created);
    EXPECT_THAT(take_documents(), ElementsAre("{\"a\": 1}", "[2,\t3]", "  \"four\"  ", "\"\\r\"", "5"));
  }
}

TEST_F(LinesIntakeTest, TheAnswerSaysWhatIsStored) {
  upload(settings(), "1\n2\n");
  const auto answer = json::Object::parse(text_of(upload(settings(), "3\n4\n5\n")));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text("status"), "success");
  EXPECT_EQ(answer->number("stored"), 3U);
  EXPECT_EQ(answer->number("repeated"), 0U);
  EXPECT_EQ(answer->number("first_sequence"), 3U);
  EXPECT_EQ(answer->number("last_sequence"), 5U);
}

TEST_F(LinesIntakeTest, OneFaultRefusesAllAndSaysWhere) {
  for (std::size_t piece_bytes : {1, 3, 1000}) {
    const Response response = upload(settings(), "1\r\n{\"a\": }\n3\n", piece_bytes);
    EXPECT_EQ(response.status, Status::bad_request);
    EXPECT_THAT(text_of(response), HasSubstr("at line 2, column 7 (byte 9)"));
  }
  EXPECT_THAT(text_of(upload(settings(), "1\n[2\n3]\n")), HasSubstr("at line 2, column 3 (byte 4)"))
      << "a document is in one line";
  EXPECT_THAT(text_of(upload(settings(), "1\n2 3\n")), HasSubstr("at line 2"));
  EXPECT_THAT(text_of(upload(settings(), "1\r2\n")), HasSubstr("at line 1, column 3 (byte 2)"));
  EXPECT_THAT(take_documents(), IsEmpty());
}

TEST_F(LinesIntakeTest, ContentWithoutADocumentIsRefused) {
  for (const char* content : {"", "\n", " \r\n\n"}) {
    const Response response = upload(settings(), content);
    EXPECT_EQ(response.status, Status::bad_request);
    EXPECT_THAT(text_of(response), HasSubstr("no document"));
  }
}

TEST_F(LinesIntakeTest, EachLineHasAKeyOfItsOwn) {
  const InboxSettings wanted = keyed({"json:/id"});
  EXPECT_EQ(upload(wanted, "{\"id\": 1, \"a\": 1}\n{\"id\": 2}\n").status, Status::created);
  const Response again = upload(wanted, "{\"id\": 1, \"a\": 1}\n{\"id\": 3}\n{\"a\": 1}\n");
  const auto answer = json::Object::parse(text_of(again));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->number("stored"), 2U);
  EXPECT_EQ(answer->number("repeated"), 1U);
  EXPECT_THAT(take_documents(),
              ElementsAre("{\"id\": 1, \"a\": 1}", "{\"id\": 2}", "{\"id\": 3}", "{\"a\": 1}"));
}

TEST_F(LinesIntakeTest, TheDigestOfALineIsThatOfItsDocument) {
  const InboxSettings wanted = keyed({"json:/id", "digest"});
  EXPECT_EQ(upload(wanted, "{\"id\": 1}\n{}\n").status, Status::created);
  EXPECT_THAT(text_of(upload(wanted, "{}\r\n{ }")), HasSubstr("\"stored\":1,\"repeated\":1"));
  EXPECT_THAT(take_documents(), SizeIs(3));
}

TEST_F(LinesIntakeTest, BlankLinesArePartOfNoDocument) {
  const InboxSettings wanted = keyed({"digest"});
  EXPECT_THAT(text_of(upload(wanted, "1\n  \n1\n\r\r\n \n1\n")), HasSubstr("\"stored\":1,\"repeated\":2"));
  EXPECT_THAT(text_of(upload(wanted, " \n1")), HasSubstr("\"stored\":0,\"repeated\":1"));
}

/// Who sends the same content again with the same Idempotency-Key finds each line again.
TEST_F(LinesIntakeTest, WhereAFieldIsTheKeyALineIsKnownByItsPlace) {
  const InboxSettings wanted = keyed({"header:idempotency-key"});
  http::RequestHead head = post(kLines);
  ASSERT_TRUE(head.fields.add({http::FieldName::other, "Idempotency-Key", "k"}));
  EXPECT_THAT(text_of(upload(wanted, "1\n1\n", 1000, head)), HasSubstr("\"stored\":2,\"repeated\":0"));
  const Response again = upload(wanted, "1\n1\n", 1000, head);
  EXPECT_THAT(text_of(again), HasSubstr("{\"status\":\"success\",\"stored\":0,\"repeated\":2}"));
  EXPECT_THAT(again.fields, HasSubstr("Idempotent-Replayed: true"));
  EXPECT_EQ(upload(wanted, "1\n2\n", 1000, head).status, Status::unprocessable_content);
  EXPECT_THAT(take_documents(), SizeIs(2));
}

TEST_F(LinesIntakeTest, ALineWithoutAKeyRefusesAllWhereOneIsRequired) {
  InboxSettings wanted = keyed({"json:/id"});
  wanted.keys.is_required = true;
  const Response response = upload(wanted, "{\"id\": 1}\n\n{}\n[]\n");
  EXPECT_EQ(response.status, Status::bad_request);
  EXPECT_THAT(text_of(response), HasSubstr("Line 3: Nothing identifies the document. It needs json:/id."));
  EXPECT_THAT(take_documents(), IsEmpty());
}

std::string lines(std::size_t count) {
  std::string content;
  for (std::size_t i = 0; i < count; ++i) content += "1\n";
  return content;
}

TEST_F(LinesIntakeTest, ThereAreNoMoreDocumentsThanTheJournalTakesAtOnce) {
  Response response = upload(settings(), lines(LinesIntake::kMostDocuments + 1), 100'000);
  EXPECT_EQ(response.status, Status::content_too_large);
  EXPECT_FALSE(response.close);
  response = upload(settings(), lines(LinesIntake::kMostDocuments), 100'000);
  EXPECT_EQ(response.status, Status::content_too_large) << "with what is kept of the request";
  const std::string detail = text_of(response);
  ASSERT_THAT(detail, HasSubstr("At most "));
  const std::size_t most = std::stoul(detail.substr(std::string_view("At most ").size()));
  EXPECT_GT(most, 4000U);
  EXPECT_THAT(take_documents(), IsEmpty());
  EXPECT_EQ(upload(settings(), lines(most), 100'000).status, Status::created);
  EXPECT_THAT(take_documents(), SizeIs(most));
}

TEST_F(LinesIntakeTest, EachDocumentTakesRoom) {
  observe::TestLog log;
  observe::Registry registry;
  InboxSettings wanted = settings();
  wanted.room =
      *store::Room::open(directory_.path(""), {.documents = 4}, "test", log.writer("Inbox"), registry);
  EXPECT_EQ(upload(wanted, lines(5)).status, Status::content_too_large) << "it would never have room";
  EXPECT_EQ(upload(wanted, lines(3)).status, Status::created);
  EXPECT_EQ(upload(wanted, lines(2)).status, Status::insufficient_storage);
  EXPECT_EQ(upload(wanted, lines(1)).status, Status::created);
  EXPECT_EQ(upload(wanted, lines(1)).status, Status::insufficient_storage);
  EXPECT_THAT(take_documents(), SizeIs(4));
}

TEST_F(LinesIntakeTest, TheListOfDocumentsTakesMemoryOfTheStore) {
  const std::string content = lines(4000);
  for (const std::uint64_t bytes : {16U, 256U, 320U}) {
    const os::TestDirectory place;
    Store small(inbox_folder(place.path("")), {.memory_bytes = content.size() + bytes * 1024,
                                               .inbox = {.name = "test", .layout = store::Layout::record},
                                               .piece_bytes = 4UL * 1024 * 1024});
    const InboxHandler handler(settings(), small.get());
    const Response response = Client(handler).upload(post(kLines, length(content.size())), content, 1000);
    EXPECT_EQ(response.status, bytes < 320 ? Status::service_unavailable : Status::created) << bytes;
  }
}

}  // namespace
}  // namespace bobbin::uploads
