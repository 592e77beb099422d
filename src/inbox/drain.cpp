#include "inbox/drain.h"

#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "crypto/sha256.h"
#include "inbox/handling.h"
#include "inbox/record_file.h"
#include "inbox/stop_signals.h"
#include "inbox/store_trouble.h"
#include "inbox/worker.h"
#include "object_store/probe.h"

namespace bobbin::inbox {
namespace {

using object_store::Created;
using object_store::Trouble;

Outcome outcome_of_trouble(const Trouble& trouble) {
  switch (trouble.kind) {
    case Trouble::Kind::impossible: return Hopeless{trouble.reason};
    case Trouble::Kind::aborted:
      return Interrupted{"the request was broken off, since this worker was told to end at once"};
    case Trouble::Kind::unavailable:
    case Trouble::Kind::refused: break;
  }
  return Failed{.reason = trouble.reason, .shortest_pause = believed_pause(trouble)};
}

/// The bucket, and what is known of it.
class Target {
 public:
  Target(const DrainOptions& options, object_store::Bucket bucket)
      : location_(options.target.location), bucket_(std::move(bucket)) {}

  /// See object_store::fault_of_store.
  Result<std::string, Trouble> find_fault() {
    std::string fault = TRY(object_store::fault_of_store(bucket_, location_));
    is_proven_ = fault.empty();
    return fault;
  }

  Outcome store(const std::string& name, const std::string& text, StopSignals& stop) {
    if (!is_proven_) {
      auto fault = find_fault();
      if (!fault) return not_proven(fault.error());
      if (!fault->empty())
        return Unable{.what = "No record can be moved to " + location_.text(), .reason = *std::move(fault)};
      if (stop.count() > 0) return told_to_end();
    }
    const std::string key = location_.key_of(name);
    const auto created = bucket_.create(key, text, media_type_of(name));
    if (!created) return outcome_of_trouble(created.error());
    if (*created == Created::now) return Succeeded();
    return stop.count() > 0 ? told_to_end() : compare(key, text);
  }

 private:
  static std::string_view media_type_of(std::string_view name) {
    return name.ends_with(".jseq") ? "application/json-seq" : "application/json";
  }

  /// No record is at fault.
  static Outcome not_proven(Trouble trouble) {
    if (trouble.kind == Trouble::Kind::impossible) trouble.kind = Trouble::Kind::refused;
    return outcome_of_trouble(trouble);
  }

  static Outcome told_to_end() { return Interrupted{"this worker was told to end"}; }

  /// With what was there before: this record, if an answer was lost or a worker was killed.
  Outcome compare(const std::string& key, const std::string& text) {
    const auto there = bucket_.read(key, text.size());
    if (!there) return outcome_of_trouble(there.error());
    if (!*there)
      return Failed{.reason = fmt::format("the store said that {} exists, and then that it does not", key)};
    if (crypto::sha256(**there) == crypto::sha256(text)) return Succeeded();
    return Hopeless{fmt::format("the store has an object {} that holds something else", key)};
  }

  object_store::Location location_;
  object_store::Bucket bucket_;
  bool is_proven_ = false;  // that the store replaces nothing, and shows what it has
};

class DrainJob final : public Job {
 public:
  DrainJob(Target& target, std::string name, std::string text)
      : target_(target), name_(std::move(name)), text_(std::move(text)) {}

  [[nodiscard]] std::size_t steps() const override { return 1; }
  [[nodiscard]] std::string name_of(std::size_t) const override { return name_; }
  [[nodiscard]] Result<Outcome, std::string> attempt(std::size_t, std::size_t, StopSignals& stop) override {
    return target_.store(name_, text_, stop);
  }

 private:
  Target& target_;
  std::string name_;
  std::string text_;
};

class DrainHandling final : public Handling {
 public:
  explicit DrainHandling(Target& target) : target_(target) {}

  [[nodiscard]] Result<std::unique_ptr<Job>, std::string> begin(const ClaimedRecord& claimed) override {
    auto text = read_whole_records(claimed.file);
    if (!text) return failure(fmt::format("{} cannot be read: {}", claimed.place().text(), text.error()));
    return std::make_unique<DrainJob>(target_, claimed.claim.record, *std::move(text));
  }

 private:
  Target& target_;
};

/// What the store does is known before the first record is moved, unless it does not answer yet.
Result<void, std::string> prove_at_start(Target& target, const DrainOptions& options, const Report& report) {
  auto fault = target.find_fault();
  if (!fault) return judge_at_start(options.target.location, fault.error(), report);
  return fault->empty() ? Result<void, std::string>() : failure(*std::move(fault));
}

}  // namespace

Result<void, std::string> drain(const RecordFolders& folders, const DrainOptions& options,
                                const Report& report) {
  StopSignals stop = TRY(StopSignals::block());
  Target target(options, TRY(options.target.open([&stop] { return stop.count() > 1; })));
  TRY(prove_at_start(target, options, report));
  DrainHandling handling(target);
  return run_worker(folders,
                    {.consumer = options.consumer,
                     .retry = RetrySchedule::endless(),
                     .ends_when_empty = options.until_empty},
                    handling, stop, report);
}

}  // namespace bobbin::inbox
