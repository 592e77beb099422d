#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bobbin::signatures {

/// Which bytes a scheme signs, as a template such as "{id}.{timestamp}.{body}": literal text, the
/// placeholders {id} and {timestamp} for the values of fields as they were sent, and {body} for the content.
/// Immutable.
class SignedBytes {
 public:
  /// Nothing: {body} is not there exactly once, another placeholder is there twice, or a brace belongs to no
  /// placeholder.
  [[nodiscard]] static std::optional<SignedBytes> parse(std::string_view text);

  [[nodiscard]] bool has_id() const { return has(Part::Kind::id); }
  [[nodiscard]] bool has_timestamp() const { return has(Part::Kind::timestamp); }

  /// What is signed in front of the content, and behind it.
  [[nodiscard]] std::string front(std::string_view id, std::string_view timestamp) const;
  [[nodiscard]] std::string back(std::string_view id, std::string_view timestamp) const;

 private:
  struct Part {
    enum class Kind : std::uint8_t { literal, id, timestamp };
    Kind kind;
    std::string literal;
  };
  using Parts = std::vector<Part>;

  /// Each value is put in once, so that one that looks like a placeholder stays as it is.
  [[nodiscard]] static std::string filled_in(const Parts& parts, std::string_view id,
                                             std::string_view timestamp);
  [[nodiscard]] bool has(Part::Kind kind) const;
  /// Takes one placeholder or literal from the front of `text`. False: there is none, or it was there before.
  [[nodiscard]] bool take_part(std::string_view& text);

  Parts front_;
  Parts back_;
  bool has_body_ = false;
};

}  // namespace bobbin::signatures
