#include "http/trace_context.h"

#include <gtest/gtest.h>
#include <string>

namespace bobbin::http {
namespace {

// https://www.w3.org/TR/trace-context/#traceparent-header
constexpr std::string_view kTraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kParentId = "00f067aa0ba902b7";

std::string ids_of(std::string_view value) {
  const auto context = parse_traceparent(value);
  return context ? std::string(context->trace_id) + " " + std::string(context->parent_id) : "none";
}

const std::string kBoth = std::string(kTraceId) + " " + std::string(kParentId);

// §3.2.4
TEST(TraceContext, ReadsTheExamplesOfTheSpecification) {
  EXPECT_EQ(ids_of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), kBoth);
  EXPECT_EQ(ids_of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"), kBoth);
}

// §4.3: of a higher version the parts of version 00 are read; what follows them begins with a dash.
TEST(TraceContext, ReadsTheKnownPartOfALaterVersion) {
  EXPECT_EQ(ids_of("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), kBoth);
  EXPECT_EQ(ids_of("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-will-be-like"),
            kBoth);
  EXPECT_EQ(ids_of("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what-the-future"), "none");
}

TEST(TraceContext, IgnoresWhatIsMalformed) {
  for (const std::string_view value : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",      // no flags
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-",     // the same
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",    // too short
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",  // version 00 has nothing behind
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   // §3.2.2.1: forbidden
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",   // §3.2.2.3
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",   // §3.2.2.4
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",   // lower case is a must
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
           "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-001",
       })
    EXPECT_EQ(ids_of(value), "none") << value;
}

}  // namespace
}  // namespace bobbin::http
