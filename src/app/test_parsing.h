#pragma once

#include <cerrno>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "app/parse_configuration.h"

namespace bobbin::app {

using Strings = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

/// What the operator gives; the file is called bobbin.toml, and "closed.toml" cannot be read.
struct Input {
  Strings arguments;
  Variables variables;
  std::string file;
};

inline ParseOutcome parse(const Input& input) {
  std::vector<const char*> arguments;
  for (const std::string& argument : input.arguments) arguments.push_back(argument.c_str());
  const auto read_file = [&](const std::string& path) -> Result<std::string> {
    if (path != "bobbin.toml") return failure(Error{EACCES, "open"});
    return input.file;
  };
  const auto is_directory = [](const std::string& path) { return path == "site" || path == "./inbox"; };
  return parse_configuration(arguments, {input.variables, read_file, is_directory});
}

inline Config config_from(const Input& input) {
  const ParseOutcome outcome = parse(input);
  if (const auto* run = std::get_if<Run>(&outcome)) return run->config;
  const auto* error = std::get_if<ConfigError>(&outcome);
  ADD_FAILURE() << "no configuration: " << (error != nullptr ? error->message : "a text");
  return {};
}

inline Config config_from_file(const std::string& text) {
  return config_from({{"-c", "bobbin.toml"}, {}, text});
}

inline std::string printed(const Input& input) {
  const ParseOutcome outcome = parse(input);
  const auto* print = std::get_if<Print>(&outcome);
  return print != nullptr ? print->text : "(nothing printed)";
}

/// "2: message"
inline std::string error_from(const Input& input) {
  const ParseOutcome outcome = parse(input);
  const auto* error = std::get_if<ConfigError>(&outcome);
  return error != nullptr ? std::to_string(error->exit_code) + ": bobbin: " + error->message : "(no error)";
}

}  // namespace bobbin::app
