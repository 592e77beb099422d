#include "object_store/agent.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "os/file.h"
#include "os/helper_process.h"
#include "os/process.h"

namespace bobbin::object_store {
namespace {

constexpr milliseconds kForever{-1};
/// How often a request that may be given up looks whether it is.
constexpr milliseconds kLook{250};
/// How often one looks how much there is of content that grows, for which clients wait.
constexpr milliseconds kLookAtGrowth{20};

Trouble unavailable(std::string reason) {
  return {.kind = Trouble::Kind::unavailable, .reason = std::move(reason)};
}

Trouble no_agent(const Error& error) {
  return unavailable(
      fmt::format("the process that talks to the store cannot be reached: {}; bobbin upgrade, or a restart, "
                  "starts another one",
                  error.message()));
}

Trouble no_memory(const Error& error) { return unavailable(error.message()); }

/// Whether a request is about a mirror, and not about a target: it changes nothing, and may be given up.
bool is_about_mirror(const AgentRequest& request) {
  return request.kind != AgentRequest::Kind::create && request.kind != AgentRequest::Kind::read;
}

/// Whether the agent answers by itself. So that such a request waits for no store, a line is kept for them.
bool asks_no_store(const AgentRequest& request) {
  return request.kind == AgentRequest::Kind::presign || request.kind == AgentRequest::Kind::state;
}

/// One connection of the agent: answers one request after the other.
class Connection {
 public:
  Connection(const os::MessageSocket& socket, const std::vector<Location>& targets, const Agent::Open& open,
             Mirrors& mirrors)
      : socket_(socket), targets_(targets), open_(open), mirrors_(mirrors) {}

  /// Until the other end is closed.
  void serve() {
    if (!socket_.send(text_of(AgentAnswer{.number = kGreeting}))) return;
    while (true) {
      auto message = socket_.receive(kForever);
      if (!message || !*message) return;
      const auto request = parse_agent_request((*message)->text);
      if (!request) return;
      const os::Fd* const content =
          (*message)->descriptors.empty() ? nullptr : &(*message)->descriptors.front();
      if (!answer(*request, content)) return;
    }
  }

 private:
  bool answer(const AgentRequest& request, const os::Fd* content) {
    if (is_about_mirror(request)) return socket_.send(text_of(of_mirror(request))).has_value();
    AgentAnswer answer{.number = request.number, .kind = AgentAnswer::Kind::trouble};
    std::optional<os::Fd> read;
    auto outcome =
        request.kind == AgentRequest::Kind::create ? create(request, content) : this->read(request, read);
    if (outcome)
      answer.kind = *outcome;
    else
      answer.trouble = std::move(outcome.error());
    if (!read) return socket_.send(text_of(answer)).has_value();
    return socket_.send(text_of(answer), std::array{read->number()}).has_value();
  }

  AgentAnswer of_mirror(const AgentRequest& request) {
    AgentAnswer answer{.number = request.number, .kind = AgentAnswer::Kind::trouble};
    if (request.target >= mirrors_.count()) {
      answer.trouble = {.kind = Trouble::Kind::refused, .reason = "there is no such mirror"};
    } else if (request.kind == AgentRequest::Kind::state) {
      answer.kind = AgentAnswer::Kind::state;
      answer.state = mirrors_.state(request.target);
    } else if (request.kind == AgentRequest::Kind::presign) {
      auto url = mirrors_.presign(request.target, request.key, request.presentation);
      if (url) {
        answer.kind = AgentAnswer::Kind::url;
        answer.url = *std::move(url);
      } else {
        answer.trouble = std::move(url.error());
      }
    } else {
      auto fetched = mirrors_.fetch(request.target, request.key, sources_[request.target],
                                    [&](const os::Fd& file, const ObjectVersion& version) {
                                      tell_of_growing(request.number, file, version);
                                    });
      if (fetched)
        answer.kind = *fetched ? AgentAnswer::Kind::now : AgentAnswer::Kind::none;
      else
        answer.trouble = std::move(fetched.error());
    }
    return answer;
  }

  /// Where nobody hears it any more, neither will the answer be.
  void tell_of_growing(std::uint64_t number, const os::Fd& file, const ObjectVersion& version) {
    const std::string text = text_of(AgentAnswer{.number = number,
                                                 .kind = AgentAnswer::Kind::growing,
                                                 .size_bytes = version.size_bytes,
                                                 .etag = version.etag});
    static_cast<void>(socket_.send(text, std::array{file.number()}));
  }

  Result<AgentAnswer::Kind, Trouble> create(const AgentRequest& request, const os::Fd* content) {
    Objects& objects = *TRY(objects_of(request));
    if (content == nullptr) return failure(unavailable("a request has no content"));
    const std::string text = TRY(os::read_open_file(*content).map_error(no_memory));
    const Created created = TRY(objects.create(request.key, text, request.media_type));
    return created == Created::now ? AgentAnswer::Kind::now : AgentAnswer::Kind::before;
  }

  Result<AgentAnswer::Kind, Trouble> read(const AgentRequest& request, std::optional<os::Fd>& content) {
    Objects& objects = *TRY(objects_of(request));
    const auto text = TRY(objects.read(request.key, request.most_bytes));
    if (!text) return AgentAnswer::Kind::none;
    content = TRY(os::file_in_memory(*text).map_error(no_memory));
    return AgentAnswer::Kind::content;
  }

  /// Those of the target that the request names, and of no other.
  Result<Objects*, Trouble> objects_of(const AgentRequest& request) {
    const auto refused = [](std::string reason) {
      return failure(Trouble{.kind = Trouble::Kind::refused, .reason = std::move(reason)});
    };
    const bool is_inside = request.target < targets_.size() &&
                           request.key.starts_with(targets_[request.target].prefix) &&
                           ("/" + request.key + "/").find("/../") == std::string::npos;
    if (!is_inside) return refused("the object is none of this server's");
    std::unique_ptr<Objects>& objects = opened_[request.target];
    if (!objects) {
      auto opened = open_(targets_[request.target]);
      if (!opened) return refused(std::move(opened.error()));
      objects = *std::move(opened);
    }
    return objects.get();
  }

  const os::MessageSocket& socket_;
  const std::vector<Location>& targets_;
  const Agent::Open& open_;
  Mirrors& mirrors_;
  std::map<std::size_t, std::unique_ptr<Objects>> opened_;        // by targets
  std::map<std::size_t, std::unique_ptr<ObjectSource>> sources_;  // by mirrors
};

/// The life of the agent.
void serve(const std::vector<os::MessageSocket>& sockets, const Agent::Settings& settings,
           const Agent::Open& open) {
  Mirrors mirrors(settings.mirrors, settings.open_mirror, [&sockets] { return sockets.front().is_ended(); });
  mirrors.start();
  std::vector<std::thread> threads;
  threads.reserve(sockets.size());
  for (const os::MessageSocket& socket : sockets)
    threads.emplace_back([&] { Connection(socket, settings.targets, open, mirrors).serve(); });
  for (std::thread& thread : threads) thread.join();
}

Trouble stopped() { return {.kind = Trouble::Kind::aborted, .reason = "the server stops"}; }

}  // namespace

class Agent::RemoteObjects final : public Objects {
 public:
  RemoteObjects(std::shared_ptr<Agent> agent, std::size_t target)
      : agent_(std::move(agent)), target_(target) {}

  Result<Created, Trouble> create(std::string_view key, std::string_view content,
                                  std::string_view media_type) override {
    const os::Fd file = TRY(os::file_in_memory(content).map_error(no_memory));
    const Reply reply = TRY(agent_->ask({.kind = AgentRequest::Kind::create,
                                         .target = target_,
                                         .media_type = std::string(media_type),
                                         .key = std::string(key)},
                                        &file, agent_->patience_));
    return reply.answer.kind == AgentAnswer::Kind::now ? Created::now : Created::before;
  }

  Result<std::optional<std::string>, Trouble> read(std::string_view key, std::size_t most_bytes) override {
    const Reply reply = TRY(agent_->ask({.kind = AgentRequest::Kind::read,
                                         .target = target_,
                                         .most_bytes = most_bytes,
                                         .key = std::string(key)},
                                        nullptr, agent_->patience_));
    if (reply.answer.kind != AgentAnswer::Kind::content || reply.descriptors.empty()) return std::nullopt;
    return TRY(os::read_open_file(reply.descriptors.front()).map_error(no_memory));
  }

 private:
  const std::shared_ptr<Agent> agent_;
  const std::size_t target_;
};

Result<std::shared_ptr<Agent>> Agent::start(Settings settings, const Open& open) {
  std::vector<os::MessageSocket> ours;
  std::vector<os::MessageSocket> theirs;
  for (std::size_t i = 0; i <= settings.connections; ++i) {  // see asks_no_store
    auto [here, there] = TRY(os::MessageSocket::pair());
    ours.push_back(std::move(here));
    theirs.push_back(std::move(there));
  }
  TRY(os::start_helper_process("bobbin-agent", theirs, [&] {
    os::ignore_broken_pipes();
    settings.prepare();
    serve(theirs, settings, open);
  }));
  return std::make_shared<Agent>(std::move(ours), std::move(settings.targets),
                                 std::move(settings.mirrors.locations), settings.patience);
}

Agent::Agent(std::vector<os::MessageSocket> sockets, std::vector<Location> targets,
             std::vector<Mirrored> mirrors, milliseconds patience)
    : targets_(std::move(targets)), mirrors_(std::move(mirrors)), patience_(patience) {
  for (os::MessageSocket& socket : sockets) lines_.push_back({.socket = std::move(socket)});
  const Lock lock(mutex_);
  for (std::size_t i = 0; i < lines_.size(); ++i) free_.push_back(i);
}

std::shared_ptr<Objects> Agent::objects(const Location& target) {
  const auto found = std::ranges::find(targets_, target);
  if (found == targets_.end()) return nullptr;
  return std::make_shared<RemoteObjects>(shared_from_this(),
                                         static_cast<std::size_t>(found - targets_.begin()));
}

std::optional<std::size_t> Agent::mirror(const Mirrored& mirror) const {
  const auto found = std::ranges::find(mirrors_, mirror);
  if (found == mirrors_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - mirrors_.begin());
}

Result<bool, Trouble> Agent::fetch(std::size_t mirror, const std::string& name, std::uint64_t size_bytes,
                                   const Growth& growth) {
  // As long as the least rate lets it take, of which only a request to an agent that hangs comes near.
  const seconds longest(size_bytes / static_cast<std::uint64_t>(http_client::Request::kLeastRate));
  const Reply reply = TRY(ask({.kind = AgentRequest::Kind::fetch, .target = mirror, .key = name}, nullptr,
                              patience_ + longest, growth));
  return reply.answer.kind == AgentAnswer::Kind::now;
}

Result<std::string, Trouble> Agent::presign(std::size_t mirror, const std::string& name,
                                            const Presentation& presentation) {
  Reply reply = TRY(
      ask({.kind = AgentRequest::Kind::presign, .target = mirror, .key = name, .presentation = presentation},
          nullptr, patience_));
  return std::move(reply.answer.url);
}

Result<MirrorState, Trouble> Agent::state(std::size_t mirror) {
  Reply reply = TRY(ask({.kind = AgentRequest::Kind::state, .target = mirror}, nullptr, patience_));
  return std::move(reply.answer.state);
}

Result<Agent::Reply, Trouble> Agent::ask(AgentRequest request, const os::Fd* content, milliseconds patience,
                                         const Growth& growth) {
  std::size_t line = 0;
  {
    const Lock lock(mutex_);
    const std::size_t left = asks_no_store(request) ? 0 : 1;
    const Instant deadline = monotonic_now() + patience;
    while (free_.size() <= left) {
      if (gives_up(request, false)) return failure(stopped());
      if (monotonic_now() >= deadline)
        return failure(unavailable("the store has not answered other requests in time"));
      freed_.wait_for(mutex_, kLook);
    }
    line = free_.back();
    free_.pop_back();
    request.number = ++last_number_;
  }
  auto reply = exchange(lines_[line], request, content, patience, growth);
  const Lock lock(mutex_);
  free_.push_back(line);
  freed_.notify_all();
  return reply;
}

bool Agent::gives_up(const AgentRequest& request, bool grows) const {
  return is_about_mirror(request) && give_up_ >= (grows ? GiveUp::all : GiveUp::unbegun);
}

Result<Agent::Reply, Trouble> Agent::exchange(Line& line, const AgentRequest& request, const os::Fd* content,
                                              milliseconds patience, const Growth& growth) const {
  const bool may_give_up = is_about_mirror(request);
  bool grows = false;
  const Instant deadline = monotonic_now() + patience;
  // What an agent has said that has died since.
  for (auto late = line.socket.receive(milliseconds(0)); late && *late;
       late = line.socket.receive(milliseconds(0)))
    line.is_greeted = true;
  const auto sent = content == nullptr ? line.socket.send(text_of(request))
                                       : line.socket.send(text_of(request), std::array{content->number()});
  TRY(sent.map_error(no_agent));
  while (true) {
    if (grows) growth.look();
    if (gives_up(request, grows)) return failure(stopped());
    const auto left = std::chrono::ceil<milliseconds>(deadline - monotonic_now());
    const milliseconds limit = may_give_up ? std::min(left, grows ? kLookAtGrowth : kLook) : left;
    auto message = line.socket.receive(std::max(limit, milliseconds(0)));
    if (!message && message.error().code == EAGAIN && left > limit) continue;
    // Only `growing` has a descriptor here, for which there was no room: all of it is waited for.
    if (!message && message.error().code == EMSGSIZE && request.kind == AgentRequest::Kind::fetch) continue;
    if (!message && message.error().code == EAGAIN)
      return failure(unavailable("the process that talks to the store does not answer"));
    if (!message) return failure(no_agent(message.error()));
    if (!*message) return failure(unavailable("the process that talks to the store has ended"));
    auto answer = parse_agent_answer((*message)->text);
    if (answer && answer->number == kGreeting && std::exchange(line.is_greeted, true))
      return failure(unavailable("the process that talks to the store has died, and was started again"));
    if (!answer || answer->number != request.number) continue;
    if (answer->kind == AgentAnswer::Kind::growing) {
      // Where this process has no room for the descriptor, all of it is waited for.
      if ((*message)->descriptors.empty()) continue;
      grows = true;
      growth.begun(std::move((*message)->descriptors.front()), answer->size_bytes, std::move(answer->etag));
      continue;
    }
    if (answer->kind == AgentAnswer::Kind::trouble) return failure(std::move(answer->trouble));
    return Reply{.answer = *std::move(answer), .descriptors = std::move((*message)->descriptors)};
  }
}

}  // namespace bobbin::object_store
