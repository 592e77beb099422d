#include "coding/coded_source.h"

#include <gtest/gtest.h>
#include <thread>
#include <utility>

#include "coding/encoder.h"
#include "coding/test_decoder.h"
#include "executor/test_gate.h"
#include "http/test_reply_sink.h"
#include "http/test_source.h"
#include "os/open_beneath.h"
#include "os/root.h"
#include "os/test_directory.h"

namespace bobbin::coding {
namespace {

using http::ContentCoding;
using http::SourceScript;

class CodedSourceTest : public testing::TestWithParam<ContentCoding> {
 protected:
  void TearDown() override { stop(); }
  void stop() {
    if (std::exchange(is_stopped, true)) return;
    executor.shut_down([] {});
    executor.join();
  }

  [[nodiscard]] std::unique_ptr<CodedSource> source(std::vector<SourceScript::Step> steps) {
    script->steps = std::move(steps);
    return std::make_unique<CodedSource>(std::make_unique<http::ScriptedSource>(script), GetParam(), executor,
                                         http::Resume({.sink = &nobody, .connection = {}, .exchange = {}}));
  }

  /// Everything that it gives, decoded; or "failed: why".
  [[nodiscard]] std::string all_of(CodedSource& coded) const {
    std::string bytes;
    while (true) {
      const auto piece = coded.pull();
      if (const auto* given = std::get_if<Bytes>(&piece)) bytes += as_text(*given);
      if (std::holds_alternative<http::Wait>(piece)) std::this_thread::yield();
      if (const auto* failed = std::get_if<http::Failed>(&piece)) return "failed: " + failed->cause;
      if (std::holds_alternative<http::End>(piece)) return decoded(bytes, GetParam());
    }
  }

  http::NobodyWaits nobody;
  std::shared_ptr<SourceScript> script = std::make_shared<SourceScript>();
  executor::Executor executor;
  bool is_stopped = false;
};

TEST_P(CodedSourceTest, CodesWhatItIsGiven) {
  const std::string large(700'000, 'x');
  const auto coded = source({"hello ", http::Wait{}, large, " world"});
  EXPECT_EQ(coded->size_bytes(), std::nullopt);
  EXPECT_EQ(all_of(*coded), "hello " + large + " world");
  EXPECT_TRUE(std::holds_alternative<http::End>(coded->pull()));
}

TEST_P(CodedSourceTest, AnEmptyContentIsCodedToo) { EXPECT_EQ(all_of(*source({})), ""); }

TEST_P(CodedSourceTest, ReadsWhatTheKernelWouldSend) {
  os::TestDirectory place;
  std::string text(600'000, 'a');
  text += "end";
  place.write("file", text);
  const auto root = os::Root::open(place.path("")).value();
  const auto file = os::open_beneath(root, "file").value();
  const auto coded =
      source({http::FilePiece{file.fd.number(), 0, 600'000}, http::FilePiece{file.fd.number(), 600'000, 3}});
  EXPECT_EQ(all_of(*coded), text);
}

TEST_P(CodedSourceTest, AFileThatHasBecomeShorterFails) {
  os::TestDirectory place;
  place.write("file", "short");
  const auto root = os::Root::open(place.path("")).value();
  const auto file = os::open_beneath(root, "file").value();
  EXPECT_EQ(all_of(*source({http::FilePiece{file.fd.number(), 0, 10}})), "failed: it has become shorter");
}

TEST_P(CodedSourceTest, AFailureOfTheContentIsItsOwn) {
  EXPECT_EQ(all_of(*source({"some", http::Failed{"the disk"}})), "failed: the disk");
}

TEST_P(CodedSourceTest, AClientThatLeavesTakesNothingAwayFromTheTask) {
  executor::Gate gate;
  // All threads of the lane are busy, so the task waits.
  const unsigned parallel = std::max(1U, std::thread::hardware_concurrency() / 2);
  for (unsigned i = 0; i < parallel; ++i) ASSERT_TRUE(coding_lane(executor).run([&gate] { gate.pass(); }));
  ASSERT_TRUE(gate.wait_for(parallel));
  auto coded = source({std::string(300'000, 'x')});
  EXPECT_TRUE(std::holds_alternative<http::Wait>(coded->pull()));
  coded->cancelled();
  coded.reset();
  EXPECT_TRUE(script->cancelled);
  EXPECT_FALSE(script->destroyed) << "the task still has it";
  gate.open();
  stop();
  EXPECT_TRUE(script->destroyed);
}

INSTANTIATE_TEST_SUITE_P(, CodedSourceTest, testing::Values(ContentCoding::gzip, ContentCoding::zstd),
                         [](const auto& test) { return std::string(http::name_of(test.param)); });

}  // namespace
}  // namespace bobbin::coding
