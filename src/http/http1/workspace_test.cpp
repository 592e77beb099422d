#include "http/http1/workspace.h"

#include <gtest/gtest.h>

namespace bobbin::http::http1 {
namespace {

TEST(Workspaces, GiveTheNextOneWhatTheLastOneUsed) {
  Workspaces workspaces;
  auto first = workspaces.take();
  first->output.text() = std::string(1000, 'x');
  first->output.consume(1000);
  const Workspace* address = first.get();
  workspaces.give_back(std::move(first));
  auto second = workspaces.take();
  EXPECT_EQ(second.get(), address);
  EXPECT_TRUE(second->empty());
  EXPECT_EQ(second->queued_bytes(), 0U);
  EXPECT_GE(second->output.text().capacity(), 1000U);
  EXPECT_NE(workspaces.take().get(), address) << "nobody else has it";
}

TEST(Workspaces, KeepNoLargeBuffer) {
  Workspaces workspaces;
  auto workspace = workspaces.take();
  workspace->input = std::string(1'000'000, 'x');
  workspace->input.clear();
  workspaces.give_back(std::move(workspace));
  EXPECT_LT(workspaces.take()->input.capacity(), 100'000U);
}

}  // namespace
}  // namespace bobbin::http::http1
