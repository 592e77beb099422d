#include "object_store/agent_protocol.h"

#include <gtest/gtest.h>

namespace bobbin::object_store {
namespace {

TEST(AgentProtocol, RequestsComeBackAsTheyWere) {
  const AgentRequest create{.number = 1,
                            .kind = AgentRequest::Kind::create,
                            .target = 2,
                            .media_type = "application/json",
                            .key = "github/a b.json"};
  EXPECT_EQ(parse_agent_request(text_of(create)), create);
  const AgentRequest read{
      .number = 7, .kind = AgentRequest::Kind::read, .most_bytes = 4096, .key = "github/x"};
  EXPECT_EQ(parse_agent_request(text_of(read)), read);
  const AgentRequest fetch{
      .number = 8, .kind = AgentRequest::Kind::fetch, .target = 1, .key = "a folder/two\nlines"};
  EXPECT_EQ(parse_agent_request(text_of(fetch)), fetch);
  const AgentRequest state{.number = 9, .kind = AgentRequest::Kind::state, .target = 3};
  EXPECT_EQ(parse_agent_request(text_of(state)), state);
  const AgentRequest presign{.number = 10,
                             .kind = AgentRequest::Kind::presign,
                             .target = 4,
                             .key = "a folder/two\nlines",
                             .presentation = {.media_type = "text/plain; charset=utf-8",
                                              .disposition = "attachment; filename=\"a b\"",
                                              .coding = "gzip"}};
  EXPECT_EQ(parse_agent_request(text_of(presign)), presign);
  const AgentRequest plain{.number = 11, .kind = AgentRequest::Kind::presign, .key = "a"};
  EXPECT_EQ(parse_agent_request(text_of(plain)), plain);
}

TEST(AgentProtocol, AUrlComesBackAsItWas) {
  const auto answer = parse_agent_answer(text_of(
      AgentAnswer{.number = 6, .kind = AgentAnswer::Kind::url, .url = "https://store.test/a%20b?c=d"}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->number, 6U);
  EXPECT_EQ(answer->kind, AgentAnswer::Kind::url);
  EXPECT_EQ(answer->url, "https://store.test/a%20b?c=d");
}

TEST(AgentProtocol, AStateComesBackAsItWas) {
  const MirrorState state{.has_list = true,
                          .answers = false,
                          .objects = 12,
                          .whole_bytes = 1ULL << 40,
                          .left_out = 2,
                          .left_out_name = "a//b",
                          .problem = "the store has answered 403\nAccessDenied"};
  const auto answer =
      parse_agent_answer(text_of(AgentAnswer{.number = 5, .kind = AgentAnswer::Kind::state, .state = state}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->number, 5U);
  EXPECT_EQ(answer->state, state);
}

TEST(AgentProtocol, ContentThatGrowsComesBackAsItWas) {
  const auto answer = parse_agent_answer(text_of(AgentAnswer{
      .number = 6, .kind = AgentAnswer::Kind::growing, .size_bytes = 1ULL << 40, .etag = "a b\nc"}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->number, 6U);
  EXPECT_EQ(answer->kind, AgentAnswer::Kind::growing);
  EXPECT_EQ(answer->size_bytes, 1ULL << 40);
  EXPECT_EQ(answer->etag, "a b\nc");
}

TEST(AgentProtocol, AnswersComeBackAsTheyWere) {
  for (const auto kind : {AgentAnswer::Kind::now, AgentAnswer::Kind::before, AgentAnswer::Kind::none,
                          AgentAnswer::Kind::content}) {
    const auto answer = parse_agent_answer(text_of(AgentAnswer{.number = 3, .kind = kind}));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->number, 3U);
    EXPECT_EQ(answer->kind, kind);
  }
  for (const auto kind : {Trouble::Kind::unavailable, Trouble::Kind::refused, Trouble::Kind::impossible,
                          Trouble::Kind::aborted}) {
    const AgentAnswer before{
        .number = 4,
        .kind = AgentAnswer::Kind::trouble,
        .trouble = {.kind = kind, .reason = "two\nlines", .shortest_pause = milliseconds(1500)}};
    const auto answer = parse_agent_answer(text_of(before));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->number, 4U);
    ASSERT_EQ(answer->kind, AgentAnswer::Kind::trouble);
    EXPECT_EQ(answer->trouble.kind, kind);
    EXPECT_EQ(answer->trouble.reason, "two\nlines");
    EXPECT_EQ(answer->trouble.shortest_pause, milliseconds(1500));
  }
}

TEST(AgentProtocol, WhatIsNoMessageIsNotRead) {
  for (const char* const text : {"", "1", "x create 0 a/b\nk", "1 create x a/b\nk", "1 remove 0 a/b\nk",
                                 "1 read 0\nk", "1 read 0 many\nk", "-1 read 0 1\nk", "1 fetch x\nk",
                                 "1 state", "1 presign x\n\n\n\nk", "1 presign 0\n\n\nk"})
    EXPECT_FALSE(parse_agent_request(text)) << text;
  for (const char* const text : {"", "1", "now", "1 never", "1 refused", "1 refused soon\nwhy",
                                 "1 state 1 1 1 1\n\n", "1 state 1 1 1 1 1\n"})
    EXPECT_FALSE(parse_agent_answer(text)) << text;
}

}  // namespace
}  // namespace bobbin::object_store
