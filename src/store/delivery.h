#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/document_store.h"

// What a process tells its successor of a document that it has received, and what that answers, as text. Both
// are programs of this house, perhaps of different versions; the protocol between them has a version of its
// own.
namespace bobbin::store {

/// The particulars of a document, without its content.
[[nodiscard]] std::string text_of(const Particulars& particulars);
/// Nothing: it is no such text.
[[nodiscard]] std::optional<Particulars> particulars_of(std::string_view text);

[[nodiscard]] std::string text_of(const Outcome& outcome);
/// Nothing: it is no such text. The call that a failure names is the delivery.
[[nodiscard]] std::optional<Outcome> outcome_of(std::string_view text);

}  // namespace bobbin::store
