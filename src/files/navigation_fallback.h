#pragma once

#include <memory>
#include <string>

#include "http/handler.h"

namespace bobbin::files {

/// Shows one page at every address at which nothing is, so that the script in it decides what to show there:
/// a single-page app. Only a navigation gets the page, that is GET or HEAD with `text/html` in Accept for a
/// path whose last segment has no extension. What a page loads is not there or is there: a missing script
/// stays a 404 and never becomes a page. Thread: any (immutable).
class NavigationFallback final : public http::Handler {
 public:
  /// `pages` answers for `page`, a decoded path such as "/index.html", and says in its responses that they
  /// depend on Accept (RFC 9110 §12.5.5); errors say so anyway.
  NavigationFallback(std::shared_ptr<const http::Handler> site, std::shared_ptr<const http::Handler> pages,
                     std::string page)
      : site_(std::move(site)), pages_(std::move(pages)), page_(std::move(page)) {}

  [[nodiscard]] http::Begin begin(const http::Request& request) const override;

 private:
  const std::shared_ptr<const http::Handler> site_;
  const std::shared_ptr<const http::Handler> pages_;
  const std::string page_;
};

}  // namespace bobbin::files
