#include "app/upgrade.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <utility>

#include "app/upgrade_protocol.h"

namespace bobbin::app {

using observe::Event;
using upgrade_protocol::split;

Result<std::unique_ptr<Upgrade>> Upgrade::create(std::vector<PassableListener> listeners, Parts parts) {
  os::Wake wake = TRY(os::Wake::create());
  std::unique_ptr<Upgrade> upgrade(new Upgrade(std::move(listeners), std::move(parts), std::move(wake)));
  TRY(upgrade->parts_.watch(upgrade->handed_over_.fd()));
  return upgrade;
}

/// Each of them holds its store, and that holds what delivers it.
Upgrade::~Upgrade() {
  if (deliveries_ != nullptr) deliveries_->end();
}

void Upgrade::begin(Instant now) {
  if (state_ == State::done) return;
  if (state_ != State::none)
    return parts_.log.write(Event::signal_ignored, "SIGUSR2: an upgrade is under way already");
  parts_.log.write(Event::upgrade_begun, "Upgrade: the program is started anew");
  kept_.clear();
  state_ = State::starting;
  patience_ends_ = now + upgrade_protocol::kStartPatience;
  const auto started = start_successor();
  if (started) return;
  // One that has ended already may have said why.
  receive(now);
  if (is_under_way()) fail(started.error().message());
}

Result<void> Upgrade::start_successor() {
  if (parts_.launcher == nullptr) {
    fail(parts_.obstacle);
    return {};
  }
  successor_ = std::make_shared<const os::MessageSocket>(TRY(parts_.launcher->launch()));
  TRY(parts_.watch(successor_->fd()));
  TRY(successor_->send(fmt::format("hello {}", upgrade_protocol::kVersion)));
  for (const PassableListener& listener : listeners_)
    TRY(successor_->send("listener " + listener.key, std::array{listener.descriptor}));
  return successor_->send("all");
}

void Upgrade::cancel(std::string_view why) {
  if (is_under_way()) abort(why);
}

void Upgrade::poll(Instant now) {
  handed_over_.clear();
  if (state_ == State::taking_back) return take_folders_back();
  if (state_ == State::handing_over && handing_over_ == 0) {
    state_ = State::taking_over;
    patience_ends_ = now + upgrade_protocol::kTakeOverPatience;
    static_cast<void>(successor_->send("released"));  // who has ended is heard of by receive()
  }
  receive(now);
  const bool waits = state_ == State::starting || state_ == State::taking_over;
  if (waits && now >= patience_ends_) abort("the new process was not ready in time");
}

void Upgrade::receive(Instant now) {
  while (successor_ != nullptr) {
    const auto message = successor_->receive(milliseconds(0));
    if (!message && message.error().code == EAGAIN) return;
    if (!message || !*message) return end_of_successor();
    take((*message)->text, now);
  }
}

void Upgrade::take(std::string_view text, Instant now) {
  auto [word, rest] = split(text);
  if (state_ == State::done) {
    if (word == "outcome") deliveries_->take_outcome(rest);
    return;  // it serves, whatever else it says
  }
  if (word == "failed") return fail(rest);
  if (word == "prepared" && state_ == State::starting) return hand_folders_over(rest, now);
  if (word == "serving" && state_ == State::taking_over)
    if (const auto process = upgrade_protocol::take_number(rest); process && *process > 0)
      return finish(static_cast<long>(*process));
  abort(fmt::format("the new process says '{}'", text));
}

void Upgrade::hand_folders_over(std::string_view kept, Instant now) {
  while (!kept.empty()) {
    const auto index = upgrade_protocol::take_number(kept);
    if (!index || *index >= listeners_.size() || std::ranges::find(kept_, *index) != kept_.end())
      return abort("the new process names a listener that there is not, or names one twice");
    kept_.push_back(*index);
  }
  state_ = State::handing_over;
  handing_over_ = parts_.folders.count();
  const bool all = parts_.folders.hand_over([this] {
    --handing_over_;
    handed_over_.notify();
  });
  if (!all) return abort("there is no thread that gives the folders of documents up");
  if (handing_over_ == 0) poll(now);
}

void Upgrade::finish(long process) {
  state_ = State::done;
  successor_process_ = process;
  deliveries_ = std::make_shared<Deliveries>(successor_, parts_.executor);
  parts_.folders.deliver_to(*deliveries_);
}

void Upgrade::end_of_successor() {
  if (state_ != State::done) return fail("the new process has ended before it served; it may have said why");
  successor_.reset();
  deliveries_->end();
}

void Upgrade::abort(std::string_view reason) {
  if (parts_.launcher != nullptr) parts_.launcher->end();
  fail(reason);
}

void Upgrade::fail(std::string_view reason) {
  failure_ = reason;
  successor_.reset();
  if (state_ == State::handing_over || state_ == State::taking_over) {
    state_ = State::taking_back;
    return take_folders_back();
  }
  tell_failure();
}

/// Once all of them have been given up.
void Upgrade::take_folders_back() {
  if (handing_over_ > 0) return;
  parts_.folders.take_back();
  tell_failure();
}

void Upgrade::tell_failure() {
  state_ = State::none;
  parts_.log.write(Event::upgrade_failed, "Upgrade failed, this process serves on: " + failure_);
  parts_.failed();
}

}  // namespace bobbin::app
