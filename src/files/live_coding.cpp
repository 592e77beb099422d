#include "files/live_coding.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fmt/format.h>
#include <span>
#include <utility>

#include "coding/coded_source.h"
#include "coding/encoder.h"
#include "files/failure.h"
#include "files/file_source.h"
#include "http/owned_request.h"
#include "os/file.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bobbin::files {
namespace {

using http::ContentCoding;
using http::Response;

// Coded as a whole: some 30 ms of a CPU. What is larger is coded while it is sent.
constexpr std::uint64_t kLargestWholeBytes = 1024 * 1024;

constexpr Duration kLongestCodingWait = seconds(30);

// Of one worker. Whoever asks meanwhile need not wait for what others have asked for.
constexpr std::size_t kMostUnderWay = 4;

/// "-zstd-1a2b": in hexadecimal digits what the coded bytes depend on besides the file.
const std::string& tag_end(ContentCoding coding) {
  const auto made = [](ContentCoding each) {
    const std::string_view version = coding::encoder_version(each);
    const auto hash = XXH3_64bits(version.data(), version.size()) & 0xFFFF;
    return fmt::format("-{}-{:04x}", http::name_of(each), hash);
  };
  static const std::string gzip = made(ContentCoding::gzip);
  static const std::string zstd = made(ContentCoding::zstd);
  return coding == ContentCoding::gzip ? gzip : zstd;
}

/// All of the file, as it was when it was looked at; nothing: it has changed since, or cannot be read. Waits
/// for the disk.
std::optional<std::string> all_of(const OpenFile& file) {
  std::string content(file.status().size_bytes, '\0');
  const auto read = os::read_at(file.descriptor(), std::as_writable_bytes(std::span(content)), 0);
  if (!read || *read != content.size() || !file.unchanged()) return std::nullopt;
  return content;
}

Response response_without_content(const Subject& subject, const http::Validators& validators) {
  const Description description = coded_description(subject, validators);
  Response response = ok(description);
  response.log_fields = sent(description);
  return response;
}

}  // namespace

/// A file that is coded as a whole, with everything that the answer is made from, copied, since the site may
/// be reloaded meanwhile.
class LiveCoding::WholeFile {
 public:
  WholeFile(const http::Request& request, OpenFile file, const Subject& subject,
            const http::Validators& validators, LiveCoding::Keep keep)
      : request_(request),
        file_(std::move(file)),
        subject_(subject),
        response_(response_without_content(subject, validators)),
        keep_(std::move(keep)),
        later_(request.reply_later()) {}

  /// The exchange and the task hold this. When both have dropped it, nobody waits for an answer that was not
  /// given.
  ~WholeFile() { std::move(later_).forget(); }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  /// Whether its answer is on its way. Thread: any.
  [[nodiscard]] bool is_done() const { return is_done_; }
  /// On a thread of the executor, once.
  void answer(executor::Executor& executor) { std::move(later_)(coded_response(executor)); }

 private:
  [[nodiscard]] Response coded_response(executor::Executor& executor) {
    const auto content = all_of(file_);
    std::string coded = content ? coding::encoded(*content, (*subject_).coding) : std::string();
    is_done_ = true;
    if (coded.empty()) return as_it_is(executor);
    response_.content = std::make_shared<const std::string>(std::move(coded));
    response_.keep = std::move(keep_);
    return std::move(response_);
  }

  /// Without a coding: of a file that changes all the time, and where there is no memory.
  [[nodiscard]] Response as_it_is(executor::Executor& executor) {
    Subject plain = *subject_;
    plain.coding = ContentCoding::identity;
    if (const auto refreshed = file_.refresh_status(); !refreshed)
      return answer_to(refreshed.error(), request_->path);
    auto made = represent(*request_, std::move(file_), plain, executor);
    return made ? std::move(made->response) : answer_to(made.error(), request_->path);
  }

  const http::OwnedRequest request_;
  OpenFile file_;
  const OwnedSubject subject_;
  Response response_;
  LiveCoding::Keep keep_;
  std::atomic<bool> is_done_ = false;
  http::ReplyLater later_;
};

Description coded_description(const Subject& subject, const http::Validators& validators) {
  Description description = description_of(subject, validators);
  description.varies_by_coding = true;
  description.digest = {};  // that of the file as it is
  description.has_ranges = false;
  return description;
}

http::Validators coded_validators(http::Validators file, ContentCoding coding) {
  file.etag.insert(file.etag.size() - 1, tag_end(coding));
  return file;
}

bool LiveCoding::has_room_for(const std::string& name) {
  std::erase_if(under_way_, [](const UnderWay& each) {
    const auto work = each.work.lock();
    return work == nullptr || work->is_done();
  });
  return under_way_.size() < kMostUnderWay &&
         std::ranges::find(under_way_, name, &UnderWay::name) == under_way_.end();
}

std::optional<http::Begin> LiveCoding::answer(const http::Request& request, OpenFile& file,
                                              const Subject& subject, const http::Validators& validators,
                                              Keep keep) {
  if (file.is_placeholder()) return answer_to({ENODATA, "encode"}, request.path);
  const std::uint64_t size_bytes = file.status().size_bytes;
  if (size_bytes > kLargestWholeBytes) {
    Response response = response_without_content(subject, validators);
    auto content =
        std::make_unique<FileSource>(std::make_shared<const OpenFile>(std::move(file)),
                                     std::vector<FileSource::Part>{{.before = {}, .range = {0, size_bytes}}},
                                     std::string(), executor_, request.resume());
    response.content = std::make_unique<coding::CodedSource>(std::move(content), subject.coding, executor_,
                                                             request.resume());
    return response;
  }
  std::string name = std::string(request.path) + std::string(file_name_end(subject.coding));
  if (!has_room_for(name)) return std::nullopt;
  const auto work =
      std::make_shared<WholeFile>(request, std::move(file), subject, validators, std::move(keep));
  // For the work's sake: a client that has left costs no descriptor and no CPU while its turn is to come.
  const bool runs = coding::coding_lane(executor_).run_for(
      work, [waiting = std::weak_ptr<WholeFile>(work), &executor = executor_] {
        if (const auto wanted = waiting.lock()) wanted->answer(executor);
      });
  if (!runs) return answer_to({EAGAIN, "thread"}, request.path);
  under_way_.push_back({.name = std::move(name), .work = work});
  // There is nothing to do when it is cancelled: this only holds the work for as long as its answer is
  // awaited.
  return http::Pending{.limit = kLongestCodingWait,
                       .late = Response::error(http::Status::service_unavailable,
                                               "The content could not be coded in time. Please try again."),
                       .cancelled = [work] {}};
}

}  // namespace bobbin::files
