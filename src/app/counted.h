#pragma once

#include <cstddef>
#include <fmt/format.h>
#include <string>
#include <string_view>

namespace bobbin::app {

/// "1 connection", "2 connections".
[[nodiscard]] inline std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace bobbin::app
