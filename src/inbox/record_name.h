#pragma once

#include <optional>
#include <string>
#include <string_view>

// The names that files have in the folders of an inbox. Files with other names are none of ours.
namespace bobbin::inbox {

/// Whether the name is one that a file of records has in `new`, `done` and `failed`: see store::RecordNames.
[[nodiscard]] bool is_record_name(std::string_view name);

/// What a consumer may be called: 1 to 64 letters of ASCII, digits, '-' and '_'.
[[nodiscard]] bool is_consumer_name(std::string_view name);

/// The file in `work` of a record that a consumer has claimed: `CONSUMER.RECORD`.
struct Claim {
  std::string consumer;
  std::string record;  ///< the name that it had in `new`
  [[nodiscard]] std::string name() const { return consumer + "." + record; }
  friend bool operator==(const Claim&, const Claim&) = default;
};
/// Nothing: it is the name of no claim. Programs that claim by themselves may have names with dots, too.
[[nodiscard]] std::optional<Claim> claim_in(std::string_view name);

}  // namespace bobbin::inbox
