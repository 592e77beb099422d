#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace bobbin::store {

/// Returns 26 characters of [a-z2-7] that are drawn from the kernel's generator. They have 130 bits, so
/// nobody can guess them and no two texts are ever the same.
[[nodiscard]] std::string random_text();

/// Names for documents: `upload_YYYYMMDD_HHMMSS_<random_text>.json`, in local time. Thread: one at a time.
class DocumentNames {
 public:
  [[nodiscard]] std::string next(WallTime now);

 private:
  std::chrono::sys_seconds second_{};  ///< the second of the previous name, which `start_` has as a text
  std::string start_;
};
[[nodiscard]] inline std::string document_name(WallTime now) { return DocumentNames().next(now); }

/// How the names of files end that hold one record, and several (JSON text sequences, RFC 7464).
inline constexpr std::string_view kRecordEnding = ".json";
inline constexpr std::string_view kSegmentEnding = ".jseq";

/// Names for files of records: `YYYYMMDDTHHMMSS.ffffffZ-ID` and their ending, in UTC. Each is greater than
/// the one before, whatever the clock does, so that their order is that of the records. Thread: one at a
/// time.
inline constexpr std::size_t kRecordNameBytes = 55;
class RecordNames {
 public:
  /// The next name will be later than `last`.
  void go_on_behind(WallTime last) { last_ = last; }
  [[nodiscard]] std::string next(WallTime now, std::string_view id, std::string_view ending = kRecordEnding);

 private:
  WallTime last_{};
};

/// Whether the name has the form of a document's name.
[[nodiscard]] bool is_document_name(std::string_view name);

/// `.bobbin-<random_text>.tmp`: the leading dot keeps it from ever being served.
[[nodiscard]] std::string temporary_name();
[[nodiscard]] bool is_temporary_name(std::string_view name);

}  // namespace bobbin::store
