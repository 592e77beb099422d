#include "object_inbox/object_inbox.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <random>
#include <thread>
#include <vector>

#include "journal/entry.h"
#include "object_inbox/test_objects.h"
#include "object_store/stream.h"
#include "observe/test_log.h"
#include "store/test_outcomes.h"

namespace bobbin::object_inbox {
namespace {

using store::DocumentKey;
using store::Verdict;
using Fault = TestObjects::Fault;
using Kind = Verdict::Kind;
using State = store::DocumentStore::State;

constexpr const char* kOtherStream = "web9.20261130T060000.000000Z-aaaaaaaaaaaaaaaaaaaaaaaaaa";

DocumentKey key_of(std::string_view text,
                   DocumentKey::OtherContent other = DocumentKey::OtherContent::refused) {
  return {.digest = crypto::sha256(text), .other_content = other};
}

/// One node: a process of its own, as far as the store can tell.
class Node {
 public:
  explicit Node(const std::shared_ptr<TestObjects>& objects, const std::string& name = "web1",
                Duration patience = std::chrono::minutes(2))
      : inbox_(std::make_shared<ObjectInbox>(
            ObjectInbox::Settings{.name = "github",
                                  .node = name,
                                  .target = {.bucket = "archive", .prefix = "in/"},
                                  .patience = patience,
                                  .parallel = 8,
                                  .tolerance = milliseconds(0)},
            objects, executor_, log_.writer("Uploads"), registry_)) {}
  ~Node() {
    inbox_->stop();
    executor_.shut_down([] {});
    executor_.join();
  }

  void submit(int number, std::string_view content, std::optional<DocumentKey> key = {}) {
    store::Draft draft = inbox_->begin(0);
    EXPECT_EQ(draft.append(as_bytes(content)), store::Draft::Intake::more);
    std::move(draft).commit({.request = R"({"client":"192.0.2.7"})", .key = key}, outcomes_.expect(number));
  }
  Verdict wait(int number) { return outcomes_.wait(number); }
  Verdict send(std::string_view content, std::optional<DocumentKey> key = {}) {
    submit(++last_, content, key);
    return wait(last_);
  }
  bool tick_until(State state) {
    for (int i = 0; i < 1000 && inbox_->state() != state; ++i) {
      inbox_->tick();
      std::this_thread::sleep_for(milliseconds(10));
    }
    return inbox_->state() == state;
  }
  ObjectInbox& inbox() { return *inbox_; }
  observe::TestLog& log() { return log_; }

 private:
  int last_ = 0;
  observe::TestLog log_;
  observe::Registry registry_;
  store::TestOutcomes outcomes_;
  executor::Executor executor_;
  std::shared_ptr<ObjectInbox> inbox_;
};

class ObjectInboxTest : public testing::Test {
 protected:
  std::unique_ptr<Node> node(const std::string& name = "web1", Duration patience = std::chrono::minutes(2)) {
    auto node = std::make_unique<Node>(objects_, name, patience);
    EXPECT_TRUE(node->inbox().prove());
    return node;
  }
  /// What is in the bucket but for hidden names, by its keys.
  std::map<std::string, std::string> numbered() const {
    auto all = objects_->all();
    std::erase_if(all, [](const auto& each) { return each.first.starts_with("in/."); });
    return all;
  }
  /// The documents of all records, which have to be intact.
  std::vector<std::string> documents() const {
    std::vector<std::string> documents;
    for (const auto& [key, text] : numbered()) {
      if (object_store::is_tombstone(text)) continue;
      const std::string entry = "\x1E" + text;
      const auto read = journal::read_entry(entry);
      EXPECT_TRUE(read) << key << ": " << text;
      if (read) documents.emplace_back(read->body);
    }
    std::ranges::sort(documents);
    return documents;
  }
  using Documents = std::vector<std::string>;

  std::shared_ptr<TestObjects> objects_ = std::make_shared<TestObjects>();
};

TEST_F(ObjectInboxTest, ARecordIsThereWhenItsDocumentIsAcknowledged) {
  const auto node = this->node();
  const Verdict verdict = node->send(R"({"a": 1})");
  ASSERT_EQ(verdict.kind, Kind::stored);
  EXPECT_EQ(verdict.sequence, 1U);
  const auto objects = numbered();
  ASSERT_EQ(objects.size(), 1U);
  const auto& [key, text] = *objects.begin();
  EXPECT_EQ(key, "in/" + verdict.name);
  EXPECT_TRUE(verdict.name.starts_with("web1.20")) << verdict.name;
  EXPECT_TRUE(verdict.name.ends_with("/000000000001.json")) << verdict.name;
  const std::string whole = "\x1E" + text;
  const auto read = journal::read_entry(whole);
  ASSERT_TRUE(read);
  const auto& record = std::get<journal::Record>(read->entry.content);
  EXPECT_EQ(record.sequence, 1U);
  EXPECT_EQ(record.inbox, "github");
  EXPECT_TRUE(record.is_whole_file);
  EXPECT_TRUE(record.name.ends_with(record.id + ".json"));
  EXPECT_EQ(read->body, R"({"a": 1})");
  EXPECT_NE(text.find(R"("request":{"client":"192.0.2.7"})"), std::string::npos);
}

TEST_F(ObjectInboxTest, WhatFailsIsTriedAgain) {
  const auto node = this->node();
  for (const Fault fault : {Fault::unavailable, Fault::answer_lost}) {
    std::atomic<int> left = 2;
    objects_->set_judge([&](auto, auto) { return left-- > 0 ? fault : Fault::none; });
    EXPECT_EQ(node->send("{}").kind, Kind::stored);
    objects_->set_judge({});
    ASSERT_TRUE(node->tick_until(State::open));
  }
  EXPECT_EQ(documents(), Documents({"{}", "{}"})) << "each once";
}

TEST_F(ObjectInboxTest, AKeyIsStoredOnceOnAllNodes) {
  const auto first = node("web1");
  const auto second = node("web2");
  const Verdict stored = first->send("{}", key_of("k"));
  EXPECT_FALSE(stored.is_repetition);
  for (Node* each : {first.get(), second.get()}) {
    const Verdict again = each->send("{}", key_of("k"));
    EXPECT_EQ(again.kind, Kind::stored);
    EXPECT_TRUE(again.is_repetition);
    EXPECT_EQ(again.sequence, stored.sequence);
  }
  EXPECT_EQ(documents(), Documents({"{}"}));
  EXPECT_EQ(second->send("{}", key_of("other")).sequence, 1U) << "the number of the loser is used again";
}

TEST_F(ObjectInboxTest, AClaimOfANodeThatHasDiedIsFulfilled) {
  const Claim claim{.place = {.stream = kOtherStream, .number = 7, .id = "i", .name = "n"},
                    .digest = crypto::sha256("{}")};
  ASSERT_TRUE(objects_->create("in/" + claim_object(key_of("k").digest, 1), text_of(claim), "x/y"));
  const auto node = this->node();
  const Verdict verdict = node->send("{}", key_of("k"));
  ASSERT_EQ(verdict.kind, Kind::stored);
  EXPECT_FALSE(verdict.is_repetition);
  EXPECT_EQ(verdict.sequence, 7U);
  EXPECT_TRUE(numbered().contains("in/" + claim.place.object()));
  EXPECT_TRUE(node->send("{}", key_of("k")).is_repetition);
  EXPECT_EQ(documents(), Documents({"{}"}));
}

TEST_F(ObjectInboxTest, AClaimForAnotherDocumentThatNeverCameIsClosed) {
  const Claim claim{.place = {.stream = kOtherStream, .number = 7, .id = "i", .name = "n"},
                    .digest = crypto::sha256("[1]")};
  ASSERT_TRUE(objects_->create("in/" + claim_object(key_of("k").digest, 1), text_of(claim), "x/y"));
  const auto node = this->node();
  EXPECT_EQ(node->send("{}", key_of("k")).kind, Kind::stored);
  EXPECT_TRUE(object_store::is_tombstone(numbered().at("in/" + claim.place.object())));
  EXPECT_TRUE(node->send("{}", key_of("k")).is_repetition);
  EXPECT_EQ(node->send("[1]", key_of("k")).kind, Kind::conflict) << "it comes too late";
  EXPECT_EQ(documents(), Documents({"{}"}));
}

TEST_F(ObjectInboxTest, OtherContentIsJudgedAsTheKeySays) {
  using Other = DocumentKey::OtherContent;
  const auto node = this->node();
  ASSERT_EQ(node->send("{}", key_of("k")).kind, Kind::stored);
  EXPECT_EQ(node->send("[1]", key_of("k", Other::refused)).kind, Kind::conflict);
  EXPECT_TRUE(node->send("[2]", key_of("k", Other::ignored)).is_repetition);
  const Verdict stored = node->send("[3]", key_of("k", Other::stored));
  EXPECT_EQ(stored.kind, Kind::stored);
  EXPECT_FALSE(stored.is_repetition);
  EXPECT_EQ(documents(), Documents({"[3]", "{}"}));
  EXPECT_NE(numbered().at("in/" + stored.name).find(R"("conflict":true)"), std::string::npos);
}

TEST_F(ObjectInboxTest, ANumberThatAReaderHasClosedIsNotUsed) {
  const auto node = this->node();
  const std::string stream = node->send("[1]").name.substr(0, 55);
  ASSERT_TRUE(objects_->create("in/" + stream + "/000000000002.json",
                               object_store::tombstone("000000000002.json"), "x/y"));
  ASSERT_TRUE(objects_->all().contains("in/" + stream + "/000000000001.json"));
  EXPECT_EQ(node->send("[2]").sequence, 3U);
  ASSERT_TRUE(objects_->create("in/" + stream + "/000000000004.json",
                               object_store::tombstone("000000000004.json"), "x/y"));
  EXPECT_EQ(node->send("[3]", key_of("k")).sequence, 5U) << "a claim that leads to it is given up";
  EXPECT_TRUE(node->send("[3]", key_of("k")).is_repetition);
  EXPECT_EQ(documents(), Documents({"[1]", "[2]", "[3]"}));
}

TEST_F(ObjectInboxTest, AStoreThatDoesNotAnswerClosesIt) {
  const auto node = this->node("web1", milliseconds(1));
  objects_->set_judge([](auto, auto) { return Fault::unavailable; });
  EXPECT_EQ(node->send("[1]").kind, Kind::unreachable);
  EXPECT_EQ(node->inbox().state(), State::unreachable);
  EXPECT_EQ(node->send("[2]").kind, Kind::unreachable);
  objects_->set_judge({});
  ASSERT_TRUE(node->tick_until(State::open));
  EXPECT_EQ(node->send("[3]").kind, Kind::stored);
  for (int i = 0; i < 1000 && numbered().size() < 2; ++i) {
    node->inbox().tick();
    std::this_thread::sleep_for(milliseconds(10));
  }
  const auto objects = numbered();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_TRUE(object_store::is_tombstone(objects.begin()->second)) << "nobody knew what became of number 1";
  EXPECT_EQ(documents(), Documents({"[3]"}));
}

TEST_F(ObjectInboxTest, AnObjectThatIsSaidToExistHasToBeThere) {
  const auto node = this->node();
  std::atomic<int> lies = 2;
  objects_->set_judge([&](std::string_view method, auto) {
    return method == "create" && lies-- > 0 ? Fault::lied : Fault::none;
  });
  EXPECT_EQ(node->send("[1]").kind, Kind::stored);
  EXPECT_EQ(documents(), Documents({"[1]"}));
  EXPECT_LE(lies, 0);
}

TEST_F(ObjectInboxTest, APageOfAProxyIsNoRecord) {
  const auto node = this->node();
  objects_->set_judge([](auto, auto) { return Fault::lied; });
  EXPECT_EQ(node->send("[1]").kind, Kind::failed);
  EXPECT_EQ(node->send("[2]", key_of("k")).kind, Kind::failed);
  objects_->set_judge({});
  EXPECT_EQ(node->inbox().state(), State::open) << "others are taken";
  EXPECT_EQ(node->send("[3]").kind, Kind::stored);
  EXPECT_EQ(documents(), Documents({"[3]"}));
}

TEST_F(ObjectInboxTest, AStopDoesNotWaitForThePauses) {
  const auto node = this->node();
  objects_->set_judge([](auto, auto) { return Fault::unavailable; });
  node->submit(1, "[1]");
  node->inbox().stop();
  EXPECT_EQ(node->wait(1).kind, Kind::unreachable) << "long before its time is up";
}

TEST_F(ObjectInboxTest, AStoreThatRefusesClosesItAtOnce) {
  const auto node = this->node();
  objects_->set_judge([](auto, auto) { return Fault::refused; });
  EXPECT_EQ(node->send("[1]").kind, Kind::unreachable);
  EXPECT_EQ(node->inbox().state(), State::unreachable);
  const auto lines = node->log().lines(observe::LogLevel::error);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines.front().find("403 AccessDenied"), std::string::npos) << lines.front();
}

TEST_F(ObjectInboxTest, IsNotStartedOnAStoreThatRefuses) {
  objects_->set_judge([](auto, auto) { return Fault::refused; });
  Node node(objects_);
  const auto proved = node.inbox().prove();
  ASSERT_FALSE(proved);
  EXPECT_EQ(proved.error(), "the store has answered 403 AccessDenied");
}

TEST_F(ObjectInboxTest, WaitsForAStoreThatDoesNotAnswerAtTheStart) {
  objects_->set_judge([](auto, auto) { return Fault::unavailable; });
  Node node(objects_);
  EXPECT_TRUE(node.inbox().prove());
  EXPECT_EQ(node.inbox().state(), State::unreachable);
  objects_->set_judge({});
  EXPECT_TRUE(node.tick_until(State::open));
}

/// Whatever is lost on the way, and whichever of the nodes gets a document again.
TEST_F(ObjectInboxTest, KeysAreExactWhateverFails) {
  constexpr int kKeys = 40;
  constexpr int kRounds = 4;
  std::array<std::unique_ptr<Node>, 3> nodes{node("web1"), node("web2"), node("web3")};
  Mutex mutex;
  std::mt19937 random(12);
  objects_->set_judge([&](auto, auto) {
    const Lock lock(mutex);
    switch (random() % 8) {
      case 0: return Fault::unavailable;
      case 1: return Fault::answer_lost;
      default: return Fault::none;
    }
  });
  // Each document comes to every node, and to each several times. Those that an inbox refuses meanwhile,
  // since it takes the store for unreachable, come again.
  int stored = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t n = 0; n < nodes.size(); ++n)
      for (int k = 0; k < kKeys; ++k)
        nodes[n]->submit(k, "[" + std::to_string(k) + "]", key_of(std::to_string(k)));
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      for (int k = 0; k < kKeys; ++k) {
        if (nodes[n]->wait(k).kind == Kind::stored) ++stored;
      }
      ASSERT_TRUE(nodes[n]->tick_until(State::open));
    }
  }
  objects_->set_judge({});
  Documents expected;
  for (int k = 0; k < kKeys; ++k) {
    for (const auto& node : nodes) {
      ASSERT_TRUE(node->tick_until(State::open));
      ASSERT_EQ(node->send("[" + std::to_string(k) + "]", key_of(std::to_string(k))).kind, Kind::stored);
    }
    expected.push_back("[" + std::to_string(k) + "]");
  }
  std::ranges::sort(expected);
  EXPECT_EQ(documents(), expected);
  EXPECT_GT(stored, 0) << "nothing was acknowledged while things failed";
}

}  // namespace
}  // namespace bobbin::object_inbox
