#include "app/object_inboxes.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "app/object_store_access.h"
#include "object_store/location.h"

namespace bobbin::app {

using object_store::Location;

Result<std::shared_ptr<object_inbox::ObjectInbox>, std::string> ObjectInboxes::open(
    const InboxConfig& inbox) {
  const Location target = *object_store::parse_location(inbox.target);
  for (const auto& each : inboxes_) {
    if (each->settings().target != target) continue;
    if (each->settings().name == inbox.name) return each;
    return failure(
        fmt::format("\"{}\" is that of the inbox {}, whose name a reload cannot change: start the "
                    "server anew, or use bobbin upgrade",
                    inbox.target, each->settings().name));
  }
  auto objects = parts_.agent == nullptr ? nullptr : parts_.agent->objects(target);
  if (objects == nullptr)
    return failure(fmt::format(
        "\"{}\" cannot be added by a reload, since another process talks to the object store, which "
        "the server has started: start the server anew, or use bobbin upgrade",
        inbox.target));
  auto opened = std::make_shared<object_inbox::ObjectInbox>(
      object_inbox::ObjectInbox::Settings{
          .name = inbox.name,
          .node = node_name(parts_.config),
          .target = target,
          .patience = parts_.config.commit_timeout,
          .parallel = parts_.config.s3_connections,
          .memory_bytes =
              std::max<std::uint64_t>(parts_.config.upload_memory, 4 * InboxConfig::kLargestDocument)},
      std::move(objects), parts_.executor, parts_.log.writer("Uploads"), parts_.registry);
  // Later tick() has it proved, since nothing may wait for the store then.
  if (!is_serving_)
    TRY(opened->prove().map_error([&](const std::string& reason) {
      return fmt::format("\"{}\" cannot be used: {}", inbox.target, reason);
    }));
  inboxes_.push_back(opened);
  return opened;
}

void ObjectInboxes::tick() {
  is_serving_ = true;
  std::erase_if(inboxes_, [](const auto& each) { return each.use_count() == 1; });
  for (const auto& each : inboxes_) each->tick();
}

void ObjectInboxes::stop() {
  for (const auto& each : inboxes_) each->stop();
}

}  // namespace bobbin::app
