#include "app/open_site.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "admin/health_paths.h"
#include "app/bucket_roots.h"
#include "app/followed_file.h"
#include "app/option_values.h"
#include "app/places.h"
#include "app/site_logs.h"
#include "files/checksum_files.h"
#include "files/earlier_releases.h"
#include "files/navigation_fallback.h"
#include "http/filters/added_fields.h"
#include "http/filters/canonical_origin.h"
#include "http/filters/document_fields.h"
#include "http/filters/expectations.h"
#include "http/filters/never_stored.h"
#include "http/filters/no_sniffing.h"
#include "http/percent_encoding.h"
#include "listing/listing_handler.h"
#include "os/directory.h"
#include "os/open_beneath.h"
#include "store/document_name.h"
#include "store/unopened_store.h"

namespace bobbin::app {
namespace {

/// Stands in place of the stored documents when they are not to be fetched.
class NotServed final : public http::Handler {
 public:
  http::Begin begin(const http::Request&) const override {
    return http::Response::error(http::Status::not_found, "There is nothing at this address.");
  }
};

/// Serves stored documents, wherever their folder lies and whatever types the site serves. Any other name
/// beneath their path is served by the site.
class Documents final : public http::Handler {
 public:
  Documents(std::shared_ptr<const files::FileHandler> documents, std::shared_ptr<const http::Handler> site,
            std::size_t path_size)
      : documents_(std::move(documents)), site_(std::move(site)), path_size_(path_size) {}

  http::Begin begin(const http::Request& request) const override {
    const bool is_document = store::is_document_name(request.path.substr(path_size_ + 1));
    return is_document ? documents_->begin(request) : site_->begin(request);
  }

 private:
  const std::shared_ptr<const files::FileHandler> documents_;
  const std::shared_ptr<const http::Handler> site_;
  const std::size_t path_size_;
};

constexpr std::string_view kChallengePath = "/.well-known/acme-challenge";  // RFC 8555 §8.3

/// What is open to everybody, and in clear text: those who issue certificates ask for it.
std::string exempt_path(const SiteConfig& config) {
  return std::string(config.acme_challenges.empty() ? "" : kChallengePath);
}

/// The part of the cache for stored documents. They are fetched far less often than the files of the site.
std::size_t documents_cache_bytes(const OpenSite::Shared& shared) { return shared.cache_bytes / 8; }

/// The part for the files of earlier releases.
std::size_t releases_cache_bytes(const OpenSite::Shared& shared) { return shared.cache_bytes / 8; }

/// Nothing: there is no such directory, or it cannot be read.
std::optional<listing::FolderId> folder_id(const std::string& directory) {
  const auto folder = os::open_directory(directory);
  if (!folder) return std::nullopt;
  const auto status = os::status(*folder);
  if (!status) return std::nullopt;
  return listing::FolderId{.device = status->device, .inode = status->inode};
}

bool is_same_directory(const os::Fd& a, const os::Fd& b) {
  const auto first = os::status(a);
  const auto second = os::status(b);
  return first && second && first->device == second->device && first->inode == second->inode;
}

std::string lines_of(const std::vector<std::string>& fields) {
  std::string lines;
  for (const std::string& field : fields) lines.append(field).append("\r\n");
  return lines;
}

}  // namespace

Result<std::unique_ptr<OpenSite>, std::string> OpenSite::open(const SiteConfig& config, const Shared& shared,
                                                              const OpenSite* predecessor) {
  std::unique_ptr<OpenSite> site(new OpenSite(config, shared));
  if (shared.server == nullptr) TRY(site->check_caches());
  TRY(site->open_root());
  TRY(site->open_mounts());
  if (predecessor != nullptr) TRY(site->keep_releases_of(*predecessor));
  TRY(site->check_fallback());
  TRY(site->open_uploads());
  TRY(site->open_inboxes());
  TRY(site->open_pages());
  TRY(site->open_challenges());
  TRY(site->read_files());
  return site;
}

Result<std::unique_ptr<OpenSite>, std::string> OpenSite::with_root_opened_anew() const {
  std::unique_ptr<OpenSite> site(new OpenSite(*this));
  site->files_ = TRY(followed(*files_, config_.root, ""));
  for (OpenMount& mount : site->mounts_)
    mount.files = TRY(followed(*mount.files, mount.config.root, mount.config.path));
  TRY(site->keep_releases_of(*this));
  site->connect_documents();
  TRY(site->open_pages());
  return site;
}

/// A handler for the directory to which the name leads now; for the one that is open, when it leads nowhere.
Result<std::shared_ptr<files::FileHandler>, std::string> OpenSite::followed(
    const files::FileHandler& open, const std::string& name, const std::string& url_path) const {
  auto files = files::FileHandler::create(name, url_path, *shared_.types, shared_.executor, open.settings());
  if (!files) files = open.again(*shared_.types, open.settings());
  if (!files) return failure(name + ": " + files.error().message());
  return std::shared_ptr<files::FileHandler>(*std::move(files));
}

Result<std::unique_ptr<OpenSite>, std::string> OpenSite::with_files_read_anew() const {
  std::unique_ptr<OpenSite> site(new OpenSite(*this));
  TRY(site->read_files());
  TRY(site->empty_caches());
  return site;
}

files::FileSettings OpenSite::file_settings(std::vector<std::string> allowed_types,
                                            std::size_t cache_bytes) const {
  return {.downloads = config_.downloads,
          .allowed_types = std::move(allowed_types),
          .workers = shared_.workers,
          .cache_bytes = cache_bytes,
          .tag_seed = files::tag_seed(config_.etag_seed),
          .trust_mtime = config_.trust_mtime,
          .tags = config_.etag,
          .compression = config_.compression,
          .links = config_.follow_symlinks,
          .hidden = hidden_names(),
          .addresses = {.index_names = config_.index_names,
                        .clean_urls = config_.clean_urls,
                        .trailing_slash = config_.trailing_slash},
          .registry = shared_.server == nullptr ? nullptr : &shared_.server->registry};
}

files::HiddenNames OpenSite::hidden_names() const {
  return files::HiddenNames(path_patterns_of(config_.included_hidden));
}

bool OpenSite::keeps_releases() const { return config_.keep_releases.most > 0 && !config_.immutable.empty(); }

std::size_t OpenSite::files_cache_bytes() const {
  const std::size_t bytes = shared_.cache_bytes - documents_cache_bytes(shared_);
  return (keeps_releases() ? bytes - releases_cache_bytes(shared_) : bytes) / (1 + config_.mounts.size());
}

/// Where no server runs nothing is made: an empty folder stands for the names that a cache has not got yet.
Result<void, std::string> OpenSite::check_caches() {
  const auto check = [this](const std::string& bucket, std::string& root) -> Result<void, std::string> {
    if (bucket.empty()) return {};
    TRY(check_cache_folders(root));
    std::error_code error;
    if (std::filesystem::is_directory(root, error)) return {};
    if (no_names_ == nullptr)
      no_names_ = std::make_shared<const os::TemporaryDirectory>(TRY(os::TemporaryDirectory::make().map_error(
          [](const Error& failed) { return "cannot make a temporary folder: " + failed.message(); })));
    root = no_names_->path();
    return {};
  };
  TRY(check(config_.bucket, config_.root));
  for (MountConfig& mount : config_.mounts) TRY(check(mount.bucket, mount.root));
  return {};
}

/// Null: files lie in the root. Without a server that runs nothing is fetched.
Result<std::shared_ptr<files::Contents>, std::string> OpenSite::contents_of(const std::string& bucket,
                                                                            const std::string& root) const {
  if (bucket.empty()) return nullptr;
  if (shared_.server != nullptr) return shared_.server->bucket_sites.open(bucket, root);
  return std::make_shared<files::NoContents>(bucket, shared_.redirected_bytes);
}

Result<void, std::string> OpenSite::open_root() {
  files::FileSettings settings = file_settings(config_.allowed_types, files_cache_bytes());
  settings.contents = TRY(contents_of(config_.bucket, config_.root).map_error([](const std::string& message) {
    return "--root: " + message;
  }));
  auto files =
      files::FileHandler::create(config_.root, "", *shared_.types, shared_.executor, std::move(settings));
  if (!files) {
    const bool is_default = config_.is_default && config_.root == SiteConfig().root;
    return failure(fmt::format("--root: \"{}\" cannot be served; an existing directory is needed{}: {}",
                               shown_root(config_), is_default ? ", such as this one: bobbin ." : "",
                               files.error().message()));
  }
  files_ = *std::move(files);
  return {};
}

Result<void, std::string> OpenSite::open_mounts() {
  mounts_ = TRY(app::open_mounts(
      config_, *shared_.types, shared_.executor, file_settings(config_.allowed_types, files_cache_bytes()),
      [this](const std::string& bucket, const std::string& root) { return contents_of(bucket, root); }));
  return {};
}

/// What is cached has been changed by filters that no longer hold.
Result<void, std::string> OpenSite::empty_caches() {
  std::vector<std::shared_ptr<files::FileHandler>*> handlers{&files_, &document_files_, &challenges_};
  for (OpenMount& mount : mounts_) handlers.push_back(&mount.files);
  for (auto* handler : handlers) {
    if (*handler == nullptr) continue;
    auto renewed = (*handler)->again(*shared_.types, (*handler)->settings());
    if (!renewed) return failure(config_.root + ": " + renewed.error().message());
    *handler = *std::move(renewed);
  }
  connect_documents();
  return open_pages();
}

void OpenSite::connect_documents() {
  if (document_files_)
    documents_ = std::make_shared<Documents>(document_files_, files_, documents_path_.size());
}

/// The session takes no more than the server's limit, whatever a site says.
Result<std::uint64_t, std::string> OpenSite::max_upload_bytes() const {
  if (config_.max_upload <= shared_.max_upload_bytes)
    return config_.max_upload == 0 ? shared_.max_upload_bytes : config_.max_upload;
  return failure(
      fmt::format("max_upload of the [[site]] {}: \"{}\" is not allowed; at most \"{}\", the "
                  "--max-upload of the server",
                  config_.names.front(), size_text(config_.max_upload), size_text(shared_.max_upload_bytes)));
}

Result<void, std::string> OpenSite::open_uploads() {
  UploadFolders* const folders = upload_folders();
  const bool takes = takes_uploads(config_);
  const std::uint64_t most_bytes = TRY(max_upload_bytes());
  const auto as_upload_dir = [](const std::string& message) {
    return "--upload-dir: " + message + ". Without uploads (--uploads off) none is needed";
  };
  const std::string directory = upload_directory_of(config_);
  const std::string path = path_in_root(canonical(directory), canonical(config_.root), hidden_names());
  if (path == "/")
    return failure(
        fmt::format("--upload-dir: \"{}\" is the root itself; a folder of its own is needed", directory));
  documents_path_ = path.empty() ? "/uploads" : path;
  // Without uploads and without --upload-dir the folder is an ordinary one of the root.
  const bool is_ordinary = !takes && config_.upload_dir.empty();
  if (!is_ordinary || !config_.serve_uploads)
    TRY(check_mounts_beside_uploads(config_, documents_path_, directory, hidden_names()));
  if (takes && folders == nullptr) {
    TRY(UploadFolders::check(directory).map_error(as_upload_dir));
  }
  if (takes) {
    std::shared_ptr<store::DocumentStore> store = std::make_shared<store::UnopenedStore>();
    if (folders != nullptr) store = TRY(folders->open_uploads(directory).map_error(as_upload_dir));
    uploads_ = std::make_shared<uploads::UploadHandler>(
        uploads::UploadSettings{.url_path = http::encode_path(documents_path_),
                                .max_upload_bytes = most_bytes,
                                .commit_timeout = shared_.commit_timeout},
        std::move(store));
  }
  if (takes) upload_directory_ = directory;
  if (!config_.serve_uploads) {
    documents_ = std::make_shared<NotServed>();
    return {};
  }
  return is_ordinary ? Result<void, std::string>() : open_documents(directory);
}

UploadFolders* OpenSite::upload_folders() const {
  return shared_.server == nullptr ? nullptr : &shared_.server->folders;
}

Result<void, std::string> OpenSite::open_inboxes() {
  inboxes_ = TRY(app::open_inboxes(config_, shared_.max_upload_bytes, shared_.server));
  return {};
}

Result<void, std::string> OpenSite::open_documents(const std::string& directory) {
  auto documents = files::FileHandler::create(directory, documents_path_, *shared_.types, shared_.executor,
                                              file_settings({}, documents_cache_bytes(shared_)));
  // One that is missing is made at the start.
  if (!documents && uploads_ && documents.error().code != ENOENT)
    return failure(
        fmt::format("--upload-dir: \"{}\" cannot be read; documents are fetched from it, but for "
                    "--serve-uploads off: {}",
                    directory, documents.error().message()));
  if (!documents) return {};  // there has never been a document
  document_files_ = *std::move(documents);
  documents_directory_ = directory;
  connect_documents();
  return {};
}

/// The newest of the earlier releases are kept, with small caches. What was served before is one of them when
/// it is another directory.
Result<void, std::string> OpenSite::keep_releases_of(const OpenSite& predecessor) {
  earlier_.clear();
  if (!keeps_releases()) return {};
  const Instant now = monotonic_now();
  std::vector<Release> releases = predecessor.earlier_;
  if (!is_same_directory(root().fd(), predecessor.root().fd()))
    releases.insert(releases.begin(), {predecessor.files_, now});
  std::erase_if(releases, [&](const Release& each) { return kept_until(each) < now; });
  if (releases.size() > config_.keep_releases.most) releases.resize(config_.keep_releases.most);
  for (const Release& each : releases) {
    auto files = each.files->again(
        *shared_.types,
        file_settings(config_.allowed_types, releases_cache_bytes(shared_) / releases.size()));
    if (!files) return failure("--keep-releases: " + files.error().message());
    earlier_.push_back({*std::move(files), each.replaced});
  }
  return {};
}

Instant OpenSite::kept_until(const Release& release) const {
  const milliseconds time = config_.keep_releases.time;
  return time > milliseconds(0) ? release.replaced + time : Instant::max();
}

Result<void, std::string> OpenSite::open_pages() {
  pages_ = files_;
  std::vector<files::EarlierReleases::Release> releases;
  releases.reserve(earlier_.size());
  for (const Release& each : earlier_) releases.push_back({each.files, kept_until(each)});
  if (!releases.empty())
    pages_ = std::make_shared<const files::EarlierReleases>(pages_, std::move(releases),
                                                            path_patterns_of(config_.immutable));
  mount_pages_.clear();
  ListedRoots beneath;
  for (const OpenMount& mount : mounts_)
    mount_pages_.push_back(TRY(pages_over(mount.files, mount.files, mount.config.path, beneath)));
  pages_ = TRY(pages_over(pages_, files_, "", beneath));
  return {};
}

/// What stands around the files of a root or of a mount, and around `pages` of them. `beneath`: the mounts
/// that may stand in it, to which it is added.
Result<std::shared_ptr<const http::Handler>, std::string> OpenSite::pages_over(
    std::shared_ptr<const http::Handler> pages, const std::shared_ptr<const files::FileHandler>& files,
    const std::string& url_path, ListedRoots& beneath) const {
  if (config_.checksums) pages = std::make_shared<const files::ChecksumFiles>(std::move(pages), files);
  if (config_.listing) {
    auto listed = listing::ListedRoot::create(files->root(), listing_settings(url_path, beneath, *files));
    if (!listed)
      return failure(
          fmt::format("--listing: \"{}/\" cannot be listed: {}", url_path, listed.error().message()));
    beneath.push_back(*listed);
    pages = std::make_shared<const listing::ListingHandler>(std::move(pages), *std::move(listed),
                                                            shared_.executor);
  }
  return config_.spa.empty() ? pages : fallback_over(std::move(pages));
}

listing::ListingSettings OpenSite::listing_settings(const std::string& url_path, const ListedRoots& mounts,
                                                    const files::FileHandler& files) const {
  listing::ListingSettings settings{.url_path = url_path,
                                    .allowed_types = config_.allowed_types,
                                    .hidden = hidden_names(),
                                    .says_no_cache = config_.cache_control.empty(),
                                    .is_coded = config_.compression == http::Compression::on,
                                    .shows_readme = config_.listing_readme,
                                    .contents = files.settings().contents,
                                    .mounts = mounts};
  if (uploads_) settings.unlisted_paths.push_back(config_.upload_path);
  if (documents_) settings.unlisted_paths.push_back(documents_path_);
  if (uploads_ || documents_) settings.unlisted_folder = folder_id(upload_directory_of(config_));
  return settings;
}

/// Once, when the server starts or reloads: later the root may be empty for a moment while it is replaced.
Result<void, std::string> OpenSite::check_fallback() const {
  // The names of a bucket are not known yet when a server starts.
  if (config_.spa.empty() || !config_.bucket.empty() || files_->has_file(config_.spa)) return {};
  return failure(fmt::format(
      "--spa: \"{}\" is no file in \"{}\"; the page of the app is needed, such as --spa index.html",
      config_.spa, config_.root));
}

Result<std::shared_ptr<const http::Handler>, std::string> OpenSite::fallback_over(
    std::shared_ptr<const http::Handler> site) const {
  files::FileSettings settings = file_settings({}, releases_cache_bytes(shared_));
  settings.addresses = {};
  settings.fields = "Vary: Accept\r\n";
  auto pages = files_->again(*shared_.types, std::move(settings));
  if (!pages) return failure("--spa: " + pages.error().message());
  return std::make_shared<const files::NavigationFallback>(std::move(site), *std::move(pages),
                                                           "/" + config_.spa);
}

Result<void, std::string> OpenSite::open_challenges() {
  if (config_.acme_challenges.empty()) return {};
  auto files = files::FileHandler::create(config_.acme_challenges, std::string(kChallengePath),
                                          *shared_.types, shared_.executor,
                                          {.workers = shared_.workers, .links = config_.follow_symlinks});
  if (!files)
    return failure(
        fmt::format("--acme-challenges: \"{}\" cannot be served; an existing directory is needed: {}",
                    config_.acme_challenges, files.error().message()));
  challenges_ = *std::move(files);
  return {};
}

std::vector<std::shared_ptr<const http::Filter>> OpenSite::filters() const {
  using http::filters::AddedFields;
  std::vector<std::shared_ptr<const http::Filter>> filters;
  const auto push = [&filters](std::shared_ptr<const http::Filter> filter) {
    if (filter) filters.push_back(std::move(filter));
  };
  // Around all else, since it has the last word.
  filters.push_back(std::make_shared<const http::filters::NeverStored>());
  // In front of all that may refuse, since a probe can prove nothing.
  if (shared_.server != nullptr && shared_.answers_health)
    push(std::make_shared<const admin::HealthPaths>(shared_.server->health, shared_.logs_health));
  const Guards guards = this->guards();
  if (!rules_) push(guards.clients);
  filters.push_back(std::make_shared<const http::filters::Expectations>());
  if (shared_.redirects_to_https || !config_.canonical_host.empty())
    filters.push_back(
        std::make_shared<const http::filters::CanonicalOrigin>(config_.canonical_host, exempt_path(config_)));
  // Rules make exceptions of the guards, and so hold them.
  if (rules_) {
    push(rules_);
  } else {
    push(guards.certificates);
    push(guards.authentication);
  }
  push(addresses_.redirects);
  push(addresses_.error_pages);
  // Behind the rules, which can remove them, and around the operator's fields, which go before them.
  if (config_.security_headers) {
    filters.push_back(std::make_shared<const http::filters::NoSniffing>());
    filters.push_back(std::make_shared<const http::filters::DocumentFields>());
  }
  const auto add = [&filters](std::string lines, AddedFields::To to) {
    if (!lines.empty()) filters.push_back(std::make_shared<const AddedFields>(std::move(lines), to));
  };
  add(lines_of(config_.headers_always), AddedFields::To::all_responses);
  add(lines_of(config_.headers), AddedFields::To::successes);
  if (!config_.cache_control.empty()) {
    add("Cache-Control: no-store\r\n", AddedFields::To::errors);
    add("Cache-Control: " + config_.cache_control + "\r\n", AddedFields::To::successes);
  }
  return filters;
}

std::vector<OpenSite::ServedRoot> OpenSite::roots() const {
  std::vector<ServedRoot> roots{{config_.root, root()}};
  for (const OpenMount& mount : mounts_) roots.push_back({mount.config.root, mount.files->root()});
  return roots;
}

/// The fingerprint is taken first: a change between the two looks is found at the next one.
Result<void, std::string> OpenSite::read_files() {
  fingerprint_ = fingerprint_now();
  const std::string exempt = exempt_path(config_);
  authentication_ = TRY(open_authentication(secrets_of(config_), shared_.executor, exempt));
  rules_ = TRY(open_rules(config_, guards(), shared_.executor,
                          shared_.server == nullptr ? nullptr : &shared_.server->client_limiting, exempt));
  addresses_ = TRY(open_addresses(config_, *shared_.types, exempt));
  for (OpenInbox& inbox : inboxes_)
    inbox.handler = TRY(handler_of(inbox, {shared_.commit_timeout, shared_.stall_timeout}));
  return {};
}

/// Pages for errors that lie in a bucket are fetched, and are in use once they are here.
void OpenSite::want_error_pages() const {
  const auto contents = files_->settings().contents;
  if (contents == nullptr) return;
  for (const std::string& name : names_of_error_pages(config_)) {
    const auto status = os::status_beneath(root(), name);
    if (status && root().is_placeholder(*status)) contents->want(name, *status);
  }
}

std::size_t OpenSite::fingerprint_now() const {
  want_error_pages();
  std::size_t fingerprint = fingerprint_of_secrets(secrets_of(config_));
  for (const RuleConfig& rule : config_.rules)
    fingerprint = joined_fingerprint(fingerprint, fingerprint_of_secrets(secrets_of(rule)));
  for (const InboxConfig& inbox : config_.inboxes)
    fingerprint = joined_fingerprint(fingerprint, fingerprint_of_secrets(inbox));
  return joined_fingerprint(fingerprint, fingerprint_of_addresses(config_));
}

std::vector<OpenSite::ServedFolder> OpenSite::folders() const {
  std::vector<ServedFolder> folders{{"", config_.root, root(), true}};
  for (const OpenMount& mount : mounts_)
    folders.push_back({mount.config.path, mount.config.root, mount.files->root(), true});
  if (document_files_)
    folders.push_back({documents_path_, documents_directory_, document_files_->root(), false});
  if (challenges_)
    folders.push_back({std::string(kChallengePath), config_.acme_challenges, challenges_->root(), true});
  return folders;
}

bool OpenSite::asks_some_for_secrets() const {
  return asks_for_secrets() || std::ranges::any_of(config_.rules, [](const RuleConfig& rule) {
           return !rule.password_file.empty() || !rule.token_file.empty();
         });
}

std::string OpenSite::name() const { return config_.names.empty() ? "default" : config_.names.front(); }

std::string OpenSite::title() const {
  const std::string names = fmt::format("{}", fmt::join(config_.names, ", "));
  if (!config_.is_default) return "Site " + names;
  return names.empty() ? "Default site" : "Default site, " + names;
}

Guards OpenSite::guards() const {
  return {.clients = address_guard(config_.allowed_clients, config_.denied_clients),
          .certificates = certificate_guard(config_.allowed_certificates),
          .authentication = authentication_};
}

http::Site OpenSite::routes() const {
  using Match = http::Route::Match;
  std::vector<http::HostPolicy::Allowed> allowed;
  for (const std::string& name : config_.names)
    if (auto each = http::HostPolicy::parse_allowed(name)) allowed.push_back(std::move(*each));
  if (auto canonical = http::HostPolicy::parse_allowed(config_.canonical_host))
    allowed.push_back(*std::move(canonical));

  std::vector<http::Route> routes;
  if (challenges_)
    routes.push_back({Match::beneath, std::string(kChallengePath), challenges_.get(),
                      "--acme-challenges " + config_.acme_challenges});
  if (uploads_)
    routes.push_back(
        {Match::exactly, config_.upload_path, uploads_.get(), "uploads, into " + upload_directory_});
  for (const OpenInbox& inbox : inboxes_)
    routes.push_back(
        {Match::exactly, inbox.config.url_path(), inbox.handler.get(),
         fmt::format("the inbox {}, into {}", inbox.config.name,
                     inbox.config.is_in_object_store() ? inbox.config.target : inbox.config.dir)});
  for (const OpenInbox& inbox : inboxes_)
    if (inbox.page)
      routes.push_back({Match::exactly, inbox.config.page, inbox.page.get(),
                        "the page of the inbox " + inbox.config.name});
  std::vector<http::Route> folders;
  if (documents_)
    folders.push_back({Match::beneath, documents_path_, documents_.get(),
                       config_.serve_uploads ? "stored documents, of " + documents_directory_
                                             : "stored documents, which --serve-uploads off keeps back"});
  for (std::size_t i = 0; i < mounts_.size(); ++i) {
    const std::string& path = mounts_[i].config.path;
    const std::string title = fmt::format("the mount {} of {}", path, shown_root(mounts_[i].config));
    routes.push_back({Match::exactly, path, mount_pages_[i].get(), title});
    folders.push_back({Match::beneath, path, mount_pages_[i].get(), title});
  }
  std::ranges::sort(folders, [](const auto& a, const auto& b) { return a.path.size() > b.path.size(); });
  std::ranges::move(folders, std::back_inserter(routes));
  routes.push_back({Match::beneath, "", pages_.get(), "the root " + shown_root(config_)});
  using Addresses = http::HostPolicy::Addresses;
  return {
      .hosts = http::HostPolicy(std::move(allowed), config_.is_default ? Addresses::ours : Addresses::none),
      .path_rules = config_.path_rules,
      .routes = std::move(routes),
      .methods = uploads_ || !inboxes_.empty() ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS",
      .filters = filters(),
      .rules = rules_,
      .access_log = static_cast<std::uint16_t>(access_log_of(config_, shared_.log_files)),
      .number = shared_.server == nullptr ? std::uint16_t{0} : shared_.server->site_names.number_of(name()),
      .title = title()};
}

}  // namespace bobbin::app
