#include "object_store/mirrors.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "observe/access_log.h"

namespace bobbin::object_store {
namespace {

constexpr int kAttempts = 3;  // of a fetch, while the object changes
constexpr milliseconds kStep{250};
/// So much room is made at once that not every fetch has to look for more.
constexpr std::uint64_t kRoomDivisor = 8;

Trouble trouble_with_cache(const Mirrored& where, const Error& error) {
  return {.kind = Trouble::Kind::unavailable,
          .reason = fmt::format("the cache in {} cannot be used: {}", where.directory, error.message())};
}

/// The parts of a page, without what all keys begin with.
void append(std::vector<PlaceholderTree::Named>& objects, Page page, std::size_t prefix_size) {
  for (std::size_t i = 0; i < page.keys.size(); ++i)
    objects.push_back({.name = page.keys[i].substr(prefix_size), .version = std::move(page.versions[i])});
}

}  // namespace

class Mirrors::Reservation {
 public:
  Reservation(Mirrors& mirrors, std::uint64_t bytes) : mirrors_(mirrors), bytes_(bytes) {
    const Lock lock(mirrors_.room_mutex_);
    mirrors_.reserved_bytes_ += bytes_;
  }
  ~Reservation() {
    const Lock lock(mirrors_.room_mutex_);
    mirrors_.reserved_bytes_ -= bytes_;
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

 private:
  Mirrors& mirrors_;
  const std::uint64_t bytes_;
};

Mirrors::Mirrors(Settings settings, Open open, IsToEnd is_to_end)
    : settings_(std::move(settings)), open_(std::move(open)), is_to_end_(std::move(is_to_end)) {
  for (const Mirrored& each : settings_.locations) {
    mirrors_.push_back(std::make_unique<Mirror>());
    mirrors_.back()->where = each;
  }
}

Mirrors::~Mirrors() {
  for (const auto& each : mirrors_)
    if (each->thread.joinable()) each->thread.join();
}

void Mirrors::start() {
  for (std::size_t i = 0; i < mirrors_.size(); ++i)
    mirrors_[i]->thread = std::thread([this, i] { follow(i); });
}

MirrorState Mirrors::state(std::size_t location) const {
  const Mirror& mirror = *mirrors_[location];
  const Lock lock(mirror.mutex);
  MirrorState state = mirror.state;
  state.has_list = state.has_list || PlaceholderTree::is_complete(mirror.where.directory);
  if (mirror.tree == nullptr) return state;
  state.objects = mirror.tree->objects();
  state.whole_bytes = mirror.tree->whole_bytes();
  return state;
}

// ---- listing ----

void Mirrors::follow(std::size_t location) {
  Mirror& mirror = *mirrors_[location];
  std::unique_ptr<ObjectSource> source;
  while (!is_to_end_()) {
    mirror.is_due = false;
    const auto listed = list(location, source);
    const milliseconds pause = listed ? settings_.refresh : std::min(settings_.refresh, settings_.retry);
    const Instant next = monotonic_now() + pause;
    while (monotonic_now() < next && !is_to_end_()) {
      if (listed && mirror.is_due) break;
      std::this_thread::sleep_for(std::min<Duration>(kStep, next - monotonic_now()));
    }
  }
}

Result<void, Trouble> Mirrors::list(std::size_t location, std::unique_ptr<ObjectSource>& source) {
  Mirror& mirror = *mirrors_[location];
  const Location& where = mirror.where.location;
  std::optional<PlaceholderTree::LeftOut> left_out;
  const auto listed = [&]() -> Result<void, Trouble> {
    const auto as_trouble = [&](const Error& error) { return trouble_with_cache(mirror.where, error); };
    PlaceholderTree& tree = *TRY(tree_of(mirror));
    if (!TRY(tree.try_to_own().map_error(as_trouble)))
      return failure(
          Trouble{.kind = Trouble::Kind::unavailable,
                  .reason = fmt::format("another process has the cache in {}", mirror.where.directory)});
    ObjectSource& objects = *TRY(source_of(mirror, source));
    std::vector<PlaceholderTree::Named> all;
    ListRequest request{.prefix = where.prefix, .is_deep = true};
    while (true) {
      Page page = TRY(objects.list(request));
      const auto next = std::move(page.next);
      append(all, std::move(page), where.prefix.size());
      if (!next) break;
      request.continuation = *next;
    }
    left_out = TRY(tree.agree_with(std::move(all)).map_error(as_trouble));
    return {};
  }();
  const Lock lock(mirror.mutex);
  mirror.state.answers = listed.has_value();
  mirror.state.problem = listed ? std::string() : listed.error().reason;
  if (left_out) {
    mirror.state.has_list = true;
    mirror.state.left_out = left_out->count;
    mirror.state.left_out_name = observe::printable(left_out->first);
  }
  return listed;
}

Result<PlaceholderTree*, Trouble> Mirrors::tree_of(Mirror& mirror) {
  const Lock lock(mirror.mutex);
  if (mirror.tree == nullptr) {
    auto opened = PlaceholderTree::open(mirror.where.directory);
    if (!opened) return failure(trouble_with_cache(mirror.where, opened.error()));
    mirror.tree = *std::move(opened);
  }
  return mirror.tree.get();
}

Result<ObjectSource*, Trouble> Mirrors::source_of(const Mirror& mirror,
                                                  std::unique_ptr<ObjectSource>& source) const {
  if (source == nullptr) {
    auto opened = open_(mirror.where.location, is_to_end_);
    if (!opened) return failure(Trouble{.kind = Trouble::Kind::refused, .reason = opened.error()});
    source = *std::move(opened);
  }
  return source.get();
}

// ---- fetching ----

Result<bool, Trouble> Mirrors::fetch(std::size_t location, const std::string& name,
                                     std::unique_ptr<ObjectSource>& source, const Growing& growing) {
  Mirror& mirror = *mirrors_[location];
  PlaceholderTree& tree = *TRY(tree_of(mirror));
  auto outcome = [&]() -> Result<bool, Trouble> {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const auto found = tree.look(name);
      if (!found) return false;
      if (found->is_whole) return true;
      if (found->version.size_bytes > settings_.most_bytes)
        return failure(Trouble{.kind = Trouble::Kind::impossible,
                               .reason = fmt::format("it has {} bytes, and the whole cache may have {}",
                                                     found->version.size_bytes, settings_.most_bytes)});
      ObjectSource& objects = *TRY(source_of(mirror, source));
      if (TRY(receive(mirror, tree, name, found->version, objects, growing)) != Bucket::Fetched::whole)
        TRY(look_again(mirror, tree, name, objects));
    }
    return failure(
        Trouble{.kind = Trouble::Kind::unavailable, .reason = "it changes while it is being fetched"});
  }();
  if (!outcome && outcome.error().kind != Trouble::Kind::impossible) mirror.is_due = true;
  return outcome;
}

/// `whole`, too, where the name has another version by now.
Result<Bucket::Fetched, Trouble> Mirrors::receive(const Mirror& mirror, PlaceholderTree& tree,
                                                  const std::string& name, const ObjectVersion& version,
                                                  ObjectSource& source, const Growing& growing) {
  const auto as_trouble = [&](const Error& error) { return trouble_with_cache(mirror.where, error); };
  const Reservation reservation(*this, version.size_bytes);
  make_room(version.size_bytes);
  const auto content = TRY(tree.begin().map_error(as_trouble));
  Result<void> written;
  auto fetched = source.fetch(mirror.where.location.key_of(name), version.etag, [&](std::string_view piece) {
    if (content->size_bytes() + piece.size() > version.size_bytes) return false;
    const bool is_first = content->size_bytes() == 0;
    written = content->append(as_bytes(piece));
    if (is_first && written && version.size_bytes >= kSmallestGrowing)
      // Where it cannot be opened, it is waited for as a whole.
      if (const auto file = content->open_for_reading()) growing(*file, version);
    return written.has_value();
  });
  TRY(std::move(written).map_error(as_trouble));
  if (!fetched || *fetched != Bucket::Fetched::whole) return fetched;
  if (content->size_bytes() != version.size_bytes)
    return failure(Trouble{.kind = Trouble::Kind::unavailable,
                           .reason = fmt::format("the store has sent {} of {} bytes", content->size_bytes(),
                                                 version.size_bytes)});
  static_cast<void>(TRY(tree.complete(*content, name, version).map_error(as_trouble)));
  return Bucket::Fetched::whole;
}

/// What the store says of this one object now.
Result<void, Trouble> Mirrors::look_again(const Mirror& mirror, PlaceholderTree& tree,
                                          const std::string& name, ObjectSource& source) {
  const auto as_trouble = [&](const Error& error) { return trouble_with_cache(mirror.where, error); };
  const std::string key = mirror.where.location.key_of(name);
  // Of the keys that begin with it, it comes first itself.
  const Page page = TRY(source.list({.prefix = key, .is_deep = true}));
  if (page.keys.empty() || page.keys.front() != key || page.versions.front().etag.empty())
    return tree.remove(name).map_error(as_trouble);
  return tree.put_placeholder(name, page.versions.front()).map_error(as_trouble);
}

// ---- presigning ----

Result<std::string, Trouble> Mirrors::presign(std::size_t location, const std::string& name,
                                              const Presentation& presentation) {
  const auto as_refused = [](std::string reason) {
    return Trouble{.kind = Trouble::Kind::refused, .reason = std::move(reason)};
  };
  if (!settings_.presign) return failure(as_refused("clients are not sent to the store"));
  Mirror& mirror = *mirrors_[location];
  if (!TRY(tree_of(mirror))->look(name)) return failure(as_refused("there is no such object"));
  const Location& where = mirror.where.location;
  return settings_.presign(where, where.key_of(name), presentation).map_error(as_refused);
}

// ---- room ----

/// For content that is reserved already.
void Mirrors::make_room(std::uint64_t bytes) {
  struct Candidate {
    PlaceholderTree* tree;
    PlaceholderTree::Whole file;
  };
  const Lock lock(room_mutex_);
  std::vector<PlaceholderTree*> trees;
  std::uint64_t total = reserved_bytes_;
  for (const auto& each : mirrors_) {
    const Lock of_mirror(each->mutex);
    if (each->tree == nullptr || !each->tree->is_owned()) continue;
    trees.push_back(each->tree.get());
    total += each->tree->whole_bytes();
  }
  if (total <= settings_.most_bytes) return;
  const std::uint64_t spare = std::min(settings_.most_bytes - bytes, settings_.most_bytes / kRoomDivisor);
  std::vector<Candidate> candidates;
  for (PlaceholderTree* tree : trees)
    for (PlaceholderTree::Whole& file : tree->whole_files()) candidates.push_back({tree, std::move(file)});
  std::ranges::sort(candidates, {}, [](const Candidate& each) { return each.file.accessed; });
  for (const Candidate& each : candidates) {
    if (total + spare <= settings_.most_bytes) return;
    if (each.file.size_bytes == 0 || !each.tree->drop_content(each.file.name)) continue;
    total -= each.file.size_bytes;
  }
}

}  // namespace bobbin::object_store
