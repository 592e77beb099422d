#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http_client/client.h"
#include "object_store/listing.h"
#include "object_store/objects.h"
#include "object_store/shared_credentials.h"
#include "object_store/signature_v4.h"

namespace bobbin::object_store {

/// How the name of the bucket stands in a URL: http://store/bucket/key, or http://bucket.store/key.
enum class Addressing : std::uint8_t { path, host };

struct BucketSettings {
  /// Of the store: a URL in which http_client::fault_of_url finds no fault, without a path.
  std::string endpoint;
  std::string bucket;
  std::string region = "us-east-1";
  Addressing addressing = Addressing::path;
};

/// Which keys are listed: those that begin with `prefix`, which is empty or ends with a slash, and have no
/// further slash; where they have one, the folder is. With `is_deep` all keys are that begin with `prefix`,
/// whatever that is.
struct ListRequest {
  std::string prefix;
  bool is_deep = false;
  std::string start_after = {};   ///< a key: those are listed that are greater. Empty: all are
  std::string continuation = {};  ///< Page::next of the page before, to the same request; else empty
};

/// The objects of one bucket of a store that speaks the protocol of S3, one request at a time. Thread: one at
/// a time; each call waits for the store, for no longer than the client does.
///
/// A clock of this machine that the store does not believe is corrected by that of the store, for the
/// signatures alone.
class Bucket final : public Objects {
 public:
  using IsToAbort = std::function<bool()>;

  Bucket(BucketSettings settings, http_client::Client client, std::shared_ptr<SharedCredentials> credentials,
         IsToAbort is_to_abort);

  [[nodiscard]] Result<Created, Trouble> create(std::string_view key, std::string_view content,
                                                std::string_view media_type) override;
  [[nodiscard]] Result<std::optional<std::string>, Trouble> read(std::string_view key,
                                                                 std::size_t most_bytes) override;
  /// A page of keys. What was created before it was asked for is in it.
  [[nodiscard]] Result<Page, Trouble> list(const ListRequest& request);

  enum class Fetched : std::uint8_t {
    whole,
    changed,  ///< the object has another entity tag by now, and nothing was given to the sink
    gone,     ///< likewise; there is no such object any more
  };
  /// Gives the content of an object to `sink`, piece by piece, if it is the one of this entity tag (without
  /// quotes): no piece is of another. After trouble what was given is worth nothing. The length is for the
  /// caller to compare.
  [[nodiscard]] Result<Fetched, Trouble> fetch(std::string_view key, std::string_view etag,
                                               const std::function<bool(std::string_view piece)>& sink);

 private:
  struct Call {
    std::string method;
    std::string_view key;    // empty: the bucket itself
    std::string query = {};  // see Unsigned::query
    std::vector<http_client::Field> fields = {};
    std::string_view content = {};
    std::size_t most_bytes = 64UL * 1024;
    std::function<bool(std::string_view)> sink = {};
    std::function<bool(const http_client::Answer&)> accepts = {};
  };
  /// An answer, whatever its status; to a second request where mend() has found that one is worthwhile.
  [[nodiscard]] Result<http_client::Answer, Trouble> send(const Call& call);
  [[nodiscard]] Result<http_client::Answer, Trouble> send_once(const Call& call);
  /// Whether the answer says something that a second request may mend: a clock, or credentials that have
  /// changed.
  [[nodiscard]] bool mend(const http_client::Answer& answer);

  BucketSettings settings_;
  std::string host_;  // as the field Host has it
  std::string base_;  // of URLs: what stands before the path
  http_client::Client client_;
  std::shared_ptr<SharedCredentials> credentials_;
  IsToAbort is_to_abort_;
  Credentials used_;          // for the last request
  Duration clock_offset_{0};  // of the store's clock from this machine's
};

/// What becomes of a request that was answered with such a status, or more exactly with such a code of an
/// error (of S3), which is empty where the answer has none.
[[nodiscard]] Trouble::Kind kind_of_refusal(int status, std::string_view code);

/// Whether a text may be the code of an error: letters and digits.
[[nodiscard]] bool is_error_code(std::string_view text);

/// The code of an error in the content of an answer: what stands between <Code> and </Code>, where
/// is_error_code says that it may be one.
[[nodiscard]] std::string_view error_code_in(std::string_view content);

}  // namespace bobbin::object_store
