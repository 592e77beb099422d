#include "listing/listing_query.h"

#include <gtest/gtest.h>

namespace bobbin::listing {
namespace {

using Format = ListingQuery::Format;

TEST(ListingQuery, IsReadFromTheTarget) {
  const auto query = ListingQuery::of("/a/?sort=size&order=desc&format=json");
  EXPECT_EQ(query.order, (Order{SortBy::size, true}));
  EXPECT_EQ(query.format, Format::json);
  EXPECT_EQ(ListingQuery::of("/?order=asc&sort=time").order, (Order{SortBy::time, false}));
  EXPECT_EQ(ListingQuery::of("http://host/a/?format=html").format, Format::html);
}

TEST(ListingQuery, PassesOverWhatItDoesNotKnow) {
  for (const char* target : {"/", "/?", "/??", "/?sort", "/?sort=", "/?sort=Size&order=DESC&format=xml",
                             "/?xsort=size&sortx=size&&=&order", "/?C=N;O=D", "/?a=b&sort=name&sort=size"}) {
    const auto query = ListingQuery::of(target);
    EXPECT_EQ(query.order, Order{}) << target;
    EXPECT_EQ(query.format, std::nullopt) << target;
  }
}

}  // namespace
}  // namespace bobbin::listing
