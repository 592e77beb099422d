#include "app/site.h"

#include <cerrno>
#include <utility>

#include "http/percent_encoding.h"
#include "os/file.h"

namespace bobbin::app {
namespace {

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

/// The path under which files_ serves this folder, when it lies in the root; empty when it does not.
std::string path_in_root(const std::string& folder, const std::string& root) {
  const std::string start = root.ends_with('/') ? root : root + '/';
  if (!folder.starts_with(start)) return {};
  std::string path = folder.substr(start.size() - 1);
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

Result<std::unique_ptr<Site>> Site::create(const Config& config, observe::Log& log,
                                           std::string& what_failed) {
  std::unique_ptr<Site> site(new Site(config));
  // The built-in table covers the web's types; the system's list is a welcome addition, never a need.
  const auto mime_types = os::read_file(config.mime_types);
  if (!mime_types && config.mime_types != Config().mime_types) {
    what_failed = "--mime-types: \"" + config.mime_types + "\" cannot be read";
    return failure(mime_types.error());
  }
  if (mime_types) site->media_types_.add_mime_types(*mime_types);

  const files::FileSettings settings{.downloads = config.downloads, .allowed_types = config.allowed_types};
  what_failed = "--root: \"" + config.root + "\" cannot be served; an existing directory is needed";
  site->files_ = TRY(files::FileHandler::create(config.root, "", site->media_types_, settings));

  const std::string directory = config.upload_dir.empty() ? config.root + "/uploads" : config.upload_dir;
  const std::string path = path_in_root(directory, config.root);
  if (path == "/") {
    what_failed = "--upload-dir: \"" + directory + "\" is the root itself; a folder of its own is needed";
    return failure(Error{EINVAL, "upload-dir"});
  }
  site->documents_path_ = path.empty() ? "/uploads" : path;
  what_failed =
      "--upload-dir: \"" + directory + "\" cannot be used; a directory that this user may write to is needed";
  if (config.uploads) {
    const uploads::UploadSettings upload_settings{.directory = directory,
                                                  .url_path = http::encode_path(site->documents_path_),
                                                  .max_upload_bytes = config.max_upload};
    site->uploads_ = TRY(uploads::UploadHandler::create(upload_settings, log));
  } else {
    site->uploads_off_ = std::make_unique<UploadsOff>();
  }
  if (!config.serve_uploads) {
    site->documents_ = std::make_unique<NotServed>();
  } else if (path.empty()) {
    site->documents_ =
        TRY(files::FileHandler::create(directory, site->documents_path_, site->media_types_, settings));
  }
  what_failed.clear();
  return site;
}

const http::Handler& Site::handler(const std::vector<Endpoint>& bound) {
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
  router_ = std::make_unique<http::Router>(http::HostPolicy(std::move(allowed)), bound, std::move(routes));
  return *router_;
}

void Site::stop() {
  if (uploads_) uploads_->stop();
}

}  // namespace bobbin::app
