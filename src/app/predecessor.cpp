#include "app/predecessor.h"

#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "app/upgrade_protocol.h"
#include "os/file.h"
#include "os/launcher.h"
#include "os/process.h"
#include "store/delivery.h"
#include "store/intake.h"

namespace bobbin::app {
namespace {

using store::NotStored;

constexpr executor::Lane::Limits kReceiving{.parallel = 8, .waiting = 16'384, .runs_at_shut_down = true};
constexpr executor::Lane::Limits kAnswering{.parallel = 1, .waiting = 16'384, .runs_at_shut_down = true};

/// A document that has been delivered, and where its outcome goes.
struct Delivered {
  std::uint64_t number;
  std::uint64_t size_bytes;
  os::Fd content;
  os::Fd particulars;
  std::shared_ptr<const os::MessageSocket> sender;

  void tell(const store::Outcome& outcome) const {
    // Who has ended meanwhile needs no answer.
    static_cast<void>(sender->send(fmt::format("outcome {} {}", number, store::text_of(outcome))));
  }
};

store::Outcome not_stored(NotStored::Reason reason, const Error& error = {}) {
  return failure(NotStored{reason, error});
}

/// Tells the outcome by another thread: this one commits documents of everybody, and the other process may be
/// slow to listen.
void answer(executor::Lane& answering, const std::shared_ptr<Delivered>& delivered,
            const store::Outcome& outcome) {
  if (!answering.run([delivered, outcome] { delivered->tell(outcome); })) delivered->tell(outcome);
}

/// Stores it as if it had been received here. Waits for the disk.
void store_delivered(store::DocumentStore& store, executor::Lane& answering, Delivered delivered) {
  const auto text = os::read_open_file(delivered.particulars);
  if (!text) return delivered.tell(not_stored(NotStored::Reason::failed, text.error()));
  auto particulars = store::particulars_of(*text);
  if (!particulars)
    return delivered.tell(not_stored(NotStored::Reason::failed, {EPROTO, "delivery from the predecessor"}));
  auto draft = store::draft_of_file(store, delivered.content, delivered.size_bytes);
  if (!draft) return delivered.tell(not_stored(draft.error().reason, draft.error().cause));
  std::move(*draft).commit(*std::move(particulars),
                           [&answering, delivered = std::make_shared<Delivered>(std::move(delivered))](
                               const store::Outcome& outcome) { answer(answering, delivered, outcome); });
}

}  // namespace

std::optional<Predecessor> Predecessor::of_environment() {
  auto socket = os::take_launcher_socket();
  if (!socket) return std::nullopt;
  return Predecessor(*std::move(socket));
}

Result<os::Message, std::string> Predecessor::next(Duration patience) {
  auto message = socket_->receive(std::chrono::ceil<milliseconds>(patience));
  if (!message) return failure("the process before this one says nothing: " + message.error().message());
  if (!*message)
    return failure(std::string("the process before this one has ended, or does not wait any more"));
  return **std::move(message);
}

Result<std::vector<InheritedListener>, std::string> Predecessor::receive_listeners() {
  std::vector<InheritedListener> listeners;
  const os::Message hello = TRY(next(upgrade_protocol::kStartPatience));
  if (hello.text != fmt::format("hello {}", upgrade_protocol::kVersion))
    return failure(
        fmt::format("this program and the one before it hand over in different ways ({} and '{}'): a restart "
                    "changes to this one",
                    upgrade_protocol::kVersion, hello.text));
  while (true) {
    os::Message message = TRY(next(upgrade_protocol::kStartPatience));
    const auto [word, key] = upgrade_protocol::split(message.text);
    if (word == "all") return listeners;
    if (word != "listener" || message.descriptors.size() != 1)
      return failure(fmt::format("the process before this one says '{}'", message.text));
    listeners.push_back({std::string(key), std::move(message.descriptors.front())});
  }
}

Result<void, std::string> Predecessor::take_over(const std::vector<std::size_t>& kept,
                                                 UploadFolders& folders) {
  const auto unable = [](const Error& error) {
    return "cannot tell the process before this one: " + error.message();
  };
  const std::string text = fmt::format("prepared{}{}", kept.empty() ? "" : " ", fmt::join(kept, " "));
  TRY(socket_->send(text).map_error(unable));
  const os::Message answer = TRY(next(upgrade_protocol::kStartPatience));
  if (answer.text != "released")
    return failure(fmt::format("the process before this one says '{}'", answer.text));
  return folders.take_over();
}

Result<void, std::string> Predecessor::begin_serving(UploadFolders& folders, executor::Executor& executor) {
  folders_ = &folders;
  executor_ = &executor;
  return socket_->send(fmt::format("serving {}", os::process_number())).map_error([](const Error& error) {
    return "cannot tell the process before this one: " + error.message();
  });
}

void Predecessor::fail(const std::string& reason) {
  constexpr std::size_t kMostBytes = 4096;
  static_cast<void>(socket_->send("failed " + reason.substr(0, kMostBytes)));
}

bool Predecessor::poll() {
  while (true) {
    auto message = socket_->receive(milliseconds(0));
    if (!message && message.error().code == EAGAIN) return true;
    if (!message || !*message) return false;
    const auto [word, rest] = upgrade_protocol::split((*message)->text);
    if (word == "document") take_document(rest, std::move((*message)->descriptors));
  }
}

void Predecessor::take_document(std::string_view text, std::vector<os::Fd> descriptors) {
  const auto number = upgrade_protocol::take_number(text);
  const auto device = upgrade_protocol::take_number(text);
  const auto inode = upgrade_protocol::take_number(text);
  const auto size = upgrade_protocol::take_number(text);
  if (!number || !device || !inode || !size || descriptors.size() != 2) return;
  auto delivered = std::make_shared<Delivered>(Delivered{.number = *number,
                                                         .size_bytes = *size,
                                                         .content = std::move(descriptors[0]),
                                                         .particulars = std::move(descriptors[1]),
                                                         .sender = socket_});
  const auto store = folders_->store_of(*device, *inode);
  // This configuration stores nothing there.
  if (store == nullptr || store->state() != store::DocumentStore::State::open)
    return delivered->tell(not_stored(NotStored::Reason::closed));
  executor::Lane& answering = executor_->lane(*device, "answer", kAnswering);
  const bool runs = executor_->lane(*device, "receive", kReceiving).run([store, &answering, delivered] {
    store_delivered(*store, answering, std::move(*delivered));
  });
  if (!runs) delivered->tell(not_stored(NotStored::Reason::busy));
}

}  // namespace bobbin::app
