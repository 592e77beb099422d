#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/options.h"

namespace bobbin::app {

/// One [[listener]] or [[site]].
struct Table {
  Scope scope;
  std::string place;  ///< "bobbin.toml:3:1: [[site]]"
  std::vector<Setting> settings;
};

struct FileContents {
  std::vector<Setting> settings;  ///< outside of tables
  std::vector<Table> tables;
};

/// What the TOML text of a configuration file says, in the order of its lines, not yet judged beyond the
/// types; the keys are Option::key. The message of an error, and every place, begins with
/// `name:line:column: `.
[[nodiscard]] Result<FileContents, std::string> parse_configuration_file(const std::string& name,
                                                                         std::string_view text);

}  // namespace bobbin::app
