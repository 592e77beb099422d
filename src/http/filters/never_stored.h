#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"
#include "http/filter.h"

namespace bobbin::http::filters {

/// Has nobody keep a copy of what is for one client and one moment (Response::never_stored; RFC 9111
/// §5.2.2.5), nor caches that heed a field of their own (RFC 9213, and those from before it). It has to stand
/// around the rules of a site, which may say of the same path that it is to be kept for long. Thread: any.
class NeverStored final : public Filter {
 public:
  [[nodiscard]] static bool is_for_caches(std::string_view name) {
    constexpr std::string_view kEnd = "cache-control";
    if (name.size() >= kEnd.size() && equals_ignoring_case(name.substr(name.size() - kEnd.size()), kEnd))
      return true;
    return std::ranges::any_of(std::array{"expires", "surrogate-control", "x-accel-expires"},
                               [&](const char* other) { return equals_ignoring_case(name, other); });
  }
  void after(const RequestSummary&, Response& response) const override {
    if (!response.never_stored) return;
    response.remove_fields(is_for_caches);
    response.add_field("Cache-Control", "no-store");
  }
};

}  // namespace bobbin::http::filters
