#pragma once

#include <string>

#include "http/handler.h"

/// Answers every request with a text that names its target. Thread: any worker, all at once.
class Hello final : public bobbin::http::Handler {
 public:
  [[nodiscard]] bobbin::http::Begin begin(const bobbin::http::Request& request) const override {
    return bobbin::http::Response::with_content(bobbin::http::Status::ok, "text/plain; charset=utf-8",
                                                "Hello, " + std::string(request.head.target) + "\n");
  }
};
