#pragma once

#include "server/connection.h"

namespace bobbin::server {

/// The connections of one worker that are between two requests, the one that has waited longest first.
class IdleList {
 public:
  [[nodiscard]] Connection* oldest() const { return first_; }
  void move_to_end(Connection& connection) {
    if (last_ == &connection) return;
    remove(connection);
    connection.previous_idle = last_;
    (last_ != nullptr ? last_->next_idle : first_) = &connection;
    last_ = &connection;
  }
  void remove(Connection& connection) {
    if (connection.previous_idle == nullptr && first_ != &connection) return;
    (connection.previous_idle != nullptr ? connection.previous_idle->next_idle : first_) =
        connection.next_idle;
    (connection.next_idle != nullptr ? connection.next_idle->previous_idle : last_) =
        connection.previous_idle;
    connection.previous_idle = connection.next_idle = nullptr;
  }

 private:
  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
};

}  // namespace bobbin::server
