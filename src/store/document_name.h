#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace bobbin::store {

/// 26 characters of [a-z2-7], freshly drawn from the kernel's generator: 130 bits, so that nobody can guess
/// one and no two are ever the same.
[[nodiscard]] std::string random_text();

/// Names for documents: `upload_YYYYMMDD_HHMMSS_<random_text>.json`, in local time. Thread: one at a time.
class DocumentNames {
 public:
  [[nodiscard]] std::string next(WallTime now);

 private:
  std::chrono::sys_seconds second_{};  ///< of the name before: `start_` is its text
  std::string start_;
};
[[nodiscard]] inline std::string document_name(WallTime now) { return DocumentNames().next(now); }

/// Whether it could be one of them.
[[nodiscard]] bool is_document_name(std::string_view name);

/// `.bobbin-<random_text>.tmp`: the leading dot keeps it from ever being served.
[[nodiscard]] std::string temporary_name();
[[nodiscard]] bool is_temporary_name(std::string_view name);

}  // namespace bobbin::store
