#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/utf8.h"
#include "feed/query.h"
#include "given.h"

// The query of a feed, and Last-Event-ID. What is allowed comes back from the address that is given to go on;
// what is not gets a sentence that repeats nothing of it that could break out of an answer.
namespace bobbin::fuzz {
namespace {

using feed::Query;

void check_sentence(const std::string& sentence) {
  ASSERT(!sentence.empty() && sentence.ends_with('.'));
  for (const char c : sentence) ASSERT(c >= 0x20 && c < 0x7F);
}

void check_query(std::string_view text) {
  const auto query = feed::parse_query(text);
  if (!query) return check_sentence(query.error());
  ASSERT(query->limit >= 1 && query->limit <= Query::kMostRecords);
  ASSERT(query->wait >= seconds(0) && query->wait <= Query::kLongestWait);
  const auto again = feed::parse_query(feed::text_of(*query));
  ASSERT(again && *again == *query);
}

void run(std::string_view input, Choices choices) {
  check_query(input);
  check_query("since=" + std::to_string(choices.of_any_size()) + "&" + std::string(input));
  const auto id = feed::parse_last_event_id(input);
  if (!id) return check_sentence(id.error());
  const auto again = feed::parse_last_event_id(std::to_string(*id));
  ASSERT(again && *again == *id);
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
