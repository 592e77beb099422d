#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/open_addresses.h"
#include "app/open_authentication.h"
#include "app/open_inboxes.h"
#include "app/open_mounts.h"
#include "app/open_rules.h"
#include "app/server_parts.h"
#include "app/site_logs.h"
#include "base/clock.h"
#include "base/result.h"
#include "executor/executor.h"
#include "files/file_handler.h"
#include "http/media_type.h"
#include "http/router.h"
#include "listing/listed_root.h"
#include "os/root.h"
#include "os/temporary_directory.h"
#include "uploads/upload_handler.h"

namespace bobbin::app {

/// A configured site with its directories open: its handlers, and the routes that lead to them. A new
/// endpoint is a handler and one route. Immutable.
class OpenSite {
 public:
  /// What the sites of a server have in common. The executor outlives the sites.
  struct Shared {
    std::shared_ptr<const http::MediaTypes> types;
    executor::Executor& executor;
    unsigned workers;
    std::size_t cache_bytes;  ///< for the files of one site
    std::uint64_t max_upload_bytes;
    Duration commit_timeout;
    Duration stall_timeout;
    const ServerParts* server;  ///< null: no server runs
    bool answers_health;        ///< see admin::HealthPaths
    bool logs_health;
    bool redirects_to_https;             ///< whether any listener does so
    std::uint64_t redirected_bytes;      ///< see files::NoContents
    std::vector<SiteLogFile> log_files;  ///< see access_log_of
  };
  /// Without a server that runs this only looks whether the upload folder could be used, and stores no
  /// document. `predecessor`: the site in whose place it is put by a reload, of which it keeps the releases;
  /// null: there is none. The error is a sentence for the operator.
  [[nodiscard]] static Result<std::unique_ptr<OpenSite>, std::string> open(const SiteConfig& config,
                                                                           const Shared& shared,
                                                                           const OpenSite* predecessor);
  /// The same site with its root and its mounts opened anew. The upload folder stays the one that is open.
  [[nodiscard]] Result<std::unique_ptr<OpenSite>, std::string> with_root_opened_anew() const;
  /// The same site with the files that are followed read anew: those of passwords, tokens, redirects and
  /// pages for errors.
  [[nodiscard]] Result<std::unique_ptr<OpenSite>, std::string> with_files_read_anew() const;

  /// The site as the router needs it. It refers to this object, which must outlive it.
  [[nodiscard]] http::Site routes() const;

  [[nodiscard]] const SiteConfig& config() const { return config_; }
  /// By which it is counted: its first name, or "default".
  [[nodiscard]] std::string name() const;
  /// "Site example.org", "Default site".
  [[nodiscard]] std::string title() const;
  [[nodiscard]] const std::vector<SiteLogFile>& log_files() const { return shared_.log_files; }
  /// The directory that takes uploads; empty when none are taken.
  [[nodiscard]] const std::string& upload_directory() const { return upload_directory_; }
  /// Whether its clients must show a password or a token.
  [[nodiscard]] bool asks_for_secrets() const { return authentication_ != nullptr; }
  /// Whether some of them must: those who ask for a path of a rule or an inbox.
  [[nodiscard]] bool asks_some_for_secrets() const;
  /// Of the followed files that are in use.
  [[nodiscard]] std::size_t fingerprint() const { return fingerprint_; }
  /// The same of the files as they are now.
  [[nodiscard]] std::size_t fingerprint_now() const;
  /// A directory that is served, which is open even when its name leads to another one by now.
  struct ServedRoot {
    const std::string& name;
    const os::Root& root;
  };
  /// That of the site, and those of its mounts.
  [[nodiscard]] std::vector<ServedRoot> roots() const;
  /// Anything that is served: the roots, and the folders of stored documents and of challenges.
  struct ServedFolder {
    std::string url_path;  ///< "" for the root of the site, "/docs"
    const std::string& name;
    const os::Root& root;
    bool hides_others;  ///< whether nothing else of the site is served at its path
  };
  [[nodiscard]] std::vector<ServedFolder> folders() const;
  [[nodiscard]] files::HiddenNames hidden_names() const;

 private:
  OpenSite(const SiteConfig& config, const Shared& shared) : config_(config), shared_(shared) {}
  OpenSite(const OpenSite&) = default;

  [[nodiscard]] files::FileSettings file_settings(std::vector<std::string> allowed_types,
                                                  std::size_t cache_bytes) const;
  [[nodiscard]] bool keeps_releases() const;
  [[nodiscard]] std::size_t files_cache_bytes() const;
  [[nodiscard]] const os::Root& root() const { return files_->root(); }
  [[nodiscard]] Result<std::shared_ptr<files::Contents>, std::string> contents_of(
      const std::string& bucket, const std::string& root) const;
  void want_error_pages() const;
  [[nodiscard]] Result<void, std::string> check_caches();
  [[nodiscard]] Result<void, std::string> open_root();
  [[nodiscard]] Result<void, std::string> open_mounts();
  [[nodiscard]] Result<std::shared_ptr<files::FileHandler>, std::string> followed(
      const files::FileHandler& open, const std::string& name, const std::string& url_path) const;
  /// A release that has been replaced.
  struct Release {
    std::shared_ptr<const files::FileHandler> files;
    Instant replaced;
  };
  [[nodiscard]] Result<void, std::string> keep_releases_of(const OpenSite& predecessor);
  [[nodiscard]] Instant kept_until(const Release& release) const;
  [[nodiscard]] Result<std::uint64_t, std::string> max_upload_bytes() const;
  /// Null: no document can be stored.
  [[nodiscard]] UploadFolders* upload_folders() const;
  [[nodiscard]] Result<void, std::string> open_uploads();
  [[nodiscard]] Result<void, std::string> open_inboxes();
  [[nodiscard]] Result<void, std::string> open_documents(const std::string& directory);
  [[nodiscard]] Result<void, std::string> open_pages();
  [[nodiscard]] Result<void, std::string> empty_caches();
  void connect_documents();
  using ListedRoots = std::vector<std::shared_ptr<const listing::ListedRoot>>;
  [[nodiscard]] Result<std::shared_ptr<const http::Handler>, std::string> pages_over(
      std::shared_ptr<const http::Handler> pages, const std::shared_ptr<const files::FileHandler>& files,
      const std::string& url_path, ListedRoots& beneath) const;
  [[nodiscard]] listing::ListingSettings listing_settings(const std::string& url_path,
                                                          const ListedRoots& mounts,
                                                          const files::FileHandler& files) const;
  [[nodiscard]] Result<std::shared_ptr<const http::Handler>, std::string> fallback_over(
      std::shared_ptr<const http::Handler> site) const;
  [[nodiscard]] Result<void, std::string> check_fallback() const;
  [[nodiscard]] Result<void, std::string> open_challenges();
  [[nodiscard]] Result<void, std::string> read_files();
  [[nodiscard]] Guards guards() const;
  [[nodiscard]] std::vector<std::shared_ptr<const http::Filter>> filters() const;

  SiteConfig config_;
  Shared shared_;
  std::shared_ptr<const os::TemporaryDirectory> no_names_;  // null where nothing stands for a cache
  std::shared_ptr<files::FileHandler> files_;
  std::vector<Release> earlier_;   // the newest first
  std::vector<OpenMount> mounts_;  // the longest paths first
  std::vector<OpenInbox> inboxes_;
  std::shared_ptr<const http::Handler> uploads_;  // null when no uploads are taken
  std::string upload_directory_;
  std::shared_ptr<files::FileHandler> document_files_;  // null when there is no upload folder
  std::shared_ptr<http::Handler> documents_;            // null when no stored documents are served
  std::string documents_path_;
  std::string documents_directory_;
  std::shared_ptr<const http::Handler> pages_;  // what answers for all that has no route of its own
  std::vector<std::shared_ptr<const http::Handler>> mount_pages_;  // the same for each of the mounts
  std::shared_ptr<files::FileHandler> challenges_;      // null when they have no folder of their own
  std::shared_ptr<const http::Filter> authentication_;  // of the whole site; null: none
  std::shared_ptr<const http::SiteRules> rules_;        // null: none
  OpenAddresses addresses_;
  std::size_t fingerprint_ = 0;
};

}  // namespace bobbin::app
