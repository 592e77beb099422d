#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "feed/feed.h"
#include "feed/form.h"
#include "http/content.h"
#include "http/handler.h"

namespace bobbin::feed {

/// The content of an answer that is records: those behind one sequence through another, or, in the form
/// `events`, all that come. One piece after the other is made by the executor, each when the client has taken
/// the one before. A reader who waits for a record costs no more than this object.
class RecordSource final : public http::ContentSource {
 public:
  struct Settings {
    Form form = Form::cloud_events;
    std::string source = {};  ///< see append_record
    std::uint64_t after = 0;
    std::uint64_t through = 0;                 ///< of `events`: without meaning
    Duration comment_every = seconds(15);      ///< of `events`: while nothing else comes
    Duration longest_life = seconds(60 * 60);  ///< likewise: then it ends
  };

  /// `resume`: of the exchange whose content this is.
  RecordSource(std::shared_ptr<Feed> feed, Settings settings, http::Resume resume);
  ~RecordSource() override;

  [[nodiscard]] std::optional<std::uint64_t> size_bytes() const override { return std::nullopt; }
  [[nodiscard]] Piece pull() override;
  void cancelled() override { leave(); }

 private:
  /// Shared with the executor, since either may end first. The worker touches it only while no step runs.
  struct Work;

  [[nodiscard]] Piece pull(Instant now);
  [[nodiscard]] std::optional<Piece> take_step();
  [[nodiscard]] Piece pull_rest();
  [[nodiscard]] Piece pull_event(Instant now);
  [[nodiscard]] Piece begin_step(std::uint64_t through);
  [[nodiscard]] Piece give(std::string_view text);
  void leave();

  const std::shared_ptr<Feed> feed_;
  const Settings settings_;
  const http::Resume resume_;
  const std::uint64_t term_;
  const Instant end_;  // of `events`
  std::uint64_t after_;
  Instant next_comment_;
  std::shared_ptr<Work> work_;               // set while a step runs
  std::shared_ptr<const feed::Piece> held_;  // what is being sent
  std::optional<WaitingReaders::Place> place_;
  bool has_begun_ = false;
  bool has_records_ = false;
  bool has_ended_ = false;
};

}  // namespace bobbin::feed
