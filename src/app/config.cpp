#include "app/config.h"

#include "app/command_line.h"
#include "app/config_file.h"
#include "app/manual.h"
#include "app/options.h"

namespace bobbin::app {
namespace {

constexpr const char* kFileVariable = "BOBBIN_CONFIG";

/// A message as an error of the whole program.
auto error_with(int exit_code) {
  return [exit_code](const std::string& message) { return ConfigError{"bobbin: " + message, exit_code}; };
}

[[nodiscard]] Result<void, ConfigError> apply_all(const std::vector<Setting>& settings, int exit_code,
                                                  Config& config) {
  for (const Setting& setting : settings) TRY(apply(setting, config).map_error(error_with(exit_code)));
  return {};
}

/// The name of the configuration file, and who gave it.
std::optional<Value> file_to_read(const CommandLine& line, const Environment& environment) {
  if (line.file) return line.file;
  if (auto name = environment(kFileVariable)) return Value{kFileVariable, *std::move(name)};
  return std::nullopt;
}

[[nodiscard]] Result<void, ConfigError> apply_file(const Value& file, const FileReader& read_file,
                                                   Config& config) {
  if (file.text.empty()) return failure(error_with(kExitUsage)(not_allowed(file, "the name of a file")));
  const auto text = read_file(file.text);
  if (!text) {
    return failure(error_with(kExitConfiguration)(file.place + ": " + in_quotes(file.text) +
                                                  " cannot be read; " + text.error().message()));
  }
  const auto settings =
      TRY(parse_configuration_file(file.text, *text).map_error(error_with(kExitConfiguration)));
  return apply_all(settings, kExitConfiguration, config);
}

std::vector<Setting> settings_of(const Environment& environment) {
  std::vector<Setting> settings;
  for (const Option& option : options()) {
    if (!option.is_setting()) continue;
    const std::string variable = option.variable();
    if (const auto text = environment(variable))
      settings.push_back(setting_from_text(option, variable, *text));
  }
  return settings;
}

[[nodiscard]] Result<Config, ConfigError> merge(const CommandLine& line, const std::optional<Value>& file,
                                                const Environment& environment, const FileReader& read_file) {
  Config config;
  if (file) TRY(apply_file(*file, read_file, config));
  TRY(apply_all(settings_of(environment), kExitUsage, config));
  TRY(apply_all(line.settings, kExitUsage, config));
  return config;
}

}  // namespace

ParseOutcome parse_configuration(std::span<const char* const> arguments, const Environment& environment,
                                 const FileReader& read_file) {
  const auto line = parse_command_line(arguments);
  if (!line) return error_with(kExitUsage)(line.error());
  if (line->actions.contains(Action::help)) return Print{help()};
  if (line->actions.contains(Action::help_markdown)) return Print{markdown()};
  if (line->actions.contains(Action::version)) return Print{"bobbin " BOBBIN_VERSION "\n"};
  const auto file = file_to_read(*line, environment);
  auto config = merge(*line, file, environment, read_file);
  if (!config) return std::move(config).error();
  if (line->actions.contains(Action::check_config)) {
    return Print{"configuration ok" + (file ? ": " + escaped(file->text) : "") + "\n"};
  }
  return Run{*std::move(config)};
}

}  // namespace bobbin::app
