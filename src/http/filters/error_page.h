#pragma once

#include <string>
#include <utility>

#include "http/filter.h"

namespace bobbin::http::filters {

/// Gives every error that has no content a page for people, or problem details for programs (RFC 9457), and
/// says that the choice depended on Accept: a cache must not give one client's form to another (RFC 9110
/// §12.5.5).
class ErrorPage final : public Filter {
 public:
  /// `server_name`: what the page is signed with; empty: nothing.
  explicit ErrorPage(std::string server_name) : server_name_(std::move(server_name)) {}
  void after(const RequestSummary& request, Response& response) const override;

 private:
  std::string server_name_;
};

}  // namespace bobbin::http::filters
