#include "http/precondition.h"

#include <optional>

#include "http/date.h"
#include "http/field_syntax.h"

namespace bobbin::http {
namespace {

/// The list of entity tags in all lines of If-Match or If-None-Match.
struct EntityTags {
  bool present = false;
  bool any = false;        // the value is `*`
  bool malformed = false;  // some part of it is no entity tag
  bool matches = false;    // some tag matches the current one
};

bool is_weak(std::string_view tag) { return tag.starts_with("W/"); }
std::string_view opaque_tag(std::string_view tag) { return is_weak(tag) ? tag.substr(2) : tag; }

// RFC 9110 §8.8.3.2.
bool weakly_equal(std::string_view a, std::string_view b) {
  return !a.empty() && opaque_tag(a) == opaque_tag(b);
}
bool strongly_equal(std::string_view a, std::string_view b) { return !a.empty() && !is_weak(a) && a == b; }

template <typename Equal>
EntityTags read_entity_tags(const Fields& fields, FieldName name, std::string_view current, Equal equal) {
  EntityTags tags;
  if (!fields.has(name)) return tags;
  std::size_t members = 0;
  std::size_t stars = 0;
  for (const Field& field : fields.lines()) {
    if (field.name != name) continue;
    tags.present = true;
    FieldValueReader reader(field.value);
    for (reader.skip_to_element(); !reader.at_end(); reader.skip_to_element()) {
      ++members;
      const std::string_view tag = reader.entity_tag();
      const bool star = tag.empty() && reader.skip('*');
      if ((tag.empty() && !star) || !reader.at_element_end()) {
        tags.malformed = true;
        reader.skip_element();
      } else if (star) {
        ++stars;
      } else if (equal(tag, current)) {
        tags.matches = true;
      }
    }
  }
  tags.any = stars == 1 && members == 1;
  // `*` is a value of its own, never one of several; and a list has at least one member.
  if ((stars > 0 && !tags.any) || members == 0) tags.malformed = true;
  return tags;
}

/// The moment in a field that may not be repeated. Nothing when it must be ignored: absent, repeated or no
/// date.
std::optional<WallTime> date_in(const Fields& fields, FieldName name, WallTime now) {
  const auto value = fields.only(name);
  return value ? parse_date(*value, now) : std::nullopt;
}

/// Whether the representation, as Last-Modified can say it in whole seconds, is newer than a date in `name`.
/// Nothing without such a date, or without one of the representation's own.
std::optional<bool> is_newer_than(const Fields& fields, FieldName name, const Validators& current,
                                  WallTime now) {
  if (!current.last_modified) return std::nullopt;
  const auto date = date_in(fields, name, now);
  if (!date) return std::nullopt;
  return std::chrono::floor<seconds>(*current.last_modified) > *date;
}

}  // namespace

PreconditionVerdict evaluate_preconditions(const Fields& fields, const Validators& current, WallTime now) {
  using enum PreconditionVerdict;
  // RFC 9110 §13.2.2, step by step. If-Match protects from acting on the wrong state, so in doubt it does not
  // match; If-None-Match saves a transfer, so in doubt there is a transfer.
  const EntityTags match = read_entity_tags(fields, FieldName::if_match, current.etag, strongly_equal);
  if (match.present) {
    if (!match.any && (match.malformed || !match.matches)) return failed;
  } else if (is_newer_than(fields, FieldName::if_unmodified_since, current, now) == true) {
    return failed;
  }
  const EntityTags none_match =
      read_entity_tags(fields, FieldName::if_none_match, current.etag, weakly_equal);
  if (none_match.present) return none_match.any || none_match.matches ? not_modified : proceed;
  return is_newer_than(fields, FieldName::if_modified_since, current, now) == false ? not_modified : proceed;
}

bool if_range_allows(const Fields& fields, const Validators& current, WallTime now) {
  if (!fields.first(FieldName::if_range)) return true;
  const auto value = fields.only(FieldName::if_range);
  if (!value) return false;
  FieldValueReader reader(*value);
  const std::string_view tag = reader.entity_tag();
  if (!tag.empty()) return reader.at_end() && strongly_equal(tag, current.etag);
  if (!current.last_modified || !current.date_is_strong) return false;
  const auto date = parse_date(*value, now);
  const WallTime last_modified = std::chrono::floor<seconds>(*current.last_modified);
  // RFC 9110 §8.8.2.2: until the second is over, the representation may change again without a new date.
  return date && *date == last_modified && last_modified <= now - seconds(1);
}

}  // namespace bobbin::http
