#include "object_store/credentials.h"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <utility>

#include "base/ascii.h"

namespace bobbin::object_store {
namespace {

// They stand in URLs, encoded, and in messages of 64 KiB.
constexpr std::size_t kMostBytes = 16UL * 1024;

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return trim(line);
}

/// Without the line feed that a file of a secret often has at its end.
std::string value_of(const Variables& variables, const char* name) {
  const char* const value = variables(name);
  std::string_view text = value == nullptr ? "" : value;
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return std::string(trim(text));
}

}  // namespace

Result<std::optional<Credentials>, std::string> credentials_in(const Variables& variables) {
  Credentials credentials{.key_id = value_of(variables, "AWS_ACCESS_KEY_ID"),
                          .secret = value_of(variables, "AWS_SECRET_ACCESS_KEY"),
                          .session_token = value_of(variables, "AWS_SESSION_TOKEN")};
  if (credentials.key_id.empty() && credentials.secret.empty()) return std::nullopt;
  if (credentials.key_id.empty() || credentials.secret.empty())
    return failure(std::string(
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together, and only one of them is set"));
  if (std::string fault = fault_of(credentials); !fault.empty()) return failure(std::move(fault));
  return std::optional(std::move(credentials));
}

std::string fault_of(const Credentials& credentials) {
  const auto is_other = [](char c) { return c <= ' ' || c > '~'; };
  for (const auto& [value, name] :
       {std::pair(&credentials.key_id, "access key id"), std::pair(&credentials.secret, "secret access key"),
        std::pair(&credentials.session_token, "session token")}) {
    if (value->size() > kMostBytes) return fmt::format("the {} is longer than {} bytes", name, kMostBytes);
    if (std::ranges::any_of(*value, is_other))
      return fmt::format("the {} has a character that is not allowed; printable ASCII without blanks is",
                         name);
  }
  return {};
}

Result<std::optional<Credentials>, std::string> credentials_of_file(std::string_view text,
                                                                    std::string_view profile) {
  Credentials credentials;
  bool is_here = false;
  bool is_found = false;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.starts_with('[')) {
      is_here = line.ends_with(']') && trim(line.substr(1, line.size() - 2)) == profile;
      is_found |= is_here;
    }
    const std::size_t equals = line.find('=');
    if (!is_here || line.starts_with('#') || line.starts_with(';') || equals == std::string_view::npos)
      continue;
    const std::string_view name = trim(line.substr(0, equals));
    const std::string value(trim(line.substr(equals + 1)));
    if (name == "aws_access_key_id") credentials.key_id = value;
    if (name == "aws_secret_access_key") credentials.secret = value;
    if (name == "aws_session_token") credentials.session_token = value;
  }
  if (!is_found) return std::nullopt;
  if (credentials.key_id.empty() || credentials.secret.empty())
    return failure(
        fmt::format("its profile [{}] needs a line aws_access_key_id = ID and a line "
                    "aws_secret_access_key = SECRET",
                    profile));
  if (std::string fault = fault_of(credentials); !fault.empty()) return failure(std::move(fault));
  return std::optional(std::move(credentials));
}

}  // namespace bobbin::object_store
