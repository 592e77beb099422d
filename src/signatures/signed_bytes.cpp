#include "signatures/signed_bytes.h"

#include <algorithm>
#include <utility>

namespace bobbin::signatures {
namespace {

bool skip(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

}  // namespace

bool SignedBytes::take_part(std::string_view& text) {
  Parts& parts = has_body_ ? back_ : front_;
  if (skip(text, "{body}")) {
    if (has_body_) return false;
    has_body_ = true;
    return true;
  }
  for (const auto& [word, kind] : {std::pair<std::string_view, Part::Kind>{"{id}", Part::Kind::id},
                                   {"{timestamp}", Part::Kind::timestamp}}) {
    if (!skip(text, word)) continue;
    if (has(kind)) return false;
    parts.push_back({.kind = kind, .literal = {}});
    return true;
  }
  const std::string_view literal = text.substr(0, text.find_first_of("{}"));
  if (literal.empty()) return false;
  parts.push_back({.kind = Part::Kind::literal, .literal = std::string(literal)});
  text.remove_prefix(literal.size());
  return true;
}

std::optional<SignedBytes> SignedBytes::parse(std::string_view text) {
  SignedBytes parsed;
  while (!text.empty())
    if (!parsed.take_part(text)) return std::nullopt;
  if (!parsed.has_body_) return std::nullopt;
  return parsed;
}

bool SignedBytes::has(Part::Kind kind) const {
  const auto is_of_kind = [kind](const Part& part) { return part.kind == kind; };
  return std::ranges::any_of(front_, is_of_kind) || std::ranges::any_of(back_, is_of_kind);
}

std::string SignedBytes::filled_in(const Parts& parts, std::string_view id, std::string_view timestamp) {
  std::string text;
  for (const Part& part : parts) {
    switch (part.kind) {
      case Part::Kind::literal: text += part.literal; break;
      case Part::Kind::id: text += id; break;
      case Part::Kind::timestamp: text += timestamp; break;
    }
  }
  return text;
}

std::string SignedBytes::front(std::string_view id, std::string_view timestamp) const {
  return filled_in(front_, id, timestamp);
}

std::string SignedBytes::back(std::string_view id, std::string_view timestamp) const {
  return filled_in(back_, id, timestamp);
}

}  // namespace bobbin::signatures
