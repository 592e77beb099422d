#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/handler.h"
#include "http/path_pattern.h"

namespace bobbin::files {

/// Files of a site, and those of its earlier releases that pages which are still open ask for: files that
/// never change under their names, as bundlers put a hash into them. What the newest release has, it answers
/// itself; and what is not immutable comes from nowhere else. Thread: any (immutable).
class EarlierReleases final : public http::Handler {
 public:
  struct Release {
    std::shared_ptr<const http::Handler> files;
    Instant until;  ///< it is no longer asked afterwards
  };
  /// `earlier`: the newest of them first. `immutable`: the paths for which they are asked.
  EarlierReleases(std::shared_ptr<const http::Handler> newest, std::vector<Release> earlier,
                  std::vector<http::PathPattern> immutable)
      : newest_(std::move(newest)), earlier_(std::move(earlier)), immutable_(std::move(immutable)) {}

  [[nodiscard]] http::Begin begin(const http::Request& request) const override;

 private:
  [[nodiscard]] bool is_immutable(std::string_view path) const;

  const std::shared_ptr<const http::Handler> newest_;
  const std::vector<Release> earlier_;
  const std::vector<http::PathPattern> immutable_;
};

}  // namespace bobbin::files
