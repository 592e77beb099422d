#include "uploads/form.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/utf8.h"
#include "crypto/sha256.h"
#include "json/object.h"

namespace bobbin::uploads {
namespace {

/// What stands for one byte, and how much of the content that is.
struct Encoded {
  char byte;
  std::size_t size;
};

Encoded first_of(std::string_view text) {
  if (text.front() == '+') return {.byte = ' ', .size = 1};
  if (text.front() == '%' && text.size() > 2) {
    const int high = hex_value(text[1]);
    const int low = hex_value(text[2]);
    if (high >= 0 && low >= 0) return {.byte = static_cast<char>(high * 16 + low), .size = 3};
  }
  return {.byte = text.front(), .size = 1};
}

/// Decodes parts of a content, from its front to its end, into the room that what was decoded before has
/// left.
class Decoder {
 public:
  explicit Decoder(std::string& content) : content_(content) {}

  /// What [begin, end) stands for. The failure is where it is not UTF-8.
  [[nodiscard]] Result<std::string_view, std::size_t> decode(std::size_t begin, std::size_t end) {
    const std::size_t start = written_;
    Utf8Sequence sequence;
    for (std::size_t at = begin; at < end;) {
      const Encoded encoded = first_of(std::string_view(content_).substr(at, end - at));
      const auto byte = static_cast<std::uint8_t>(encoded.byte);
      const bool is_utf8 = sequence.complete() ? byte < 0x80 || sequence.begin(byte) : sequence.add(byte);
      if (!is_utf8) return failure(at);
      content_[written_++] = encoded.byte;
      at += encoded.size;
    }
    if (!sequence.complete()) return failure(end);
    return std::string_view(content_).substr(start, written_ - start);
  }

 private:
  std::string& content_;
  std::size_t written_ = 0;
};

/// Text of at most so many bytes. Nothing is added to what has become too long.
class BoundedText {
 public:
  explicit BoundedText(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  void add(std::string_view text) {
    if (has_room(text.size())) text_ += text;
  }
  void add_string(std::string_view text) {
    if (has_room(json::string_size(text))) json::append_string(text_, text);
  }
  /// False: it is too long from now on.
  [[nodiscard]] bool has_room(std::size_t bytes) {
    is_too_long_ = is_too_long_ || bytes > most_bytes_ - text_.size();
    return !is_too_long_;
  }
  [[nodiscard]] std::optional<std::string> take() && {
    return is_too_long_ ? std::nullopt : std::optional(std::move(text_));
  }

 private:
  const std::uint64_t most_bytes_;
  std::string text_;
  bool is_too_long_ = false;
};

using Values = std::vector<const FormField*>;

void add_file(BoundedText& json, const FormFile& file, std::string_view content) {
  if (file.name.empty() && content.empty()) return json.add("null");
  json.add("{\"filename\":");
  json.add_string(file.name);
  if (!file.type.empty()) {
    json.add(",\"type\":");
    json.add_string(file.type);
  }
  json.add(fmt::format(",\"size\":{},\"sha256\":\"{}\",\"base64\":\"", content.size(),
                       crypto::hex_of(crypto::sha256(content))));
  if (json.has_room(base64_size(content.size()))) json.add(encode_base64(content));
  json.add("\"}");
}

void add_value(BoundedText& json, const FormField& field) {
  if (field.file)
    add_file(json, *field.file, field.value);
  else
    json.add_string(field.value);
}

void add_values(BoundedText& json, const Values& values) {
  if (values.size() == 1) return add_value(json, *values.front());
  json.add("[");
  for (const FormField* const value : values) {
    if (value != values.front()) json.add(",");
    add_value(json, *value);
  }
  json.add("]");
}

}  // namespace

Result<std::vector<FormField>, std::string> parse_form(std::string& content) {
  std::vector<FormField> fields;
  Decoder decoder(content);
  const auto not_utf8 = [&](std::size_t offset) {
    return fmt::format("The form is not UTF-8 at byte {}, in field {}.", offset, fields.size() + 1);
  };
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.find('&', at), content.size());
    if (end > at) {
      if (fields.size() == kMostFormFields)
        return failure(fmt::format("The form has more than {} fields.", kMostFormFields));
      const std::size_t name_end = std::min(std::string_view(content).substr(0, end).find('=', at), end);
      const auto name = TRY(decoder.decode(at, name_end).map_error(not_utf8));
      const auto value = TRY(decoder.decode(std::min(name_end + 1, end), end).map_error(not_utf8));
      fields.push_back({.name = name, .value = value});
    }
    at = end + 1;
  }
  return fields;
}

std::optional<std::string> form_to_json(std::span<const FormField> fields, std::uint64_t most_bytes) {
  std::vector<std::string_view> names;
  std::map<std::string_view, Values> values;
  for (const FormField& field : fields) {
    Values& of_name = values[field.name];
    if (of_name.empty()) names.push_back(field.name);
    of_name.push_back(&field);
  }
  BoundedText json(most_bytes);
  json.add("{");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) json.add(",");
    json.add_string(names[i]);
    json.add(":");
    add_values(json, values[names[i]]);
  }
  json.add("}");
  return std::move(json).take();
}

}  // namespace bobbin::uploads
