#include "server/rejected.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "http/date.h"
#include "http/filters/error_page.h"
#include "http/filters/no_sniffing.h"
#include "http/http1/response_writer.h"
#include "os/socket.h"

namespace bobbin::server {
namespace {

std::string service_unavailable(const std::string& server_name) {
  http::Response response = http::Response::error(http::Status::service_unavailable,
                                                  "The server is busy. Please try again in a few seconds.");
  response.add_field("Retry-After", "5");
  http::filters::ErrorPage(server_name).after({}, response);
  http::filters::NoSniffing().after({}, response);
  const std::string date_field = "Date: " + http::format_date(wall_now()) + "\r\n";
  std::string bytes;
  http::http1::append_front(bytes, response,
                            http::http1::ContentLength{http::size_bytes(response.content).value_or(0)});
  http::http1::ResponseBack(server_name, {}, false).append_closing(bytes, date_field);
  return bytes + std::get<std::string>(response.content);
}

// What is done to a rejected connection: these two functions and no other.

/// Sends the answer, and the end behind it. Whether the socket took it: a fresh one has room, and one that
/// has not is gone.
bool answer_and_finish(const os::Fd& socket, Bytes answer) {
  if (!os::send(socket, {&answer, 1}, false)) return false;
  os::shut_down_writing(socket);
  return true;
}

/// Takes one piece of what has arrived. Whether the client has closed.
bool discard(const os::Fd& socket) {
  std::array<std::byte, 16 * 1024> discarded;
  const auto count = os::receive(socket, discarded);
  return count ? *count == 0 : count.error().code != EAGAIN;
}

}  // namespace

void Rejected::add(os::Fd socket, os::Epoll& epoll, Instant now) {
  if (!answer_and_finish(socket, as_bytes(service_unavailable(server_name_)))) return;
  // A request that is here already is taken now: this socket may have to make room for a newer one before its
  // turn comes.
  if (discard(socket)) return;
  const std::uint64_t tag = first_tag_ + count_++;
  if (maximum_ == 0 || !epoll.watch_readable(socket, tag)) return;
  if (lingering_.size() == maximum_) drop_oldest();
  lingering_.push_back({.socket = std::move(socket), .tag = tag, .until = now + linger_});
}

bool Rejected::handle(const os::Event& event) {
  if (event.tag < first_tag_) return false;
  const auto found = std::find_if(lingering_.begin(), lingering_.end(),
                                  [&](const Lingering& each) { return each.tag == event.tag; });
  if (found == lingering_.end()) return true;
  if (discard(found->socket)) lingering_.erase(found);
  return true;
}

void Rejected::expire(Instant now) {
  while (!lingering_.empty() && lingering_.front().until <= now) lingering_.pop_front();
}

void Rejected::drop_oldest() {
  if (!lingering_.empty()) lingering_.pop_front();
}

}  // namespace bobbin::server
