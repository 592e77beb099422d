#include "object_store/agent_protocol.h"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <system_error>
#include <utility>

namespace bobbin::object_store {
namespace {

using AnswerKind = AgentAnswer::Kind;

constexpr std::array<std::pair<std::string_view, AnswerKind>, 4> kOutcomes{
    {{"now", AnswerKind::now},
     {"before", AnswerKind::before},
     {"none", AnswerKind::none},
     {"content", AnswerKind::content}}};
constexpr std::array<std::pair<std::string_view, Trouble::Kind>, 4> kTroubles{
    {{"unavailable", Trouble::Kind::unavailable},
     {"refused", Trouble::Kind::refused},
     {"impossible", Trouble::Kind::impossible},
     {"aborted", Trouble::Kind::aborted}}};

template <typename Table, typename Value>
std::string_view word_of(const Table& table, Value value) {
  for (const auto& [word, each] : table)
    if (each == value) return word;
  return {};
}

/// The first line, word by word, and what is behind it.
class Reader {
 public:
  explicit Reader(std::string_view text) {
    const std::size_t end = text.find('\n');
    line_ = text.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  std::string_view word() {
    const std::size_t end = line_.find(' ');
    const std::string_view word = line_.substr(0, end);
    line_ = end == std::string_view::npos ? std::string_view() : line_.substr(end + 1);
    return word;
  }
  std::optional<std::uint64_t> number() {
    const std::string_view text = word();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
  }
  [[nodiscard]] std::string rest() const { return std::string(rest_); }
  /// The first line of what is behind, which is taken off there.
  std::optional<std::string> next_line() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string line(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return line;
  }

 private:
  std::string_view line_;
  std::string_view rest_;
};

std::optional<AgentAnswer> state_answer(std::uint64_t number, Reader& reader) {
  std::array<std::uint64_t, 5> numbers{};
  for (std::uint64_t& each : numbers) {
    const auto read = reader.number();
    if (!read) return std::nullopt;
    each = *read;
  }
  const std::string rest = reader.rest();
  const std::size_t end = rest.find('\n');
  if (end == std::string::npos) return std::nullopt;
  return AgentAnswer{.number = number,
                     .kind = AnswerKind::state,
                     .state = {.has_list = numbers[0] != 0,
                               .answers = numbers[1] != 0,
                               .objects = numbers[2],
                               .whole_bytes = numbers[3],
                               .left_out = numbers[4],
                               .left_out_name = rest.substr(0, end),
                               .problem = rest.substr(end + 1)}};
}

std::optional<AgentRequest> presign_request(std::uint64_t number, std::size_t target, Reader& reader) {
  AgentRequest request{.number = number, .kind = AgentRequest::Kind::presign, .target = target};
  Presentation& presentation = request.presentation;
  for (std::string* const each :
       {&presentation.media_type, &presentation.disposition, &presentation.coding}) {
    auto line = reader.next_line();
    if (!line) return std::nullopt;
    *each = *std::move(line);
  }
  request.key = reader.rest();
  return request;
}

}  // namespace

std::string text_of(const AgentRequest& request) {
  if (request.kind == AgentRequest::Kind::create)
    return fmt::format("{} create {} {}\n{}", request.number, request.target, request.media_type,
                       request.key);
  if (request.kind == AgentRequest::Kind::fetch || request.kind == AgentRequest::Kind::state)
    return fmt::format("{} {} {}\n{}", request.number,
                       request.kind == AgentRequest::Kind::fetch ? "fetch" : "state", request.target,
                       request.key);
  if (request.kind == AgentRequest::Kind::presign)
    return fmt::format("{} presign {}\n{}\n{}\n{}\n{}", request.number, request.target,
                       request.presentation.media_type, request.presentation.disposition,
                       request.presentation.coding, request.key);
  return fmt::format("{} read {} {}\n{}", request.number, request.target, request.most_bytes, request.key);
}

std::string text_of(const AgentAnswer& answer) {
  if (answer.kind == AnswerKind::state) {
    const MirrorState& state = answer.state;
    return fmt::format("{} state {} {} {} {} {}\n{}\n{}", answer.number, state.has_list ? 1 : 0,
                       state.answers ? 1 : 0, state.objects, state.whole_bytes, state.left_out,
                       state.left_out_name, state.problem);
  }
  if (answer.kind == AnswerKind::url) return fmt::format("{} url\n{}", answer.number, answer.url);
  if (answer.kind == AnswerKind::growing)
    return fmt::format("{} growing {}\n{}", answer.number, answer.size_bytes, answer.etag);
  if (answer.kind != AnswerKind::trouble)
    return fmt::format("{} {}", answer.number, word_of(kOutcomes, answer.kind));
  return fmt::format("{} {} {}\n{}", answer.number, word_of(kTroubles, answer.trouble.kind),
                     answer.trouble.shortest_pause.count(), answer.trouble.reason);
}

std::optional<AgentRequest> parse_agent_request(std::string_view text) {
  Reader reader(text);
  const auto number = reader.number();
  const std::string_view kind = reader.word();
  const auto target = reader.number();
  if (!number || !target) return std::nullopt;
  if (kind == "presign") return presign_request(*number, *target, reader);
  AgentRequest request{.number = *number, .target = *target, .key = reader.rest()};
  if (kind == "create") {
    request.media_type = reader.word();
    return request;
  }
  if (kind == "fetch" || kind == "state") {
    request.kind = kind == "fetch" ? AgentRequest::Kind::fetch : AgentRequest::Kind::state;
    return request;
  }
  const auto most_bytes = reader.number();
  if (kind != "read" || !most_bytes) return std::nullopt;
  request.kind = AgentRequest::Kind::read;
  request.most_bytes = *most_bytes;
  return request;
}

std::optional<AgentAnswer> parse_agent_answer(std::string_view text) {
  Reader reader(text);
  const auto number = reader.number();
  const std::string_view kind = reader.word();
  if (!number) return std::nullopt;
  for (const auto& [word, each] : kOutcomes)
    if (word == kind) return AgentAnswer{.number = *number, .kind = each};
  if (kind == "state") return state_answer(*number, reader);
  if (kind == "url") return AgentAnswer{.number = *number, .kind = AnswerKind::url, .url = reader.rest()};
  if (kind == "growing") {
    const auto size_bytes = reader.number();
    if (!size_bytes) return std::nullopt;
    return AgentAnswer{
        .number = *number, .kind = AnswerKind::growing, .size_bytes = *size_bytes, .etag = reader.rest()};
  }
  for (const auto& [word, each] : kTroubles) {
    if (word != kind) continue;
    const auto pause = reader.number();
    if (!pause) return std::nullopt;
    return AgentAnswer{
        .number = *number,
        .kind = AnswerKind::trouble,
        .trouble = {.kind = each, .reason = reader.rest(), .shortest_pause = milliseconds(*pause)}};
  }
  return std::nullopt;
}

}  // namespace bobbin::object_store
