#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "executor/executor.h"
#include "files/open_file.h"
#include "http/handler.h"
#include "http/precondition.h"
#include "http/response.h"

namespace bobbin::files {

/// How a file is shown.
struct Presentation {
  std::string_view media_type;
  bool attachment = false;
};

/// What is said of a file in a 200, wherever it is known from. `name`: without the folders.
struct Description {
  std::string_view name;
  Presentation presentation;
  const http::Validators& validators;
};

/// RFC 9110 §15.4.5.
[[nodiscard]] http::Response not_modified(const http::Validators& current);
[[nodiscard]] http::Response precondition_failed();
/// The answer to HEAD for a file of this size, which need not be open.
[[nodiscard]] http::Response described(const Description& file, std::uint64_t size_bytes);

/// Steps 7 to 9 of FileHandler for the file as it was at its last look, from which its validators were made.
/// EAGAIN: it has changed since. Takes the file when the content is to come from it. `executor`: waits for
/// its disk in the worker's place.
[[nodiscard]] Result<http::Response> represent(const http::Request& request, OpenFile& file,
                                               const Description& description, executor::Executor& executor);

}  // namespace bobbin::files
