#include "listing/listing_query.h"

#include <algorithm>

namespace bobbin::listing {
namespace {

/// The value of the first parameter of this name; empty when there is none.
std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view each = query.substr(0, query.find('&'));
    if (each.starts_with(name) && each.substr(name.size()).starts_with('='))
      return each.substr(name.size() + 1);
    query.remove_prefix(std::min(each.size() + 1, query.size()));
  }
  return {};
}

}  // namespace

ListingQuery ListingQuery::of(std::string_view target) {
  const std::string_view query = target.substr(std::min(target.find('?'), target.size() - 1) + 1);
  ListingQuery result;
  const std::string_view by = parameter(query, "sort");
  if (by == "size") result.order.by = SortBy::size;
  if (by == "time") result.order.by = SortBy::time;
  result.order.descending = parameter(query, "order") == "desc";
  const std::string_view format = parameter(query, "format");
  if (format == "html") result.format = Format::html;
  if (format == "json") result.format = Format::json;
  return result;
}

}  // namespace bobbin::listing
