#include "app/bucket_sites.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "object_store/location.h"
#include "object_store/placeholder_tree.h"
#include "observe/access_log.h"

namespace bobbin::app {
namespace {

using object_store::Mirrored;
using object_store::MirrorState;
using object_store::PlaceholderTree;
using observe::Event;

static_assert(std::string_view(files::kObjectTag) == PlaceholderTree::kEtag);

constexpr std::size_t kWaitingFetches = 4096;
/// How many addresses are asked for at the same time: each is an answer of the agent, which asks no store.
constexpr std::size_t kParallelPresigning = 2;
/// Until an object is asked for again that could not be fetched, unless the store says otherwise.
constexpr milliseconds kPause = seconds(1);
/// The same of one that does not fit.
constexpr milliseconds kLongPause = seconds(60);
constexpr milliseconds kLongestPause = seconds(60);
constexpr seconds kRetryAfter{5};
/// Between two messages of objects that could not be fetched.
constexpr Duration kReportPause = seconds(10);

/// More than so many fetches of one object in so short a time lead nowhere.
constexpr Duration kShortTime = seconds(1);
constexpr unsigned kMostFetches = 5;

milliseconds pause_after(const object_store::Trouble& trouble) {
  if (trouble.kind == object_store::Trouble::Kind::impossible) return kLongPause;
  return std::clamp(trouble.shortest_pause, kPause, kLongestPause);
}

std::string label_of(const Mirrored& where) { return observe::label("location", where.location.text()); }

}  // namespace

BucketContents::BucketContents(Settings settings, std::shared_ptr<object_store::Agent> agent,
                               executor::Executor& executor, observe::LogWriter& log,
                               observe::Registry& registry)
    : settings_(std::move(settings)),
      agent_(std::move(agent)),
      fetching_(executor.lane(0, "fetch", {.parallel = settings_.parallel, .waiting = kWaitingFetches})),
      looking_(executor.lane(0, "bucket", {.parallel = 1, .waiting = kWaitingFetches})),
      presigning_(executor.lane(0, "presign", {.parallel = kParallelPresigning, .waiting = kWaitingFetches})),
      is_ready_(PlaceholderTree::is_complete(settings_.where.directory)),
      reported_state_(registry.state(kState, label_of(settings_.where))),
      log_(log),
      fetches_(registry.counter(kFetches, label_of(settings_.where))),
      failures_counter_(registry.counter(kFailures, label_of(settings_.where))),
      redirects_(registry.counter(kRedirects, label_of(settings_.where))),
      objects_(registry.gauge(kObjects, label_of(settings_.where))),
      bytes_(registry.gauge(kBytes, label_of(settings_.where))) {
  reported_state_.set(is_ready_ ? "unreachable" : "unlisted");
}

BucketContents::~BucketContents() { reported_state_.set({}); }

// ---- fetching ----

files::Contents::Outcome BucketContents::fetch(const std::string& name, const os::FileStatus& file,
                                               const http::Resume& resume) {
  return begin(name, file, nullptr, &resume);
}

files::Contents::Outcome BucketContents::join(const std::string& name, const os::FileStatus& file,
                                              const std::string& tag, const http::Resume& resume) {
  return begin(name, file, &tag, &resume);
}

void BucketContents::want(const std::string& name, const os::FileStatus& file) {
  static_cast<void>(begin(name, file, nullptr, nullptr));
}

files::Contents::Outcome BucketContents::begin(const std::string& name, const os::FileStatus& file,
                                               const std::string* tag, const http::Resume* resume) {
  {
    const Lock lock(mutex_);
    const auto known = under_way_.find(name);
    const auto growing = known == under_way_.end() ? nullptr : known->second.growing;
    if (tag != nullptr && growing != nullptr && growing->is_of(*tag, file.size_bytes))
      return {.is_under_way = true, .growing = growing};
    if (is_stopping_) return {.retry_after = kRetryAfter};
    if (const auto failed = failed_until_.find(name); failed != failed_until_.end()) {
      const Duration left = failed->second - monotonic_now();
      if (left > Duration::zero())
        return {.retry_after = std::max(kRetryAfter, std::chrono::ceil<seconds>(left))};
      failed_until_.erase(failed);
    }
    const auto [found, is_first] = under_way_.try_emplace(name);
    Fetch& fetch = found->second;
    if (resume != nullptr) (tag != nullptr ? fetch.for_some : fetch.for_all).push_back(*resume);
    if (!is_first) return {.is_under_way = true};
  }
  const bool runs = fetching_.run(
      [self = shared_from_this(), name, size_bytes = file.size_bytes] { self->bring(name, size_bytes); });
  if (runs) return {.is_under_way = true};
  const Trouble busy{.kind = Trouble::Kind::unavailable, .reason = "too many other objects wait"};
  finish(name, &busy);
  return {.retry_after = kRetryAfter};
}

/// On a thread of the executor. Nothing is told to those who wait: they look at the file again.
void BucketContents::bring(const std::string& name, std::uint64_t size_bytes) {
  std::shared_ptr<files::GrowingFile> growing;
  const auto end_growing = [&growing] {
    if (growing != nullptr) growing->end();
    growing = nullptr;
  };
  auto fetched = agent_->fetch(settings_.mirror, name, size_bytes,
                               {.begun =
                                    [&](os::Fd file, std::uint64_t size, std::string tag) {
                                      end_growing();
                                      auto begun =
                                          files::GrowingFile::create(std::move(file), size, std::move(tag));
                                      if (!begun) return;  // all of it is waited for
                                      growing = *std::move(begun);
                                      offer(name, growing);
                                    },
                                .look =
                                    [&] {
                                      if (growing != nullptr) growing->look();
                                    }});
  if (fetched && *fetched && is_in_vain(name))
    fetched = failure(Trouble{.kind = Trouble::Kind::unavailable,
                              .reason = "it was fetched again and again, and does not stay in the cache"});
  if (fetched && *fetched) {
    const Lock lock(mutex_);
    fetches_.add();
  }
  finish(name, fetched ? nullptr : &fetched.error());
  end_growing();
}

/// Those who wait for the first bytes ask again, and are given it.
void BucketContents::offer(const std::string& name, std::shared_ptr<files::GrowingFile> growing) {
  std::vector<http::Resume> waiting;
  {
    const Lock lock(mutex_);
    Fetch& fetch = under_way_[name];
    fetch.growing = std::move(growing);
    waiting = std::exchange(fetch.for_some, {});
  }
  for (const http::Resume& resume : waiting) resume();
}

/// Whether it was fetched so often of late that those who wait would go round in circles: in a cache that is
/// too small for what is asked for, or that somebody has replaced.
bool BucketContents::is_in_vain(const std::string& name) {
  const Instant now = monotonic_now();
  const Lock lock(mutex_);
  Recent& recent = recent_[name];
  if (now > recent.since + kShortTime) recent = {.since = now, .fetches = 0};
  return ++recent.fetches > kMostFetches;
}

void BucketContents::finish(const std::string& name, const Trouble* trouble) {
  Fetch ended;
  {
    const Lock lock(mutex_);
    if (const auto found = under_way_.find(name); found != under_way_.end()) {
      ended = std::move(found->second);
      under_way_.erase(found);
    }
    if (trouble != nullptr) {
      failures_counter_.add();
      const Instant now = monotonic_now();
      failed_until_.insert_or_assign(name, now + pause_after(*trouble));
      const bool is_too_large = trouble->kind == Trouble::Kind::impossible;
      if (!is_stopping_ && (is_too_large || now >= next_report_)) {
        if (!is_too_large) next_report_ = now + kReportPause;
        log_.write(is_too_large ? Event::bucket_object_too_large : Event::bucket_object_not_fetched,
                   fmt::format("{}{} cannot be served: {}", settings_.where.location.text(),
                               observe::printable(name), trouble->reason));
      }
    }
  }
  for (const auto* waiting : {&ended.for_all, &ended.for_some})
    for (const http::Resume& resume : *waiting) resume();
}

// ---- sending clients to the store ----

bool BucketContents::find_address(const std::string& name, const Fields& fields,
                                  std::function<void(const Address&)> found) {
  if (is_stopping_) return false;
  return presigning_.run(
      [self = shared_from_this(), name, found = std::move(found),
       presentation = object_store::Presentation{
           .media_type = fields.media_type, .disposition = fields.disposition, .coding = fields.coding}] {
        found(self->presign(name, presentation));
      });
}

/// On a thread of the executor.
files::Contents::Address BucketContents::presign(const std::string& name,
                                                 const object_store::Presentation& presentation) {
  auto url = agent_->presign(settings_.mirror, name, presentation);
  const Lock lock(mutex_);
  if (url) {
    redirects_.add();
    return {.url = *std::move(url)};
  }
  const Instant now = monotonic_now();
  if (!is_stopping_ && now >= next_report_) {
    next_report_ = now + kReportPause;
    log_.write(Event::bucket_object_not_fetched,
               fmt::format("{}{} cannot be redirected to the object store: {}",
                           settings_.where.location.text(), observe::printable(name), url.error().reason));
  }
  return {};
}

// ---- how the bucket is ----

void BucketContents::tick() {
  {
    const Lock lock(mutex_);
    const Instant now = monotonic_now();
    std::erase_if(failed_until_, [now](const auto& each) { return each.second <= now; });
    std::erase_if(recent_, [now](const auto& each) { return each.second.since + kShortTime < now; });
  }
  if (is_stopping_ || is_looking_.exchange(true)) return;
  const bool runs = looking_.run([self = shared_from_this()] {
    self->look();
    self->is_looking_ = false;
  });
  if (!runs) is_looking_ = false;
}

void BucketContents::look() {
  const auto state = agent_->state(settings_.mirror);
  if (!state) return;  // it is being started again
  const Lock lock(mutex_);
  report(*state);
}

void BucketContents::report(const MirrorState& state) {
  if (state.has_list) is_ready_ = true;
  objects_.set(static_cast<std::int64_t>(state.objects));
  bytes_.set(static_cast<std::int64_t>(state.whole_bytes));
  reported_state_.set(!is_ready_ ? "unlisted" : state.answers ? "open" : "unreachable");
  const std::string where = settings_.where.location.text();
  if (state.answers && (!is_known_ || !answers_))
    log_.write(Event::bucket_answers,
               fmt::format("{} is served as it is: it was listed, and has {} objects", where, state.objects));
  // Before the first attempt has ended there is nothing to tell.
  if (!state.answers && !state.problem.empty() && (!is_known_ || answers_ || problem_ != state.problem))
    log_.write(Event::bucket_unreachable,
               fmt::format("{} cannot be listed: {}; {}", where, state.problem,
                           is_ready_ ? "what was fetched before is served, as it was"
                                     : "requests are answered 503 until it can"));
  if (state.left_out > 0 && state.left_out != left_out_)
    log_.write(
        Event::bucket_names_left_out,
        fmt::format("{}: {} not served, since no file can have such a name beside the others: {}", where,
                    state.left_out == 1 ? "one object is" : fmt::format("{} objects are", state.left_out),
                    state.left_out_name.empty() ? "an empty one" : "'" + state.left_out_name + "'"));
  left_out_ = state.left_out;
  if (!state.answers && state.problem.empty()) return;
  is_known_ = true;
  answers_ = state.answers;
  problem_ = state.problem;
}

// ---- all of them ----

Result<std::shared_ptr<files::Contents>, std::string> BucketSites::open(const std::string& bucket,
                                                                        const std::string& root) {
  const Mirrored where{.location = *object_store::parse_location(bucket),
                       .directory = std::filesystem::path(root).parent_path().string()};
  for (const auto& each : contents_)
    if (each->where() == where) return each;
  const auto mirror = parts_.agent == nullptr ? std::nullopt : parts_.agent->mirror(where);
  if (!mirror)
    return failure(fmt::format(
        "\"{}\" cannot be added by a reload, since another process talks to the object store, which "
        "the server has started: start the server anew, or use bobbin upgrade",
        bucket));
  auto opened = std::make_shared<BucketContents>(
      BucketContents::Settings{.where = where,
                               .mirror = *mirror,
                               .parallel = std::max(1U, parts_.config.s3_connections / 2),
                               .patience = 2 * parts_.config.s3_timeout + seconds(10),
                               .redirected_bytes = parts_.config.s3_redirect_from},
      parts_.agent, parts_.executor, parts_.log.writer("Buckets"), parts_.registry);
  contents_.push_back(opened);
  return opened;
}

void BucketSites::tick() {
  std::erase_if(contents_, [](const auto& each) { return each.use_count() == 1; });
  for (const auto& each : contents_) each->tick();
}

void BucketSites::stop() {
  for (const auto& each : contents_) each->stop();
  if (parts_.agent != nullptr) parts_.agent->finish_fetches();
}

void BucketSites::give_up() {
  if (parts_.agent != nullptr) parts_.agent->give_up_fetches();
}

}  // namespace bobbin::app
