#include "coding/coded_source.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "coding/encoder.h"
#include "os/file.h"

namespace bobbin::coding {
namespace {

using http::ContentSource;
using http::FilePiece;

// So much is coded in one task: a few milliseconds of a CPU.
constexpr std::uint64_t kStepBytes = 256 * 1024;

}  // namespace

executor::Lane& coding_lane(executor::Executor& executor) {
  constexpr std::uint64_t kNoDevice = 0;
  // Without a limit of its own: no exchange waits for more than one task.
  return executor.lane(kNoDevice, "coding",
                       {.parallel = std::max(1U, std::thread::hardware_concurrency() / 2),
                        .waiting = std::numeric_limits<std::size_t>::max()});
}

/// Either the worker uses it or a task does, never both: the worker leaves it alone from the moment at which
/// it has handed the task over until is_done.
class CodedSource::Work {
 public:
  Work(std::unique_ptr<ContentSource> content, http::ContentCoding coding)
      : content_(std::move(content)), encoder_(make_encoder(coding)) {
    if (encoder_ == nullptr) failure_ = "there is no memory for coding it";
  }

  /// Worker: what is there to give. Nothing: there is more to code first.
  [[nodiscard]] std::optional<Piece> piece() {
    if (is_running_ && !is_done_) return http::Wait{};
    is_running_ = false;
    if (!failure_.empty()) return http::Failed{failure_};
    if (!out_.empty()) {
      given_.swap(out_);
      out_.clear();
      return as_bytes(given_);
    }
    if (is_finished_) return http::End{};
    return std::nullopt;
  }

  /// Worker: sees to it that there is something to code, or the end of it. A piece that cannot be given yet,
  /// or a failure; nothing: a task can go on.
  [[nodiscard]] std::optional<Piece> take_content() {
    if (left_bytes() > 0) return std::nullopt;
    Piece next = content_->pull();
    if (std::holds_alternative<http::Wait>(next) || std::holds_alternative<http::Failed>(next)) return next;
    next_ = std::move(next);
    taken_bytes_ = 0;
    return std::nullopt;
  }

  void begin() {
    is_done_ = false;
    is_running_ = true;
  }
  /// A task did not come about.
  void give_up() {
    is_running_ = false;
    failure_ = "the system has no thread for coding it";
  }

  /// Executor, or the worker where there is no thread.
  void code() {
    if (std::holds_alternative<http::End>(next_)) {
      is_finished_ = true;
      if (!encoder_->finish(out_)) failure_ = "there is no memory for coding it";
    } else {
      code_piece();
    }
    is_done_ = true;
  }

  /// Worker: nobody waits any more. A task that is under way ends with the piece that it has.
  void cancel() { content_->cancelled(); }

 private:
  [[nodiscard]] std::uint64_t left_bytes() const {
    if (const auto* bytes = std::get_if<Bytes>(&next_)) return bytes->size() - taken_bytes_;
    if (const auto* file = std::get_if<FilePiece>(&next_)) return file->length - taken_bytes_;
    return 0;
  }

  void code_piece() {
    const std::uint64_t size = std::min(left_bytes(), kStepBytes);
    Bytes piece;
    if (const auto* bytes = std::get_if<Bytes>(&next_)) {
      piece = bytes->subspan(taken_bytes_, size);
    } else {
      const auto& file = std::get<FilePiece>(next_);
      buffer_.resize(size);
      const auto read = os::read_at(file.descriptor, std::as_writable_bytes(std::span(buffer_)),
                                    file.offset + taken_bytes_);
      if (!read || *read != size) {
        failure_ = read ? "it has become shorter" : read.error().message();
        return;
      }
      piece = as_bytes(buffer_);
    }
    taken_bytes_ += size;
    if (!encoder_->encode(piece, out_)) failure_ = "there is no memory for coding it";
  }

  std::unique_ptr<ContentSource> content_;
  std::unique_ptr<Encoder> encoder_;
  Piece next_ = http::Wait{};      // what is coded now; valid until the next pull
  std::uint64_t taken_bytes_ = 0;  // of it
  std::string buffer_;             // for what is read from a file
  std::string out_;                // what has been coded
  std::string given_;              // what the client is being sent
  std::string failure_;
  bool is_finished_ = false;
  bool is_running_ = false;            // worker only
  std::atomic<bool> is_done_ = false;  // set by the task at its end
};

CodedSource::CodedSource(std::unique_ptr<ContentSource> content, http::ContentCoding coding,
                         executor::Executor& executor, http::Resume resume)
    : work_(std::make_shared<Work>(std::move(content), coding)), executor_(executor), resume_(resume) {}

CodedSource::~CodedSource() = default;

ContentSource::Piece CodedSource::pull() {
  while (true) {
    if (auto piece = work_->piece()) return *std::move(piece);
    if (auto waits = work_->take_content()) return *std::move(waits);
    work_->begin();
    // The task holds what it works on, so that a client that leaves takes nothing away from under it.
    if (!coding_lane(executor_).run([work = work_, resume = resume_] {
          work->code();
          resume();
        }))
      work_->give_up();
  }
}

void CodedSource::cancelled() { work_->cancel(); }

}  // namespace bobbin::coding
