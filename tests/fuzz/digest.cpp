#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/assert.h"
#include "files/digests.h"
#include "given.h"

// The lines of Want-Repr-Digest, a line of the field to each line of the input. Compared with a reader that
// splits them at their commas: a digest is computed for nobody who has not asked for it (RFC 9530 §4).
namespace bobbin::fuzz {
namespace {

using http::FieldName;

/// One element: `sha-256=3`.
enum class Element { malformed, of_another, wanted, unwanted };

Element read(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) return Element::malformed;
  const std::string_view algorithm = text.substr(0, equals);
  const std::string_view preference = text.substr(equals + 1);
  for (const char c : algorithm)
    if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7F ||
        std::string_view("\"(),/:;<=>?@[\\]{}").find(c) != std::string_view::npos)
      return Element::malformed;
  for (const char c : preference)
    if (!is_digit(c)) return Element::malformed;
  if (preference.empty()) return Element::malformed;
  if (algorithm != "sha-256") return Element::of_another;
  return preference.find_first_not_of('0') == std::string_view::npos ? Element::unwanted : Element::wanted;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t") == std::string_view::npos; }

/// Of several elements of one name the last one counts (RFC 9651 §3.2).
bool wants_digest(const std::vector<std::string_view>& lines) {
  bool wants = false;
  for (std::string_view line : lines)
    for (bool is_last = false; !is_last;) {
      const std::size_t end = line.find(',');
      is_last = end == std::string_view::npos;
      const std::string_view element = line.substr(0, end);
      if (!is_last) line.remove_prefix(end + 1);
      if (is_blank(element)) continue;
      const Element read_as = read(element);
      if (read_as == Element::malformed) return false;
      if (read_as != Element::of_another) wants = read_as == Element::wanted;
    }
  return wants;
}

void run(std::string_view input) {
  const ExactCopy copy(input);
  http::RequestHead head;
  std::vector<std::string_view> lines;
  for (std::string_view rest = copy.text(); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (!head.fields.add(
            {.name = FieldName::want_repr_digest, .name_text = "Want-Repr-Digest", .value = line}))
      break;
    lines.push_back(line);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  const bool wants = files::wants_digest(head);
  ASSERT(wants == wants_digest(lines));
  if (wants) ASSERT(input.find("sha-256=") != std::string_view::npos);

  // A field of another name asks for nothing.
  http::RequestHead another;
  for (const std::string_view line : lines)
    ASSERT(another.fields.add({.name = FieldName::other, .name_text = "Repr-Digest", .value = line}));
  ASSERT(!files::wants_digest(another));
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input);
  return 0;
}
