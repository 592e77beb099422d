#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "http/handler.h"
#include "http/status.h"
#include "store/document_store.h"
#include "store/room.h"

namespace bobbin::uploads {

/// Where an inbox keeps what is authentic, and of which no document can be made: in an inbox of its own. So
/// its sender, who has done all it could, is told that it was taken, and an operator can look at it.
struct Quarantine {
  std::shared_ptr<store::DocumentStore> store;  ///< of records, each whole in memory until it is stored
  std::shared_ptr<store::Room> room = nullptr;  ///< null: there is no limit
};

/// The content of one request as it comes, for as long as it may have to go into quarantine. Thread: the
/// worker that owns the connection.
class QuarantineDraft {
 public:
  /// `announced_bytes`: see store::DocumentStore::begin. `quarantine` outlives this object.
  QuarantineDraft(const Quarantine& quarantine, std::uint64_t announced_bytes)
      : quarantine_(quarantine), draft_(quarantine.store->begin(announced_bytes)) {}

  /// The next piece, before anything is decoded. False: there is no memory for it.
  [[nodiscard]] bool add(Bytes piece);

  /// What the answer needs.
  struct Answer {
    http::Status status;   ///< for what is taken
    std::string redirect;  ///< to which a browser goes on instead; empty: none
    std::string inbox;     ///< its name
    std::string reason;    ///< why it is in quarantine: a sentence
    Duration commit_timeout;
  };
  /// All of the content has come. `request`: see store::Particulars. Answers `later` once the content is on
  /// stable storage, or at once where there is no room.
  [[nodiscard]] http::Reply keep(std::string request, Answer answer, http::ReplyLater later) &&;

 private:
  const Quarantine& quarantine_;
  store::Draft draft_;
  std::uint64_t bytes_ = 0;
};

/// Whether a refusal blames the content, so that sending it again can only fail again.
[[nodiscard]] bool blames_content(const http::Response& refusal);

}  // namespace bobbin::uploads
