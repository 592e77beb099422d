#include "app/environment.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

#include "app/nearest_name.h"

namespace bobbin::app {
namespace {

constexpr std::string_view kPrefix = "BOBBIN_";

bool is_service_address(std::string_view value) {
  return value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://");
}

std::vector<std::string> known_variables() {
  std::vector<std::string> names{kFileVariable};
  for (const Option& option : options())
    if (option.is_setting() && option.is_flat()) names.push_back(option.variable());
  return names;
}

std::string unknown_variable(const std::string& name, const std::vector<std::string>& known) {
  const std::string nearest = nearest_name(name, known);
  return fmt::format("{}: no such option; {}", escaped(name),
                     nearest.empty() ? "bobbin --help shows all" : "did you mean " + nearest + "?");
}

}  // namespace

EnvironmentSettings settings_of(const Environment& environment) {
  EnvironmentSettings result;
  const auto warn = [&result](std::string text) {
    result.warnings.push_back({observe::Event::variable_ignored, std::move(text)});
  };
  for (const Option& option : options()) {
    if (!option.is_setting() || !option.is_flat()) continue;
    const auto variable = environment.find(option.variable());
    if (variable == environment.end()) continue;
    if (is_service_address(variable->second)) {
      warn(fmt::format(
          "{}: {} is ignored: it looks like the address of a service, which Kubernetes puts there",
          variable->first, in_quotes(variable->second)));
    } else {
      result.settings.push_back(setting_from_text(option, variable->first, variable->second));
    }
  }
  const std::vector<std::string> known = known_variables();
  for (const auto& [name, value] : environment)
    if (name.starts_with(kPrefix) && std::ranges::find(known, name) == known.end())
      warn(unknown_variable(name, known));
  return result;
}

}  // namespace bobbin::app
