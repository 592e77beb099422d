#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "object_store/agent_protocol.h"
#include "object_store/location.h"
#include "object_store/mirrors.h"
#include "object_store/objects.h"
#include "os/fd.h"
#include "os/message_socket.h"

namespace bobbin::object_store {

/// A process beside this one that talks to the object store for it. So this one needs no connection to
/// anywhere, and no credentials; whoever took it over could create and read objects behind the
/// prefixes of its targets, have objects of its mirrors fetched or presigned, and nothing else. The agent
/// ends with this process, and is started again when it dies; what was under way then is answered as
/// unavailable. Thread: any.
class Agent : public std::enable_shared_from_this<Agent> {
 public:
  struct Settings {
    std::vector<Location> targets;
    std::size_t connections = 16;           ///< to the store, of which each has one request under way
    milliseconds patience = seconds(60);    ///< after which a request is taken for lost
    Mirrors::Settings mirrors = {};         ///< what the agent keeps in files
    Mirrors::Open open_mirror = {};         ///< needed where there are mirrors; called in the agent
    std::function<void()> prepare = [] {};  ///< called in the agent before its threads begin
  };
  /// What reaches the objects of a target. Called in the agent, for each connection by a thread of its own.
  /// The error is the end of a sentence.
  using Open = std::function<Result<std::unique_ptr<Objects>, std::string>(const Location& target)>;

  /// Only where this process has no other thread.
  [[nodiscard]] static Result<std::shared_ptr<Agent>> start(Settings settings, const Open& open);

  /// The objects of a target, which several threads may use. Waits for a free connection where all are busy.
  /// Null: it is none of the targets.
  [[nodiscard]] std::shared_ptr<Objects> objects(const Location& target);

  /// By its order, for the calls below. Nothing: it is none of the mirrors.
  [[nodiscard]] std::optional<std::size_t> mirror(const Mirrored& mirror) const;
  /// Whoever gives content to others while it is fetched.
  struct Growth {
    std::function<void(os::Fd file, std::uint64_t size_bytes, std::string etag)> begun;  ///< Mirrors::Growing
    std::function<void()> look;  ///< called again and again from then on: there may be more
  };
  /// Has content fetched: see Mirrors::fetch. Waits for as long as a request of `size_bytes` may take, and
  /// calls `growth` meanwhile.
  [[nodiscard]] Result<bool, Trouble> fetch(std::size_t mirror, const std::string& name,
                                            std::uint64_t size_bytes, const Growth& growth);
  /// The URL by which a client gets an object from the store itself: see Mirrors::presign. Asks no store.
  [[nodiscard]] Result<std::string, Trouble> presign(std::size_t mirror, const std::string& name,
                                                     const Presentation& presentation);
  [[nodiscard]] Result<MirrorState, Trouble> state(std::size_t mirror);
  /// From now on nobody waits for a state or a URL any more, or for content that has not begun to grow.
  void finish_fetches() { give_up_ = GiveUp::unbegun; }
  /// From now on nobody waits for any content.
  void give_up_fetches() { give_up_ = GiveUp::all; }

  Agent(std::vector<os::MessageSocket> sockets, std::vector<Location> targets, std::vector<Mirrored> mirrors,
        milliseconds patience);

 private:
  class RemoteObjects;
  struct Reply {
    AgentAnswer answer;
    std::vector<os::Fd> descriptors = {};
  };

  enum class GiveUp : std::uint8_t { none, unbegun, all };

  /// Waits for a line for as long as for the answer, at most.
  [[nodiscard]] Result<Reply, Trouble> ask(AgentRequest request, const os::Fd* content, milliseconds patience,
                                           const Growth& growth = {}) EXCLUDES(mutex_);
  /// Belongs to the thread that has taken it out of `free_`.
  struct Line {
    os::MessageSocket socket;
    bool is_greeted = false;  ///< by an agent
  };
  [[nodiscard]] bool gives_up(const AgentRequest& request, bool grows) const;
  [[nodiscard]] Result<Reply, Trouble> exchange(Line& line, const AgentRequest& request,
                                                const os::Fd* content, milliseconds patience,
                                                const Growth& growth) const;

  std::vector<Line> lines_;
  const std::vector<Location> targets_;
  const std::vector<Mirrored> mirrors_;
  const milliseconds patience_;
  std::atomic<GiveUp> give_up_ = GiveUp::none;
  Mutex mutex_;
  ConditionVariable freed_;
  std::vector<std::size_t> free_ GUARDED_BY(mutex_);  // lines, by their order
  std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;
};

}  // namespace bobbin::object_store
