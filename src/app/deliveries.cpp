#include "app/deliveries.h"

#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "app/upgrade_protocol.h"
#include "os/file.h"
#include "store/delivery.h"

namespace bobbin::app {
namespace {

using store::NotStored;

constexpr executor::Lane::Limits kDelivering{.parallel = 8, .waiting = 16'384, .runs_at_shut_down = true};

store::Outcome not_stored(const Error& error) { return failure(NotStored{NotStored::Reason::failed, error}); }

}  // namespace

class Deliveries::FolderSuccessor final : public store::Successor {
 public:
  FolderSuccessor(std::shared_ptr<Deliveries> deliveries, std::uint64_t device, std::uint64_t inode)
      : deliveries_(std::move(deliveries)), device_(device), inode_(inode) {}

  void take(std::shared_ptr<store::Document> document, store::Document::Done done) override {
    deliveries_->take(device_, inode_, {std::move(document), std::move(done)});
  }

 private:
  const std::shared_ptr<Deliveries> deliveries_;
  const std::uint64_t device_;
  const std::uint64_t inode_;
};

std::shared_ptr<store::Successor> Deliveries::successor_of(std::uint64_t device, std::uint64_t inode) {
  return std::make_shared<FolderSuccessor>(shared_from_this(), device, inode);
}

void Deliveries::take(std::uint64_t device, std::uint64_t inode, UnderWay delivery) {
  // Held by the task alone: one that is refused still tells its client.
  auto kept = std::make_shared<UnderWay>(std::move(delivery));
  executor::Lane& lane = executor_.lane(device, "deliver", kDelivering);
  const bool runs = lane.run(
      [self = shared_from_this(), device, inode, kept] { self->deliver(device, inode, std::move(*kept)); });
  if (!runs) conclude(std::move(*kept), failure(NotStored{NotStored::Reason::busy}));
}

void Deliveries::deliver(std::uint64_t device, std::uint64_t inode, UnderWay delivery) {
  store::Document& document = *delivery.document;
  if (const auto known = document.known_failure()) return conclude(std::move(delivery), failure(*known));
  auto particulars = os::file_in_memory(store::text_of(document.particulars()));
  if (!particulars) return conclude(std::move(delivery), not_stored(particulars.error()));
  os::Fd copy;
  int content = -1;
  std::uint64_t size = 0;
  if (const auto in_memory = document.content_in_memory()) {
    auto file = os::file_in_memory(*in_memory);
    if (!file) return conclude(std::move(delivery), not_stored(file.error()));
    copy = *std::move(file);
    content = copy.number();
    size = in_memory->size();
  } else {
    if (const auto written = document.write_out(); !written)
      return conclude(std::move(delivery), failure(written.error()));
    content = document.descriptor();
    size = document.written_bytes();
  }
  std::uint64_t number = 0;
  std::optional<UnderWay> refused;
  {
    const Lock lock(mutex_);
    if (has_ended_)
      refused = std::move(delivery);
    else
      under_way_.emplace(number = ++last_number_, std::move(delivery));
  }
  if (refused) return conclude(*std::move(refused), not_stored({EPIPE, "sendmsg"}));
  const auto sent = successor_->send(fmt::format("document {} {} {} {}", number, device, inode, size),
                                     std::array{content, particulars->number()});
  if (!sent) finish(number, not_stored(sent.error()));
}

void Deliveries::take_outcome(std::string_view text) {
  const auto number = upgrade_protocol::take_number(text);
  if (!number) return;
  finish(*number, store::outcome_of(text).value_or(not_stored({EPROTO, "recvmsg"})));
}

void Deliveries::finish(std::uint64_t number, const store::Outcome& outcome) {
  std::optional<UnderWay> delivery;
  {
    const Lock lock(mutex_);
    const auto found = under_way_.find(number);
    if (found == under_way_.end()) return;
    delivery = std::move(found->second);
    under_way_.erase(found);
  }
  conclude(*std::move(delivery), outcome);
}

void Deliveries::end() {
  std::map<std::uint64_t, UnderWay> unanswered;
  {
    const Lock lock(mutex_);
    has_ended_ = true;
    unanswered.swap(under_way_);
  }
  for (auto& [number, delivery] : unanswered) conclude(std::move(delivery), not_stored({EPIPE, "recvmsg"}));
}

void Deliveries::conclude(UnderWay delivery, store::Outcome outcome) {
  delivery.document->discard();
  delivery.done(std::move(outcome));
}

}  // namespace bobbin::app
