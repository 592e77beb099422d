#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "given.h"
#include "json/validator.h"
#include "uploads/batch_intake.h"
#include "uploads/lines_intake.h"

// Content that is several documents: lines of JSON, or a batch of CloudEvents. The verdict, and where the
// documents are, are the same whatever the splits, and those of a plain reading of the whole.
namespace bobbin::fuzz {
namespace {

using uploads::BundleIntake;
using uploads::JsonIntake;

/// Takes everything.
class Target final : public store::DraftTarget {
 public:
  Intake append(Bytes) override { return Intake::more; }
  void when_ready(std::function<void()> ready) override { ready(); }
  void commit(store::Particulars, Done) override { ASSERT(false); }
  void abandon() override {}
};

struct Documents {
  std::vector<std::string> texts;
  friend bool operator==(const Documents&, const Documents&) = default;
};
/// Or why it was refused.
using Verdict = std::variant<Documents, std::string>;

template <typename Intake, typename PieceSize>
Verdict verdict_on(std::string_view content, PieceSize size) {
  static const uploads::KeySettings keys;
  static const http::RequestHead head;
  static const Endpoint local;
  Budget memory{UINT64_MAX};
  Intake intake(uploads::KeyReader(keys, http::Request{.head = head, .local = local}),
                JsonIntake(UINT64_MAX, store::Draft(std::make_shared<Target>()), http::Resume({}),
                           JsonIntake::Rest::dropped, {}, "The content", JsonIntake::Judgement::anything),
                memory);
  for (std::string_view rest = content; !rest.empty();) {
    const ExactCopy piece(rest.substr(0, size(rest.size())));
    ASSERT(std::holds_alternative<http::Accepted>(intake.take(as_bytes(piece.text()))));
    rest.remove_prefix(piece.text().size());
  }
  if (const auto refused = intake.finish()) {
    ASSERT(!refused->detail.empty());
    return refused->detail;
  }
  Documents documents;
  const auto received = intake.received();
  ASSERT(received && received->bytes == content.size());
  std::size_t end = 0;
  for (const store::Part& part : received->bundle) {
    ASSERT(part.begin >= end && part.size <= content.size() && part.begin <= content.size() - part.size);
    end = part.begin + part.size;
    documents.texts.emplace_back(content.substr(part.begin, part.size));
  }
  return documents;
}

std::optional<boost::json::value> parse(std::string_view text, std::size_t depth) {
  boost::json::parse_options options;
  options.max_depth = depth;
  boost::json::error_code code;
  auto value = boost::json::parse({text.data(), text.size()}, code, {}, options);
  return code ? std::nullopt : std::optional(std::move(value));
}

constexpr std::size_t kDepth = json::Validator::kMaximumDepth;
using Values = std::vector<boost::json::value>;

/// Nothing: it is to be refused.
std::optional<Values> read_lines(std::string_view content) {
  Values values;
  while (!content.empty()) {
    const std::string_view line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(line.size() + 1, content.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto value = parse(line, kDepth);
    if (!value) return std::nullopt;
    values.push_back(*std::move(value));
  }
  return values.empty() ? std::nullopt : std::optional(std::move(values));
}
std::optional<Values> read_batch(std::string_view content) {
  const auto value = parse(content, kDepth + 1);
  if (!value || !value->is_array() || value->get_array().empty()) return std::nullopt;
  for (const auto& each : value->get_array())
    if (!each.is_object()) return std::nullopt;
  return Values(value->get_array().begin(), value->get_array().end());
}

template <typename Intake>
void check(std::string_view content, const std::optional<Values>& expected, Choices& choices) {
  const Verdict verdict = verdict_on<Intake>(content, [](std::size_t size) { return size; });
  ASSERT(verdict == verdict_on<Intake>(content, [&](std::size_t size) { return choices.piece(size); }));
  const auto* documents = std::get_if<Documents>(&verdict);
  ASSERT((documents != nullptr) == expected.has_value());
  if (documents == nullptr) return;
  ASSERT(documents->texts.size() == expected->size());
  for (std::size_t i = 0; i < expected->size(); ++i) {
    const auto value = parse(documents->texts[i], kDepth);
    // As texts, since what Boost.JSON makes of 0e17961 is equal to nothing.
    ASSERT(value && boost::json::serialize(*value) == boost::json::serialize(expected->at(i)));
  }
}

void run(std::string_view input, Choices choices) {
  if (input.size() / 2 > BundleIntake::kMostDocuments) return;  // what is more is not kept
  check<uploads::LinesIntake>(input, read_lines(input), choices);
  check<uploads::BatchIntake>(input, read_batch(input), choices);
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
