#include "server/site_names.h"

#include <limits>

namespace bobbin::server {

std::uint16_t SiteNames::number_of(const std::string& name) {
  const Lock lock(mutex_);
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  if (names_.size() > std::numeric_limits<std::uint16_t>::max()) return 0;
  const auto number = static_cast<std::uint16_t>(names_.size());
  names_.push_back(name);
  numbers_.emplace(name, number);
  return number;
}

std::string SiteNames::name_of(std::uint16_t number) const {
  const Lock lock(mutex_);
  return number < names_.size() ? names_[number] : names_.front();
}

}  // namespace bobbin::server
