#pragma once

#include <cstdint>
#include <string>

#include "http/handler.h"
#include "uploads/content_types.h"

namespace bobbin::uploads {

struct InboxPageSettings {
  std::string name;              ///< of the inbox
  std::string path;              ///< of the inbox, as in a URI
  ContentTypes types = {};       ///< that the inbox takes; one of those that can_send() knows
  std::string unwrap = {};       ///< see InboxSettings
  bool asks_for_token = false;   ///< whether who posts needs one
  std::uint64_t most_bytes = 0;  ///< of a document
  std::string most;              ///< the same for people: "1MiB"
  bool says_no_cache = true;     ///< whether an answer has `Cache-Control: no-cache`
};

/// Answers GET and HEAD with a page from which a person sends documents to an inbox: typed in, or files that
/// are chosen or dropped. It says of each what became of it, and where in it a fault is. It needs nothing but
/// itself. Without a script it has a form, where the inbox takes one that holds a document. Thread: any.
class InboxPage final : public http::Handler {
 public:
  explicit InboxPage(const InboxPageSettings& settings);

  /// Whether there is a type among these in which the page could send anything.
  [[nodiscard]] static bool can_send(const ContentTypes& types);
  [[nodiscard]] http::Begin begin(const http::Request& request) const override;

 private:
  const std::string text_;
  const bool says_no_cache_;
  const std::string content_security_policy_;
};

}  // namespace bobbin::uploads
