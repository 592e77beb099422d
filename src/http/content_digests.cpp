#include "http/content_digests.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"
#include "http/field_syntax.h"

namespace bobbin::http {
namespace {

constexpr DigestAlgorithm kAlgorithms[] = {DigestAlgorithm::sha256, DigestAlgorithm::sha512};

constexpr std::size_t size_of(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::sha256 ? 32 : 64;
}

bool is_lowercase_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_printable(char c) { return c >= 0x20 && c < 0x7F; }

/// Reads a Dictionary whose values are Byte Sequences (RFC 9651 §4.2). Parameters are passed over.
class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view text) : rest_(text) { skip_spaces(); }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  /// §4.2.3.3; empty when none comes next.
  [[nodiscard]] std::string_view key() {
    if (rest_.empty() || (!is_lowercase_letter(rest_[0]) && rest_[0] != '*')) return {};
    return take_while([](char c) {
      return is_lowercase_letter(c) || is_digit(c) ||
             std::string_view("_-.*").find(c) != std::string_view::npos;
    });
  }
  bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// §4.2.7. Padding may be missing.
  [[nodiscard]] std::optional<std::string> byte_sequence() {
    if (!skip(':')) return std::nullopt;
    const std::size_t size = rest_.find(':');
    if (size == std::string_view::npos) return std::nullopt;
    std::string digits(rest_.substr(0, size));
    rest_.remove_prefix(size + 1);
    if (digits.find('=') == std::string::npos) digits.append((4 - digits.size() % 4) % 4, '=');
    return decode_base64(digits);
  }
  /// §4.2.3.2. False when they are malformed.
  [[nodiscard]] bool skip_parameters() {
    while (skip(';')) {
      skip_spaces();
      if (key().empty() || (skip('=') && !skip_bare_item())) return false;
    }
    return true;
  }
  /// Steps to the next member, or the end. False when neither comes next.
  [[nodiscard]] bool skip_to_member() {
    skip_white_space();
    if (rest_.empty()) return true;
    if (!skip(',')) return false;
    skip_white_space();
    return !rest_.empty();
  }

 private:
  template <typename IsPart>
  std::string_view take_while(IsPart is_part) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_part);
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  void skip_spaces() {
    while (skip(' ')) {
    }
  }
  void skip_white_space() {
    while (skip(' ') || skip('\t')) {
    }
  }
  /// §4.2.3.1: any of them, by its first character.
  bool skip_bare_item() {
    if (rest_.empty()) return false;
    const char first = rest_.front();
    if (first == ':') return byte_sequence().has_value();
    if (first == '"') return skip_string();
    if (skip('%')) return skip_string();
    if (skip('?')) return skip('0') || skip('1');
    if (skip('@') || first == '-' || is_digit(first)) return skip_number();
    if (first != '*' && !is_lowercase_letter(to_lower(first))) return false;
    take_while([](char c) { return is_token_char(c) || c == ':' || c == '/'; });
    return true;
  }
  bool skip_string() {
    if (!skip('"')) return false;
    while (!rest_.empty() && is_printable(rest_.front())) {
      if (skip('"')) return true;
      if (skip('\\') && !rest_.starts_with('"') && !rest_.starts_with('\\')) return false;
      rest_.remove_prefix(1);
    }
    return false;
  }
  bool skip_number() {
    skip('-');
    if (take_while(is_digit).empty()) return false;
    return !skip('.') || !take_while(is_digit).empty();
  }

  std::string_view rest_;
};

/// The value of the field, its lines joined (RFC 9110 §5.3).
std::string joined(const Fields& fields, FieldName name) {
  std::string text;
  for (const Field& field : fields.lines()) {
    if (field.name != name) continue;
    if (!text.empty()) text += ", ";
    text += field.value;
  }
  return text;
}

/// One field, which is there. Appends its digests.
Result<void, std::string> read_field(std::string_view name, std::string_view value,
                                     std::vector<ContentDigest>& digests) {
  const auto malformed = [&] {
    return failure(fmt::format("{} is not a list of digests, such as sha-256=:BASE64: (RFC 9530).", name));
  };
  const std::size_t begin = digests.size();
  DictionaryReader reader(value);
  while (!reader.at_end()) {
    const std::string_view key = reader.key();
    if (key.empty() || !reader.skip('=')) return malformed();
    auto bytes = reader.byte_sequence();
    if (!bytes || !reader.skip_parameters() || !reader.skip_to_member()) return malformed();
    const auto* algorithm = std::ranges::find(kAlgorithms, key, [](auto each) { return name_of(each); });
    if (algorithm == std::end(kAlgorithms)) continue;
    // RFC 9651 §4.2.2: of members of the same name the last one counts.
    std::erase_if(digests, [&](const ContentDigest& each) {
      return each.field == name && each.algorithm == *algorithm;
    });
    digests.push_back({.field = name, .algorithm = *algorithm, .bytes = *std::move(bytes)});
  }
  for (std::size_t i = begin; i < digests.size(); ++i)
    if (const std::size_t size = size_of(digests[i].algorithm); digests[i].bytes.size() != size)
      return failure(fmt::format("{}: a digest of {} has {} bytes, this one has {}.", name,
                                 name_of(digests[i].algorithm), size, digests[i].bytes.size()));
  return {};
}

}  // namespace

std::string_view name_of(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::sha256 ? "sha-256" : "sha-512";
}

Result<std::vector<ContentDigest>, std::string> content_digests_of(const Fields& fields) {
  std::vector<ContentDigest> digests;
  constexpr std::pair<FieldName, std::string_view> kFields[] = {{FieldName::content_digest, "Content-Digest"},
                                                                {FieldName::repr_digest, "Repr-Digest"}};
  for (const auto& [name, text] : kFields)
    if (fields.has(name)) TRY(read_field(text, joined(fields, name), digests));
  return digests;
}

}  // namespace bobbin::http
