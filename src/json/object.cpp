#include "json/object.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

namespace bobbin::json {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// What cannot stand in a string as it is (RFC 8259 §7).
bool is_special(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

}  // namespace

struct Object::Value {
  boost::json::object object;

  [[nodiscard]] const boost::json::value* find(std::string_view name) const {
    return object.if_contains({name.data(), name.size()});
  }
};

Object::Object(std::unique_ptr<Value> value) : value_(std::move(value)) {}
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(Object&&) noexcept = default;
Object::~Object() = default;

std::optional<Object> Object::parse(std::string_view text) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  return Object(std::make_unique<Value>(Value{std::move(value.get_object())}));
}

bool Object::has(std::string_view name) const { return value_->find(name) != nullptr; }

std::optional<std::string> Object::text(std::string_view name) const {
  const auto* found = value_->find(name);
  const auto* text = found == nullptr ? nullptr : found->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string(text->data(), text->size());
}

std::optional<std::uint64_t> Object::number(std::string_view name) const {
  const auto* found = value_->find(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* large = found->if_uint64()) return *large;
  const auto* number = found->if_int64();
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<Object> Object::object(std::string_view name) const {
  const auto* found = value_->find(name);
  const auto* object = found == nullptr ? nullptr : found->if_object();
  if (object == nullptr) return std::nullopt;
  return Object(std::make_unique<Value>(Value{*object}));
}

std::optional<std::vector<std::pair<std::string, std::string>>> Object::pairs(std::string_view name) const {
  const auto* found = value_->find(name);
  const auto* list = found == nullptr ? nullptr : found->if_array();
  if (list == nullptr) return std::nullopt;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const boost::json::value& item : *list) {
    const auto* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string())
      return std::nullopt;
    pairs.emplace_back((*pair)[0].get_string(), (*pair)[1].get_string());
  }
  return pairs;
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const auto special = std::ranges::find_if(text, is_special);
    out.append(text.begin(), special);
    if (special == text.end()) break;
    const auto byte = static_cast<unsigned char>(*special);
    if (byte < 0x20) {
      out += "\\u00";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 0xF];
    } else {
      out += '\\';
      out += *special;
    }
    text = {special + 1, text.end()};
  }
  out += '"';
}

std::size_t string_size(std::string_view text) {
  std::size_t size = text.size() + 2;
  for (const char c : text) {
    if (c == '"' || c == '\\') size += 1;
    if (static_cast<unsigned char>(c) < 0x20) size += 5;
  }
  return size;
}

}  // namespace bobbin::json
