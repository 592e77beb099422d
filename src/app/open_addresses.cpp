#include "app/open_addresses.h"

#include <filesystem>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "app/followed_file.h"
#include "app/option_values.h"
#include "http/filters/error_documents.h"
#include "http/redirects.h"
#include "os/directory.h"
#include "os/file.h"

namespace bobbin::app {
namespace {

using http::filters::ErrorDocument;
using http::filters::ErrorDocuments;

constexpr std::size_t kLargestPageBytes = 1024 * 1024;

FollowedFile redirects_file(const SiteConfig& config) {
  return FollowedFile("--redirects-file", config.redirects_file);
}

/// What `404=FILE` names. FILE lies in the root, unless it is an absolute path.
struct ErrorPage {
  ErrorPage(const SiteConfig& config, std::string_view text)
      : status(status_or_class(text.substr(0, 3))),
        path(std::filesystem::path(config.root) / text.substr(4)),
        file(is_in_bucket(config, text) ? FollowedFile("--error-page", path, text_in_bucket(config, text))
                                        : FollowedFile("--error-page", path)) {}

  static bool is_in_bucket(const SiteConfig& config, std::string_view text) {
    return !config.bucket.empty() && !text.substr(4).starts_with('/');
  }
  /// Nothing while there is no such object, or its content is not here.
  static std::optional<Result<std::string>> text_in_bucket(const SiteConfig& config, std::string_view text) {
    const auto root = os::open_directory(config.root);
    if (!root) return std::nullopt;
    const auto opened = os::open_regular_file_at(*root, std::string(text.substr(4)));
    if (!opened) return std::nullopt;
    const auto status = os::status(*opened);
    if (!status || !status->is_marked) return std::nullopt;
    return os::read_open_file(*opened);
  }

  int status;
  std::string path;
  FollowedFile file;
};

Result<http::SharedBytes, std::string> page_content(std::string_view text) {
  if (text.size() > kLargestPageBytes) return failure(std::string("a page has at most 1 MiB"));
  return std::make_shared<const std::string>(text);
}

Result<std::shared_ptr<const http::Filter>, std::string> open_redirects(const SiteConfig& config,
                                                                        const std::string& exempt) {
  std::vector<http::Redirect> redirects;
  for (const std::string& text : config.redirects)
    if (auto redirect = http::Redirect::parse(text)) redirects.push_back(*std::move(redirect));
  if (auto of_file = TRY(redirects_file(config).parsed(http::parse_redirects)))
    std::ranges::move(*of_file, std::back_inserter(redirects));
  if (redirects.empty()) return nullptr;
  return std::make_shared<const http::Redirects>(std::move(redirects), exempt);
}

Result<std::shared_ptr<const http::Filter>, std::string> open_error_pages(const SiteConfig& config,
                                                                          const http::MediaTypes& types) {
  std::vector<ErrorDocument> documents;
  for (const std::string& text : config.error_pages) {
    const ErrorPage page(config, text);
    if (auto content = TRY(page.file.parsed(page_content)))
      documents.push_back({.status = page.status,
                           .media_type = std::string(types.for_file_name(page.path)),
                           .content = *std::move(content)});
  }
  if (documents.empty()) return nullptr;
  return std::make_shared<const ErrorDocuments>(std::move(documents));
}

}  // namespace

Result<OpenAddresses, std::string> open_addresses(const SiteConfig& config, const http::MediaTypes& types,
                                                  const std::string& exempt) {
  return OpenAddresses{.redirects = TRY(open_redirects(config, exempt)),
                       .error_pages = TRY(open_error_pages(config, types))};
}

std::vector<std::string> names_of_error_pages(const SiteConfig& config) {
  std::vector<std::string> names;
  for (const std::string& text : config.error_pages)
    if (const std::string name = text.substr(4); !name.starts_with('/')) names.push_back(name);
  return names;
}

std::size_t fingerprint_of_addresses(const SiteConfig& config) {
  std::size_t fingerprint = redirects_file(config).fingerprint();
  for (const std::string& text : config.error_pages)
    fingerprint = joined_fingerprint(fingerprint, ErrorPage(config, text).file.fingerprint());
  return fingerprint;
}

}  // namespace bobbin::app
