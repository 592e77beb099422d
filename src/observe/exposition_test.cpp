#include "observe/exposition.h"

#include <array>
#include <gtest/gtest.h>

namespace bobbin::observe {
namespace {

using Kind = MetricFamily::Kind;

constexpr Metric kHttpRequests{"http_requests_total", "Requests"};
constexpr Metric kConnections{"connections", "Open connections"};
constexpr Metric kDuration{"request_duration_seconds", "How long requests took"};
constexpr std::array<std::int64_t, 2> kHalfAndOne{500'000'000, 1'000'000'000};
constexpr Buckets kSeconds{.bounds = kHalfAndOne, .per_unit = 1e9};

Snapshot some() {
  Snapshot snapshot;
  snapshot.add(kHttpRequests, Kind::counter, R"(method="GET")", 3);
  snapshot.add(kConnections, Kind::gauge, "", -2);
  snapshot.add(kDuration, kSeconds, {.labels = R"(site="a")", .counts = {2, 0, 1}, .sum = 3.25});
  return snapshot;
}

// The expected texts are written after the formats' own descriptions:
// https://prometheus.io/docs/instrumenting/exposition_formats/ and the OpenMetrics specification 1.0.

TEST(Exposition, TheTextFormat) {
  EXPECT_EQ(exposition(some(), Exposition::text),
            "# TYPE connections gauge\n"
            "# HELP connections Open connections.\n"
            "connections -2\n"
            "# TYPE http_requests_total counter\n"
            "# HELP http_requests_total Requests.\n"
            "http_requests_total{method=\"GET\"} 3\n"
            "# TYPE request_duration_seconds histogram\n"
            "# HELP request_duration_seconds How long requests took.\n"
            "request_duration_seconds_bucket{site=\"a\",le=\"0.5\"} 2\n"
            "request_duration_seconds_bucket{site=\"a\",le=\"1\"} 2\n"
            "request_duration_seconds_bucket{site=\"a\",le=\"+Inf\"} 3\n"
            "request_duration_seconds_sum{site=\"a\"} 3.25\n"
            "request_duration_seconds_count{site=\"a\"} 3\n");
}

TEST(Exposition, OpenMetrics) {
  EXPECT_EQ(exposition(some(), Exposition::openmetrics),
            "# TYPE connections gauge\n"
            "# HELP connections Open connections.\n"
            "connections -2\n"
            "# TYPE http_requests counter\n"
            "# HELP http_requests Requests.\n"
            "http_requests_total{method=\"GET\"} 3\n"
            "# TYPE request_duration_seconds histogram\n"
            "# UNIT request_duration_seconds seconds\n"
            "# HELP request_duration_seconds How long requests took.\n"
            "request_duration_seconds_bucket{site=\"a\",le=\"0.5\"} 2\n"
            "request_duration_seconds_bucket{site=\"a\",le=\"1.0\"} 2\n"
            "request_duration_seconds_bucket{site=\"a\",le=\"+Inf\"} 3\n"
            "request_duration_seconds_sum{site=\"a\"} 3.25\n"
            "request_duration_seconds_count{site=\"a\"} 3\n"
            "# EOF\n");
}

TEST(Exposition, AnEmptySnapshotIsStillWellFormed) {
  EXPECT_EQ(exposition({}, Exposition::text), "");
  EXPECT_EQ(exposition({}, Exposition::openmetrics), "# EOF\n");
}

TEST(Exposition, LargeNumbersAreExact) {
  Snapshot snapshot;
  snapshot.add(kHttpRequests, Kind::counter, "", 9007199254740991);
  EXPECT_NE(exposition(snapshot, Exposition::text).find("total 9007199254740991\n"), std::string::npos);
}

TEST(Label, NoValueEndsItsQuotesOrItsLine) {
  EXPECT_EQ(label("folder", "/srv/a"), R"(folder="/srv/a")");
  EXPECT_EQ(label("folder", "a\"b\\c\nd"), R"(folder="a\"b\\c\nd")");
}

}  // namespace
}  // namespace bobbin::observe
