#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "executor/executor.h"
#include "files/open_file.h"
#include "files/validators.h"
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
  std::string_view fields = {};  ///< further field lines, of a 304 too
};

[[nodiscard]] http::Response precondition_failed();
/// The answer to HEAD for a file of this size, which need not be open.
[[nodiscard]] http::Response described(const Description& file, std::uint64_t size_bytes);

/// What the representation of an open file depends on besides the request. `name`: without the folders.
struct Subject {
  std::string_view name;
  Presentation presentation;
  ValidatorSettings validator_settings;
  std::string_view fields = {};  ///< as in Description
};

/// A response, and what the file was when it was looked at for it.
struct Represented {
  http::Response response;
  os::FileStatus status;
  WallTime looked_at;
  http::Validators validators;
};

/// Steps 7 to 9 of FileHandler. A file that changes while it is read is looked at again; one that changes all
/// the time is EAGAIN. `executor`: waits for its disk in the worker's place. Thread: any.
[[nodiscard]] Result<Represented> represent(const http::Request& request, OpenFile file,
                                            const Subject& subject, executor::Executor& executor);

}  // namespace bobbin::files
