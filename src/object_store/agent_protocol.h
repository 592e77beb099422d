#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "object_store/objects.h"
#include "object_store/presigned_url.h"

// What a process and its agent tell each other, over sockets of which each has one request under way:
//
//     process ─► agent   NUMBER create TARGET TYPE LF KEY     with a descriptor: the content
//     process ─► agent   NUMBER read TARGET MOST_BYTES LF KEY
//     process ─► agent   NUMBER fetch MIRROR LF NAME          has the content of a file been fetched?
//     process ─► agent   NUMBER state MIRROR LF
//     process ─► agent   NUMBER presign MIRROR LF TYPE LF DISPOSITION LF CODING LF NAME
//     agent ─► process   NUMBER now | before | none           to fetch: `now` that it is there, or `none`
//     agent ─► process   NUMBER growing SIZE LF ETAG          with a descriptor: the content, while it comes
//     agent ─► process   NUMBER state HAS_LIST ANSWERS OBJECTS BYTES LEFT_OUT LF LEFT_OUT_NAME LF PROBLEM
//     agent ─► process   NUMBER content                       with a descriptor: the content
//     agent ─► process   NUMBER url LF URL                    to presign
//     agent ─► process   NUMBER unavailable | refused | impossible | aborted PAUSE_MS LF REASON
//
// `growing` may come before the answer to fetch: see Mirrors::Growing.
//
// An answer has the number of its request, from 1, and one of another number is that to a request which
// nobody waits for any more. An agent that has begun greets each process with an answer of its own, `0 none`:
// a second one says that the agent before has died.
namespace bobbin::object_store {

inline constexpr std::uint64_t kGreeting = 0;

struct AgentRequest {
  enum class Kind : std::uint8_t { create, read, fetch, state, presign };
  std::uint64_t number = 0;
  Kind kind = Kind::create;
  std::size_t target = 0;          ///< which one, or which mirror, by its order
  std::string media_type = {};     ///< of what is created; a token, a slash and a token
  std::size_t most_bytes = 0;      ///< of what is read
  std::string key = {};            ///< to fetch and to presign: the name beneath the mirror
  Presentation presentation = {};  ///< to presign; none of it has a line break
  friend bool operator==(const AgentRequest&, const AgentRequest&) = default;
};

/// How it is with a location whose objects are kept as files (Mirrors).
struct MirrorState {
  bool has_list = false;  ///< it was listed as a whole, now or by an earlier process
  bool answers = false;   ///< the last attempt to list it has succeeded
  std::uint64_t objects = 0;
  std::uint64_t whole_bytes = 0;   ///< of content that has been fetched
  std::uint64_t left_out = 0;      ///< objects with names that no files can have
  std::string left_out_name = {};  ///< one of them, printable
  std::string problem = {};        ///< why it does not answer: the end of a sentence
  friend bool operator==(const MirrorState&, const MirrorState&) = default;
};

struct AgentAnswer {
  enum class Kind : std::uint8_t { now, before, none, content, growing, trouble, state, url };
  std::uint64_t number = 0;
  Kind kind = Kind::none;
  Trouble trouble = {.kind = Trouble::Kind::unavailable, .reason = {}};  ///< of Kind::trouble
  MirrorState state = {};                                                ///< of Kind::state
  std::string url = {};                                                  ///< of Kind::url
  std::uint64_t size_bytes = 0;                                          ///< of Kind::growing
  std::string etag = {};                                                 ///< likewise
};

[[nodiscard]] std::string text_of(const AgentRequest& request);
[[nodiscard]] std::string text_of(const AgentAnswer& answer);
/// Nothing: it is no message of this protocol.
[[nodiscard]] std::optional<AgentRequest> parse_agent_request(std::string_view text);
[[nodiscard]] std::optional<AgentAnswer> parse_agent_answer(std::string_view text);

}  // namespace bobbin::object_store
