#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "feed/feed.h"
#include "feed/form.h"
#include "feed/query.h"
#include "http/handler.h"

namespace bobbin::feed {

struct FeedSettings {
  std::string name;                      ///< of the inbox
  std::string path;                      ///< of the inbox, as in a URI
  Duration comment_every = seconds(15);  ///< see RecordSource::Settings
};

/// Stands in front of the handler of an inbox, and answers GET and HEAD with its records. Who may read is
/// judged before it. Thread: any.
class FeedHandler final : public http::Handler {
 public:
  /// `inbox`: takes what is posted. `feed`: null where no inbox is open, since a configuration is only looked
  /// at.
  FeedHandler(FeedSettings settings, std::shared_ptr<Feed> feed, std::shared_ptr<const http::Handler> inbox);

  [[nodiscard]] http::Begin begin(const http::Request& request) const override;
  [[nodiscard]] http::ErrorForm error_form(const http::RequestHead& head) const override;

 private:
  const std::shared_ptr<const FeedSettings> settings_;
  const std::shared_ptr<Feed> feed_;
  const std::shared_ptr<const http::Handler> inbox_;
};

}  // namespace bobbin::feed
