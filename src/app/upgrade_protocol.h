#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

// What a process and its successor tell each other, over one socket, and in this order:
//
//     old ─► new   hello VERSION
//     old ─► new   listener KEY           for each socket that listens, with its descriptor
//     old ─► new   all
//     new ─► old   prepared INDEX…        it could serve; of the listeners it takes these, by their order
//     old ─► new   released               the folders of documents are given up
//     new ─► old   serving PROCESS        it has taken them, and accepts connections
//     old ─► new   document NUMBER DEVICE INODE SIZE
//                                         one that was still being received, for this folder, with two
//                                         descriptors: the content, and what else is known of it
//                                         (store/delivery.h)
//     new ─► old   outcome NUMBER TEXT    what has become of that one
//
// Until `serving`, either may say why it does not go on, or simply end: then the old process serves on.
//     new ─► old   failed REASON
namespace bobbin::app::upgrade_protocol {

/// Of these messages, store/delivery.h included. Two processes of different versions do not hand over.
inline constexpr std::string_view kVersion = "1";

/// How long a successor may take until it could serve.
inline constexpr Duration kStartPatience = seconds(60);
/// And then to take folders over. Nobody stores meanwhile.
inline constexpr Duration kTakeOverPatience = seconds(10);

/// The first word of a message, and the rest behind the space.
struct Words {
  std::string_view first;
  std::string_view rest;
};
[[nodiscard]] inline Words split(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return {text, {}};
  return {text.substr(0, space), text.substr(space + 1)};
}

/// Takes a number off the front of the text, and the space behind it. Nothing: there is none.
[[nodiscard]] std::optional<std::uint64_t> take_number(std::string_view& text);

}  // namespace bobbin::app::upgrade_protocol
