#include "store/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bobbin::store {
namespace {

DocumentKey sent_key(std::string_view text) {
  return {.digest = crypto::sha256(text),
          .other_content = DocumentKey::OtherContent::stored,
          .window = std::chrono::hours(7)};
}

TEST(Delivery, ParticularsArriveAsTheyWere) {
  Particulars sent{.request = "{\"a\":\"\\n 12 \"}", .key = sent_key("k"), .is_binary = true};
  sent.bundle.push_back({.begin = 0, .size = 5, .key = sent_key("first")});
  sent.bundle.push_back({.begin = 5, .size = 9});
  const auto got = particulars_of(text_of(sent));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->request, sent.request);
  ASSERT_TRUE(got->key);
  EXPECT_EQ(got->key->digest, sent.key->digest);
  EXPECT_EQ(got->key->other_content, sent.key->other_content);
  EXPECT_EQ(got->key->window, sent.key->window);
  EXPECT_TRUE(got->is_binary);
  ASSERT_EQ(got->bundle.size(), 2U);
  EXPECT_EQ(got->bundle[0].key->digest, sent.bundle[0].key->digest);
  EXPECT_EQ(got->bundle[1].begin, 5U);
  EXPECT_EQ(got->bundle[1].size, 9U);
  EXPECT_FALSE(got->bundle[1].key);
}

TEST(Delivery, ADocumentNeedsNoParticulars) {
  const auto got = particulars_of(text_of(Particulars{}));
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->request.empty() && !got->key && !got->is_binary && got->bundle.empty());
}

TEST(Delivery, OutcomesArriveAsTheyWere) {
  const Outcome stored = Stored{
      .name = "new/a.json", .id = "id", .sequence = 17, .digest = crypto::sha256("x"), .is_repetition = true};
  auto got = outcome_of(text_of(stored));
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((*got)->name, "new/a.json");
  EXPECT_EQ((*got)->id, "id");
  EXPECT_EQ((*got)->sequence, 17U);
  EXPECT_EQ((*got)->digest, crypto::sha256("x"));
  EXPECT_TRUE((*got)->is_repetition);

  const StoredBundle bundle{.documents = 3, .repetitions = 1, .first_sequence = 8, .first_name = "new/b"};
  got = outcome_of(text_of(Outcome(Stored{.bundle = bundle})));
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((*got)->bundle, bundle);

  got = outcome_of(text_of(Outcome(failure(NotStored{NotStored::Reason::failed, {ENOSPC, "write"}}))));
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().reason, NotStored::Reason::failed);
  EXPECT_EQ(got->error().cause.code, ENOSPC);
}

TEST(Delivery, WhatIsNoSuchTextIsNotTaken) {
  const std::string whole = text_of(Particulars{.request = "{}", .key = sent_key("k")});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(particulars_of(whole.substr(0, size))) << size;
  EXPECT_FALSE(particulars_of(whole + "x"));
  EXPECT_FALSE(particulars_of("99999999999999999999 "));
  EXPECT_FALSE(particulars_of("-1 "));
  const std::string outcome = text_of(Outcome(Stored{.name = "n"}));
  for (std::size_t size = 0; size < outcome.size(); ++size)
    EXPECT_FALSE(outcome_of(outcome.substr(0, size))) << size;
  EXPECT_FALSE(outcome_of("9 "));
}

}  // namespace
}  // namespace bobbin::store
