#include "store/delivery.h"

#include <charconv>
#include <concepts>
#include <cstdint>
#include <fmt/format.h>
#include <optional>

namespace bobbin::store {
namespace {

using Reason = NotStored::Reason;
using OtherContent = DocumentKey::OtherContent;

/// Writes values one behind the other. A text comes with its length, so that it may hold anything.
class Writer {
 public:
  template <std::integral Number>
  void add(Number number) {
    fmt::format_to(std::back_inserter(text_), "{} ", static_cast<std::int64_t>(number));
  }
  void add(std::string_view text) { fmt::format_to(std::back_inserter(text_), "{} {} ", text.size(), text); }
  void add(const crypto::Digest& digest) { add(std::string_view(crypto::hex_of(digest))); }
  void add(const std::optional<DocumentKey>& key) {
    add(key ? 1 : 0);
    if (!key) return;
    add(key->digest);
    add(static_cast<int>(key->other_content));
    add(key->window.count());
  }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

/// Reads them again. After the first thing that is not there, everything is zero or empty, and has_failed().
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  template <std::integral Number = std::int64_t>
  Number number() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || end == rest_.data() + rest_.size() || *end != ' ') return fail(), Number{};
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()) + 1);
    return static_cast<Number>(value);
  }
  std::string text() {
    const auto size = number<std::size_t>();
    if (rest_.size() <= size || rest_[size] != ' ') return fail(), std::string();
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size + 1);
    return text;
  }
  crypto::Digest digest() {
    const auto digest = crypto::digest_from_hex(text());
    if (!digest) fail();
    return digest.value_or(crypto::Digest{});
  }
  std::optional<DocumentKey> key() {
    if (number<int>() == 0) return std::nullopt;
    DocumentKey key{.digest = digest()};
    key.other_content = static_cast<OtherContent>(choice(static_cast<int>(OtherContent::ignored)));
    key.window = Duration(number<Duration::rep>());
    return key;
  }
  /// A number from 0 to `last`.
  int choice(int last) {
    const int value = number<int>();
    if (value >= 0 && value <= last) return value;
    return fail(), 0;
  }
  /// How many elements follow, of which each takes a byte at least.
  std::size_t count() {
    const auto value = number<std::size_t>();
    if (value <= rest_.size()) return value;
    return fail(), std::size_t{0};
  }
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  [[nodiscard]] bool is_whole() const { return !has_failed_ && rest_.empty(); }

 private:
  void fail() {
    has_failed_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

enum class Kind : std::uint8_t { not_stored, stored, stored_bundle };

}  // namespace

std::string text_of(const Particulars& particulars) {
  Writer writer;
  writer.add(particulars.request);
  writer.add(particulars.key);
  writer.add(particulars.is_binary ? 1 : 0);
  writer.add(particulars.bundle.size());
  for (const Part& part : particulars.bundle) {
    writer.add(part.begin);
    writer.add(part.size);
    writer.add(part.key);
  }
  return std::move(writer).take();
}

std::optional<Particulars> particulars_of(std::string_view text) {
  Reader reader(text);
  Particulars particulars{.request = reader.text(), .key = reader.key()};
  particulars.is_binary = reader.choice(1) == 1;
  const std::size_t parts = reader.count();
  for (std::size_t i = 0; i < parts && !reader.has_failed(); ++i) {
    Part part{.begin = reader.number<std::size_t>(), .size = reader.number<std::size_t>()};
    part.key = reader.key();
    particulars.bundle.push_back(part);
  }
  if (!reader.is_whole()) return std::nullopt;
  return particulars;
}

std::string text_of(const Outcome& outcome) {
  Writer writer;
  if (!outcome) {
    writer.add(static_cast<int>(Kind::not_stored));
    writer.add(static_cast<int>(outcome.error().reason));
    writer.add(outcome.error().cause.code);
  } else if (const auto& bundle = outcome->bundle) {
    writer.add(static_cast<int>(Kind::stored_bundle));
    writer.add(bundle->documents);
    writer.add(bundle->repetitions);
    writer.add(bundle->first_sequence);
    writer.add(bundle->first_name);
  } else {
    writer.add(static_cast<int>(Kind::stored));
    writer.add(outcome->name);
    writer.add(outcome->id);
    writer.add(outcome->sequence);
    writer.add(outcome->digest);
    writer.add(outcome->is_repetition ? 1 : 0);
  }
  return std::move(writer).take();
}

std::optional<Outcome> outcome_of(std::string_view text) {
  Reader reader(text);
  Outcome outcome;
  switch (static_cast<Kind>(reader.choice(static_cast<int>(Kind::stored_bundle)))) {
    case Kind::not_stored: {
      NotStored reason{.reason = static_cast<Reason>(reader.choice(static_cast<int>(Reason::failed)))};
      reason.cause = {.code = reader.number<int>(), .operation = "delivery to the successor"};
      outcome = failure(reason);
      break;
    }
    case Kind::stored_bundle: {
      StoredBundle bundle{.documents = reader.number<std::uint64_t>(),
                          .repetitions = reader.number<std::uint64_t>(),
                          .first_sequence = reader.number<std::uint64_t>()};
      bundle.first_name = reader.text();
      outcome = Stored{.bundle = std::move(bundle)};
      break;
    }
    case Kind::stored: {
      Stored stored{.name = reader.text(),
                    .id = reader.text(),
                    .sequence = reader.number<std::uint64_t>(),
                    .digest = reader.digest()};
      stored.is_repetition = reader.choice(1) == 1;
      outcome = std::move(stored);
      break;
    }
  }
  if (!reader.is_whole()) return std::nullopt;
  return outcome;
}

}  // namespace bobbin::store
