#include "uploads/multipart_form.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"
#include "http/field_syntax.h"

namespace bobbin::uploads {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

MultipartFault malformed(std::string reason) { return {.is_file = false, .reason = std::move(reason)}; }

bool is_boundary_char(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
         std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

/// The text of a value that may stand between quotes.
std::string_view unquoted(std::string_view value) {
  return value.starts_with('"') ? value.substr(1, value.size() - 2) : value;
}

std::string_view without_padding(std::string_view line) {
  while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
  return line;
}

/// What the head of a part says.
struct PartHead {
  std::optional<std::string_view> name;  // between its quotes, or without any
  std::optional<FormFile> file;          // its name likewise
  bool has_disposition = false;
  std::string_view type;
  bool is_encoded = false;  // in a way that is not undone
};

/// RFC 7578 §4.2. False when it is malformed, or not that of a form.
bool read_disposition(std::string_view value, PartHead& head) {
  http::FieldValueReader reader(value);
  if (std::exchange(head.has_disposition, true) || !equals_ignoring_case(reader.token(), "form-data"))
    return false;
  bool is_named_twice = false;
  const bool is_well_formed = reader.parameters([&](std::string_view name, std::string_view text) {
    const bool has_name = equals_ignoring_case(name, "filename");
    if (!head.file && (has_name || equals_ignoring_case(name, "filename*"))) head.file.emplace();
    if (has_name) head.file->name = unquoted(text);
    if (!equals_ignoring_case(name, "name")) return;
    is_named_twice = is_named_twice || head.name;
    head.name = unquoted(text);
  });
  return is_well_formed && reader.at_end() && head.name && !is_named_twice;
}

/// RFC 7578 §4.7: it is deprecated, and these say that nothing was done.
bool is_no_encoding(std::string_view value) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"7bit", "8bit", "binary"},
                             [&](std::string_view each) { return equals_ignoring_case(value, each); });
}

/// One line. False when it is malformed.
bool read_field_line(std::string_view line, PartHead& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !http::is_token(line.substr(0, colon))) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (equals_ignoring_case(name, "Content-Disposition")) return read_disposition(value, head);
  if (equals_ignoring_case(name, "Content-Type")) head.type = value;
  if (equals_ignoring_case(name, "Content-Transfer-Encoding")) head.is_encoded = !is_no_encoding(value);
  return true;
}

/// Reads the parts of a form from its front.
class MultipartReader {
 public:
  MultipartReader(std::string& content, std::string_view boundary, FormFiles files)
      : content_(content), delimiter_(std::string(kLineEnd) + "--" + std::string(boundary)), files_(files) {}

  [[nodiscard]] Result<std::vector<FormField>, MultipartFault> read() {
    if (!find_first())
      return failure(malformed("The form has no boundary of the kind that its Content-Type names."));
    while (!is_at_end_) {
      if (fields_.size() == kMostFormFields)
        return failure(malformed(fmt::format("The form has more than {} parts.", kMostFormFields)));
      TRY(read_part());
    }
    return std::move(fields_);
  }

 private:
  /// The first delimiter may stand at the very front.
  bool find_first() {
    const std::string_view first = std::string_view(delimiter_).substr(kLineEnd.size());
    if (text().starts_with(first) && step_over(first.size())) return true;
    return find_delimiter().has_value();
  }
  /// Steps behind the next delimiter; where it begins.
  std::optional<std::size_t> find_delimiter() {
    for (std::size_t from = at_; true; ++from) {
      from = text().find(delimiter_, from);
      if (from == std::string_view::npos) return std::nullopt;
      if (step_over(from + delimiter_.size())) return from;
    }
  }
  /// Steps to what follows a delimiter that ends at `end`, when it is one: white space and a line end, or the
  /// two hyphens of the last one.
  bool step_over(std::size_t end) {
    std::string_view rest = text().substr(end);
    const bool is_last = rest.starts_with("--");
    if (is_last) rest.remove_prefix(2);
    rest = without_padding(rest);
    if (!rest.starts_with(kLineEnd) && !(is_last && rest.empty())) return false;
    is_at_end_ = is_last;
    // The line end may begin the next delimiter, when a part has neither a head nor content.
    at_ = content_.size() - rest.size();
    return true;
  }

  Result<void, MultipartFault> read_part() {
    const std::size_t number = fields_.size() + 1;
    const auto fault = [number](std::string_view what) {
      return failure(malformed(fmt::format("Part {} of the form {}.", number, what)));
    };
    const std::size_t head_begin = at_ + kLineEnd.size();
    // A head without a line ends with the line end that it begins with.
    const std::size_t head_end = text().find("\r\n\r\n", at_);
    if (head_end == std::string_view::npos) return fault("has no end of its head");
    if (head_end > head_begin + kMostPartHeadBytes)
      return fault(fmt::format("has a head of more than {} bytes", kMostPartHeadBytes));
    PartHead head;
    if (head_end > at_ && !read_head(text().substr(head_begin, head_end - head_begin), head))
      return fault("has a malformed head");
    if (!head.name) return fault("does not say its name in a Content-Disposition of form-data");
    if (head.file && files_ == FormFiles::refused)
      return failure(MultipartFault{
          .is_file = true,
          .reason = fmt::format("This inbox takes no files, and part {} of the form is one.", number)});
    if (head.is_encoded) return fault("has a Content-Transfer-Encoding, which is not decoded");
    const std::string_view name = with_quotes(*head.name);
    const std::size_t begin = head_end + 2 * kLineEnd.size();
    // The line end of the head may be that of the delimiter, when there is no content.
    at_ = begin - kLineEnd.size();
    const auto end = find_delimiter();
    if (!end) return fault("has no boundary behind it");
    const std::string_view value = text().substr(begin, *end - std::min(begin, *end));
    if (!is_utf8(name) || (!head.file && !is_utf8(value))) return fault("is not UTF-8");
    if (head.file) {
      head.file->name = with_quotes(head.file->name);
      head.file->type = head.type;
      if (!is_utf8(head.file->name) || !is_utf8(head.file->type))
        return fault("has a head that is not UTF-8");
    }
    fields_.push_back({.name = name, .value = value, .file = head.file});
    return {};
  }
  static bool read_head(std::string_view lines, PartHead& head) {
    while (true) {
      const std::size_t end = std::min(lines.find(kLineEnd), lines.size());
      if (!read_field_line(lines.substr(0, end), head)) return false;
      if (end == lines.size()) return true;
      lines.remove_prefix(end + kLineEnd.size());
    }
  }
  /// Takes the backslashes in front of quotes out of a name, in its place.
  std::string_view with_quotes(std::string_view name) {
    const auto begin = static_cast<std::size_t>(name.data() - content_.data());
    std::size_t size = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (name[i] == '\\' && i + 1 < name.size() && name[i + 1] == '"') continue;
      content_[begin + size++] = name[i];
    }
    return name.substr(0, size);
  }
  [[nodiscard]] std::string_view text() const { return content_; }

  std::string& content_;
  const std::string delimiter_;
  const FormFiles files_;
  std::size_t at_ = 0;  // at the line end behind the last delimiter
  bool is_at_end_ = false;
  std::vector<FormField> fields_;
};

}  // namespace

std::optional<std::string> boundary_of(std::string_view content_type) {
  constexpr std::size_t kMostBytes = 70;
  const std::size_t semicolon = std::min(content_type.find(';'), content_type.size());
  http::FieldValueReader reader(content_type.substr(semicolon));
  std::optional<std::string> found;
  bool is_named_twice = false;
  const bool is_well_formed = reader.parameters([&](std::string_view name, std::string_view text) {
    if (!equals_ignoring_case(name, "boundary")) return;
    is_named_twice = is_named_twice || found;
    found = unquoted(text);
  });
  if (!is_well_formed || !reader.at_end() || !found || is_named_twice) return std::nullopt;
  if (found->empty() || found->size() > kMostBytes || found->ends_with(' ') ||
      !std::ranges::all_of(*found, is_boundary_char))
    return std::nullopt;
  return found;
}

Result<std::vector<FormField>, MultipartFault> parse_multipart(std::string& content,
                                                               std::string_view boundary, FormFiles files) {
  return MultipartReader(content, boundary, files).read();
}

}  // namespace bobbin::uploads
