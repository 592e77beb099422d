#include "feed/form.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feed/test_inbox.h"

namespace bobbin::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::unique_ptr<const WholeRecord> record(std::string_view body, std::uint64_t sequence = 7) {
  return WholeRecord::of(TestInbox::entry(sequence, body));
}

std::string all_of(Form form, const std::vector<std::string>& bodies) {
  std::string text(beginning_of(form));
  for (std::size_t i = 0; i < bodies.size(); ++i)
    append_record(text, form, *record(bodies[i], i + 1), "/in/box", i == 0);
  return text.append(end_of(form));
}

/// HTML §9.2.6, as a browser interprets a stream: the id and the data of each event.
std::vector<std::pair<std::string, std::string>> dispatched(std::string_view stream) {
  std::vector<std::pair<std::string, std::string>> events;
  std::string id;
  std::string data;
  while (!stream.empty()) {
    const std::size_t end = stream.find_first_of("\r\n");
    const std::string_view line = stream.substr(0, end);
    stream.remove_prefix(
        std::min(stream.size(), line.size() + (stream.substr(line.size()).starts_with("\r\n") ? 2 : 1)));
    if (line.empty()) {
      if (!data.empty()) events.emplace_back(id, data.substr(0, data.size() - 1));
      data.clear();
      continue;
    }
    const std::string_view name = line.substr(0, line.find(':'));
    std::string_view value = line.substr(std::min(name.size() + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "id") id = value;
    if (name == "data") data.append(value).append("\n");
  }
  return events;
}

std::optional<Form> form_for_accept(const std::vector<std::string_view>& lines) {
  http::RequestHead head;
  for (const std::string_view line : lines)
    EXPECT_TRUE(head.fields.add({http::FieldName::accept, "Accept", line}));
  return form_for(head);
}

TEST(FeedForm, IsChosenByAccept) {
  EXPECT_EQ(form_for_accept({}), Form::cloud_events);
  EXPECT_EQ(form_for_accept({"*/*"}), Form::cloud_events);
  EXPECT_EQ(form_for_accept({"application/*"}), Form::cloud_events);
  EXPECT_EQ(form_for_accept({"application/cloudevents-batch+json"}), Form::cloud_events);
  EXPECT_EQ(form_for_accept({"application/x-ndjson"}), Form::lines);
  EXPECT_EQ(form_for_accept({"text/event-stream"}), Form::events);
  EXPECT_EQ(form_for_accept({"text/*"}), Form::events);
  EXPECT_EQ(form_for_accept({"application/json-seq"}), Form::sequence);
  EXPECT_EQ(form_for_accept({"*/*;q=0.5, application/x-ndjson"}), Form::lines);
  EXPECT_EQ(form_for_accept({"application/x-ndjson;q=0.4, text/event-stream;q=0.5"}), Form::events);
  EXPECT_EQ(form_for_accept({"text/html"}), std::nullopt);
  EXPECT_EQ(form_for_accept({"application/json"}), std::nullopt);
  EXPECT_EQ(form_for_accept({"application/x-ndjson;q=0"}), std::nullopt);
  EXPECT_EQ(form_for_accept({"text"}), Form::cloud_events) << "malformed: it says nothing";
}

/// CloudEvents 1.0, json-format.md §4; extensions/sequence.md: texts whose order is that of the events.
TEST(FeedForm, IsACloudEventsBatch) {
  EXPECT_EQ(all_of(Form::cloud_events, {"{\"a\": 1}", "[\n]"}),
            "[{\"specversion\":\"1.0\",\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"source\":\"/in/"
            "box\",\"type\":\"bobbin."
            "document\",\"time\":\"2027-01-15T08:00:00.000042Z\",\"sequence\":\"00000000000000000001\","
            "\"datacontenttype\":\"application/json\",\"data\":{\"a\": 1}},\n"
            "{\"specversion\":\"1.0\",\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"source\":\"/in/"
            "box\",\"type\":\"bobbin."
            "document\",\"time\":\"2027-01-15T08:00:00.000042Z\",\"sequence\":\"00000000000000000002\","
            "\"datacontenttype\":\"application/json\",\"data\":[\n]}]\n");
  EXPECT_EQ(all_of(Form::cloud_events, {}), "[]\n");
}

/// json-format.md §3.1.1: what is no JSON is in `data_base64`.
TEST(FeedForm, SaysOfWhatTypeBinaryContentIs) {
  const std::string bytes("\0\xFF", 2);
  const auto data_of = [&](std::string_view fields) {
    journal::Record record = TestInbox::record(1, bytes);
    record.is_binary = true;
    record.request = fmt::format(R"({{"client":"192.0.2.7","fields":[{}]}})", fields);
    std::string text;
    append_record(text, Form::cloud_events, *WholeRecord::of(TestInbox::entry(record, bytes)), "/in/box",
                  true);
    return text.substr(text.find("001\",") + 5);
  };
  EXPECT_EQ(data_of(R"(["content-type","image/png"])"),
            R"("datacontenttype":"image/png","data_base64":"AP8="})");
  EXPECT_EQ(
      data_of(R"(["x-a","[\"content-type\",\"a/b\"]"],["content-type","text/csv; header=\"a\\\"]b\""])"),
      R"("datacontenttype":"text/csv; header=\"a\\\"]b\"","data_base64":"AP8="})");
  for (const char* fields : {"", R"(["content-type",""])", R"(["content-type","png"])",
                             R"(["content-type","a/b c"])", R"(["x-a","[\"content-type\",\"a/b\"]"])"})
    EXPECT_EQ(data_of(fields), R"("data_base64":"AP8="})") << fields;
}

TEST(FeedForm, IsOneLineForEachRecord) {
  EXPECT_EQ(all_of(Form::lines, {"{\"a\": 1}"}), TestInbox::entry(1, "{\"a\": 1}").substr(1));
  std::string broken = TestInbox::entry(1, "{\r\n\"a\":\n1}").substr(1);
  broken.replace(broken.find("\r\n"), 2, "  ");
  broken.replace(broken.find(":\n"), 2, ": ");
  EXPECT_EQ(all_of(Form::lines, {"{\r\n\"a\":\n1}"}), broken);
}

TEST(FeedForm, IsAnEventForEachRecord) {
  const auto text = [](std::uint64_t sequence, std::string_view body) {
    std::string entry = TestInbox::entry(sequence, body).substr(1);
    entry.pop_back();
    return entry;
  };
  EXPECT_THAT(dispatched(all_of(Form::events, {"{\"a\": 1}", "2"})),
              ElementsAre(Pair("1", text(1, "{\"a\": 1}")), Pair("2", text(2, "2"))));
  EXPECT_THAT(dispatched(all_of(Form::events, {"{\n\"a\":\n\n1}"})),
              ElementsAre(Pair("1", text(1, "{\n\"a\":\n\n1}"))))
      << "line feeds come as they are";
  std::string expected = text(1, "{\r\n\"a\":\r1}");
  expected.replace(expected.find("\r\n"), 2, "\n");
  expected.replace(expected.find('\r'), 1, "\n");
  EXPECT_THAT(dispatched(all_of(Form::events, {"{\r\n\"a\":\r1}"})), ElementsAre(Pair("1", expected)))
      << "an event stream cannot hold a carriage return";
}

/// RFC 7464 §2.2.
TEST(FeedForm, IsATextSequenceByteForByte) {
  EXPECT_EQ(all_of(Form::sequence, {"{\r\n}", "[\n]"}),
            TestInbox::entry(1, "{\r\n}") + TestInbox::entry(2, "[\n]"));
}

TEST(WholeRecord, IsReadOnlyWhenAllOfItIsThere) {
  const std::string entry = TestInbox::entry(1, "{\"a\": 1}");
  ASSERT_NE(WholeRecord::of(entry), nullptr);
  EXPECT_EQ(WholeRecord::of(entry)->body(), "{\"a\": 1}");
  for (std::size_t size = 0; size < entry.size(); ++size)
    EXPECT_EQ(WholeRecord::of(entry.substr(0, size)), nullptr) << size;
  EXPECT_EQ(WholeRecord::of(entry + " "), nullptr);
  std::string altered = entry;
  altered[altered.find("\"a\": 1") + 5] = '2';
  EXPECT_EQ(WholeRecord::of(altered), nullptr);
}

}  // namespace
}  // namespace bobbin::feed
