#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/server_parts.h"
#include "base/clock.h"
#include "base/result.h"
#include "feed/feed.h"
#include "http/handler.h"
#include "store/document_store.h"
#include "store/room.h"
#include "uploads/quarantine.h"

namespace bobbin::app {

/// An inbox with its directory open.
struct OpenInbox {
  InboxConfig config;
  std::uint64_t most_bytes;  ///< of a document
  std::shared_ptr<store::DocumentStore> store;
  std::shared_ptr<store::Room> room = nullptr;             ///< null: there is no limit
  std::optional<uploads::Quarantine> quarantine = {};      ///< nothing: there is none, or it is not opened
  std::shared_ptr<feed::Feed> feed = nullptr;              ///< null: there is none, or it is not opened
  std::shared_ptr<const http::Handler> handler = nullptr;  ///< see handler_of
  std::shared_ptr<const http::Handler> page = nullptr;     ///< null: there is none
};

/// Whether the inboxes of all sites have names, paths and directories of their own, and nothing of them lies
/// where clients could fetch it. Looks at the configuration alone. The error is a sentence for the operator.
[[nodiscard]] Result<void, std::string> check_inboxes(const Config& config);

/// Opens the inboxes of a site, which check_inboxes has looked at. `most_upload_bytes`: what the server
/// takes. When `server` is null this only looks whether they could be opened, and keeps no document. The
/// error is a sentence for the operator.
[[nodiscard]] Result<std::vector<OpenInbox>, std::string> open_inboxes(const SiteConfig& config,
                                                                       std::uint64_t most_upload_bytes,
                                                                       const ServerParts* server);

/// What the handlers of all inboxes have in common.
struct InboxTimes {
  Duration commit_timeout;
  Duration stall_timeout;  ///< of a source of content
};

/// A handler with the secrets as they are in their file now.
[[nodiscard]] Result<std::shared_ptr<const http::Handler>, std::string> handler_of(const OpenInbox& inbox,
                                                                                   const InboxTimes& times);

/// The fingerprint of the file of secrets as it is now.
[[nodiscard]] std::size_t fingerprint_of_secrets(const InboxConfig& config);

/// `[[inbox]] "github"`: the start of a message.
[[nodiscard]] std::string name_of(const InboxConfig& config);

}  // namespace bobbin::app
