#include "http/filters/client_addresses.h"

#include <gtest/gtest.h>

#include "http/test_filter.h"

namespace bobbin::http::filters {
namespace {

Networks networks(std::initializer_list<const char*> texts) {
  Networks result;
  for (const char* text : texts) result.push_back(Network::parse(text).value());
  return result;
}

bool lets_in(const ClientAddresses& filter, const Endpoint& client) {
  const RequestHead head;
  const Endpoint local;
  const auto refused = answer_of(filter, {.head = head, .local = local, .client = client});
  EXPECT_EQ(refused ? refused->status : Status::forbidden, Status::forbidden);
  return !refused;
}
bool lets_in(const ClientAddresses& filter, std::string_view client) {
  return lets_in(filter, parse_address(client).value());
}

TEST(ClientAddresses, LetInWhoIsAllowedAndNotDenied) {
  const ClientAddresses filter(networks({"10.0.0.0/8", "2001:db8::/32"}), networks({"10.1.0.0/16"}));
  EXPECT_TRUE(lets_in(filter, "10.0.0.1"));
  EXPECT_TRUE(lets_in(filter, "2001:db8::1"));
  EXPECT_FALSE(lets_in(filter, "10.1.0.1")) << "denied goes first";
  EXPECT_FALSE(lets_in(filter, "203.0.113.7"));
  EXPECT_FALSE(lets_in(filter, {.family = Endpoint::Family::unix_socket, .port = 1}));
}

TEST(ClientAddresses, LetEverybodyElseInWhereOnlySomeAreDenied) {
  const ClientAddresses filter({}, networks({"203.0.113.0/24"}));
  EXPECT_TRUE(lets_in(filter, "10.0.0.1"));
  EXPECT_FALSE(lets_in(filter, "203.0.113.7"));
  EXPECT_TRUE(lets_in(filter, {.family = Endpoint::Family::unix_socket, .port = 1}));
}

}  // namespace
}  // namespace bobbin::http::filters
