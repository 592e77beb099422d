#include "http/content_coding.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/accept.h"
#include "http/field_syntax.h"

namespace bobbin::http {
namespace {

std::optional<ContentCoding> coding_named(std::string_view name) {
  if (equals_ignoring_case(name, "x-gzip")) return ContentCoding::gzip;  // RFC 9110 §8.4.1.3
  for (const ContentCoding each :
       {ContentCoding::identity, ContentCoding::gzip, ContentCoding::zstd, ContentCoding::br})
    if (equals_ignoring_case(name, name_of(each))) return each;
  return std::nullopt;
}

constexpr int kImplied = 1;  // the rank of identity where nothing is said of it

/// The weights of an Accept-Encoding, as far as it has been read. Nothing: not named.
struct Weights {
  std::array<std::optional<int>, 4> named;
  std::optional<int> others;  ///< of "*"

  void set(std::string_view coding, int weight) {
    if (coding == "*") others = weight;
    if (const auto known = coding_named(coding)) named[static_cast<std::size_t>(*known)] = weight;
  }

  /// False when malformed.
  bool read(std::string_view value) {
    FieldValueReader reader(value);
    for (reader.skip_to_element(); !reader.at_end(); reader.skip_to_element()) {
      const std::string_view coding = reader.token();
      std::optional<int> weight = kFullWeight;
      const bool is_well_formed = reader.parameters([&weight](std::string_view name, std::string_view text) {
        if (equals_ignoring_case(name, "q")) weight = parse_weight(text);
      });
      if (coding.empty() || !is_well_formed || !weight || !reader.at_element_end()) return false;
      set(coding, *weight);
    }
    return true;
  }

  [[nodiscard]] int rank(ContentCoding coding) const {
    const auto& weight = named[static_cast<std::size_t>(coding)];
    if (weight || others) return 2 * weight.value_or(others.value_or(0));
    return coding == ContentCoding::identity ? kImplied : 0;
  }
};

}  // namespace

std::string_view name_of(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::identity: return "identity";
    case ContentCoding::gzip: return "gzip";
    case ContentCoding::zstd: return "zstd";
    case ContentCoding::br: break;
  }
  return "br";
}

std::optional<ContentCoding> content_coding_of(const Fields& fields) {
  auto found = ContentCoding::identity;
  for (const Field& field : fields.lines()) {
    if (field.name != FieldName::content_encoding) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::string_view name = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (name.empty() || equals_ignoring_case(name, name_of(ContentCoding::identity))) continue;
      const auto coding = coding_named(name);
      if (!coding || found != ContentCoding::identity) return std::nullopt;
      found = *coding;
    }
  }
  return found;
}

std::string_view file_name_end(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::identity: return "";
    case ContentCoding::gzip: return ".gz";
    case ContentCoding::zstd: return ".zst";
    case ContentCoding::br: break;
  }
  return ".br";
}

std::string_view decoded_name(std::string_view file_name, ContentCoding coding) {
  const std::string_view end = file_name_end(coding);
  if (file_name.size() > end.size() && file_name.ends_with(end)) file_name.remove_suffix(end.size());
  return file_name;
}

AcceptedCodings AcceptedCodings::of(const Fields& fields) {
  if (!fields.has(FieldName::accept_encoding)) return {};
  if (const auto value = fields.only(FieldName::accept_encoding)) return of(*value);
  std::string joined;  // RFC 9110 §5.3
  for (const Field& field : fields.lines())
    if (field.name == FieldName::accept_encoding) joined.append(field.value).append(",");
  return of(joined);
}

AcceptedCodings AcceptedCodings::of(std::string_view value) {
  Weights weights;
  if (!weights.read(value)) return {};
  AcceptedCodings accepted;
  accepted.ranks_[0] = weights.rank(ContentCoding::identity);
  for (const ContentCoding coding : kContentCodings) {
    const int rank = weights.rank(coding);
    accepted.ranks_[static_cast<std::size_t>(coding)] = rank;
    if (rank > 0) accepted.coded_.add(coding);
  }
  return accepted;
}

std::optional<ContentCoding> AcceptedCodings::best_of(CodingSet available) const {
  std::optional<ContentCoding> best;
  if (rank(ContentCoding::identity) > 0) best = ContentCoding::identity;
  for (const ContentCoding coding : kContentCodings)
    if (available.has(coding) && rank(coding) > 0 && (!best || rank(coding) >= rank(*best))) best = coding;
  return best;
}

std::optional<ContentCoding> AcceptedCodings::best_of(CodingSet prepared, CodingSet made) const {
  const auto best_prepared = best_of(prepared);
  made.add(prepared);
  const auto best = best_of(made);
  const bool is_there = best_prepared && best_prepared != ContentCoding::identity;
  return is_there && rank(*best_prepared) >= rank(*best) ? best_prepared : best;
}

}  // namespace bobbin::http
