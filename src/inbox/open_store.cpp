#include "inbox/open_store.h"

#include <fmt/format.h>
#include <utility>

#include "store/directory_folder.h"

namespace bobbin::inbox {

Result<std::unique_ptr<OpenStore>, std::string> OpenStore::create(const std::string& folder) {
  std::unique_ptr<OpenStore> open(new OpenStore);
  const auto as_message = [&](const Error& error) {
    const std::string details = open->messages_.text();
    return fmt::format("documents cannot be stored in \"{}\": {}{}{}", folder, error.message(),
                       details.empty() ? "" : ". ", details);
  };
  auto directory = TRY(store::DirectoryFolder::open(folder).map_error(as_message));
  open->store_ = TRY(store::FolderStore::create(std::move(directory), open->executor_,
                                                {open->messages_, open->messages_}, open->registry_,
                                                {.durability = store::Durability::journal})
                         .map_error(as_message));
  if (open->store_->state() == store::DocumentStore::State::occupied)
    return failure(
        fmt::format("another process stores documents in \"{}\"; wait until it has ended", folder));
  return open;
}

OpenStore::~OpenStore() {
  if (store_) store_->stop();
  executor_.shut_down([] {});
  executor_.join();
}

void OpenStore::Messages::write(observe::Event event, std::string_view message) {
  if (!wants(observe::level_of(event))) return;
  const Lock lock(mutex_);
  if (!text_.empty()) text_ += ". ";
  text_ += message;
}

std::string OpenStore::Messages::text() {
  const Lock lock(mutex_);
  return text_;
}

}  // namespace bobbin::inbox
