#include "http/owned_request.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace bobbin::http {
namespace {

/// Texts that are overwritten once the copy has been made, as a worker's buffer is by the next request.
struct Received {
  std::string line = "GET http://a/x%20y?q HTTP/1.0";
  std::string method = "GET";
  std::string target = "http://a/x%20y?q";
  std::string authority = "a";
  std::string path = "/x y";
  std::string name = "Range";
  std::string value = "bytes=0-4";

  void overwrite() {
    for (std::string* text : {&line, &method, &target, &authority, &path, &name, &value})
      text->assign(text->size(), '#');
  }
};

TEST(OwnedRequest, OutlivesWhatWasReceived) {
  Received received;
  auto local = std::make_unique<Endpoint>(Endpoint{.port = 8080});
  RequestHead head;
  head.line = received.line;
  head.method_text = received.method;
  head.target = received.target;
  head.authority = received.authority;
  head.method = Method::get;
  head.minor_version = 0;
  head.asks_to_persist = false;
  head.expects_continue = true;
  head.expects_other = true;
  head.framing = {.kind = ContentFraming::Kind::length, .length_bytes = 7};
  ASSERT_TRUE(
      head.fields.add({.name = FieldName::range, .name_text = received.name, .value = received.value}));
  const Request request{.head = head,
                        .local = *local,
                        .path = received.path,
                        .exchange = {.connection = {}, .exchange = ExchangeId{5}},
                        .worker = 3,
                        .round = 9,
                        .date = WallTime(seconds(784111777))};

  const OwnedRequest owned(request);
  received.overwrite();
  local = nullptr;
  head = {};

  EXPECT_EQ(owned->head.line, "GET http://a/x%20y?q HTTP/1.0");
  EXPECT_EQ(owned->head.method_text, "GET");
  EXPECT_EQ(owned->head.target, "http://a/x%20y?q");
  EXPECT_EQ(owned->head.authority, "a");
  EXPECT_EQ(owned->head.method, Method::get);
  EXPECT_EQ(owned->head.minor_version, 0);
  EXPECT_FALSE(owned->head.asks_to_persist);
  EXPECT_TRUE(owned->head.expects_continue);
  EXPECT_TRUE(owned->head.expects_other);
  EXPECT_EQ(owned->head.framing.kind, ContentFraming::Kind::length);
  EXPECT_EQ(owned->head.framing.length_bytes, 7U);
  ASSERT_EQ(owned->head.fields.lines().size(), 1U);
  EXPECT_EQ(owned->head.fields.lines().front().name_text, "Range");
  EXPECT_EQ(owned->head.fields.only(FieldName::range), "bytes=0-4");
  EXPECT_EQ(owned->local.port, 8080);
  EXPECT_EQ(owned->path, "/x y");
  EXPECT_EQ(owned->exchange.exchange, ExchangeId{5});
  EXPECT_EQ(owned->worker, 3U);
  EXPECT_EQ(owned->round, 9U);
  EXPECT_EQ(owned->date, WallTime(seconds(784111777)));
}

}  // namespace
}  // namespace bobbin::http
