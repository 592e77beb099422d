#include "json/scalar_finder.h"

namespace bobbin::json {

ScalarFinder::Set ScalarFinder::of_token(Set among, std::string_view token) const {
  Set matching = 0;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if ((among >> i & 1U) == 0) continue;
    const auto& tokens = wanted_[i].tokens();
    if (tokens.size() >= levels_.size() && tokens[levels_.size() - 1] == token) matching |= Set{1} << i;
  }
  return matching;
}

ScalarFinder::Set ScalarFinder::begin_value() {
  Set reached = (Set{1} << wanted_.size()) - 1;
  if (!levels_.empty()) {
    Level& level = levels_.back();
    reached = level.member;
    if (level.is_array) {
      reached = level.on_path == 0 ? 0 : of_token(level.on_path, std::to_string(level.at));
      ++level.at;
    }
  }
  for (std::size_t i = 0; i < wanted_.size(); ++i)
    if ((reached >> i & 1U) != 0) found_[i].reset();
  return reached;
}

void ScalarFinder::open(bool is_array) {
  const Set reached = begin_value();
  levels_.push_back({.is_array = is_array, .on_path = reached});
}

void ScalarFinder::end_key(std::string_view part) {
  Level& level = levels_.back();
  if (level.on_path == 0) {
    level.member = 0;
  } else if (key_.empty()) {
    level.member = of_token(level.on_path, part);
  } else {
    key_ += part;
    level.member = of_token(level.on_path, key_);
  }
  key_.clear();
}

void ScalarFinder::add_scalar_part(std::string_view part) {
  if (!std::exchange(is_in_scalar_, true)) scalar_for_ = begin_value();
  if (scalar_for_ == 0 || scalar_.size() > kMostBytes) return;
  scalar_ += part.substr(0, kMostBytes + 1);
}

void ScalarFinder::end_scalar(std::string_view part) {
  add_scalar_part(part);
  for (std::size_t i = 0; i < wanted_.size(); ++i)
    if ((scalar_for_ >> i & 1U) != 0 && wanted_[i].tokens().size() == levels_.size() &&
        scalar_.size() <= kMostBytes)
      found_[i] = scalar_;
  is_in_scalar_ = false;
  scalar_.clear();
}

}  // namespace bobbin::json
