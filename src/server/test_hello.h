#pragma once

#include "http/handler.h"

namespace bobbin::server {

/// For tests: answers every request with the same text.
class Hello final : public http::Handler {
 public:
  http::Begin begin(const http::Request&) const override {
    return http::Response::with_content(http::Status::ok, "text/plain", "hello");
  }
};

}  // namespace bobbin::server
