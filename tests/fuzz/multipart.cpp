#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/utf8.h"
#include "given.h"
#include "json/validator.h"
#include "uploads/multipart_form.h"

// The content of a form in parts, of any bytes; and a form that is written with any text in it.
namespace bobbin::fuzz {
namespace {

using uploads::FormField;

constexpr std::string_view kBoundary = "b";
constexpr std::string_view kDelimiter = "\r\n--b";

struct Written {
  std::string name;
  std::string value;
};

/// As a browser writes it (HTML, "multipart/form-data encoding algorithm").
std::string write(const std::vector<Written>& fields) {
  std::string content;
  for (const auto& [name, value] : fields) {
    std::string escaped;
    for (const char c : name) escaped += c == '"' ? "\\\"" : std::string(1, c);
    content += "--b\r\nContent-Disposition: form-data; name=\"" + escaped + "\"\r\n\r\n" + value + "\r\n";
  }
  return content + "--b--\r\n";
}

/// Whether it may stand between quotes, where nobody takes its end for something else.
bool is_plain_name(std::string_view name) {
  return name.size() < 1000 && is_utf8(name) &&
         std::ranges::none_of(
             name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\'; });
}
bool is_plain_value(std::string_view value) {
  return is_utf8(value) && ("\r\n" + std::string(value)).find(kDelimiter) == std::string::npos;
}

void check_written(const std::vector<Written>& fields) {
  std::string content = write(fields);
  const auto read = uploads::parse_multipart(content, kBoundary, uploads::FormFiles::refused);
  ASSERT(read.has_value() && read->size() == fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i)
    ASSERT(read->at(i).name == fields[i].name && read->at(i).value == fields[i].value);
}

void check_any(std::string_view input) {
  std::string content(input);
  const auto fields = uploads::parse_multipart(content, kBoundary, uploads::FormFiles::refused);
  if (!fields) {
    ASSERT(!fields.error().reason.empty());
    return;
  }
  ASSERT(fields->size() <= uploads::kMostFormFields && input.find("--b--") != std::string_view::npos);
  std::vector<Written> again;
  for (const FormField& field : *fields) {
    ASSERT(is_within(field.name, content) && is_within(field.value, content));
    ASSERT(is_utf8(field.name) && is_utf8(field.value));
    if (is_plain_name(field.name) && is_plain_value(field.value))
      again.push_back({std::string(field.name), std::string(field.value)});
  }
  check_written(again);
}

/// With files in it, of which the content may be anything, it becomes JSON.
void check_files(std::string_view input) {
  std::string content(input);
  const auto fields = uploads::parse_multipart(content, kBoundary, uploads::FormFiles::taken);
  if (!fields) {
    ASSERT(!fields.error().is_file && !fields.error().reason.empty());
    return;
  }
  for (const FormField& field : *fields) {
    ASSERT(is_within(field.value, content) && (field.file || is_utf8(field.value)));
    ASSERT(!field.file || (is_utf8(field.file->name) && is_utf8(field.file->type)));
  }
  const auto document = uploads::form_to_json(*fields, 1'000'000);
  json::Validator validator;
  ASSERT(document && validator.feed(as_bytes(*document)) && validator.finish());
}

void run(std::string_view input, Choices choices) {
  check_any(input);
  check_files(input);
  static_cast<void>(uploads::boundary_of(input));
  const std::size_t cut = choices.below(input.size() + 1);
  const std::string_view name = input.substr(0, cut);
  const std::string_view value = input.substr(cut);
  if (is_plain_name(name) && is_plain_value(value)) {
    const std::vector<Written> fields{{std::string(name), std::string(value)}, {"", ""}};
    check_written(fields);
    std::string early = write(fields);
    early.resize(choices.below(early.size() - std::string_view("--\r\n").size() + 1));
    ASSERT(!uploads::parse_multipart(early, kBoundary, uploads::FormFiles::refused));
  }
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
