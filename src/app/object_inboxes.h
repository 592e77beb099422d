#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/config.h"
#include "app/store_agent.h"
#include "base/result.h"
#include "object_inbox/object_inbox.h"

namespace bobbin::app {

/// The inboxes whose records are objects. They outlive reloads: where the target is the same, a new
/// generation takes over the inbox of the old one. Thread: main.
class ObjectInboxes {
 public:
  explicit ObjectInboxes(StoreParts parts) : parts_(std::move(parts)) {}

  /// The store of an inbox that has a target. At the start of the server it waits for the object store. The
  /// error is the end of a sentence.
  [[nodiscard]] Result<std::shared_ptr<object_inbox::ObjectInbox>, std::string> open(
      const InboxConfig& inbox);

  /// Must be called once a second. Drops those that no generation uses any more.
  void tick();
  /// The server stops.
  void stop();

 private:
  const StoreParts parts_;
  std::vector<std::shared_ptr<object_inbox::ObjectInbox>> inboxes_;
  bool is_serving_ = false;
};

}  // namespace bobbin::app
