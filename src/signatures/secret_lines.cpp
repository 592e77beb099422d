#include "signatures/secret_lines.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/ascii.h"
#include "base/list_lines.h"

namespace bobbin::signatures {
namespace {

bool has_controls(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
}

/// An empty text: the line can hold a secret.
std::string fault_of(const SecretLine& line) {
  if (trim(line.text) != line.text)
    return fmt::format("line {} begins or ends with white space, which would be part of the secret",
                       line.number);
  if (has_controls(line.text)) return fmt::format("line {} has a control character", line.number);
  if (line.text.size() > kLongestSecret)
    return fmt::format("line {} is longer than {} bytes", line.number, kLongestSecret);
  return {};
}

}  // namespace

Result<std::vector<SecretLine>, std::string> secret_lines(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF"))
    return failure(std::string("it begins with a byte order mark, which would be part of the secret"));
  std::vector<SecretLine> lines;
  ListLines rest(text);
  while (const auto next = rest.next()) {
    const SecretLine line{.number = next->number, .text = next->text};
    if (std::string fault = fault_of(line); !fault.empty()) return failure(std::move(fault));
    const auto first = std::ranges::find(lines, line.text, &SecretLine::text);
    if (first != lines.end())
      return failure(fmt::format("line {} holds the secret of line {}", line.number, first->number));
    lines.push_back(line);
  }
  if (lines.empty()) return failure(std::string("it holds no secret"));
  if (lines.size() > kMostSecrets)
    return failure(fmt::format("it holds {} secrets; at most {} are allowed, the newest first", lines.size(),
                               kMostSecrets));
  return lines;
}

}  // namespace bobbin::signatures
