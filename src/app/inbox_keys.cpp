#include "app/inbox_keys.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <vector>

#include "app/open_inboxes.h"

namespace bobbin::app {
namespace {

using uploads::KeySource;
using OtherContent = store::DocumentKey::OtherContent;

/// What each of the known senders says that its receivers are to compare.
struct SenderKeys {
  std::string_view scheme;
  std::vector<std::string_view> sources;
};

const std::vector<SenderKeys>& sender_keys() {
  static const std::vector<SenderKeys> senders{
      {"standard", {"header:webhook-id", "header:svix-id"}},  // Standard Webhooks, "Idempotency"
      {"github", {"header:x-github-delivery"}},  // the same when a delivery is sent again by hand
      {"stripe", {"json:/id"}},
      {"slack", {"json:/event_id"}},
      {"shopify", {"header:x-shopify-event-id"}},
      {"gitlab", {"header:idempotency-key"}},  // from GitLab 17.4 on
  };
  return senders;
}

Result<std::vector<std::string_view>, std::string> sources_of(const InboxConfig& config) {
  std::vector<std::string_view> sources;
  for (const std::string& text : config.dedupe) {
    if (text != "sender") {
      sources.emplace_back(text);
      continue;
    }
    const auto sender = std::ranges::find(sender_keys(), config.verify, &SenderKeys::scheme);
    if (sender == sender_keys().end())
      return failure(
          fmt::format("{}: dedupe: \"sender\" needs verify with standard, github, stripe, slack, "
                      "shopify or gitlab; header:NAME or json:/POINTER name what other senders send",
                      name_of(config)));
    sources.insert(sources.end(), sender->sources.begin(), sender->sources.end());
  }
  return sources;
}

}  // namespace

Result<uploads::KeySettings, std::string> key_settings_of(const InboxConfig& config) {
  constexpr std::size_t kMostSources = 8;
  uploads::KeySettings settings{.is_required = config.dedupe_required, .window = config.dedupe_window};
  for (const std::string_view text : TRY(sources_of(config))) {
    auto source = KeySource::parse(text);
    if (!source) return failure(fmt::format("{}: dedupe: \"{}\" is not allowed", name_of(config), text));
    settings.sources.push_back(*std::move(source));
  }
  if (settings.sources.size() > kMostSources)
    return failure(fmt::format("{}: dedupe: {} of them are too many; at most {}", name_of(config),
                               settings.sources.size(), kMostSources));
  if (settings.sources.empty() && (config.dedupe_required || !config.dedupe_conflict.empty()))
    return failure(fmt::format("{}: {}: it says nothing without dedupe", name_of(config),
                               config.dedupe_required ? "dedupe_required" : "dedupe_conflict"));
  if (config.dedupe_conflict == "refuse") settings.other_content = OtherContent::refused;
  if (config.dedupe_conflict == "store") settings.other_content = OtherContent::stored;
  if (config.dedupe_conflict == "ignore") settings.other_content = OtherContent::ignored;
  return settings;
}

}  // namespace bobbin::app
