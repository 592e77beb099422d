#pragma once

#include <string>
#include <utility>

#include "http/filter.h"

namespace bobbin::http::filters {

/// Adds the operator's fields. Thread: any.
class AddedFields final : public Filter {
 public:
  enum class To : std::uint8_t {
    successes,      ///< every response that is no error
    all_responses,  ///< errors too
    errors,
  };
  /// `lines`: "Name: value\r\n" each, checked where they were read.
  AddedFields(std::string lines, To to) : lines_(std::move(lines)), to_(to) {}
  void after(const RequestSummary&, Response& response) const override {
    const To kind = is_error(response.status) ? To::errors : To::successes;
    if (to_ == To::all_responses || to_ == kind) response.fields += lines_;
  }

 private:
  std::string lines_;
  To to_;
};

}  // namespace bobbin::http::filters
