#pragma once

#include <string>

#include "admin/server_state.h"
#include "observe/registry.h"

namespace bobbin::admin {

/// For tests: a server of which the test says what it is.
class TestServerState final : public ServerState {
 public:
  [[nodiscard]] observe::Snapshot snapshot() const override { return registry.snapshot(); }
  [[nodiscard]] ServerFacts facts() const override { return told; }

  observe::Registry registry;
  ServerFacts told = {.version = "bobbin test",
                      .process = 42,
                      .started = WallTime(std::chrono::seconds(1'700'000'000)),
                      .threads = 10,
                      .sandbox = "none",
                      .listeners = {"http://127.0.0.1:8080"},
                      .sites = {{"default", "www", ""}},
                      .warnings = {}};
};

}  // namespace bobbin::admin
