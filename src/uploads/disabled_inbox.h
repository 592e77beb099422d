#pragma once

#include "http/handler.h"
#include "uploads/answers.h"

namespace bobbin::uploads {

/// Stands in the place of an inbox that takes nothing any more: senders are told so (410, RFC 9110 §15.5.11),
/// and those who keep a list of where they send to take it off.
class DisabledInbox final : public http::Handler {
 public:
  [[nodiscard]] http::Begin begin(const http::Request&) const override {
    return http::Response::error(http::Status::gone, "This inbox takes nothing any more.");
  }
  [[nodiscard]] http::ErrorForm error_form(const http::RequestHead& head) const override {
    return error_form_of_inbox(head);
  }
};

}  // namespace bobbin::uploads
