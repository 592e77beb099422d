#include "files/leased_file.h"

#include <cerrno>
#include <memory>
#include <utility>

#include "files/failure.h"
#include "http/owned_request.h"

namespace bobbin::files {
namespace {

constexpr executor::Lane::Limits kOpening{.parallel = 4, .waiting = 1024, .runs_at_shut_down = false};

// The kernel takes a lease away after /proc/sys/fs/lease-break-time: 45 s, unless the operator has changed
// it.
constexpr Duration kLongestWaitForLease = seconds(60);

/// Everything that the answer is made from, copied, since the site may be reloaded meanwhile.
class LeasedFile {
 public:
  LeasedFile(const http::Request& request, OpenFile leased, const Subject& subject)
      : request_(request), file_(std::move(leased)), subject_(subject), later_(request.reply_later()) {}

  /// The exchange and the task hold this. When both have dropped it, nobody waits for an answer that was not
  /// given.
  ~LeasedFile() { std::move(later_).forget(); }
  LeasedFile(const LeasedFile&) = delete;
  LeasedFile& operator=(const LeasedFile&) = delete;

  /// On a thread of the executor, once.
  void answer(executor::Executor& executor) { std::move(later_)(response(executor)); }

 private:
  [[nodiscard]] http::Response response(executor::Executor& executor) {
    if (const auto opened = file_.wait_for_lease(); !opened) return answer_to(opened.error(), request_->path);
    auto made = represent(*request_, std::move(file_), *subject_, executor);
    return made ? std::move(made->response) : answer_to(made.error(), request_->path);
  }

  const http::OwnedRequest request_;
  OpenFile file_;
  const OwnedSubject subject_;
  http::ReplyLater later_;
};

}  // namespace

http::Begin answer_after_lease(const http::Request& request, OpenFile leased, const Subject& subject,
                               executor::Executor& executor) {
  executor::Lane& lane = executor.lane(leased.status().device, "lease", kOpening);
  const auto file = std::make_shared<LeasedFile>(request, std::move(leased), subject);
  // For the file's sake: a client that has left costs no descriptor and no thread while its turn is to come.
  const bool runs = lane.run_for(file, [waiting = std::weak_ptr<LeasedFile>(file), &executor] {
    if (const auto wanted = waiting.lock()) wanted->answer(executor);
  });
  if (!runs) return answer_to({EAGAIN, "open"}, request.path);
  // There is nothing to do when it is cancelled: this only holds the file for as long as its answer is
  // awaited.
  return http::Pending{
      .limit = kLongestWaitForLease, .late = lease_is_kept(request.path), .cancelled = [file] {}};
}

}  // namespace bobbin::files
