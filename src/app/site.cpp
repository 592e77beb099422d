#include "app/site.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "http/filters/added_fields.h"
#include "http/filters/error_page.h"
#include "http/filters/no_sniffing.h"
#include "http/percent_encoding.h"
#include "os/file.h"
#include "uploads/document_name.h"

namespace bobbin::app {
namespace {

std::string lines_of(const std::vector<std::string>& fields) {
  std::string lines;
  for (const std::string& field : fields) lines.append(field).append("\r\n");
  return lines;
}

/// In place of the stored documents when they are not to be fetched.
class NotServed final : public http::Handler {
 public:
  http::Begin begin(const http::Request&) const override {
    return http::Response::error(http::Status::not_found, "There is nothing at this address.");
  }
};

/// In place of the upload endpoint when it is switched off.
class UploadsOff final : public http::Handler {
 public:
  http::Begin begin(const http::Request&) const override {
    http::Response response =
        http::Response::error(http::Status::service_unavailable, "This server takes no uploads.");
    response.add_field("Retry-After", "5");
    response.close = true;
    return response;
  }
  http::ErrorForm error_form(const http::RequestHead&) const override { return http::ErrorForm::problem; }
};

/// Stored documents, wherever their folder lies and whatever types the site serves. What else is asked for
/// beneath their path is the site's.
class Documents final : public http::Handler {
 public:
  Documents(std::unique_ptr<files::FileHandler> documents, const http::Handler& site, std::size_t path_size)
      : documents_(std::move(documents)), site_(site), path_size_(path_size) {}

  http::Begin begin(const http::Request& request) const override {
    const bool is_document = uploads::is_document_name(request.path.substr(path_size_ + 1));
    return is_document ? documents_->begin(request) : site_.begin(request);
  }

 private:
  const std::unique_ptr<files::FileHandler> documents_;
  const http::Handler& site_;
  const std::size_t path_size_;
};

/// Without links, `.` and `..`, so that two names of one directory are equal. What does not exist is left as
/// it is.
std::string canonical(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  std::string resolved = std::filesystem::weakly_canonical(absolute, error).string();
  while (resolved.size() > 1 && resolved.ends_with('/')) resolved.pop_back();
  return error ? path : resolved;
}

/// Where this folder stands in the site, both canonical: "/" when it is the root; empty when it does not lie
/// in the root, or is hidden there.
std::string path_in_root(const std::string& folder, const std::string& root) {
  if (folder == root) return "/";
  const std::string start = root.ends_with('/') ? root : root + '/';
  if (!folder.starts_with(start)) return {};
  std::string path = folder.substr(start.size() - 1);
  return path.find("/.") == std::string::npos ? path : std::string();
}

}  // namespace

Result<std::unique_ptr<Site>> Site::create(const Config& config, executor::Executor& executor,
                                           observe::Log& log, std::string& what_failed) {
  std::unique_ptr<Site> site(new Site(config));
  // The built-in table covers the web's types; the system's list is a welcome addition, never a need.
  const auto mime_types = os::read_file(config.mime_types);
  if (!mime_types && config.mime_types != Config().mime_types) {
    what_failed = "--mime-types: \"" + config.mime_types + "\" cannot be read";
    return failure(mime_types.error());
  }
  if (mime_types) site->media_types_.add_mime_types(*mime_types);

  // Stored documents are fetched far less often than the site's files.
  const std::size_t documents_cache_bytes = config.serve_uploads ? config.answer_memory / 8 : 0;
  const files::FileSettings settings{.downloads = config.downloads,
                                     .allowed_types = config.allowed_types,
                                     .workers = config.threads,
                                     .cache_bytes = config.answer_memory - documents_cache_bytes};
  what_failed = "--root: \"" + config.root + "\" cannot be served; an existing directory is needed";
  site->files_ = TRY(files::FileHandler::create(config.root, "", site->media_types_, executor, settings));

  const std::string directory = config.upload_dir.empty() ? config.root + "/uploads" : config.upload_dir;
  const std::string path = path_in_root(canonical(directory), canonical(config.root));
  if (path == "/") {
    what_failed = "--upload-dir: \"" + directory + "\" is the root itself; a folder of its own is needed";
    return failure(Error{EINVAL, "upload-dir"});
  }
  site->documents_path_ = path.empty() ? "/uploads" : path;
  what_failed = "--upload-dir: \"" + directory +
                "\" cannot be used; a directory that this user may write to is needed, or --uploads off";
  if (config.uploads) {
    const uploads::UploadSettings upload_settings{.directory = directory,
                                                  .url_path = http::encode_path(site->documents_path_),
                                                  .max_upload_bytes = config.max_upload,
                                                  .commit_timeout = config.commit_timeout};
    site->uploads_ = TRY(uploads::UploadHandler::create(upload_settings, log));
  } else {
    site->uploads_off_ = std::make_unique<UploadsOff>();
  }
  if (!config.serve_uploads) {
    site->documents_ = std::make_unique<NotServed>();
  } else {
    auto documents =
        files::FileHandler::create(directory, site->documents_path_, site->media_types_, executor,
                                   {.downloads = config.downloads,
                                    .allowed_types = {},
                                    .workers = config.threads,
                                    .cache_bytes = documents_cache_bytes});
    if (!documents && config.uploads) return failure(documents.error());
    if (documents)  // else there has never been a document
      site->documents_ =
          std::make_unique<Documents>(std::move(*documents), *site->files_, site->documents_path_.size());
  }
  what_failed.clear();
  return site;
}

std::shared_ptr<const http::Handler> Site::handler(const std::vector<Endpoint>& bound) {
  using Match = http::Router::Route::Match;
  std::vector<http::HostPolicy::Allowed> allowed;
  for (const std::string& host : config_.allow_hosts)
    if (auto each = http::HostPolicy::parse_allowed(host)) allowed.push_back(std::move(*each));

  std::vector<http::Router::Route> routes;
  const http::Handler* upload_endpoint =
      uploads_ ? static_cast<const http::Handler*>(uploads_.get()) : uploads_off_.get();
  routes.push_back({Match::exactly, config_.upload_path, upload_endpoint});
  if (documents_) routes.push_back({Match::beneath, documents_path_, documents_.get()});
  routes.push_back({Match::beneath, "", files_.get()});
  auto router =
      std::make_shared<const http::Router>(http::HostPolicy(std::move(allowed)), bound, std::move(routes),
                                           uploads_ ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS");
  http::FilteredHandler::Filters filters;
  filters.push_back(std::make_unique<http::filters::NoSniffing>());
  if (!config_.headers.empty())
    filters.push_back(std::make_unique<http::filters::AddedFields>(
        lines_of(config_.headers), http::filters::AddedFields::To::successes));
  filters.push_back(std::make_unique<http::filters::ErrorPage>(config_.server_name));
  return std::make_shared<const http::FilteredHandler>(std::move(filters), std::move(router));
}

void Site::stop() {
  if (uploads_) uploads_->stop();
}

}  // namespace bobbin::app
