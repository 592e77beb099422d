#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bobbin::doctor {

/// What a look at the machine or at the configuration has shown.
struct Finding {
  enum class Severity : std::uint8_t {
    fine,
    advice,   ///< it would serve better otherwise
    problem,  ///< something does not work, or documents can be lost
  };
  Severity severity;
  std::string about;        ///< "kernel", "files", "uploads of 'www'"
  std::string text;         ///< a sentence without its full stop
  std::string remedy = {};  ///< what to do; empty: nothing
};
using Findings = std::vector<Finding>;

[[nodiscard]] bool has_problem(const Findings& findings);
[[nodiscard]] std::string as_text(const Findings& findings);
[[nodiscard]] std::string as_json(const Findings& findings);

}  // namespace bobbin::doctor
