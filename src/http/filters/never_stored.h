#pragma once

#include "http/filter.h"

namespace bobbin::http::filters {

/// Has nobody keep a copy of what is for one client and one moment (Response::never_stored; RFC 9111
/// §5.2.2.5, and RFC 9213 for caches that have a field of their own). It has to stand around the rules of a
/// site, which may say of the same path that it is to be kept for long. Thread: any.
class NeverStored final : public Filter {
 public:
  void after(const RequestSummary&, Response& response) const override {
    if (!response.never_stored) return;
    response.remove_field("Cache-Control");
    response.remove_field("CDN-Cache-Control");
    response.add_field("Cache-Control", "no-store");
  }
};

}  // namespace bobbin::http::filters
