#include "http/site_rules.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/ascii.h"

namespace bobbin::http {
namespace {

constexpr unsigned kOriginShift = SiteRules::kMost;  // of the number of an origin, from 1, in a variant
constexpr std::string_view kEveryOrigin = "*";

// Of a variant: a bit for each rule that holds.
constexpr std::uint64_t kRules = (std::uint64_t{1} << kOriginShift) - 1;
std::size_t last_of(std::uint64_t rules) { return static_cast<std::size_t>(std::bit_width(rules)) - 1; }
std::uint64_t without_last(std::uint64_t rules) { return rules & ~(std::uint64_t{1} << last_of(rules)); }

bool has_rule(std::uint64_t variant, std::size_t index) { return (variant >> index & 1) != 0; }
std::size_t origin_number(std::uint64_t variant) { return static_cast<std::size_t>(variant >> kOriginShift); }

std::optional<std::string_view> field_of(const RequestHead& head, std::string_view name) {
  for (const Field& field : head.fields.lines())
    if (equals_ignoring_case(field.name_text, name)) return field.value;
  return std::nullopt;
}

/// A preflight asks on behalf of another method.
bool holds_for(const SiteRule& rule, std::string_view path, Method method) {
  const Method asked = method == Method::head ? Method::get : method;
  const bool is_for_method = rule.methods.empty() ||
                             std::ranges::find(rule.methods, asked) != rule.methods.end() ||
                             (method == Method::options && !rule.origins.empty());
  return is_for_method &&
         (rule.paths.empty() ||
          std::ranges::any_of(rule.paths, [&](const PathPattern& each) { return each.matches(path); }));
}

bool holds_for(const SiteRule& rule, Status status) {
  if (rule.statuses.empty()) return rule.on_errors || !is_error(status);
  return std::ranges::any_of(rule.statuses,
                             [&](int each) { return each == code(status) || each == code(status) / 100; });
}

bool is_every_origin(const SiteRule& rule) {
  return std::ranges::find(rule.origins, kEveryOrigin) != rule.origins.end();
}

/// "*", or the origin that asks; nothing: it is none of those that may read the response.
std::optional<std::string_view> allowed_origin(const SiteRule& rule, std::uint64_t variant) {
  if (is_every_origin(rule)) return kEveryOrigin;
  const std::size_t number = origin_number(variant);
  if (number == 0 || number > rule.origins.size()) return std::nullopt;
  return rule.origins[number - 1];
}

void add_vary(Response& response, std::string_view name) { response.add_field("Vary", name); }

}  // namespace

SiteRules::SiteRules(std::vector<SiteRule> rules) : rules_(std::move(rules)) {
  for (std::size_t i = 0; i < rules_.size(); ++i)
    if (rules_[i].files.say_something()) about_files_ |= std::uint64_t{1} << i;
}

std::uint64_t SiteRules::variant(std::string_view path, const RequestHead& head) const {
  std::uint64_t variant = 0;
  for (std::size_t i = 0; i < rules_.size(); ++i)
    if (holds_for(rules_[i], path, head.method)) variant |= std::uint64_t{1} << i;
  const SiteRule* cors = cors_rule(variant);
  if (cors == nullptr || is_every_origin(*cors)) return variant;
  const auto origin = field_of(head, "Origin");
  if (!origin) return variant;
  const auto found = std::ranges::find(cors->origins, *origin);
  if (found == cors->origins.end()) return variant;
  return variant | static_cast<std::uint64_t>(found - cors->origins.begin() + 1) << kOriginShift;
}

FileRules SiteRules::merged_file_rules(std::uint64_t variant) const {
  FileRules merged;
  for (std::size_t i = 0; i < rules_.size(); ++i)
    if (has_rule(variant, i)) merged.merge(rules_[i].files);
  return merged;
}

const SiteRule* SiteRules::cors_rule(std::uint64_t variant) const {
  const SiteRule* found = nullptr;
  for (std::size_t i = 0; i < rules_.size(); ++i)
    if (has_rule(variant, i) && !rules_[i].origins.empty()) found = &rules_[i];
  return found;
}

const Filter* SiteRules::guard(std::uint64_t variant, SiteRule::Guard SiteRule::* kind) const {
  for (std::uint64_t rest = variant & kRules; rest != 0; rest = without_last(rest)) {
    const SiteRule::Guard& last = rules_[last_of(rest)].*kind;
    if (last) return last->get();
  }
  return nullptr;
}

void SiteRules::note(const Request& request) const {
  for (std::size_t i = 0; i < rules_.size(); ++i)
    if (has_rule(request.variant, i) && !rules_[i].title.empty()) request.note("rule", {rules_[i].title});
}

std::optional<Begin> SiteRules::before(const Request& request) const {
  if (const Filter* clients = guard(request.variant, &SiteRule::clients))
    if (auto refused = clients->before(request)) return refused;
  if (auto answer = preflight(request)) return *std::move(answer);
  // It has been counted, if it is asked about again since something behind the filters was undecided.
  const bool was_known = request.is_asked_again && request.user != nullptr && !request.user->empty();
  // Whoever guesses passwords is counted before they are looked at.
  for (const auto kind : {&SiteRule::requests, &SiteRule::certificates, &SiteRule::authentication})
    if (const Filter* filter = guard(request.variant, kind))
      if (auto decision = filter->before(request)) return decision;
  const Filter* users = was_known ? nullptr : guard(request.variant, &SiteRule::user_requests);
  return users != nullptr ? users->before(request) : std::nullopt;
}

std::optional<Response> SiteRules::preflight(const Request& request) const {
  if (request.head.method != Method::options) return std::nullopt;
  const SiteRule* cors = cors_rule(request.variant);
  const auto method = field_of(request.head, "Access-Control-Request-Method");
  if (cors == nullptr || !method || !field_of(request.head, "Origin")) return std::nullopt;
  request.note("access",
               {"this is the question of a browser (CORS-preflight), which the rule with cors answers"});
  Response response;
  response.status = Status::no_content;
  if (allowed_origin(*cors, request.variant)) {
    response.add_field("Access-Control-Allow-Methods", "GET, HEAD, POST");
    if (const auto names = field_of(request.head, "Access-Control-Request-Headers"))
      response.add_field("Access-Control-Allow-Headers", *names);
    response.add_field("Access-Control-Max-Age", "600");
  }
  add_vary(response, "Access-Control-Request-Method, Access-Control-Request-Headers");
  return response;
}

void SiteRules::after(const RequestSummary& request, Response& response) const {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const SiteRule& rule = rules_[i];
    if (!has_rule(request.variant, i) || !holds_for(rule, response.status)) continue;
    for (const std::string& name : rule.remove) response.remove_field(name);
    for (const auto& [name, value] : rule.set) {
      response.remove_field(name);
      response.add_field(name, value);
    }
    for (const auto& [name, value] : rule.add) response.add_field(name, value);
  }
  const SiteRule* cors = cors_rule(request.variant);
  if (cors == nullptr) return;
  if (const auto origin = allowed_origin(*cors, request.variant)) {
    response.add_field("Access-Control-Allow-Origin", *origin);
    response.add_field("Access-Control-Expose-Headers", "*");
  }
  if (!is_every_origin(*cors)) add_vary(response, "Origin");
}

}  // namespace bobbin::http
