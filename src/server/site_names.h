#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace bobbin::server {

/// Numbers for the sites of a server, by which exchanges are counted. A site keeps its number when the
/// configuration is reloaded. Thread: any.
class SiteNames {
 public:
  /// Of a site that is called so; from 1. 0 when there have been as many as there are numbers.
  [[nodiscard]] std::uint16_t number_of(const std::string& name) EXCLUDES(mutex_);
  /// "-" for 0, which is no site.
  [[nodiscard]] std::string name_of(std::uint16_t number) const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::vector<std::string> names_ GUARDED_BY(mutex_){"-"};
  std::map<std::string, std::uint16_t> numbers_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::server
