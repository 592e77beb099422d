#include "observe/line_parts.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "observe/local_time.h"

namespace bobbin::observe {
namespace {

/// A byte in decimal, with a dot behind it.
struct Octet {
  char text[4];
  std::uint8_t size;
};

constexpr std::array<Octet, 256> octets() {
  std::array<Octet, 256> table{};
  for (unsigned value = 0; value < 256; ++value) {
    Octet& octet = table[value];
    for (const unsigned place : {100U, 10U, 1U})
      if (value >= place || place == 1)
        octet.text[octet.size++] = static_cast<char>('0' + value / place % 10);
    octet.text[octet.size++] = '.';
  }
  return table;
}

}  // namespace

void add_address(LineBuilder& line, const Endpoint& endpoint) {
  if (endpoint.family != Endpoint::Family::ipv4) return line.add(endpoint.address_text());
  static constexpr auto kOctets = octets();
  char* const start = line.room(4 * sizeof Octet::text);
  char* end = start;
  for (std::size_t i = 0; i < 4; ++i) {
    const Octet& octet = kOctets[endpoint.address[i]];
    std::memcpy(end, octet.text, sizeof octet.text);
    end += octet.size;
  }
  line.extend(static_cast<std::size_t>(end - start) - 1);
}

void add_endpoint(LineBuilder& line, const Endpoint& endpoint) {
  if (endpoint.port == 0) return add_address(line, endpoint);
  const bool is_ipv6 = endpoint.family == Endpoint::Family::ipv6;
  if (is_ipv6) line.add('[');
  add_address(line, endpoint);
  if (is_ipv6) line.add(']');
  line.add(':');
  line.add_number(endpoint.port);
}

void add_client(LineBuilder& line, const Origin& origin) {
  add_endpoint(line, origin.client);
  if (!origin.peer) return;
  line.add(" through ");
  add_endpoint(line, *origin.peer);
}

void add_line_start(LineBuilder& line, WallTime time, std::string_view thread_name) {
  line.add(text_of(local_second(time).line));
  add_thread(line, thread_name);
}

void add_thread(LineBuilder& line, std::string_view thread_name) {
  if (thread_name.empty()) return;
  line.add('[');
  line.add(thread_name);
  line.add("] ");
}

std::string_view method_of(std::string_view request_line) {
  return request_line.substr(0, request_line.find(' '));
}

std::string_view protocol_of(std::string_view request_line) {
  constexpr std::size_t kSize = std::string_view("HTTP/1.1").size();
  if (request_line.size() < kSize) return {};
  const std::string_view end = request_line.substr(request_line.size() - kSize);
  if (end == "HTTP/1.1" || end == "HTTP/1.0") return end;
  return end == "HTTP/2.0" ? "HTTP/2" : std::string_view();
}

void add_json_time(LineBuilder& line, WallTime time) {
  const LocalSecond& second = local_second(time);
  const auto thousandths = (time - std::chrono::floor<seconds>(time)) / milliseconds(1);
  line.add(text_of(second.date));
  line.add('.');
  for (const int digit : {100, 10, 1}) line.add(static_cast<char>('0' + thousandths / digit % 10));
  line.add(text_of(second.offset));
}

void add_json_client(LineBuilder& line, const Origin& origin) {
  line.add(R"("client":")");
  add_endpoint(line, origin.client);
  if (origin.peer) {
    line.add(R"(","peer":")");
    add_endpoint(line, *origin.peer);
  }
  line.add('"');
}

void add_json_ids(LineBuilder& line, const Origin& origin) {
  if (origin.connection == 0) return;
  line.add(R"(,"connection_id":")");
  line.add_number(origin.worker);
  line.add('-');
  line.add_number(origin.connection);
  line.add('"');
  if (origin.exchange == 0) return;
  line.add(R"(,"exchange_id":)");
  line.add_number(origin.exchange);
}

}  // namespace bobbin::observe
