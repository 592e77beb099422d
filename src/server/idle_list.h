#pragma once

#include <cstddef>

#include "server/connection.h"

namespace bobbin::server {

/// The connections of one worker that are between two requests, the one that has waited longest first:
/// ordered by Session::idle_since. What else happens to a connection's socket does not make it younger.
class IdleList {
 public:
  [[nodiscard]] Connection* oldest() const { return first_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Of one that is idle: since now or, when it is listed already, still or again.
  void put(Connection& connection) {
    if (last_ == &connection || is_still_in_place(connection)) return;
    remove(connection);
    connection.previous_idle = last_;
    (last_ != nullptr ? last_->next_idle : first_) = &connection;
    last_ = &connection;
    ++size_;
  }
  void remove(Connection& connection) {
    if (connection.previous_idle == nullptr && first_ != &connection) return;
    (connection.previous_idle != nullptr ? connection.previous_idle->next_idle : first_) =
        connection.next_idle;
    (connection.next_idle != nullptr ? connection.next_idle->previous_idle : last_) =
        connection.previous_idle;
    connection.previous_idle = connection.next_idle = nullptr;
    --size_;
  }

 private:
  // The list is sorted by the moment at which each connection became idle. A connection that has been idle
  // all the time keeps that moment, and so its place. A connection that has become idle again did so now,
  // later than the one behind it.
  [[nodiscard]] static bool is_still_in_place(const Connection& connection) {
    return connection.next_idle != nullptr &&
           connection.session().idle_since() <= connection.next_idle->session().idle_since();
  }

  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace bobbin::server
