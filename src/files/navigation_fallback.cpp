#include "files/navigation_fallback.h"

#include <string_view>

#include "http/accept.h"
#include "http/target.h"

namespace bobbin::files {
namespace {

bool is_navigation(const http::Request& request) {
  const http::Method method = request.head.method;
  const std::string_view last = http::last_segment(request.path);
  return (method == http::Method::get || method == http::Method::head) &&
         last.find('.') == std::string_view::npos && http::accepted_types(request.head).names_html;
}

}  // namespace

http::Begin NavigationFallback::begin(const http::Request& request) const {
  http::Begin begin = site_->begin(request);
  if (!http::is_not_found(begin) || !is_navigation(request)) return begin;
  request.note("file", {"a browser asks for a page, and --spa shows ", page_});
  http::Request page = request;
  page.path = page_;
  page.file_rules.stored_coding = {};  // which was said of a file that is not there
  return pages_->begin(page);
}

}  // namespace bobbin::files
