#pragma once

#include <string>

// For tests of what a log holds.
namespace bobbin::observe {

/// A regular expression for what every line begins with.
inline const std::string kStamp = R"(\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\] )";

}  // namespace bobbin::observe
