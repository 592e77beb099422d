#include "inbox/forward.h"

#include <fmt/format.h>
#include <memory>
#include <utility>
#include <variant>

#include "inbox/forward_outcome.h"
#include "inbox/handling.h"
#include "inbox/record_file.h"
#include "inbox/stop_signals.h"
#include "inbox/worker.h"

namespace bobbin::inbox {
namespace {

/// The server, and how records are sent to it.
struct Destination {
  const ForwardOptions& options;
  http_client::Client client;
};

/// Each record of a file is a step.
class ForwardJob final : public Job {
 public:
  ForwardJob(Destination& destination, FiledRecords records)
      : destination_(destination), records_(std::move(records)) {}

  [[nodiscard]] std::size_t steps() const override { return records_.entries().size(); }

  [[nodiscard]] std::string name_of(std::size_t step) const override {
    const auto& record = std::get<journal::Record>(records_.entries()[step].entry.content);
    return fmt::format("record {} ({})", record.sequence, record.id);
  }

  [[nodiscard]] Result<Outcome, std::string> attempt(std::size_t step, std::size_t,
                                                     StopSignals& stop) override {
    const ForwardedRecord record = forwarded_record(records_.entries()[step]);
    const ForwardOptions& options = destination_.options;
    const auto* const signer = options.signer ? &*options.signer : nullptr;
    const auto sent =
        destination_.client.send({.url = options.url,
                                  .fields = request_fields(record, options.fields, signer, wall_now()),
                                  .content = record.content},
                                 [&stop] { return stop.count() > 1; });
    return outcome_of(sent, wall_now());
  }

 private:
  Destination& destination_;
  FiledRecords records_;
};

class ForwardHandling final : public Handling {
 public:
  explicit ForwardHandling(Destination destination) : destination_(std::move(destination)) {}

  [[nodiscard]] Result<std::unique_ptr<Job>, std::string> begin(const ClaimedRecord& claimed) override {
    auto records = FiledRecords::read(claimed.file);
    if (!records)
      return failure(fmt::format("{} cannot be read: {}", claimed.place().text(), records.error()));
    return std::make_unique<ForwardJob>(destination_, *std::move(records));
  }

 private:
  Destination destination_;
};

}  // namespace

Result<void, std::string> forward(const RecordFolders& folders, const ForwardOptions& options,
                                  const Report& report) {
  auto client = TRY(http_client::Client::open(options.server));
  StopSignals stop = TRY(StopSignals::block());
  ForwardHandling handling({options, std::move(client)});
  return run_worker(folders, {.consumer = options.consumer, .retry = options.retry}, handling, stop, report);
}

}  // namespace bobbin::inbox
