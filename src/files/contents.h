#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "files/growing_file.h"
#include "files/open_file.h"
#include "http/handler.h"
#include "http/percent_encoding.h"
#include "observe/registry.h"

namespace bobbin::files {

/// The attribute of a file that stands for an object of a bucket, and has its entity tag there.
inline constexpr const char* kObjectTag = "user.bobbin.etag";

/// Where the content of placeholders comes from (os::RootFiles::marked_when_whole). The files of a root that
/// has it are named, and are as large and as old, as what they stand for. Thread: any.
class Contents {
 public:
  virtual ~Contents() = default;

  /// Whether the names beneath the root are known. Until then nothing can be said to be missing.
  [[nodiscard]] virtual bool is_ready() const = 0;

  struct Outcome {
    bool is_under_way = false;                  ///< `resume` will be called, whatever comes of it
    seconds retry_after = seconds(5);           ///< else it cannot be had now: when it is worth to ask again
    std::shared_ptr<GrowingFile> growing = {};  ///< of join() alone: what it is in the place of `resume`
  };
  /// Has the content of the file of this name fetched, once for all who ask. `file`: what it is now.
  [[nodiscard]] virtual Outcome fetch(const std::string& name, const os::FileStatus& file,
                                      const http::Resume& resume) = 0;
  /// The same for whom a part of the content will do: where content of this size and tag (kObjectTag) is on
  /// its way already, that is given, and `resume` is not called. It is called as soon as there is some.
  [[nodiscard]] virtual Outcome join(const std::string& name, const os::FileStatus& file,
                                     const std::string& tag, const http::Resume& resume) {
    static_cast<void>(tag);
    return fetch(name, file, resume);
  }
  /// The same, where nobody waits for it.
  virtual void want(const std::string& name, const os::FileStatus& file) = 0;
  /// How long a request may wait for content.
  [[nodiscard]] virtual Duration patience() const = 0;

  /// Whether clients get the content of a file of this size from where it comes from themselves, instead of
  /// being given it.
  [[nodiscard]] virtual bool redirects(std::uint64_t size_bytes) const = 0;
  /// What is to be said of a file there, where we would say it; empty: nothing.
  struct Fields {
    std::string media_type = {};   ///< Content-Type
    std::string disposition = {};  ///< Content-Disposition
    std::string coding = {};       ///< Content-Encoding
  };
  /// A URL by which whoever has it gets the content of one file for a while.
  struct Address {
    std::string url = {};              ///< empty: it cannot be had now
    seconds retry_after = seconds(5);  ///< when it is worth to ask again, then
  };
  /// Asks for the address of the file of this name. False: nobody can be asked now, and `found` is not
  /// called. Otherwise it is called once, by any thread, perhaps before this returns.
  [[nodiscard]] virtual bool find_address(const std::string& name, const Fields& fields,
                                          std::function<void(const Address&)> found) = 0;

  /// How it is with where the content comes from, by `location`: "open", "unreachable", or "unlisted" as long
  /// as it is not ready.
  static constexpr observe::Metric kState{"bobbin_bucket_state",
                                          "Whether a bucket answers whose objects are served"};
};

/// Contents that cannot be had, for whoever only looks at a root. An address is shown as what it would be
/// signed for.
class NoContents final : public Contents {
 public:
  /// `location`: of the objects, such as "s3://site/www/". `redirected_bytes`: of files that are redirected,
  /// at least; 0: none is.
  NoContents(std::string location, std::uint64_t redirected_bytes)
      : location_(std::move(location)), redirected_bytes_(redirected_bytes) {}

  [[nodiscard]] bool is_ready() const override { return true; }
  [[nodiscard]] Outcome fetch(const std::string&, const os::FileStatus&, const http::Resume&) override {
    return {};
  }
  void want(const std::string&, const os::FileStatus&) override {}
  [[nodiscard]] Duration patience() const override { return seconds(30); }
  [[nodiscard]] bool redirects(std::uint64_t size_bytes) const override {
    return redirected_bytes_ > 0 && size_bytes >= redirected_bytes_;
  }
  [[nodiscard]] bool find_address(const std::string& name, const Fields&,
                                  std::function<void(const Address&)> found) override {
    found({.url = location_ + http::encode_path(name)});
    return true;
  }

 private:
  const std::string location_;
  const std::uint64_t redirected_bytes_;
};

}  // namespace bobbin::files
