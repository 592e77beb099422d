#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "files/cache_meter.h"
#include "files/doorkeeper.h"
#include "files/folder_table.h"
#include "files/missing_files.h"
#include "files/status_source.h"
#include "http/compression.h"
#include "http/content_coding.h"
#include "http/precondition.h"
#include "http/response.h"
#include "os/file.h"

namespace bobbin::files {

/// The name of a file beneath a root, and its hash, which is made once for each request.
class FileKey {
 public:
  explicit FileKey(std::string_view name);
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  std::string_view name_;
  std::uint64_t hash_;
};

/// In which codings a file can be given.
struct Codings {
  /// Off, too, where its type is none that is given in codings.
  http::Compression compression = http::Compression::off;
  http::CodingSet siblings = {};  ///< those that lie beside it
  /// From then on they must be looked for again. One that has appeared meanwhile is not missed: it would only
  /// have been smaller. One that is gone, or has changed, is noticed when it is to be given.
  Instant known_until = Instant::min();

  [[nodiscard]] bool is_codable() const { return compression != http::Compression::off; }
};

/// A file as it was when it was last looked at, and the responses that were made from it, for requests of one
/// variant.
struct CachedFile {
  /// Each in two: the content, and behind it the 304 for it.
  enum class Form : std::uint8_t {
    content,
    not_modified,
    gzip,  ///< coded by us
    gzip_not_modified,
    zstd,
    zstd_not_modified,
    as_sibling,  ///< the file is another one in a coding, and is given in its place
    as_sibling_not_modified,
  };

  std::string name;
  os::FileStatus status;
  http::Validators validators;
  using Responses = std::array<std::unique_ptr<const http::PreparedResponse>, 2>;
  /// By Form; null until that response was first made.
  Responses responses = {};
  /// The same from Form::gzip on; null where nobody has asked for a coding.
  std::unique_ptr<std::array<Responses, 3>> coded_responses = {};
  Codings codings = {};
  std::uint64_t variant = 0;  ///< http::Request::variant of those that the responses and codings are for
  std::optional<FolderTable::PathSnapshot> path = {};  ///< nothing: the kernel has to walk
  std::uint64_t round = kNoRound;                      ///< of the last look
  std::size_t size_bytes = 0;                          ///< what all this takes from the process

  [[nodiscard]] const http::PreparedResponse* response(Form form) const {
    const auto index = static_cast<std::size_t>(form);
    if (index < responses.size()) return responses[index].get();
    return coded_responses == nullptr ? nullptr : (*coded_responses)[index / 2 - 1][index % 2].get();
  }
  void set_response(Form form, http::PreparedResponse response);
  /// Drops what is for requests of another variant.
  void set_variant(std::uint64_t new_variant);
};

/// The files that are asked for again and again, with the responses that were made from them: for one worker
/// and one root. What a request says beyond the path, the method and its preconditions makes no difference,
/// so all clients share an entry. Where the rules of a site make a difference, it is that of the last
/// request.
///
/// Coherence: find() looks at the file, and at the folders that lead to it, unless it has done so in the same
/// round. A round begins whenever the worker has received bytes, so no response is older than its request,
/// and the requests of a round share the look. What the look must find is the same mount, device, inode,
/// links, size, mtime and ctime. Only files with a strong tag are kept, so no write(2) can have left all of
/// these as they were (validators.h).
///
/// Memory: `maximum_bytes` bounds what everything here takes from the process, tables, folders and the
/// overhead of the allocator included. While there is room, a file is kept when it is asked for the second
/// time. When there is none, it takes the place of another one only if it was asked for at least twice as
/// often of late. So when more files are asked for in turn than there is room for, as many stay as fit;
/// otherwise all would displace each other before they come again. The one that goes is the least used of a
/// few beside a hand that goes round. Uses are counted up to a maximum, and halved from time to time.
///
/// Files lie in a hash table with a window of eight slots: however many hashes a client makes collide, a look
/// costs no more than that.
///
/// Thread: its owner's.
class FileCache {
 public:
  /// `maximum_bytes` 0: nothing is kept. `source` outlives the cache.
  FileCache(StatusSource& source, std::size_t maximum_bytes, CacheMeter meter = {});

  /// The file of this name, when it is kept and still is what it was; of whatever variant. Valid until the
  /// next call here.
  [[nodiscard]] const CachedFile* find(const FileKey& key, std::uint64_t round);

  /// Whether to keep a response of about `bytes` that was made from this file.
  [[nodiscard]] bool admits(const FileKey& key, std::size_t bytes);
  /// `status` and `validators` are those of the file from which the response was made, at a look in `round`;
  /// what was kept for another variant than that of the response goes.
  void keep(const FileKey& key, const os::FileStatus& status, const http::Validators& validators,
            CachedFile::Form form, http::PreparedResponse response, std::uint64_t round);

  /// Keeps the file without a response of its own, for what lies beside it.
  void keep(const FileKey& key, const os::FileStatus& status, const http::Validators& validators,
            const Codings& codings, std::uint64_t variant, std::uint64_t round);
  /// What has been found out about a file, if that is kept for requests of this variant.
  void note_codings(const FileKey& key, const Codings& codings, std::uint64_t variant);

  /// That opening this name failed with ENOENT in this round.
  [[nodiscard]] bool is_missing(const FileKey& key, std::uint64_t round) const {
    return missing_.contains(key.name(), key.hash(), round);
  }
  void add_missing(const FileKey& key, std::uint64_t round) {
    if (maximum_bytes_ > 0) missing_.add(key.name(), key.hash(), round);
  }

  [[nodiscard]] std::size_t size_bytes() const;
  [[nodiscard]] std::size_t files() const { return files_; }

 private:
  struct Slot {
    std::uint32_t hash = 0;  // its lower half
    std::uint32_t uses = 0;  // of late; at most Doorkeeper::kMostUses
    std::unique_ptr<CachedFile> file;
  };
  static constexpr std::size_t kFirstSlots = 64;
  static constexpr std::size_t kWindow = 8;

  [[nodiscard]] std::size_t places() const;  // of the doorkeeper
  [[nodiscard]] Slot& at(std::uint64_t position) { return slots_[position & (slots_.size() - 1)]; }
  [[nodiscard]] Slot* find_slot(const FileKey& key);
  [[nodiscard]] Slot& place_for(std::uint64_t hash);
  [[nodiscard]] CachedFile& entry(const FileKey& key, const os::FileStatus& status,
                                  const http::Validators& validators, std::uint64_t variant);
  void account_for(CachedFile& file);
  [[nodiscard]] CachedFile& insert(const FileKey& key, const os::FileStatus& status,
                                   const http::Validators& validators);
  [[nodiscard]] bool is_fresh(CachedFile& file, std::uint64_t round);
  void begin_round(std::uint64_t round);
  void count_request();
  void grow();
  void make_room(const CachedFile& spared);
  [[nodiscard]] Slot* least_used_at_hand(const CachedFile* spared);
  void forget(Slot& slot);
  [[nodiscard]] const CachedFile* look_up(const FileKey& key, std::uint64_t round);
  void add(std::int64_t files, std::int64_t bytes);

  StatusSource& source_;
  const std::size_t maximum_bytes_;
  CacheMeter meter_;
  MissingFiles missing_;
  std::optional<Doorkeeper> doorkeeper_;  // none until a file is offered
  FolderTable folders_;
  std::vector<Slot> slots_;  // a power of two; none until something is kept
  std::size_t files_ = 0;
  std::size_t file_bytes_ = 0;
  std::size_t hand_ = 0;      // the slot at which the next file to go is looked for
  std::size_t requests_ = 0;  // since uses were halved last
  std::uint64_t round_ = kNoRound;
};

}  // namespace bobbin::files
