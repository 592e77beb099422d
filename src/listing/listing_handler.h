#pragma once

#include <memory>
#include <optional>
#include <string>

#include "executor/executor.h"
#include "http/content_coding.h"
#include "http/handler.h"
#include "listing/listed_root.h"

namespace bobbin::listing {

/// Stands in front of the handler of a root's files, and answers for the folders for which that has found no
/// index: with a listing, as a page or as JSON. The name without '/' at its end is redirected to the one with
/// it. Thread: any.
///
/// A listing has neither an entity tag nor a date. What it shows can change without the folder's own times
/// changing (a file grows), so both would have to be made of all entries, before the first byte.
class ListingHandler final : public http::Handler {
 public:
  /// `executor` outlives it. `files` serves the root from the path of `root` in the site.
  ListingHandler(std::shared_ptr<const http::Handler> files, std::shared_ptr<const ListedRoot> root,
                 executor::Executor& executor);

  [[nodiscard]] http::Begin begin(const http::Request& request) const override;

 private:
  [[nodiscard]] std::optional<http::Response> answer_for_folder(const http::Request& request) const;
  [[nodiscard]] bool is_coded(const http::Request& request) const;
  [[nodiscard]] std::optional<http::ContentCoding> coding_for(const http::Request& request) const;
  [[nodiscard]] http::Response list(const http::Request& request, std::string path, os::Opened folder) const;

  const std::shared_ptr<const http::Handler> files_;
  const std::shared_ptr<const ListedRoot> root_;
  executor::Executor& executor_;
  const std::string content_security_policy_;
};

}  // namespace bobbin::listing
