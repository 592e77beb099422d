#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bobbin::signatures {

/// A longer document is no url_verification: Slack's has three short members.
inline constexpr std::size_t kLongestUrlVerification = 4096;

/// The challenge of a document of the type `url_verification`, with which Slack asks whether an address takes
/// its events (docs.slack.dev, "url_verification event"). Only for a document whose signature has been
/// verified. Nothing: it is another document, or the challenge is not 1 to 255 visible ASCII characters.
[[nodiscard]] std::optional<std::string> slack_challenge(std::string_view document);

}  // namespace bobbin::signatures
