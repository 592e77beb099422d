#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "executor/executor.h"
#include "files/open_file.h"
#include "files/representation.h"
#include "http/content_coding.h"
#include "http/handler.h"

namespace bobbin::files {

/// Validators of a file in a coding that we make of it (RFC 9110 §8.8.3.3): the tag names the coding, and
/// changes with the library that makes it.
[[nodiscard]] http::Validators coded_validators(http::Validators file, http::ContentCoding coding);

/// What is said of the subject in its coding, which is made while it is sent or just before. `validators`, in
/// that coding, outlive it.
[[nodiscard]] Description coded_description(const Subject& subject, const http::Validators& validators);

/// Files that are coded when they are asked for. One of a moderate size is coded as a whole by the executor,
/// and its response can be kept; a large one is coded while it is sent. What is coded already for somebody
/// else is not coded twice at the same time. Thread: its owner's, which is one worker.
class LiveCoding {
 public:
  explicit LiveCoding(executor::Executor& executor) : executor_(executor) {}

  /// Smaller ones would hardly become smaller.
  static constexpr std::uint64_t kSmallestBytes = 1024;

  /// What is done with a response that may be kept, on the worker's thread.
  using Keep = std::function<void(http::PreparedResponse)>;

  /// The answer to a GET for all of the file, whose preconditions have been judged. `subject` names the
  /// coding, `validators` are those of the file in it. Nothing: it is given as it is, since enough is being
  /// coded already. Takes the file unless it answers nothing.
  [[nodiscard]] std::optional<http::Begin> answer(const http::Request& request, OpenFile& file,
                                                  const Subject& subject, const http::Validators& validators,
                                                  Keep keep);

 private:
  class WholeFile;
  [[nodiscard]] bool has_room_for(const std::string& name);

  executor::Executor& executor_;
  /// What is being coded: its path and coding, for as long as somebody wants it.
  struct UnderWay {
    std::string name;
    std::weak_ptr<const WholeFile> work;
  };
  std::vector<UnderWay> under_way_;
};

}  // namespace bobbin::files
