#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "object_store/objects.h"

// What a process and its agent tell each other, over sockets of which each has one request under way:
//
//     process ─► agent   NUMBER create TARGET TYPE LF KEY     with a descriptor: the content
//     process ─► agent   NUMBER read TARGET MOST_BYTES LF KEY
//     agent ─► process   NUMBER now | before | none
//     agent ─► process   NUMBER content                       with a descriptor: the content
//     agent ─► process   NUMBER unavailable | refused | impossible | aborted PAUSE_MS LF REASON
//
// An answer has the number of its request, from 1, and one of another number is that to a request which
// nobody waits for any more. An agent that has begun greets each process with an answer of its own, `0 none`:
// a second one says that the agent before has died.
namespace bobbin::object_store {

inline constexpr std::uint64_t kGreeting = 0;

struct AgentRequest {
  enum class Kind : std::uint8_t { create, read };
  std::uint64_t number = 0;
  Kind kind = Kind::create;
  std::size_t target = 0;       ///< which one, by its order
  std::string media_type = {};  ///< of what is created; a token, a slash and a token
  std::size_t most_bytes = 0;   ///< of what is read
  std::string key = {};
  friend bool operator==(const AgentRequest&, const AgentRequest&) = default;
};

struct AgentAnswer {
  enum class Kind : std::uint8_t { now, before, none, content, trouble };
  std::uint64_t number = 0;
  Kind kind = Kind::none;
  Trouble trouble = {.kind = Trouble::Kind::unavailable, .reason = {}};  ///< of Kind::trouble
};

[[nodiscard]] std::string text_of(const AgentRequest& request);
[[nodiscard]] std::string text_of(const AgentAnswer& answer);
/// Nothing: it is no message of this protocol.
[[nodiscard]] std::optional<AgentRequest> parse_agent_request(std::string_view text);
[[nodiscard]] std::optional<AgentAnswer> parse_agent_answer(std::string_view text);

}  // namespace bobbin::object_store
