#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "auth/named_lines.h"
#include "auth/password_file.h"
#include "auth/token_file.h"
#include "base/assert.h"
#include "given.h"
#include "http/authorization.h"

// Files of passwords and tokens, and the Authorization field. What an operator has written wrongly is refused
// and not repeated; what a client sends is taken apart as RFC 7617 and RFC 6750 say, or not at all.
namespace bobbin::fuzz {
namespace {

bool has_controls(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
}

std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

// Every error there is about a value, with its line number taken out. An error that is none of these would
// hold something of what was given, and stand in the log.
const std::set<std::string>& errors_about_values() {
  static const std::string kDigest(64, 'a');
  static const std::set<std::string> kErrors = {
      without_digits(auth::PasswordFile::parse("").error()),
      without_digits(auth::PasswordFile::parse("a:b").error()),
      without_digits(auth::TokenFile::parse("").error()),
      without_digits(auth::TokenFile::parse("a:b").error()),
      without_digits(auth::TokenFile::parse("a:" + kDigest + "\nb:" + kDigest).error())};
  return kErrors;
}

void run_files(std::string_view text) {
  const auto lines = auth::named_lines(text);
  const auto passwords = auth::PasswordFile::parse(text);
  const auto tokens = auth::TokenFile::parse(text);
  if (!lines) {
    ASSERT(!passwords && passwords.error() == lines.error());
    ASSERT(!tokens && tokens.error() == lines.error());
    return;
  }
  for (const auth::NamedLine& line : *lines) {
    ASSERT(!line.name.empty() && !has_controls(line.name) && line.name.find(':') == std::string_view::npos);
    if (passwords)
      ASSERT(passwords->find(line.name) != nullptr && passwords->find(line.name)->hash == line.value);
  }
  ASSERT(passwords || errors_about_values().contains(without_digits(passwords.error())));
  ASSERT(tokens || errors_about_values().contains(without_digits(tokens.error())));
  ASSERT(!passwords || !passwords->decoy().empty());
}

void run_field(std::string_view text) {
  http::Fields fields;
  ASSERT(fields.add({.name = http::FieldName::authorization, .name_text = "Authorization", .value = text}));
  const http::Credentials credentials = http::credentials_of(fields);
  if (const auto* basic = std::get_if<http::BasicCredentials>(&credentials)) {
    ASSERT(!has_controls(basic->user) && !has_controls(basic->password));
    ASSERT(basic->user.find(':') == std::string::npos);
  }
  if (const auto* bearer = std::get_if<http::BearerToken>(&credentials))
    ASSERT(!bearer->token.empty() && bearer->token.find(' ') == std::string_view::npos &&
           text.ends_with(bearer->token));
  ASSERT(fields.add({.name = http::FieldName::authorization, .name_text = "Authorization", .value = text}));
  ASSERT(std::holds_alternative<http::MalformedCredentials>(http::credentials_of(fields)));
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bobbin::fuzz::Given given(data, size);
  const bobbin::fuzz::ExactCopy copy(given.input);
  if (given.choices.one_in(2))
    bobbin::fuzz::run_files(copy.text());
  else
    bobbin::fuzz::run_field(copy.text());
  return 0;
}
