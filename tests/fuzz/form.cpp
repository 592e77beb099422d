#include "uploads/form.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/utf8.h"
#include "given.h"

// The content of a form. Its fields are those that a plain reading of the standard finds, and the JSON that
// is made of them says the same again to another reader. What is refused is not UTF-8, or too much.
namespace bobbin::fuzz {
namespace {

using uploads::FormField;
using Pair = std::pair<std::string, std::string>;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// WHATWG URL Standard §1.3, "percent-decode", after the `+` have been replaced.
std::string decoded(std::string text) {
  std::ranges::replace(text, '+', ' ');
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const std::string digits = text.substr(at + 1, 2);
    const bool is_encoded =
        text[at] == '%' && digits.size() == 2 && digits.find_first_not_of(kDigits) == std::string::npos;
    bytes += is_encoded ? static_cast<char>(std::stoi(digits, nullptr, 16)) : text[at];
    at += is_encoded ? 3 : 1;
  }
  return bytes;
}

/// §5.1, "application/x-www-form-urlencoded parsing", step by step, without the last one: bytes.
std::vector<Pair> plain_reading(const std::string& content) {
  std::vector<Pair> pairs;
  for (const std::string& sequence : split(content, '&')) {
    if (sequence.empty()) continue;
    const std::size_t equals = sequence.find('=');
    const std::string value = equals == std::string::npos ? "" : sequence.substr(equals + 1);
    pairs.emplace_back(decoded(sequence.substr(0, equals)), decoded(value));
  }
  return pairs;
}

/// The object that holds these pairs, as another library writes and compares it.
boost::json::object object_of(const std::vector<Pair>& pairs) {
  boost::json::object object;
  for (const auto& [name, value] : pairs) {
    boost::json::value* known = object.if_contains(name);
    if (known == nullptr) {
      object.emplace(name, value);
      continue;
    }
    if (known->is_string()) *known = boost::json::array{*known};
    known->as_array().emplace_back(value);
  }
  return object;
}

/// The same members in the same order.
bool is_same(const boost::json::object& left, const boost::json::object& right) {
  return std::ranges::equal(
      left, right, [](const auto& a, const auto& b) { return a.key() == b.key() && a.value() == b.value(); });
}

void check_json(const std::vector<FormField>& fields, const std::vector<Pair>& pairs, Choices& choices) {
  const auto json = uploads::form_to_json(fields, UINT64_MAX);
  ASSERT(json.has_value());
  boost::json::error_code code;
  const boost::json::value read = boost::json::parse(*json, code);
  ASSERT(!code && read.is_object());
  ASSERT(is_same(read.get_object(), object_of(pairs)));

  ASSERT(uploads::form_to_json(fields, json->size()) == json);
  const std::size_t less = choices.below(json->size());
  ASSERT(!uploads::form_to_json(fields, less));
}

/// The number behind this word, at the first place where it stands.
std::size_t number_behind(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  ASSERT(at != std::string::npos);
  return std::stoul(text.substr(at + word.size()));
}

/// Up to the byte that is named the field is UTF-8, or the front of it.
void check_place(const std::string& sentence, const std::string& content, const std::vector<Pair>& pairs) {
  const std::size_t offset = number_behind(sentence, "at byte ");
  const std::size_t field = number_behind(sentence, "in field ");
  ASSERT(offset <= content.size() && field >= 1 && field <= pairs.size());
  for (std::size_t i = 0; i + 1 < field; ++i) ASSERT(is_utf8(pairs[i].first) && is_utf8(pairs[i].second));
  ASSERT(!is_utf8(pairs[field - 1].first) || !is_utf8(pairs[field - 1].second));
  ASSERT(plain_reading(content.substr(0, offset)).size() <= field);
}

void run(std::string_view input, Choices choices) {
  const std::string content(input);
  const std::vector<Pair> pairs = plain_reading(content);
  const bool is_all_utf8 = std::ranges::all_of(
      pairs, [](const Pair& pair) { return is_utf8(pair.first) && is_utf8(pair.second); });

  std::string given = content;
  const auto fields = uploads::parse_form(given);
  if (!fields) {
    ASSERT(!is_all_utf8 || pairs.size() > uploads::kMostFormFields);
    if (pairs.size() <= uploads::kMostFormFields) check_place(fields.error(), content, pairs);
    return;
  }
  ASSERT(is_all_utf8 && pairs.size() <= uploads::kMostFormFields);
  ASSERT(std::ranges::equal(*fields, pairs, [&](const FormField& field, const Pair& pair) {
    return is_within(field.name, given) && is_within(field.value, given) && field.name == pair.first &&
           field.value == pair.second;
  }));
  check_json(*fields, pairs, choices);
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
