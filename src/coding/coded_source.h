#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "executor/executor.h"
#include "http/content.h"
#include "http/content_coding.h"
#include "http/handler.h"

namespace bobbin::coding {

/// The tasks that code content. No more than half of the CPUs work on them, so that they delay nobody who
/// waits for something else.
[[nodiscard]] executor::Lane& coding_lane(executor::Executor& executor);

/// Content that is coded while it is sent. The executor codes one piece after the other, each when the client
/// has taken what came of those before; so a slow client costs no more than one piece. Its length is not
/// known before its end. A failure of the content is one of this source, too.
class CodedSource final : public http::ContentSource {
 public:
  /// `coding`: one of kEncodings. `resume`: of the exchange whose content this is. `executor` outlives it.
  CodedSource(std::unique_ptr<http::ContentSource> content, http::ContentCoding coding,
              executor::Executor& executor, http::Resume resume);
  ~CodedSource() override;

  [[nodiscard]] std::optional<std::uint64_t> size_bytes() const override { return std::nullopt; }
  [[nodiscard]] Piece pull() override;
  void cancelled() override;

 private:
  /// What the executor works on. Shared with it, since the client may leave meanwhile.
  class Work;

  std::shared_ptr<Work> work_;
  executor::Executor& executor_;
  http::Resume resume_;
};

}  // namespace bobbin::coding
