#pragma once

#include <cstdint>
#include <string_view>

#include "uploads/bundle_intake.h"

namespace bobbin::uploads {

/// Receives a batch of CloudEvents: a JSON array, each of whose elements is a document (CloudEvents 1.0,
/// json-format.md §4). An element has to be an object; which members it has is not judged.
class BatchIntake final : public BundleIntake {
 public:
  using BundleIntake::BundleIntake;

 private:
  enum class State : std::uint8_t {
    before,  ///< the array
    first,   ///< an element or the end of the array may follow
    next,    ///< an element must follow
    element,
    behind_element,
    after,  ///< the array
  };

  void read(std::string_view text) override;
  void end() override;
  [[nodiscard]] std::string_view form() const override { return "a batch is an array of events"; }

  /// Reads something between the elements.
  void read_between(char c);
  /// How many bytes of the text belong to the element.
  [[nodiscard]] std::size_t rest_of_element(std::string_view text);
  void advance(std::string_view text);

  Position position_;  // of the next byte
  State state_ = State::before;
  std::uint64_t elements_ = 0;
  std::uint64_t depth_ = 0;  // in the element: how many brackets are open
  bool is_in_string_ = false;
  bool is_escaped_ = false;  // the next byte, in a string
};

}  // namespace bobbin::uploads
