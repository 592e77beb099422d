#pragma once

#include <list>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "http/handler.h"

namespace bobbin::http {

/// A copy of a request that outlives the call it was given in, for a handler that answers later. Stays where
/// it is, since the request refers to it. Thread: one at a time.
class OwnedRequest {
 public:
  explicit OwnedRequest(const Request& request)
      : local_(request.local),
        head_(copy_of(request.head)),
        request_{.head = head_,
                 .local = local_,
                 .client = request.client,
                 .scheme = request.scheme,
                 .path = copy_of(request.path),
                 .exchange = request.exchange,
                 .worker = request.worker,
                 .round = request.round,
                 .date = request.date,
                 .listener = request.listener,
                 .is_asked_again = request.is_asked_again,
                 .variant = request.variant,
                 .file_rules = request.file_rules,
                 .certificate = request.certificate,
                 .id = copy_of(request.id),
                 .user = &user_},
        user_(request.user == nullptr ? std::string() : *request.user) {}
  OwnedRequest(const OwnedRequest&) = delete;
  OwnedRequest& operator=(const OwnedRequest&) = delete;

  /// The same request, to be asked about once more.
  [[nodiscard]] const Request& asked_again() {
    request_.is_asked_again = true;
    return request_;
  }
  [[nodiscard]] const Request& operator*() const { return request_; }
  [[nodiscard]] const Request* operator->() const { return &request_; }

 private:
  [[nodiscard]] std::string_view copy_of(std::string_view text) { return texts_.emplace_back(text); }
  [[nodiscard]] RequestHead copy_of(const RequestHead& head);

  std::list<std::string> texts_;  // a list, whose elements never move: views point into them
  Endpoint local_;
  RequestHead head_;
  Request request_;
  std::string user_;
};

}  // namespace bobbin::http
