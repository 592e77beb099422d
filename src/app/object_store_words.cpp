#include "app/object_store_words.h"

#include <algorithm>

#include "base/ascii.h"
#include "http_client/url.h"

namespace bobbin::app {

bool is_endpoint(std::string_view url) {
  if (http_client::fault_of_url(url)) return false;
  return url.find_first_of("/?", url.find("//") + 2) == std::string_view::npos;
}

bool is_region(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::ranges::all_of(name, [](char c) { return is_digit(c) || c == '-' || (c >= 'a' && c <= 'z'); });
}

}  // namespace bobbin::app
