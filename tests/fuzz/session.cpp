#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "given.h"
#include "session_peer.h"
#include "strict_response.h"

// A whole connection: pieces of any size, a socket that takes what it likes, answers that come later, time,
// half-closes, stops. What is sent is always a sequence of well-formed responses, at most one per request,
// and never depends on how the bytes were cut.
namespace bobbin::fuzz {
namespace {

using http::Response;
using http::Status;

SessionPeer::Services choose_services(Choices& choices) {
  SessionPeer::Services services;
  auto& settings = services.settings;
  settings.server_name = "fuzz";
  constexpr unsigned kMaximumRequests[] = {100, 0, 1, 2, 5};
  settings.maximum_requests = kMaximumRequests[choices.below(std::size(kMaximumRequests))];
  if (choices.one_in(4)) settings.head.head_bytes = 40 + choices.below(200);
  if (choices.one_in(4)) settings.maximum_content_bytes = choices.below(100);
  services.crowded = choices.one_in(8);
  return services;
}

/// Everything that was answered, 100 Continue left out: whether it is sent depends on whether the content is
/// there.
std::vector<std::string> final_responses(const SessionPeer& peer) {
  const auto& summaries = peer.summaries();
  std::vector<std::string> responses;
  std::string_view rest = peer.output();
  bool keeps_connection = true;
  while (!rest.empty()) {
    ASSERT(keeps_connection);
    const http::ExchangeSummary summary =
        responses.size() < summaries.size() ? summaries[responses.size()] : http::ExchangeSummary{};
    const bool to_head = summary.log_fields.request_line.starts_with("HEAD ");
    const auto response = read_response(rest, to_head);
    if (!response) {
      ASSERT(peer.was_cut_short());
      return responses;
    }
    keeps_connection = response->keeps_connection;
    if (response->status >= 200) {
      ASSERT(responses.size() < summaries.size());
      ASSERT(response->status == http::code(summary.status));
      ASSERT(response->content.size() == summary.content_bytes);
      responses.emplace_back(rest.substr(0, response->size_bytes));
    }
    rest.remove_prefix(response->size_bytes);
  }
  ASSERT(responses.size() <= peer.requests());
  // Nobody is left without an answer, unless the connection broke.
  if (peer.finished() && !peer.was_cut_short()) ASSERT(responses.size() == peer.requests());
  if (!peer.was_cut_short()) ASSERT(responses.size() == summaries.size());
  return responses;
}

/// No time passes and nothing breaks: then only the bytes decide.
void run_calm(std::string_view input, Choices& choices) {
  const SessionPeer::Services services = choose_services(choices);
  const bool ends = choices.one_in(2);

  SessionPeer whole(services);
  whole.arrive(input);
  if (ends) whole.end();
  whole.settle();

  SessionPeer chosen(services);
  for (std::string_view rest = input; !rest.empty();) {
    const std::size_t size = choices.piece(rest.size());
    chosen.arrive(rest.substr(0, size));
    rest.remove_prefix(size);
    while (choices.below(4) != 0) {
      if (choices.one_in(2)) chosen.read(choices.piece(4096));
      if (choices.one_in(2)) chosen.write(choices.piece(4096), 1 + choices.below(4));
    }
  }
  if (ends) chosen.end();
  chosen.settle();

  SessionPeer single(services);
  for (const char& byte : input) {
    single.arrive({&byte, 1});
    single.settle();
  }
  if (ends) single.end();
  single.settle();

  const auto responses = final_responses(whole);
  for (const SessionPeer* other : {&chosen, &single}) {
    ASSERT(final_responses(*other) == responses);
    ASSERT(other->events() == whole.events());
  }
}

Response later(Choices& choices) {
  switch (choices.below(3)) {
    case 0: return Response::with_content(Status::created, "text/plain", "stored");
    case 1: return Response::error(Status::insufficient_storage, "There is no space left.");
    default: return Response{.status = Status::service_unavailable, .close = true};
  }
}

void one_move(SessionPeer& peer, Choices& choices) {
  switch (choices.below(32)) {
    case 0: return peer.pass(milliseconds(choices.below(2000)));
    case 1: return peer.pass(seconds(choices.below(40)));
    case 2: return peer.resolve_stale();
    case 3:
      if (choices.one_in(4)) peer.pass(std::min<Duration>(peer.until_deadline(), seconds(3600)));
      return;
    case 4:
      if (choices.one_in(8)) peer.shut_down();
      return;
    case 5:
      if (choices.one_in(16)) peer.abort();
      return;
    case 6:
      if (choices.one_in(8)) peer.end();
      return;
    case 7:
    case 8:
    case 9: peer.resolve(later(choices)); return;
    case 10: peer.resume(); return;
    case 11: return peer.find_out(choices.one_in(2));
    default:
      if (choices.one_in(2)) {
        peer.read(choices.piece(4096));
      } else {
        peer.write(choices.piece(4096), 1 + choices.below(4));
      }
  }
}

void run_rough(std::string_view input, Choices& choices) {
  SessionPeer::Services services = choose_services(choices);
  services.refuses_content = true;
  services.stopping = choices.one_in(16);
  SessionPeer peer(services);
  constexpr int kMoves = 400;
  for (int move = 0; move < kMoves && !peer.finished(); ++move) {
    if (!input.empty() && choices.one_in(4)) {
      const std::size_t size = choices.piece(input.size());
      peer.arrive(input.substr(0, size));
      input.remove_prefix(size);
    }
    one_move(peer, choices);
  }
  peer.end();
  peer.settle();
  (void)final_responses(peer);
}

void run(std::string_view input, Choices choices) {
  if (choices.one_in(2)) {
    run_calm(input, choices);
  } else {
    run_rough(input, choices);
  }
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
