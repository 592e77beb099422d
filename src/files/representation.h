#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "executor/executor.h"
#include "files/growing_file.h"
#include "files/open_file.h"
#include "files/validators.h"
#include "http/content_coding.h"
#include "http/handler.h"
#include "http/precondition.h"
#include "http/response.h"

namespace bobbin::files {

/// How a file is shown.
struct Presentation {
  std::string_view media_type;
  bool attachment = false;
  /// In which the file is stored, and so always given: `.svgz` is an SVG image in gzip. What is offered as a
  /// download is decoded by the client, and so is named without the end that says the coding.
  http::ContentCoding stored_coding = http::ContentCoding::identity;
};

/// What is said of a file in a 200, wherever it is known from. `name`: without the folders.
struct Description {
  std::string_view name;
  Presentation presentation;
  const http::Validators& validators;
  WallTime date;                 ///< as in http::Request
  std::string_view fields = {};  ///< further field lines, of a 304 too
  http::ContentCoding coding = http::ContentCoding::identity;
  /// Whether another client may get another coding (RFC 9110 §12.5.5).
  bool varies_by_coding = false;
  std::string_view digest = {};  ///< the line of Repr-Digest, if it is wanted
  bool has_ranges = true;        ///< not where the content is coded while it is sent
};

/// http::evaluate_preconditions, and Request::note of what it found.
[[nodiscard]] http::PreconditionVerdict judge_preconditions(const http::Request& request,
                                                            const http::Validators& current, WallTime now);
[[nodiscard]] http::Response precondition_failed();
/// RFC 9110 §12.5.3, §15.5.7.
[[nodiscard]] http::Response not_acceptable();
/// RFC 9110 §15.4.5.
[[nodiscard]] http::Response not_modified(const Description& file);
/// A 200 without content yet.
[[nodiscard]] http::Response ok(const Description& file);
/// The answer to HEAD for a file of this size, which need not be open. Nothing: nobody knows the size.
[[nodiscard]] http::Response described(const Description& file, std::optional<std::uint64_t> size_bytes);
/// What the log says of content that is sent.
[[nodiscard]] http::HandlerLogFields sent(const Description& file);

/// What the representation of an open file depends on besides the request. `name`: without the folders.
struct Subject {
  std::string_view name;
  Presentation presentation;
  ValidatorSettings validator_settings;
  // As in Description:
  WallTime date;
  std::string_view fields = {};
  http::ContentCoding coding = http::ContentCoding::identity;
  bool varies_by_coding = false;
  std::string_view digest = {};                ///< of the file as it was at the first look
  std::optional<crypto::Digest> content = {};  ///< likewise, where the tag is made from it
  std::shared_ptr<GrowingFile> growing = {};   ///< of a placeholder: its content, as it comes
};

/// With validators that outlive it.
[[nodiscard]] Description description_of(const Subject& subject, const http::Validators& validators);

/// A copy that outlives the request and the site.
class OwnedSubject {
 public:
  explicit OwnedSubject(const Subject& subject)
      : subject_(subject),
        name_(subject.name),
        media_type_(subject.presentation.media_type),
        fields_(subject.fields),
        digest_(subject.digest) {
    subject_.name = name_;
    subject_.presentation.media_type = media_type_;
    subject_.fields = fields_;
    subject_.digest = digest_;
  }
  OwnedSubject(const OwnedSubject&) = delete;  // the views point into it
  OwnedSubject& operator=(const OwnedSubject&) = delete;
  [[nodiscard]] const Subject& operator*() const { return subject_; }

 private:
  Subject subject_;
  std::string name_;
  std::string media_type_;
  std::string fields_;
  std::string digest_;
};

/// A response, and what the file was when it was looked at for it.
struct Represented {
  http::Response response;
  os::FileStatus status;
  WallTime looked_at;
  http::Validators validators;
  bool is_of_first_look = true;  ///< the file has not changed meanwhile
};

/// Steps 7 to 9 of FileHandler. A file that changes while it is read is looked at again; one that changes all
/// the time is EAGAIN. Of content that grows, EINPROGRESS: the first byte that is asked for is not there yet,
/// and the request is resumed when it is; ENODATA: it will not come. `executor`: waits for its disk in the
/// worker's place. Thread: any.
[[nodiscard]] Result<Represented> represent(const http::Request& request, OpenFile file,
                                            const Subject& subject, executor::Executor& executor);

}  // namespace bobbin::files
