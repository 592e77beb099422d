#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "http/handler.h"

namespace bobbin::http {

/// One rule that cuts across all handlers: it may answer a request itself, and may change any response.
/// Thread: any (immutable).
class Filter {
 public:
  virtual ~Filter() = default;
  /// Before the handler. Nothing: go on. After Undecided all filters are asked again, from the first one.
  [[nodiscard]] virtual std::optional<Begin> before(const Request& request) const {
    static_cast<void>(request);
    return std::nullopt;
  }
  /// Behind the handler, for every response, those to malformed requests included. What it does must follow
  /// from the response and the summary alone, since a response may be prepared once and given many times.
  virtual void after(const RequestSummary& request, Response& response) const {
    static_cast<void>(request);
    static_cast<void>(response);
  }
};

/// A handler with filters around it. The first filter is the outermost: it sees a request first, and a
/// response last. Thread: any.
class FilteredHandler final : public Handler {
 public:
  using Filters = std::vector<std::shared_ptr<const Filter>>;
  FilteredHandler(Filters filters, std::shared_ptr<const Handler> handler)
      : filters_(std::move(filters)), handler_(std::move(handler)) {}

  [[nodiscard]] Begin begin(const Request& request) const override {
    for (const auto& filter : filters_)
      if (auto decision = filter->before(request)) return *std::move(decision);
    return handler_->begin(request);
  }
  [[nodiscard]] RequestSummary summarize(const RequestHead& head, const Endpoint& local,
                                         const ListenerRules& listener) const override {
    return handler_->summarize(head, local, listener);
  }
  [[nodiscard]] const ProxyTrust* proxies() const override { return handler_->proxies(); }
  void finish(const RequestSummary& request, Response& response) const override {
    handler_->finish(request, response);
    for (auto filter = filters_.rbegin(); filter != filters_.rend(); ++filter)
      (*filter)->after(request, response);
  }

 private:
  Filters filters_;
  std::shared_ptr<const Handler> handler_;
};

}  // namespace bobbin::http
