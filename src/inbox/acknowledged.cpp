#include "inbox/acknowledged.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/ascii.h"
#include "store/document_name.h"

namespace bobbin::inbox {
namespace {

constexpr std::string_view kScratch = ".bobbin-prove-";
constexpr std::size_t kScratchRandom = 8;
constexpr std::size_t kHexDigits = 64;
constexpr std::string_view kBlanks = "  ";

}  // namespace

std::string scratch_name() { return std::string(kScratch) + store::random_text().substr(0, kScratchRandom); }

bool is_scratch_name(std::string_view name) {
  if (!name.starts_with(kScratch) || name.size() != kScratch.size() + kScratchRandom) return false;
  return std::ranges::all_of(name.substr(kScratch.size()),
                             [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c); });
}

std::string line_of(const Acknowledged& document) {
  return fmt::format("{}{}{}/{}\n", crypto::hex_of(document.digest), kBlanks, document.folder, document.name);
}

std::optional<Acknowledged> acknowledged_in(std::string_view line) {
  if (line.size() < kHexDigits || line.substr(kHexDigits, kBlanks.size()) != kBlanks) return std::nullopt;
  const auto digest = crypto::digest_from_hex(line.substr(0, kHexDigits));
  line.remove_prefix(kHexDigits + kBlanks.size());
  const std::size_t slash = line.find('/');
  if (!digest || slash == std::string_view::npos) return std::nullopt;
  const std::string_view folder = line.substr(0, slash);
  const std::string_view name = line.substr(slash + 1);
  if (!is_scratch_name(folder) || !store::is_document_name(name)) return std::nullopt;
  return Acknowledged{.folder = std::string(folder), .name = std::string(name), .digest = *digest};
}

Result<std::vector<Acknowledged>, std::string> all_acknowledged_in(std::string_view text) {
  std::vector<Acknowledged> all;
  for (std::size_t number = 1;; ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return all;
    auto document = acknowledged_in(text.substr(0, end));
    if (!document)
      return failure(fmt::format("line {} is none that bobbin inbox prove --until-killed prints", number));
    all.push_back(*std::move(document));
    text.remove_prefix(end + 1);
  }
}

}  // namespace bobbin::inbox
