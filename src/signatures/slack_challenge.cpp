#include "signatures/slack_challenge.h"

#include <algorithm>

#include "json/object.h"

namespace bobbin::signatures {
namespace {

constexpr std::size_t kLongestChallenge = 255;

/// It is sent back as it is, so it must be nothing that anybody could take for more than a word.
bool is_challenge(std::string_view text) {
  return !text.empty() && text.size() <= kLongestChallenge &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

std::optional<std::string> slack_challenge(std::string_view document) {
  if (document.size() > kLongestUrlVerification) return std::nullopt;
  const auto object = json::Object::parse(document);
  if (!object || object->text("type") != "url_verification") return std::nullopt;
  auto challenge = object->text("challenge");
  if (!challenge || !is_challenge(*challenge)) return std::nullopt;
  return challenge;
}

}  // namespace bobbin::signatures
