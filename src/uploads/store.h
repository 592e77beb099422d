#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace bobbin::uploads {

/// A file that is being written and that nobody can see yet. Dropped before it is published, it is gone.
/// Thread: one at a time.
class StagedFile {
 public:
  virtual ~StagedFile() = default;
  [[nodiscard]] virtual Result<void> append(Bytes bytes) = 0;
  /// Returns once everything appended is on stable storage. Never call it again after a failure.
  [[nodiscard]] virtual Result<void> sync() = 0;
  /// Gives the file its name, which is durable only after Store::sync_names. EEXIST: the name is taken,
  /// another may be tried.
  [[nodiscard]] virtual Result<void> publish(const std::string& name) = 0;
};

/// The folder of stored documents. The one door to the file system, so that a test can put a store behind it
/// that fails, waits, or forgets what was not synced. Thread: any.
class Store {
 public:
  virtual ~Store() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<StagedFile>> stage() = 0;
  /// Returns once every name published before the call is on stable storage. Never call it again after a
  /// failure.
  [[nodiscard]] virtual Result<void> sync_names() = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& name) = 0;
};

}  // namespace bobbin::uploads
