#include "uploads/content_types.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "http/field_syntax.h"
#include "http/media_type.h"

namespace bobbin::uploads {
namespace {

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kTextType = "text/plain";
constexpr std::string_view kMultipartType = "multipart/form-data";
constexpr std::string_view kLinesType = "application/x-ndjson";
constexpr std::string_view kBatchType = "application/cloudevents-batch+json";
constexpr std::string_view kLinesNames[] = {kLinesType, "application/ndjson", "application/jsonl"};
constexpr std::string_view kReportsType = "application/reports+json";
constexpr std::string_view kPolicyReportType = "application/csp-report";

/// What stands in front of the parameters. Browsers take no notice of those that are malformed.
std::string_view essence_of(std::string_view type) { return trim(type.substr(0, type.find(';'))); }

bool has_json_suffix(std::string_view type) {
  constexpr std::string_view kSuffix = "+json";
  const std::string_view essence = essence_of(type);
  const std::size_t slash = essence.find('/');
  if (slash == std::string_view::npos || slash == 0) return false;
  const std::string_view subtype = essence.substr(slash + 1);
  return subtype.size() > kSuffix.size() &&
         equals_ignoring_case(subtype.substr(subtype.size() - kSuffix.size()), kSuffix);
}

/// A type and a subtype. What browsers make of something else need not be known.
bool is_well_formed(std::string_view essence) {
  const std::size_t slash = essence.find('/');
  return slash != std::string_view::npos && http::is_token(essence.substr(0, slash)) &&
         http::is_token(essence.substr(slash + 1));
}

std::vector<std::string_view> names_of(const ContentTypes& types) {
  std::vector<std::string_view> names;
  if (types.json) names.push_back(kJsonType);
  if (types.form) names.push_back(kFormType);
  if (types.text) names.push_back(kTextType);
  if (types.reports) names.insert(names.end(), {kReportsType, kPolicyReportType});
  if (types.multipart) names.push_back(kMultipartType);
  if (types.lines) names.push_back(kLinesType);
  if (types.batch) names.push_back(kBatchType);
  if (types.any) names.emplace_back("*/*");
  return names;
}

}  // namespace

std::optional<ContentType> ContentTypes::of(const http::Fields& fields) const {
  const auto rest = any ? std::optional(ContentType::any) : std::nullopt;
  const auto type = fields.only(http::FieldName::content_type);
  if (!type) return rest;
  if (reports && (http::is_media_type(*type, kReportsType) || http::is_media_type(*type, kPolicyReportType)))
    return ContentType::reports;
  if (batch && http::is_media_type(*type, kBatchType)) return ContentType::batch;
  if (json && (http::is_media_type(*type, kJsonType) || (json_suffix && has_json_suffix(*type))))
    return ContentType::json;
  if (lines && std::ranges::any_of(kLinesNames, [&](auto name) { return http::is_media_type(*type, name); }))
    return ContentType::lines;
  if (form && http::is_media_type(*type, kFormType)) return ContentType::form;
  if (multipart && http::is_media_type(*type, kMultipartType)) return ContentType::multipart;
  if (text && http::is_media_type(*type, kTextType)) return ContentType::text;
  return rest;
}

std::string ContentTypes::sentence() const {
  std::vector<std::string_view> names = names_of(*this);
  if (json && json_suffix) names.insert(names.begin() + 1, "types that end in +json");
  if (names.size() == 1) return fmt::format("Only {} is", names.front());
  const std::string_view last = names.back();
  names.pop_back();
  return fmt::format("Only {} and {} are", fmt::join(names, ", "), last);
}

std::string ContentTypes::accept_post() const { return fmt::format("{}", fmt::join(names_of(*this), ", ")); }

bool is_sent_by_form(const http::Fields& fields) {
  const auto type = fields.only(http::FieldName::content_type);
  return type && std::ranges::any_of(std::array{kFormType, kMultipartType, kTextType},
                                     [&](auto each) { return http::is_media_type(*type, each); });
}

bool is_sent_unasked(const http::Fields& fields) {
  const auto type = fields.only(http::FieldName::content_type);
  if (!type || !is_well_formed(essence_of(*type))) return true;
  constexpr std::string_view kUnasked[] = {kFormType, kMultipartType, kTextType, kPolicyReportType};
  return std::ranges::any_of(
      kUnasked, [&](std::string_view each) { return equals_ignoring_case(essence_of(*type), each); });
}

}  // namespace bobbin::uploads
