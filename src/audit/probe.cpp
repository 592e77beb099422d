#include "audit/probe.h"

#include <variant>

#include "base/endpoint.h"

namespace bobbin::audit {
namespace {

using http::Status;

// RFC 5737 §3: TEST-NET-1.
constexpr std::string_view kStranger = "192.0.2.1";

std::string_view field_value(std::string_view fields, std::string_view name) {
  while (!fields.empty()) {
    const std::string_view line = fields.substr(0, fields.find("\r\n"));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(": "))
      return line.substr(name.size() + 2);
    fields.remove_prefix(line.size() + 2);
  }
  return {};
}

Answer answer_of(const http::Response& response) {
  const std::string_view type = response.media_type;
  return {.status = response.status,
          .media_type = std::string(type.substr(0, type.find(';'))),
          .bytes = http::size_bytes(response.content),
          .location = std::string(field_value(response.fields, "Location"))};
}

class NobodyWaits final : public http::ReplySink {
  void deliver(ConnectionId, ExchangeId, http::Response) override {}
  void resume(ConnectionId, ExchangeId) override {}
};

}  // namespace

Answer ask(const http::Handler& handler, std::string_view target) {
  static const http::ListenerRules secured{.scheme = http::Scheme::https, .redirect_port = {}, .fields = {}};
  NobodyWaits nobody;
  http::RequestHead head;
  head.method = http::Method::head;
  head.method_text = "HEAD";
  head.target = target;
  head.authority = "localhost";
  const Endpoint local;
  const http::Request request{.head = head,
                              .local = local,
                              .client = parse_address(kStranger).value_or(Endpoint{}),
                              .scheme = http::Scheme::https,
                              .exchange = {.sink = &nobody, .connection = {}, .exchange = {}},
                              .listener = secured};
  const http::Begin begin = handler.begin(request);
  if (const auto* response = std::get_if<http::Response>(&begin)) return answer_of(*response);
  if (const auto* prepared = std::get_if<const http::PreparedResponse*>(&begin))
    return {.status = (*prepared)->status,
            .media_type = {},
            .bytes = (*prepared)->content_length_bytes,
            .location = {}};
  // Another process holds the file for a moment; then it is answered.
  if (std::holds_alternative<http::Pending>(begin)) return {};
  return {.status = Status::unauthorized, .media_type = {}, .bytes = {}, .location = {}};
}

}  // namespace bobbin::audit
