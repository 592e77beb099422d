#include "app/open_inboxes.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <utility>

#include "app/followed_file.h"
#include "app/inbox_keys.h"
#include "app/option_values.h"
#include "app/places.h"
#include "feed/feed_handler.h"
#include "http/content_coding.h"
#include "http/status.h"
#include "object_store/location.h"
#include "os/accounts.h"
#include "os/directory.h"
#include "signatures/scheme.h"
#include "store/inbox_folders.h"
#include "store/unopened_store.h"
#include "uploads/disabled_inbox.h"
#include "uploads/inbox_handler.h"
#include "uploads/inbox_page.h"

namespace bobbin::app {
namespace {

using signatures::ConfigFault;

/// A key of the table, and what stands there.
struct Said {
  std::string_view key;
  std::string value;
};

Said said_of(const InboxConfig& config, ConfigFault::Setting setting) {
  switch (setting) {
    case ConfigFault::Setting::scheme: return {"verify", config.verify};
    case ConfigFault::Setting::secrets: return {"secret_file", config.secret_file};
    case ConfigFault::Setting::tolerance: return {"tolerance", time_text(config.tolerance)};
    case ConfigFault::Setting::hmac:
    case ConfigFault::Setting::field: return {"signature_field", config.signature_field};
    case ConfigFault::Setting::prefix: return {"signature_prefix", config.signature_prefix};
    case ConfigFault::Setting::signed_bytes: return {"signed_bytes", config.signed_bytes};
    case ConfigFault::Setting::algorithm: return {"signature_algorithm", config.signature_algorithm};
    case ConfigFault::Setting::encoding: return {"signature_encoding", config.signature_encoding};
    case ConfigFault::Setting::timestamp_field: break;
  }
  return {"timestamp_field", config.timestamp_field};
}

/// Nothing: none of it is said.
std::optional<signatures::HmacConfig> hmac_of(const InboxConfig& config) {
  signatures::HmacConfig hmac{.field = config.signature_field,
                              .prefix = config.signature_prefix,
                              .timestamp_field = config.timestamp_field};
  bool is_said = !hmac.field.empty() || !hmac.prefix.empty() || !hmac.timestamp_field.empty();
  const std::pair<const std::string&, std::string&> rest[] = {{config.signed_bytes, hmac.signed_bytes},
                                                              {config.signature_algorithm, hmac.algorithm},
                                                              {config.signature_encoding, hmac.encoding}};
  for (const auto& [said, value] : rest) {
    if (said.empty()) continue;
    is_said = true;
    value = said;
  }
  return is_said ? std::optional(std::move(hmac)) : std::nullopt;
}

/// Nothing: senders need not sign.
Result<std::optional<signatures::Scheme>, std::string> scheme_of(const InboxConfig& config,
                                                                 std::uint64_t most_bytes) {
  const auto fault = [&](std::string_view key, std::string_view reason) {
    return failure(fmt::format("{}: {}: {}", name_of(config), key, reason));
  };
  const auto hmac = hmac_of(config);
  if (config.verify.empty()) {
    if (!config.secret_file.empty())
      return fault("secret_file", "there is nothing to verify with it; verify names how the sender signs");
    if (hmac) return fault("verify", "signatures are described, but nothing is verified; \"hmac\" is needed");
    return std::nullopt;
  }
  if (config.secret_file.empty())
    return fault("secret_file", "it is missing: to verify signatures, secrets are needed");
  const FollowedFile file("secret_file", config.secret_file);
  const auto text =
      file.parsed([](std::string_view all) -> Result<std::string, std::string> { return std::string(all); });
  if (!text) return failure(fmt::format("{}: {}", name_of(config), text.error()));
  auto scheme = signatures::Scheme::make({.scheme = config.verify,
                                          .secrets = text->value_or(""),
                                          .tolerance = std::chrono::ceil<seconds>(config.tolerance),
                                          .most_kept_bytes = most_bytes,
                                          .hmac = hmac});
  if (!scheme) {
    const auto& [setting, reason] = scheme.error();
    const auto [key, value] = said_of(config, setting);
    return fault(key,
                 fmt::format("\"{}\" {} {}", value,
                             setting == ConfigFault::Setting::secrets ? "cannot be used:" : "is not allowed;",
                             reason));
  }
  return *std::move(scheme);
}

http::Status status_of(const InboxConfig& config, http::Status otherwise) {
  if (config.status.empty()) return otherwise;
  int number = 0;
  std::from_chars(config.status.data(), config.status.data() + config.status.size(), number);
  return static_cast<http::Status>(number);
}

Result<std::uint64_t, std::string> most_bytes_of(const InboxConfig& config, std::uint64_t most_upload_bytes) {
  if (config.max_size == 0) return std::min(most_upload_bytes, InboxConfig::kLargestDocument);
  if (config.max_size <= most_upload_bytes) return config.max_size;
  return failure(
      fmt::format("{}: max_size: \"{}\" is not allowed; at most \"{}\", the --max-upload of the "
                  "server",
                  name_of(config), size_text(config.max_size), size_text(most_upload_bytes)));
}

bool takes(const InboxConfig& config, std::string_view type) {
  return std::ranges::find(config.accept, type) != config.accept.end();
}

uploads::ContentTypes content_types_of(const InboxConfig& config) {
  const bool takes_json = config.accept.empty() || takes(config, "json");
  return {.json = takes_json,
          .json_suffix = takes_json,
          .form = takes(config, "form"),
          .text = takes(config, "text"),
          .reports = takes(config, "reports"),
          .multipart = takes(config, "multipart") || takes(config, "files"),
          .lines = takes(config, "ndjson"),
          .batch = takes(config, "cloudevents-batch"),
          .any = takes(config, "any")};
}

http::CodingSet codings_of(const InboxConfig& config) {
  http::CodingSet codings;
  for (const http::ContentCoding coding : http::kContentCodings)
    if (std::ranges::find(config.codings, name_of(coding)) != config.codings.end()) codings.add(coding);
  return codings;
}

uploads::PageOrigins origins_of(const InboxConfig& config) {
  std::vector<uploads::PageOrigin> origins;
  origins.reserve(config.origins.size());
  for (const std::string& text : config.origins) origins.push_back(*uploads::PageOrigin::parse(text));
  return uploads::PageOrigins(std::move(origins));
}

/// What is said of forms and text needs to be taken.
Result<void, std::string> check_types(const InboxConfig& config) {
  const auto fault = [&](std::string_view key, std::string_view needed) {
    return failure(fmt::format("{}: {}: it says nothing without {} in accept", name_of(config), key, needed));
  };
  const bool takes_forms = takes(config, "form") || takes(config, "multipart") || takes(config, "files");
  if (!config.redirect.empty() && !takes_forms)
    return fault("redirect", "\"form\", \"multipart\" or \"files\"");
  if (!config.unwrap.empty() && !takes_forms) return fault("unwrap", "\"form\", \"multipart\" or \"files\"");
  const bool takes_what_is_sent_unasked = std::ranges::any_of(config.accept, [](std::string_view each) {
    return each != "json" && each != "ndjson" && each != "cloudevents-batch";
  });
  if (!config.origins.empty() && !takes_what_is_sent_unasked)
    return fault("origins", "\"form\", \"multipart\", \"files\", \"text\", \"reports\" or \"any\"");
  return {};
}

/// A page needs something that it can send.
Result<void, std::string> check_page(const InboxConfig& config) {
  if (config.page.empty() || uploads::InboxPage::can_send(content_types_of(config))) return {};
  return failure(fmt::format(
      "{}: page: it could send nothing: \"json\", \"ndjson\", \"cloudevents-batch\" or \"any\" is "
      "needed in accept",
      name_of(config)));
}

store::Layout layout_of(const InboxConfig& config) {
  return config.store == "segments" ? store::Layout::segments : store::Layout::record;
}

/// Null: there is no limit.
Result<std::shared_ptr<store::Room>, std::string> open_room(const InboxConfig& config,
                                                            const std::string& directory,
                                                            const std::string& name, UploadFolders& folders) {
  const store::RoomLimits limits{
      .documents = config.max_documents, .bytes = config.max_bytes, .free_bytes = config.min_free};
  if (!limits.are_any() && !config.is_spooled()) return nullptr;
  return folders.open_room(directory, limits, name);
}

/// Gives the folders to the group.
Result<void, std::string> share(const InboxConfig& config) {
  if (config.group.empty()) return {};
  const auto refused = [&](const std::string& needed) {
    return [&config, needed](const Error& error) {
      return fmt::format("{}: group: \"{}\" is not allowed; {}: {}", name_of(config), config.group, needed,
                         error.message());
    };
  };
  const std::uint32_t group =
      TRY(os::group_number(config.group).map_error(refused("a group of this system is needed")));
  std::vector<std::string> directories{config.dir};
  if (config.has_quarantine()) directories.push_back(config.quarantine_dir());
  for (const std::string& directory : directories) {
    const os::Fd open = TRY(os::open_directory(directory).map_error(refused("its folders are needed")));
    TRY(store::share_inbox_folders(open, group)
            .map_error(refused("a group is needed of which the user of the server is a member, and folders "
                               "that are that user's")));
  }
  return {};
}

/// An inbox in the directory of the other one. It keeps a file of each record, whatever that does.
Result<uploads::Quarantine, std::string> open_quarantine(const InboxConfig& config, UploadFolders& folders) {
  const std::string directory = config.quarantine_dir();
  auto store = TRY(folders.open_inbox(directory, {.name = config.name, .layout = store::Layout::record}));
  return uploads::Quarantine{.store = std::move(store),
                             .room = TRY(open_room(config, directory, config.name + "/quarantine", folders))};
}

Result<OpenInbox, std::string> open_inbox(const InboxConfig& config, std::uint64_t most_bytes,
                                          const ServerParts& server) {
  if (config.is_in_object_store())
    return OpenInbox{
        .config = config, .most_bytes = most_bytes, .store = TRY(server.object_inboxes.open(config))};
  if (config.is_spooled() && !server.spools.has(config))
    return failure(fmt::format(
        "the target \"{}\" cannot be added by a reload, since another process moves records there, which the "
        "server has started: start the server anew, or use bobbin upgrade",
        config.target));
  UploadFolders& folders = server.folders;
  auto store = TRY(folders.open_inbox(config.dir, {.name = config.name, .layout = layout_of(config)}));
  store->set_segment_age(config.segment_age);
  OpenInbox open{.config = config,
                 .most_bytes = most_bytes,
                 .store = std::move(store),
                 .room = TRY(open_room(config, config.dir, config.name, folders))};
  if (config.has_quarantine()) open.quarantine = TRY(open_quarantine(config, folders));
  if (!config.feed_token_file.empty()) open.feed = TRY(folders.open_feed(config.dir, config.name));
  return open;
}

OpenInbox unopened(const InboxConfig& config, std::uint64_t most_bytes) {
  return {.config = config, .most_bytes = most_bytes, .store = std::make_shared<store::UnopenedStore>()};
}

/// The same, and nothing is opened.
Result<OpenInbox, std::string> could_open(const InboxConfig& config, std::uint64_t most_bytes) {
  if (config.is_in_object_store()) return unopened(config, most_bytes);
  TRY(UploadFolders::check(config.dir));
  if (config.has_quarantine() && std::filesystem::exists(config.dir))
    TRY(UploadFolders::check(config.quarantine_dir()));
  return unopened(config, most_bytes);
}

/// What is said of folders and files says nothing of objects.
Result<void, std::string> check_target(const InboxConfig& config) {
  const InboxConfig defaults;
  const std::pair<std::string_view, bool> said[] = {
      {"store", config.store != defaults.store}, {"segment_age", config.segment_age != defaults.segment_age},
      {"group", !config.group.empty()},          {"feed_token_file", !config.feed_token_file.empty()},
      {"on_invalid", config.has_quarantine()},   {"max_documents", config.max_documents != 0},
      {"max_bytes", config.max_bytes != 0},      {"min_free", config.min_free != 0}};
  for (const auto& [key, is_said] : said)
    if (is_said)
      return failure(
          fmt::format("{}: {}: it is not allowed with a target and no dir, since records are no files of "
                      "this machine then",
                      name_of(config), key));
  for (const std::string_view type : {"ndjson", "cloudevents-batch"})
    if (takes(config, type))
      return failure(
          fmt::format("{}: accept: \"{}\" is not allowed with a target and no dir, since several objects "
                      "cannot be created at once",
                      name_of(config), type));
  return {};
}

/// What is said of files needs files of that kind.
Result<void, std::string> check_store(const InboxConfig& config) {
  if (config.is_in_object_store()) return check_target(config);
  const bool has_segments = layout_of(config) == store::Layout::segments;
  if (has_segments && config.max_documents != 0)
    return failure(
        fmt::format("{}: max_documents: a file has many records with store = \"segments\"; max_bytes "
                    "is needed instead",
                    name_of(config)));
  if (has_segments && !config.feed_token_file.empty())
    return failure(
        fmt::format("{}: feed_token_file: a feed needs a file of each record; store = \"record\" is needed",
                    name_of(config)));
  if (!has_segments && config.segment_age != InboxConfig().segment_age)
    return failure(
        fmt::format("{}: segment_age: it says nothing without store = \"segments\"", name_of(config)));
  return {};
}

/// Null: there is none.
std::shared_ptr<const http::Handler> page_of(const OpenInbox& inbox, const SiteConfig& site) {
  if (inbox.config.page.empty()) return nullptr;
  return std::make_shared<const uploads::InboxPage>(
      uploads::InboxPageSettings{.name = inbox.config.name,
                                 .path = inbox.config.url_path(),
                                 .types = content_types_of(inbox.config),
                                 .unwrap = inbox.config.unwrap,
                                 .asks_for_token = !inbox.config.token_file.empty(),
                                 .most_bytes = inbox.most_bytes,
                                 .most = size_text(inbox.most_bytes),
                                 .says_no_cache = site.cache_control.empty()});
}

/// Directories of which a site serves something.
std::vector<std::string> served_directories(const SiteConfig& site) {
  std::vector<std::string> served{site.root, upload_directory_of(site)};
  for (const MountConfig& mount : site.mounts) served.push_back(mount.root);
  if (!site.acme_challenges.empty()) served.push_back(site.acme_challenges);
  return served;
}

/// What of an inbox must not be served, by its key. Links may lead from one of its folders elsewhere.
std::vector<std::pair<std::string_view, std::string>> private_paths_of(const InboxConfig& inbox) {
  if (inbox.is_in_object_store()) return {};
  std::vector<std::pair<std::string_view, std::string>> paths{{"dir", inbox.dir}};
  for (const char* folder : store::kInboxFolders) paths.emplace_back("dir", inbox.dir + "/" + folder);
  if (inbox.has_quarantine()) paths.emplace_back("dir", inbox.quarantine_dir());
  return paths;
}

Result<void, std::string> check_beside(const InboxConfig& inbox, const SiteConfig& site) {
  const files::HiddenNames hidden(path_patterns_of(site.included_hidden));
  const std::string dir = canonical(inbox.dir);
  for (const std::string& name : served_directories(site)) {
    const std::string served = canonical(name);
    for (const auto& [key, path] : private_paths_of(inbox))
      if (!path_in_root(canonical(path), served, hidden).empty())
        return failure(
            fmt::format("{}: {}: \"{}\" lies where clients could fetch it; a place outside of "
                        "\"{}\" is needed",
                        name_of(inbox), key, path, name));
    if (!inbox.is_in_object_store() && lies_in(served, dir))
      return failure(
          fmt::format("{}: dir: \"{}\" lies in \"{}\", and is served; a directory of its own is "
                      "needed",
                      name_of(inbox), name, inbox.dir));
  }
  return {};
}

/// The paths that are the inbox's own, by their keys.
std::vector<std::pair<std::string_view, std::string>> paths_of(const InboxConfig& inbox) {
  std::vector<std::pair<std::string_view, std::string>> paths{{"path", inbox.url_path()}};
  if (!inbox.page.empty()) paths.emplace_back("page", inbox.page);
  return paths;
}

Result<void, std::string> check_path(const InboxConfig& inbox, const SiteConfig& site) {
  for (const auto& [key, path] : paths_of(inbox)) {
    const bool is_taken =
        path == site.upload_path || (key == "page" && path == inbox.url_path()) ||
        std::ranges::any_of(site.mounts, [&](const MountConfig& mount) { return mount.path == path; });
    if (is_taken)
      return failure(fmt::format("{}: {}: the site has something else at {}; another path is needed",
                                 name_of(inbox), key, path));
  }
  return {};
}

Result<void, std::string> check_apart(const InboxConfig& inbox, const InboxConfig& other, bool is_same_site) {
  const auto fault = [&](std::string_view key, const std::string& value) {
    return failure(fmt::format("{}: {}: \"{}\" is that of {}, or one lies in the other; each needs its own",
                               name_of(inbox), key, value, name_of(other)));
  };
  if (inbox.name == other.name) return fault("name", inbox.name);
  for (const auto& [key, path] : paths_of(inbox))
    for (const auto& [other_key, other_path] : paths_of(other))
      if (is_same_site && path == other_path) return fault(key, path);
  if (!inbox.target.empty() && !other.target.empty() &&
      object_store::parse_location(inbox.target) == object_store::parse_location(other.target))
    return fault("target", inbox.target);
  if (inbox.is_in_object_store() || other.is_in_object_store()) return {};
  const std::string dir = canonical(inbox.dir);
  const std::string other_dir = canonical(other.dir);
  if (lies_in(dir, other_dir) || lies_in(other_dir, dir)) return fault("dir", inbox.dir);
  return {};
}

}  // namespace

Result<void, std::string> check_inboxes(const Config& config) {
  struct Placed {
    const SiteConfig& site;
    const InboxConfig& inbox;
  };
  std::vector<Placed> before;
  for (const SiteConfig& site : config.sites) {
    for (const InboxConfig& inbox : site.inboxes) {
      TRY(check_path(inbox, site));
      for (const SiteConfig& each : config.sites) TRY(check_beside(inbox, each));
      for (const Placed& other : before) TRY(check_apart(inbox, other.inbox, &other.site == &site));
      before.push_back({site, inbox});
    }
  }
  return {};
}

std::string name_of(const InboxConfig& config) { return fmt::format("{} \"{}\"", config.place, config.name); }

Result<std::vector<OpenInbox>, std::string> open_inboxes(const SiteConfig& config,
                                                         std::uint64_t most_upload_bytes,
                                                         const ServerParts* server) {
  // First everything that can be wrong before a directory is made.
  for (const InboxConfig& inbox : config.inboxes) {
    const std::uint64_t most_bytes = TRY(most_bytes_of(inbox, most_upload_bytes));
    static_cast<void>(TRY(scheme_of(inbox, most_bytes)));
    static_cast<void>(TRY(key_settings_of(inbox)));
    TRY(check_types(inbox));
    TRY(check_store(inbox));
    TRY(check_page(inbox));
  }
  std::vector<OpenInbox> inboxes;
  for (const InboxConfig& inbox : config.inboxes) {
    const std::uint64_t most_bytes = TRY(most_bytes_of(inbox, most_upload_bytes));
    if (server != nullptr && server->spools.contradicts(inbox))
      return failure(
          fmt::format("{}: target: the records in \"{}\" are moved by a process that the server has "
                      "started, which a reload cannot change: start the server anew, or use bobbin "
                      "upgrade",
                      name_of(inbox), inbox.dir));
    if (inbox.is_disabled) {
      inboxes.push_back(unopened(inbox, most_bytes));
      continue;
    }
    auto open = server == nullptr ? could_open(inbox, most_bytes) : open_inbox(inbox, most_bytes, *server);
    const char* const key = inbox.is_in_object_store() ? "target" : "dir";
    inboxes.push_back(TRY(std::move(open).map_error([&](const std::string& message) {
      return fmt::format("{}: {}: {}", name_of(inbox), key, message);
    })));
    if (server != nullptr) TRY(share(inbox));
    inboxes.back().page = page_of(inboxes.back(), config);
  }
  return inboxes;
}

Result<std::shared_ptr<const http::Handler>, std::string> handler_of(const OpenInbox& inbox,
                                                                     const InboxTimes& times) {
  if (inbox.config.is_disabled) return std::make_shared<const uploads::DisabledInbox>();
  auto scheme = TRY(scheme_of(inbox.config, inbox.most_bytes));
  std::vector<std::string> secret;
  if (scheme && scheme->reads_secret()) secret = scheme->field_names();
  std::vector<std::string> kept = inbox.config.keep;
  if (scheme) std::ranges::copy(scheme->field_names(), std::back_inserter(kept));
  std::shared_ptr<const http::Handler> handler = std::make_shared<const uploads::InboxHandler>(
      uploads::InboxSettings{
          .name = inbox.config.name,
          .most_bytes = inbox.most_bytes,
          .success = status_of(inbox.config, http::Status::created),
          .success_of_reports = status_of(inbox.config, http::Status::no_content),
          .kept_fields = uploads::KeptFields(std::move(kept), std::move(secret)),
          .room = inbox.room,
          .types = content_types_of(inbox.config),
          .codings = codings_of(inbox.config),
          .files = takes(inbox.config, "files") ? uploads::FormFiles::taken : uploads::FormFiles::refused,
          .most_bytes_with_files = InboxConfig::kLargestDocument,
          .unwrap = inbox.config.unwrap,
          .redirect = inbox.config.redirect,
          .origins = origins_of(inbox.config),
          .keys = TRY(key_settings_of(inbox.config)),
          .scheme = std::move(scheme),
          .quarantine = inbox.quarantine,
          .durability = inbox.config.is_in_object_store() ? "object"
                        : inbox.config.is_spooled()       ? "spooled"
                                                          : "",
          .commit_timeout = times.commit_timeout},
      inbox.store);
  if (inbox.config.feed_token_file.empty()) return handler;
  // A stream must say something before it counts as stalled.
  const Duration comment_every = std::min<Duration>(seconds(15), times.stall_timeout / 2);
  return std::make_shared<const feed::FeedHandler>(
      feed::FeedSettings{
          .name = inbox.config.name, .path = inbox.config.url_path(), .comment_every = comment_every},
      inbox.feed, std::move(handler));
}

std::size_t fingerprint_of_secrets(const InboxConfig& config) {
  return FollowedFile("secret_file", config.secret_file).fingerprint();
}

}  // namespace bobbin::app
