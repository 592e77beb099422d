#include "object_store/probe.h"

#include <fmt/format.h>
#include <string_view>

namespace bobbin::object_store {
namespace {

constexpr std::string_view kProbe = "bobbin\n";

}  // namespace

Result<std::string, Trouble> fault_of_store(Objects& objects, const Location& location) {
  const std::string key = location.key_of(kProbeName);
  Created created = Created::now;
  for (int i = 0; i < 2 && created == Created::now; ++i)
    created = TRY(objects.create(key, kProbe, "text/plain"));
  if (created == Created::now)
    return fmt::format(
        "the store replaces objects, so a record could be lost: it has created {} twice, and did not "
        "answer 412 to If-None-Match: *; use a store that does",
        key);
  const auto there = TRY(objects.read(key, kProbe.size()));
  if (there != kProbe)
    return fmt::format("the store answers 412 to {}, and has not what was put there before", key);
  return std::string();
}

}  // namespace bobbin::object_store
