#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/assert.h"
#include "given.h"
#include "http/content_coding.h"

// An Accept-Encoding field, and every choice of codings that could be there. Compared with a reader that
// splits the value at its commas and semicolons, and with a choice that tries all of them (RFC 9110 §12.5.3).
namespace bobbin::fuzz {
namespace {

using http::AcceptedCodings;
using http::CodingSet;
using http::ContentCoding;

constexpr std::array kAll{ContentCoding::identity, ContentCoding::gzip, ContentCoding::zstd,
                          ContentCoding::br};

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return std::string(text);
}

bool is_token(std::string_view text) {
  for (const char c : text) {
    const bool is_sign = std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_sign && !is_letter && !is_digit(c)) return false;
  }
  return !text.empty();
}

/// In thousandths. Nothing: no qvalue of RFC 9110 §12.4.2.
std::optional<int> weight(const std::string& text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() == 1) return text[0] == '1' ? 1000 : 0;
  std::string decimals = text.substr(2);
  if (text[1] != '.' || decimals.size() > 3) return std::nullopt;
  for (const char c : decimals)
    if (!is_digit(c)) return std::nullopt;
  while (decimals.size() < 3) decimals += '0';
  const int value = (text[0] - '0') * 1000 + std::stoi(decimals);
  return value > 1000 ? std::nullopt : std::optional(value);
}

/// What a client has said of each coding; where it has said nothing, nothing.
struct Said {
  std::array<std::optional<int>, 4> of;

  /// Twice the weight, with identity between "not at all" and all others where nobody has named it.
  [[nodiscard]] int rank(ContentCoding coding) const {
    const auto& named = of[static_cast<std::size_t>(coding)];
    if (named) return 2 * *named;
    return coding == ContentCoding::identity ? 1 : 0;
  }
};

/// One element of the list. False: malformed.
bool read_element(const std::string& element, std::array<std::optional<int>, 4>& named,
                  std::optional<int>& others) {
  const std::vector<std::string> parts = split(element, ';');
  const std::string coding = trimmed(parts[0]);
  if (!is_token(coding)) return false;
  std::optional<int> wanted = 1000;  // of several weights, which no grammar has, the last one counts
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string parameter = trimmed(parts[i]);
    if (parameter.empty()) continue;  // RFC 9110 §5.6.6 allows it
    const std::size_t equals = parameter.find('=');
    if (equals == std::string::npos) return false;
    const std::string name = parameter.substr(0, equals);
    const std::string value = parameter.substr(equals + 1);
    if (!is_token(name) || !is_token(value)) return false;
    if (equals_ignoring_case(name, "q")) wanted = weight(value);
  }
  if (!wanted) return false;
  if (coding == "*") others = wanted;
  for (const ContentCoding each : kAll)
    if (equals_ignoring_case(coding, http::name_of(each)) ||
        (each == ContentCoding::gzip && equals_ignoring_case(coding, "x-gzip")))
      named[static_cast<std::size_t>(each)] = wanted;
  return true;
}

/// Of a value without quotes. A malformed one says nothing of any coding.
Said read(std::string_view value) {
  std::array<std::optional<int>, 4> named;
  std::optional<int> others;
  for (const std::string& element : split(value, ',')) {
    if (trimmed(element).empty()) continue;  // RFC 9110 §5.6.1.2
    if (!read_element(element, named, others)) return {};
  }
  for (auto& each : named)
    if (!each) each = others;
  return {named};
}

/// The one with the highest rank; of equal ones the last in the order of the codings.
std::optional<ContentCoding> best(const Said& said, CodingSet available) {
  std::optional<ContentCoding> found;
  for (const ContentCoding coding : kAll) {
    if (coding != ContentCoding::identity && !available.has(coding)) continue;
    if (said.rank(coding) > 0 && (!found || said.rank(coding) >= said.rank(*found))) found = coding;
  }
  return found;
}

CodingSet set_of(unsigned bits) {
  CodingSet set;
  for (std::size_t i = 0; i < http::kContentCodings.size(); ++i)
    if (bits & (1U << i)) set.add(http::kContentCodings[i]);
  return set;
}

AcceptedCodings of_lines(std::initializer_list<std::string_view> lines) {
  http::Fields fields;
  for (const std::string_view line : lines)
    ASSERT(fields.add(
        {.name = http::FieldName::accept_encoding, .name_text = "Accept-Encoding", .value = line}));
  return AcceptedCodings::of(fields);
}

void run(std::string_view input, Choices choices) {
  const ExactCopy copy(input);
  const std::string_view text = copy.text();
  const AcceptedCodings accepted = AcceptedCodings::of(text);
  // RFC 9110 §5.3: several lines are one list.
  const std::size_t comma = text.find(',', choices.below(text.size() + 1));
  const bool can_be_cut = comma != std::string_view::npos && text.find('"') == std::string_view::npos;
  const AcceptedCodings of_all =
      can_be_cut ? of_lines({text.substr(0, comma), text.substr(comma + 1)}) : of_lines({text});

  const bool has_quotes = text.find('"') != std::string_view::npos;
  const Said said = has_quotes ? Said() : read(text);
  for (unsigned bits = 0; bits < 8; ++bits) {
    const CodingSet available = set_of(bits);
    const auto chosen = accepted.best_of(available);
    ASSERT(chosen == of_all.best_of(available));
    // What is prepared only decides between codings that a client wants equally.
    ASSERT(accepted.best_of(available, {}) == chosen && accepted.best_of({}, available) == chosen);
    ASSERT(accepted.best_of(available, set_of(7)).has_value() == accepted.best_of(set_of(7)).has_value());
    if (chosen && *chosen != ContentCoding::identity) {
      ASSERT(available.has(*chosen) && !accepted.is_identity_alone());
      // Nobody gets a coding of which nothing was said.
      ASSERT(text.find('*') != std::string_view::npos ||
             lowercase(text).find(http::name_of(*chosen)) != std::string::npos);
    }
    if (!has_quotes) ASSERT(chosen == best(said, available));
  }
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
