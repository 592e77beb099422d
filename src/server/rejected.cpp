#include "server/rejected.h"

#include <algorithm>
#include <array>
#include <utility>

#include "http/date.h"
#include "http/filters/error_page.h"
#include "http/filters/no_sniffing.h"
#include "http/http1/response_writer.h"
#include "http/response_head.h"

namespace bobbin::server {
namespace {

std::string answer_for(const http::Refusal& refusal, const std::string& server_name) {
  http::Response response = http::Response::error(refusal.status, std::string(refusal.reason));
  response.fields = refusal.fields;
  http::filters::ErrorPage(server_name).after({}, response);
  http::filters::NoSniffing().after({}, response);
  const std::string date_field = "Date: " + http::format_date(wall_now()) + "\r\n";
  std::string bytes;
  http::append_front(bytes, response, http::ContentLength{http::size_bytes(response.content).value_or(0)});
  http::http1::ResponseBack(server_name, {}, false).append_closing(bytes, date_field);
  return bytes + std::get<std::string>(response.content);
}

}  // namespace

RejectedConnection::Progress RejectedConnection::drive() {
  const Step sending = send();
  if (sending == Step::failed) return Progress::finished;
  const Step receiving = discard();
  if (receiving == Step::failed) return Progress::finished;
  if (sending == Step::done && receiving == Step::done) return Progress::finished;
  if (sending == Step::must_rearm || receiving == Step::must_rearm) return Progress::must_rearm;
  return Progress::waiting;
}

RejectedConnection::Step RejectedConnection::send() {
  if (unsent_.empty()) return Step::done;
  if (!writable_) return Step::waiting;
  while (!unsent_.empty()) {
    const Bytes rest = as_bytes(unsent_);
    const auto count = transport_->send({&rest, 1}, false);
    if (!count) {
      if (!net::is_temporary(count.error())) return Step::failed;
      writable_ = false;
      sends_when_readable_ = net::waits_for_opposite(count.error());
      // The kernel may have had another reason than a full socket, and then no change would tell.
      return sends_when_readable_ ? Step::waiting : Step::must_rearm;
    }
    unsent_.erase(0, *count);
  }
  transport_->shut_down_writing();
  return Step::done;
}

RejectedConnection::Step RejectedConnection::discard() {
  if (client_has_finished_) return Step::done;
  std::array<std::byte, 16 * 1024> discarded;
  const auto received = transport_->receive(discarded);
  if (!received && net::waits_for_opposite(received.error())) return Step::must_rearm;
  if (!received) return net::is_temporary(received.error()) ? Step::waiting : Step::failed;
  client_has_finished_ = received->count == 0;
  return client_has_finished_ ? Step::done : Step::must_rearm;  // there may be more
}

void Rejected::add(std::unique_ptr<net::Transport> transport, os::Epoll& epoll, const http::Refusal& refusal,
                   Instant now) {
  RejectedConnection connection(std::move(transport), answer_for(refusal, server_name_));
  // A request that is here already is taken now: this connection may have to make room for a newer one before
  // its turn comes.
  if (connection.drive() == RejectedConnection::Progress::finished) return;
  const std::uint64_t tag = first_tag_ + count_++;
  if (maximum_ == 0 || !epoll.add_edge_triggered(connection.descriptor(), tag)) return;
  if (kept_.size() == maximum_) drop_oldest();
  kept_.push_back({.connection = std::move(connection), .tag = tag, .until = now + linger_});
}

bool Rejected::handle(const os::Event& event, os::Epoll& epoll) {
  if (event.tag < first_tag_) return false;
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const Kept& each) { return each.tag == event.tag; });
  if (found == kept_.end()) return true;
  found->connection.changed(event);
  switch (found->connection.drive()) {
    case RejectedConnection::Progress::waiting: return true;
    case RejectedConnection::Progress::must_rearm:
      if (epoll.rearm(found->connection.descriptor(), event.tag)) return true;
      [[fallthrough]];
    case RejectedConnection::Progress::finished: kept_.erase(found);
  }
  return true;
}

void Rejected::expire(Instant now) {
  while (!kept_.empty() && kept_.front().until <= now) kept_.pop_front();
}

void Rejected::drop_oldest() {
  if (!kept_.empty()) kept_.pop_front();
}

}  // namespace bobbin::server
