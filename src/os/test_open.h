#pragma once

#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "base/result.h"
#include "os/directory.h"
#include "os/fd.h"

// For tests of what opens files and folders.
namespace bobbin::os {

/// A descriptor of the folder. The test fails where there is none.
inline Fd must_open(const std::string& path) {
  auto directory = open_directory(path);
  EXPECT_TRUE(directory) << directory.error().message();
  return directory ? *std::move(directory) : Fd();
}

/// 0 for success.
template <typename T>
int code_of(const Result<T>& result) {
  return result ? 0 : result.error().code;
}

}  // namespace bobbin::os
