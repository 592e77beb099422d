#include "http/http1/workspace.h"

#include <gtest/gtest.h>

namespace bobbin::http::http1 {
namespace {

void answer(Workspace& workspace) {
  static_cast<void>(workspace.responses.begin({}, Instant{}));
  workspace.responses.text() += "HTTP/1.1 200 OK\r\n\r\n";
  workspace.responses.begin_content();
  workspace.responses.end();
  const std::uint64_t bytes = workspace.responses.pending_bytes();
  static_cast<void>(workspace.responses.front(Instant{}));
  workspace.responses.sent(bytes);
  ASSERT_NE(workspace.responses.pop_completed(), nullptr);
}

TEST(Workspaces, OneThatIsGivenBackIsAsGoodAsNewAndTakenAgain) {
  Workspaces workspaces;
  auto first = workspaces.take();
  const Workspace* address = first.get();
  answer(*first);
  ASSERT_TRUE(first->empty());
  workspaces.give_back(std::move(first));
  auto second = workspaces.take();
  EXPECT_EQ(second.get(), address);
  answer(*second);
  EXPECT_TRUE(second->empty());
  EXPECT_GE(second->responses.text().capacity(), 19U);
  EXPECT_NE(workspaces.take().get(), address) << "nobody else has it";
}

TEST(Workspaces, KeepNoLargeBuffer) {
  Workspaces workspaces;
  auto workspace = workspaces.take();
  workspace->input.append(as_bytes(std::string(1'000'000, 'x')));
  workspace->input.clear();
  workspaces.give_back(std::move(workspace));
  EXPECT_LT(workspaces.take()->input.capacity(), 100'000U);
}

}  // namespace
}  // namespace bobbin::http::http1
