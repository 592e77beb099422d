#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "executor/executor.h"
#include "files/address_rules.h"
#include "files/contents.h"
#include "files/digests.h"
#include "files/file_cache.h"
#include "files/hidden_names.h"
#include "files/live_coding.h"
#include "files/open_file.h"
#include "files/representation.h"
#include "files/status_source.h"
#include "http/compression.h"
#include "http/content_coding.h"
#include "http/handler.h"
#include "http/media_type.h"
#include "observe/registry.h"
#include "os/root.h"

namespace bobbin::files {

struct FileSettings {
  std::vector<std::string> downloads;      ///< extensions (lowercase, no dot) offered as downloads
  std::vector<std::string> allowed_types;  ///< extensions that are served at all; empty: every one
  unsigned workers = 1;                    ///< how many there are: Request::worker is less
  std::size_t cache_bytes = 0;             ///< of the file caches of all workers together; 0: none
  std::uint64_t tag_seed = 0;              ///< see ValidatorSettings
  bool trust_mtime = false;                ///< likewise
  TagSource tags = TagSource::file;
  http::Compression compression = http::Compression::off;
  os::Links links = os::Links::inside;  ///< which are followed beneath the root
  HiddenNames hidden = {};
  AddressRules addresses = {};
  observe::Registry* registry = nullptr;  ///< where the caches are counted; null: nowhere
  /// Where the content of placeholders comes from; null: the directory is one of files as any.
  std::shared_ptr<Contents> contents = {};
  std::string fields = {};  ///< further field lines of every 200, 206 and 304, "Name: value\r\n" each
};

/// Serves the regular files beneath one directory: GET and HEAD with validators, conditional requests and
/// ranges. Thread: any worker; what is not const is kept for each worker apart.
///
/// Before anything is opened the worker's FileCache is asked: it answers what does not need the file to be
/// read. What comes to be answered from the file is offered to the cache.
///
///  1. Hide dotfiles: 404 for any segment that starts with '.', but for `/.well-known/` (RFC 8615) and what
///     FileSettings::hidden includes.
///  2. Open beneath the root: the kernel walks the path and refuses to leave (but for FileSettings::links).
///     What it refuses becomes 403 or 404, want of resources 503. From here on only the descriptor is asked.
///  3. A directory is its `index.html`, at the name with '/': 308 from the name without.
///     404 when it has none. AddressRules say where this differs, and whether `.html` can be left out.
///  4. Regular files only: 404 for a FIFO or a device. A name with '/' at its end is no file.
///  5. Method: GET and HEAD go on, OPTIONS is answered with Allow, any other is 405.
///  6. Type: 415 for an extension that is not allowed. Downloads get application/octet-stream and the
///     disposition `attachment`.
///  7. Preconditions against ETag and Last-Modified: 304, 412 (RFC 9110 §13).
///  8. Ranges: 206 with one part or several, 416 (RFC 9110 §14).
///  9. Content: up to 64 KiB is read at once, and read again when the file changed meanwhile. What is larger,
///     or not in the page cache, comes from a FileSource, which checks the file once more before the last
///     bytes.
///
/// Before step 7 it is decided in which content coding the file is given: as a sibling that was coded before,
/// coded by LiveCoding, or as it is. What follows is about that representation: validators, ranges, content.
///
/// Before step 7 a placeholder (FileSettings::contents) is given its content, where that is needed for the
/// answer: the request is undecided until it is there. HEAD and 304 do without. Where the content is given as
/// it is, its first byte will do, and the rest follows as it comes (GrowingFile). Where clients are sent to
/// the store for a file of its size instead (Contents::redirects), steps 8 and 9 are a redirect, for which
/// another thread finds the address.
///
/// Before step 7 a file on which another process holds a lease is waited for, by the executor: see
/// leased_file.h.
class FileHandler final : public http::Handler {
 public:
  /// `url_prefix`, "" or "/name", is taken off the front of every path; the router has seen that it is there.
  /// `types` and `executor` outlive the handler. Fails when `root` cannot be opened.
  [[nodiscard]] static Result<std::unique_ptr<FileHandler>> create(const std::string& root,
                                                                   std::string_view url_prefix,
                                                                   const http::MediaTypes& types,
                                                                   executor::Executor& executor,
                                                                   FileSettings settings);

  /// Another handler for the same open directory, with caches of its own, and the contents of this one.
  /// `types` outlives it.
  [[nodiscard]] Result<std::unique_ptr<FileHandler>> again(const http::MediaTypes& types,
                                                           FileSettings settings) const;
  [[nodiscard]] const FileSettings& settings() const { return settings_; }

  [[nodiscard]] http::Begin begin(const http::Request& request) const override;

  /// A file that a GET of this path shows, whatever coding a client would get it in.
  struct Shown {
    OpenFile file;
    ValidatorSettings validator_settings;
  };
  /// `path`: as in Request. Nothing: no file of this very name is shown.
  [[nodiscard]] std::optional<Shown> open_shown(std::string_view path) const;
  /// Those with which it is shown; `content`: of the file.
  [[nodiscard]] http::Validators validators_of(const Shown& shown, const crypto::Digest& content) const;
  [[nodiscard]] const Digests& digests() const { return digests_; }
  /// The name beneath the root of what is at this path, which begins with the prefix.
  [[nodiscard]] std::string_view name_of(std::string_view path) const {
    return path.substr(url_prefix_.size() + 1);
  }
  /// The answer as long as a placeholder has no content: Undecided, or 503. `name`: beneath the root.
  [[nodiscard]] http::Begin content_first(const http::Request& request, std::string_view name,
                                          const OpenFile& placeholder) const;

  /// Whether a regular file of this name lies beneath the directory.
  [[nodiscard]] bool has_file(const std::string& name) const;
  /// The directory that is served, whatever its name leads to by now.
  [[nodiscard]] const os::Root& root() const { return root_; }

 private:
  /// Of the file system that a file lies on. Asked anew when the file before lay on another mount.
  class FileSystemId {
   public:
    [[nodiscard]] std::uint64_t of(const OpenFile& file);

   private:
    std::uint64_t mount_ = 0;
    std::uint64_t id_ = 0;
  };
  /// Touched by one worker only.
  struct OfWorker {
    OfWorker(const os::Root& root, std::size_t cache_bytes, CacheMeter meter, executor::Executor& executor)
        : source(root), cache(source, cache_bytes, std::move(meter)), live_coding(executor) {}
    RootStatusSource source;
    FileCache cache;
    std::array<std::optional<http::PreparedResponse>, 2> not_found;  // by http::ErrorForm
    std::string name;  // of the file that is asked for, beneath the root; here so that its memory is kept
    std::string sibling_name;  // likewise
    FileSystemId file_system_id;
    LiveCoding live_coding;

    /// What the client takes. It is found out once for each value that comes again and again.
    [[nodiscard]] const http::AcceptedCodings& accepted(const http::Fields& fields);
    std::string accept_encoding;
    http::AcceptedCodings accepted_codings;
  };

  FileHandler(os::Root root, std::string_view url_prefix, const http::MediaTypes& types,
              executor::Executor& executor, FileSettings settings, Digests digests);

  /// Where a regular file of this name leads the client.
  enum class Use : std::uint8_t {
    show,
    add_slash,     ///< to the address with '/' at its end
    remove_slash,  ///< to the one without
  };
  /// What was found under a name. Without an answer the next name may be tried.
  struct Outcome {
    std::optional<http::Begin> answer = {};
    bool is_folder = false;
  };

  void note_found(const http::Request& request, const std::string& name, const Result<OpenFile>& file) const;
  [[nodiscard]] http::Begin nothing_there(const http::Request& request, OfWorker& own) const;
  [[nodiscard]] Outcome look(const http::Request& request, OfWorker& own, Use use) const;
  [[nodiscard]] Outcome look_for_index(const http::Request& request, OfWorker& own, bool has_slash) const;
  [[nodiscard]] Outcome look_for_page(const http::Request& request, OfWorker& own, bool has_slash) const;
  [[nodiscard]] std::optional<http::Response> redirect_to_clean(const http::Request& request,
                                                                const OfWorker& own) const;
  [[nodiscard]] std::optional<http::Begin> answer_from_cache(const http::Request& request, OfWorker& own,
                                                             const FileKey& key) const;
  [[nodiscard]] Outcome answer_from_file(const http::Request& request, OfWorker& own, const FileKey& key,
                                         Use use) const;
  [[nodiscard]] http::Begin answer(const http::Request& request, OfWorker& own, const FileKey& key,
                                   OpenFile file) const;
  /// A representation of a file that is cached.
  struct CachedRepresentation {
    const CachedFile& file;
    CachedFile::Form form;
    const http::Validators& validators;
    std::string_view name;  ///< of the file that was asked for, without its folders
    http::ContentCoding coding = http::ContentCoding::identity;
    bool varies_by_coding = false;
  };
  [[nodiscard]] std::optional<http::Begin> answer_from_cache(const http::Request& request,
                                                             const CachedRepresentation& cached,
                                                             bool has_preconditions) const;
  [[nodiscard]] std::optional<http::Begin> coded_from_cache(const http::Request& request, OfWorker& own,
                                                            const FileKey& key, const CachedFile& file,
                                                            bool has_preconditions) const;
  [[nodiscard]] http::Compression compression_of(const http::Request& request, const OpenFile& file,
                                                 std::string_view name, const Presentation& shown) const;
  void look_for_siblings(const http::Request& request, OfWorker& own, const FileKey& key,
                         const os::FileStatus& status, Codings& codings) const;
  /// How the response for a file that is open is kept.
  struct Keeping {
    const FileKey& key;
    CachedFile::Form form;
    Codings codings = {};
  };
  /// What is known of the content of a file.
  struct Content {
    std::optional<crypto::Digest> digest;
    bool is_awaited = false;  ///< the request is Undecided until it is known
  };
  [[nodiscard]] Content content_of(const http::Request& request, const OpenFile& file) const;
  [[nodiscard]] std::optional<crypto::Digest> object_tag(const OpenFile& file) const;
  [[nodiscard]] bool needs_content(const http::Request& request, const OpenFile& file,
                                   const Subject& subject) const;
  [[nodiscard]] bool is_redirected(const OpenFile& file) const;
  [[nodiscard]] http::Validators validators_of_store(const OpenFile& file, const Subject& subject) const;
  [[nodiscard]] http::Begin answer_of_store(const http::Request& request, const std::string& name,
                                            const OpenFile& file, const Subject& subject) const;
  [[nodiscard]] http::Begin as_it_comes(const http::Request& request, std::string_view name,
                                        OpenFile placeholder, Subject subject) const;
  [[nodiscard]] http::Begin without_content(const http::Request& request,
                                            const Contents::Outcome& outcome) const;
  [[nodiscard]] bool makes_tags_from_content() const { return settings_.tags == TagSource::content; }
  [[nodiscard]] http::Begin answer_with(const http::Request& request, OfWorker& own, OpenFile file,
                                        Subject subject, const Keeping& keeping) const;
  [[nodiscard]] std::optional<http::Begin> answer_with_sibling(const http::Request& request, OfWorker& own,
                                                               const FileKey& key, const OpenFile& original,
                                                               const Subject& subject,
                                                               const Codings& codings) const;
  [[nodiscard]] std::optional<http::Begin> answer_live(const http::Request& request, OfWorker& own,
                                                       const FileKey& key, OpenFile& file,
                                                       const Subject& subject, const Codings& codings) const;
  [[nodiscard]] bool is_allowed_type(std::string_view name) const;
  [[nodiscard]] std::optional<Presentation> presentation(const http::Request& request,
                                                         std::string_view name) const;

  os::Root root_;
  std::string url_prefix_;
  const http::MediaTypes& types_;
  executor::Executor& executor_;
  FileSettings settings_;
  Digests digests_;
  std::vector<std::unique_ptr<OfWorker>> workers_;
};

}  // namespace bobbin::files
