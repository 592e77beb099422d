#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/filter.h"
#include "http/filters/error_page.h"
#include "http/filters/no_sniffing.h"
#include "http/handler.h"
#include "http/test_source.h"

// For tests of sessions: a handler that writes down what happens.
namespace bobbin::http {

/// Answers GET and HEAD at once, stores what is POSTed, leaves `/later` pending, and refuses from their
/// heads `/missing` and, closing the connection, `/forbidden`. What becomes of `/undecided` and of what is
/// beneath it is not known before `decides` is set.
class RecordingHandler final : public Handler {
 public:
  explicit RecordingHandler(std::vector<std::string>& events) : events_(events) {}

  /// The prepared answer to `/prepared`, which is kept when the first one has been given. It is mutable,
  /// since there is only one thread here.
  mutable PreparedResponse prepared{.status = Status::not_found};
  mutable int prepared_asked = 0;
  mutable std::vector<std::uint64_t> rounds;  ///< of the requests
  mutable std::vector<WallTime> dates;
  mutable std::vector<Endpoint> clients;
  mutable std::vector<Scheme> schemes;
  mutable std::vector<std::string> authorities;
  std::shared_ptr<SourceScript> source;  ///< of the answer to `/source`
  mutable int cancelled = 0;             ///< exchanges whose client has gone
  /// The receiver of `/waits` says Wait after so many pieces of content.
  int pieces_until_wait = 1;
  /// What that receiver says when it is told to go on.
  std::function<Intake()> when_resumed = [] { return Accepted{}; };
  bool decides = false;

  Begin begin(const Request& request) const override {
    const RequestHead& head = request.head;
    rounds.push_back(request.round);
    dates.push_back(request.date);
    clients.push_back(request.client);
    schemes.push_back(request.scheme);
    authorities.emplace_back(head.authority);
    events_.push_back("request " + std::string(head.method_text) + " " + std::string(head.target));
    if (head.target == "/forbidden") {
      Response response = Response::error(Status::forbidden, "Not here.");
      response.close = true;
      return response;
    }
    if (head.target.starts_with("/undecided")) {
      if (!decides)
        return Undecided{.limit = seconds(7),
                         .late = Response::error(Status::service_unavailable, "Too slow.")};
      if (request.user != nullptr) *request.user = "alice";
      if (head.target == "/undecided/refused") return Response::error(Status::forbidden, "No.");
    }
    if (head.target == "/missing") return Response::error(Status::not_found, "There is nothing here.");
    if (head.method == Method::post)
      return std::make_unique<Recording>(*this, head.target == "/later",
                                         head.target == "/waits" ? pieces_until_wait : -1);
    if (head.target == "/pending")
      return Pending{.limit = seconds(7),
                     .late = Response::error(Status::service_unavailable, "Too slow."),
                     .cancelled = [this] { ++cancelled; }};
    if (head.target.ends_with("/prepared")) {
      ++prepared_asked;
      if (prepared.status == Status::ok) return &prepared;
      Response response = Response::with_content(Status::ok, "text/plain", "hello");
      response.keep = [this](PreparedResponse kept) { prepared = std::move(kept); };
      return response;
    }
    if (head.target == "/source")
      return Response::with_content(Status::ok, "text/plain", std::make_unique<ScriptedSource>(source));
    if (head.target == "/long")
      return Response::with_content(Status::ok, "text/plain", std::string(100'000, 'x'));
    return Response::with_content(Status::ok, "text/plain", "hello");
  }

 private:
  class Recording final : public Exchange {
   public:
    Recording(const RecordingHandler& handler, bool later, int pieces_until_wait)
        : handler_(handler), later_(later), pieces_until_wait_(pieces_until_wait) {}
    void cancelled() override { ++handler_.cancelled; }
    Intake resumed() override { return handler_.when_resumed(); }
    Intake content(Bytes piece) override {
      received_ += as_text(piece);
      if (--pieces_until_wait_ == 0) return Wait{};
      return Accepted{};
    }
    Reply complete(ReplyLater later) override {
      handler_.events_.push_back("content " + std::to_string(received_.size()) + " " +
                                 received_.substr(0, 40));
      if (later_) {
        std::move(later).forget();
        Pending pending;
        pending.late.add_field("Retry-After", "5");
        return pending;
      }
      std::move(later).forget();
      return Response::with_content(Status::created, "text/plain", "stored");
    }

   private:
    const RecordingHandler& handler_;
    std::string received_;
    bool later_;
    int pieces_until_wait_;
  };

  std::vector<std::string>& events_;
};

/// The filters that every response of the server passes.
inline FilteredHandler::Filters default_filters(const std::string& server_name) {
  FilteredHandler::Filters filters;
  filters.push_back(std::make_unique<filters::NoSniffing>());
  filters.push_back(std::make_unique<filters::ErrorPage>(server_name));
  return filters;
}

}  // namespace bobbin::http
