#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/options.h"

namespace bobbin::app {

/// One [[listener]], [[site]], [[rule]], [[mount]] or [[inbox]], or one of the last three within a [[site]].
struct Table {
  Scope scope;
  std::string place;  ///< "bobbin.toml:3:1: [[site]]"
  std::vector<Setting> settings;
  std::vector<Table> tables = {};  ///< of a [[site]]: its rules, mounts and inboxes
};

struct FileContents {
  std::vector<Setting> settings;  ///< those that stand outside of tables
  std::vector<Table> tables;
};

/// Reads the TOML text of a configuration file, in the order of its lines. Only the types of the values are
/// judged here. The keys are those of Option::key. The message of an error begins with `name:line:column: `,
/// and so does every place.
[[nodiscard]] Result<FileContents, std::string> parse_configuration_file(const std::string& name,
                                                                         std::string_view text);

}  // namespace bobbin::app
