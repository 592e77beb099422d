#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "benchmarks/support.h"

namespace bobbin::bench {

/// What ends a load, whichever comes first.
struct Bounds {
  Clock::duration duration;
  std::uint64_t requests;
};

/// Seven digits of the request that are replaced by a number, so that requests differ.
struct Numbering {
  static constexpr std::size_t kDigits = 7;
  enum class By : std::uint8_t {
    request,     // every request has the next number
    connection,  // every connection has a number of its own
    popularity,  // every request has a number at random, of which the n-th comes 1/n as often as the first
                 // (Zipf)
  };

  std::size_t offset;  // in the request; npos: all requests are the same
  By by;
  std::uint64_t first;
  std::uint64_t count;  // so many, then the first one again

  bool used() const { return offset != std::string::npos; }
};

/// How a server that does not speak HTTP is talked to; all of it empty for HTTP.
struct OtherProtocol {
  std::string greeting;      // sent on each new connection, before the first request
  std::string greeting_end;  // the last bytes of the answer to it
  std::string answer_begin;  // the first bytes of the answer to a request
  std::string answer_end;    // the last bytes of it

  bool used() const { return !answer_end.empty(); }
};

struct Plan {
  Address server;
  std::string batch;  // the request, as many times as are pipelined
  std::size_t request_bytes;
  std::uint64_t pipeline;
  std::uint64_t connections;
  bool close;
  bool hold;
  std::uint64_t warm_up_requests;
  Numbering numbering;
  Bounds load;
  int status;
  std::uint64_t length;
  std::uint64_t longer;  // content may be longer by so many bytes, because of a number in it that grows
  OtherProtocol protocol;

  /// Writes the number into the i-th request of the batch.
  void number_request(std::uint64_t i, std::uint64_t number) {
    char* digit = batch.data() + i * request_bytes + numbering.offset + Numbering::kDigits;
    for (std::size_t j = 0; j < Numbering::kDigits; ++j, number /= 10) {
      *--digit = static_cast<char>('0' + number % 10);
    }
  }
};

inline Numbering::By numbering_by(const std::string& name) {
  if (name == "request") return Numbering::By::request;
  if (name == "connection") return Numbering::By::connection;
  if (name != "popularity") give_up("--number-by: request, connection or popularity");
  return Numbering::By::popularity;
}

inline Numbering numbering_of(const Options& options) {
  return {
      .offset = options.text("--number-at").empty() ? std::string::npos : options.count("--number-at"),
      .by = numbering_by(options.text("--number-by")),
      .first = options.count("--first"),
      .count = options.count("--numbers"),
  };
}

inline std::string contents_if_named(const std::string& path) {
  return path.empty() ? std::string() : contents_of(path);
}

inline OtherProtocol protocol_of(const Options& options) {
  return {.greeting = contents_if_named(options.text("--greeting")),
          .greeting_end = contents_if_named(options.text("--greeting-end")),
          .answer_begin = contents_if_named(options.text("--answer-begin")),
          .answer_end = contents_if_named(options.text("--answer-end"))};
}

inline Address server_of(const Options& options) {
  const std::string& path = options.text("--socket");
  return path.empty() ? Address(loopback(options.count("--port"))) : unix_socket(path);
}

inline Plan plan_of(int argc, char** argv) {
  const Options options(argc, argv, {{"--port", ""},         {"--socket", ""},
                                     {"--greeting", ""},     {"--greeting-end", ""},
                                     {"--answer-begin", ""}, {"--answer-end", ""},
                                     {"--request", ""},      {"--connections", "1"},
                                     {"--pipeline", "1"},    {"--close", "0"},
                                     {"--hold", "0"},        {"--warm-up", "0"},
                                     {"--number-at", ""},    {"--number-by", "request"},
                                     {"--first", "0"},       {"--numbers", "1000000"},
                                     {"--seconds", "1"},     {"--requests", "18446744073709551615"},
                                     {"--status", "200"},    {"--length", ""},
                                     {"--longer", "0"}});
  const std::string request = contents_of(options.text("--request"));
  Plan plan{.server = server_of(options),
            .batch = {},
            .request_bytes = request.size(),
            .pipeline = options.count("--pipeline"),
            .connections = options.count("--connections"),
            .close = options.count("--close") != 0,
            .hold = options.count("--hold") != 0,
            .warm_up_requests = options.count("--warm-up"),
            .numbering = numbering_of(options),
            .load = {.duration = options.seconds("--seconds"), .requests = options.count("--requests")},
            .status = static_cast<int>(options.count("--status")),
            .length = options.count("--length"),
            .longer = options.count("--longer"),
            .protocol = protocol_of(options)};
  if (request.empty() || plan.pipeline == 0 || plan.connections == 0 || plan.numbering.count == 0) {
    give_up("the request, --pipeline, --connections and --numbers must not be empty or 0");
  }
  if (plan.numbering.used() && plan.numbering.offset + Numbering::kDigits > request.size()) {
    give_up("--number-at: behind the end of the request");
  }
  for (std::uint64_t i = 0; i < plan.pipeline; ++i) plan.batch += request;
  return plan;
}

}  // namespace bobbin::bench
