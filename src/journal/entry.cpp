#include "journal/entry.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "base/append.h"
#include "base/ascii.h"
#include "base/base64.h"
#include "base/utc_time.h"
#include "json/object.h"

namespace bobbin::journal {
namespace {

using crypto::Digest;
using crypto::hex_of;

constexpr std::string_view kBegin = "\x1E{\"bobbin\":1,";
constexpr std::string_view kBody = ",\"body\":";
constexpr std::string_view kBinaryBody = ",\"body64\":";
constexpr std::string_view kCheck = ",\"check\":\"";
constexpr std::string_view kEnd = "\"}\n";
constexpr std::size_t kCheckDigits = 16;
constexpr std::string_view kWholeFile = "record";
// A receipt has the fields of a request in it, of which few are kept.
constexpr std::size_t kLargestReceiptBytes = 64UL * 1024;

void append_text(std::string& out, std::string_view name, std::string_view value) {
  append_parts(out, ",\"", name, "\":");
  json::append_string(out, value);
}
void append_number(std::string& out, std::string_view name, std::uint64_t value) {
  append_parts(out, ",\"", name, "\":", value);
}
void append_digest(std::string& out, std::string_view name, const Digest& digest) {
  append_parts(out, ",\"", name, "\":\"", hex_of(digest), '"');
}

// Each appends what tells its kind of content from the others.
void append_content(std::string& out, const SegmentBegin& segment) {
  append_text(out, "kind", "segment");
  append_number(out, "segment", segment.number);
  append_number(out, "first", segment.first);
  append_text(out, "boot", segment.boot);
  append_number(out, "mount", segment.mount);
}
void append_content(std::string& out, const Record& record) {
  append_number(out, "sequence", record.sequence);
  append_text(out, "id", record.id);
  append_text(out, "inbox", record.inbox);
  append_text(out, "received", utc_text(record.received));
  append_text(out, "name", record.name);
  append_number(out, "size", record.size_bytes);
  append_digest(out, "sha256", record.digest);
  if (record.key) append_digest(out, "key", *record.key);
  if (record.is_conflict) out += ",\"conflict\":true";
  if (record.bundle) {
    append_number(out, "bundle", record.bundle->first);
    append_number(out, "bundled", record.bundle->documents);
  }
  if (!record.request.empty()) append_parts(out, ",\"request\":", record.request);
  if (record.is_whole_file) append_text(out, "file", kWholeFile);
}
void append_content(std::string& out, const Withdrawal& withdrawal) {
  append_text(out, "kind", "withdrawal");
  append_number(out, "of", withdrawal.sequence);
}
void append_content(std::string& out, const Published& published) {
  append_text(out, "kind", "published");
  append_number(out, "through", published.through);
}
void append_content(std::string& out, const Checkpoint& checkpoint) {
  append_text(out, "kind", "checkpoint");
  append_number(out, "through", checkpoint.through);
}
void append_content(std::string& out, const Doubt& doubt) {
  append_text(out, "kind", "doubt");
  append_number(out, "behind", doubt.behind);
}

/// The digest of `text`, which is a receipt without the '}' at its end.
Digest receipt_digest(std::string_view text) { return crypto::Sha256().add(text).add("}").finish(); }

std::optional<Digest> digest_in(const json::Object& object, std::string_view name) {
  const auto text = object.text(name);
  return text ? crypto::digest_from_hex(*text) : std::nullopt;
}

std::optional<SegmentBegin> segment_of(const json::Object& object) {
  const auto number = object.number("segment");
  const auto first = object.number("first");
  auto boot = object.text("boot");
  const auto mount = object.number("mount");
  if (!number || !first || !boot || !mount) return std::nullopt;
  return SegmentBegin{.number = *number, .first = *first, .boot = *std::move(boot), .mount = *mount};
}

/// How a document stands in an entry.
enum class BodyForm : std::uint8_t { none, json, base64 };

BodyForm form_of(std::string_view behind_receipt) {
  if (behind_receipt.starts_with(kBody)) return BodyForm::json;
  return behind_receipt.starts_with(kBinaryBody) ? BodyForm::base64 : BodyForm::none;
}

/// The JSON text of `document_bytes` at the front of `text`. Nothing: there is no such one.
std::optional<std::string_view> body_in(std::string_view text, BodyForm form, std::uint64_t document_bytes) {
  if (document_bytes > text.size()) return std::nullopt;
  const std::uint64_t size =
      form == BodyForm::json ? document_bytes : base64_size(document_bytes) + std::string_view("\"\"").size();
  if (size > text.size()) return std::nullopt;
  return text.substr(0, size);
}

bool is_document(std::string_view body, BodyForm form, const Record& record) {
  if (form == BodyForm::json) return crypto::sha256(body) == record.digest;
  if (!body.starts_with('"') || !body.ends_with('"')) return false;
  const auto document = decode_base64(body.substr(1, body.size() - 2));
  return document && document->size() == record.size_bytes && crypto::sha256(*document) == record.digest;
}

std::optional<Bundle> bundle_of(const json::Object& object) {
  const auto first = object.number("bundle");
  const auto documents = object.number("bundled");
  if (!first || !documents) return std::nullopt;
  return Bundle{.first = *first, .documents = *documents};
}

std::optional<Record> record_of(const json::Object& object, BodyForm form) {
  const auto sequence = object.number("sequence");
  auto id = object.text("id");
  auto inbox = object.text("inbox");
  const auto received_text = object.text("received");
  const auto received = received_text ? utc_time_of(*received_text) : std::nullopt;
  auto name = object.text("name");
  const auto size = object.number("size");
  const auto digest = digest_in(object, "sha256");
  if (!sequence || *sequence == 0 || !id || !inbox || !received || !name || !size || !digest)
    return std::nullopt;
  return Record{.sequence = *sequence,
                .id = *std::move(id),
                .inbox = *std::move(inbox),
                .received = *received,
                .name = *std::move(name),
                .size_bytes = *size,
                .digest = *digest,
                .has_body = form != BodyForm::none,
                .is_binary = form == BodyForm::base64,
                .is_whole_file = object.text("file") == kWholeFile,
                .key = digest_in(object, "key"),
                .is_conflict = object.has("conflict"),
                .bundle = bundle_of(object),
                .request = {}};
}

/// Nothing: there is no such kind, or something is missing.
bool read_content(const json::Object& object, BodyForm form, Entry& entry) {
  const auto kind = object.text("kind");
  const auto set = [&entry](auto content) {
    if (!content) return false;
    entry.content = *std::move(content);
    return true;
  };
  if (!kind) return set(record_of(object, form));
  if (form != BodyForm::none) return false;
  if (*kind == "segment") return set(segment_of(object));
  const auto number = object.number(*kind == "withdrawal" ? "of" : *kind == "doubt" ? "behind" : "through");
  if (!number) return false;
  if (*kind == "withdrawal") return set(std::optional(Withdrawal{*number}));
  if (*kind == "doubt") return set(std::optional(Doubt{*number}));
  if (*kind == "published") return set(std::optional(Published{*number}));
  return *kind == "checkpoint" && set(std::optional(Checkpoint{*number}));
}

}  // namespace

Digest append_entry(std::string& out, const Entry& entry, std::string_view body) {
  const std::size_t begin = out.size() + 1;  // of the receipt
  out += kBegin;
  out += "\"epoch\":";
  json::append_string(out, entry.epoch);
  append_digest(out, "previous", entry.previous);
  append_number(out, "flushed", entry.flushed);
  std::visit([&](const auto& content) { append_content(out, content); }, entry.content);
  const Digest digest = receipt_digest(std::string_view(out).substr(begin));
  const auto* record = std::get_if<Record>(&entry.content);
  if (record != nullptr && record->has_body) {
    if (record->is_binary)
      append_parts(out, kBinaryBody, '"', encode_base64(body), '"');
    else
      append_parts(out, kBody, body);
  }
  out += kCheck;
  out += std::string_view(hex_of(digest)).substr(0, kCheckDigits);
  out += kEnd;
  return digest;
}

std::optional<ReadEntry> read_entry(std::string_view bytes) {
  if (!bytes.starts_with(kBegin)) return std::nullopt;
  // Within a string these cannot stand, since the quotation marks would have backslashes before them.
  const std::string_view start = bytes.substr(0, kLargestReceiptBytes);
  const std::size_t receipt_end = std::min({start.find(kBody), start.find(kBinaryBody), start.find(kCheck)});
  if (receipt_end == std::string_view::npos) return std::nullopt;
  const std::string_view receipt = bytes.substr(1, receipt_end - 1);
  const auto object = json::Object::parse(std::string(receipt) + '}');
  if (!object) return std::nullopt;

  ReadEntry read;
  std::string_view rest = bytes.substr(receipt_end);
  const BodyForm form = form_of(rest);
  auto epoch = object->text("epoch");
  const auto previous = digest_in(*object, "previous");
  const auto flushed = object->number("flushed");
  if (!epoch || !previous || !flushed || !read_content(*object, form, read.entry)) return std::nullopt;
  read.entry.epoch = *std::move(epoch);
  read.entry.previous = *previous;
  read.entry.flushed = *flushed;
  if (form != BodyForm::none) {
    rest.remove_prefix(form == BodyForm::json ? kBody.size() : kBinaryBody.size());
    const auto body = body_in(rest, form, std::get<Record>(read.entry.content).size_bytes);
    if (!body) return std::nullopt;
    read.body = *body;
    rest.remove_prefix(read.body.size());
  }
  read.head = receipt;
  read.receipt = receipt_digest(receipt);
  const std::string tail = fmt::format("{}{:.{}}{}", kCheck, hex_of(read.receipt), kCheckDigits, kEnd);
  if (!rest.starts_with(tail)) return std::nullopt;
  if (form != BodyForm::none && !is_document(read.body, form, std::get<Record>(read.entry.content)))
    return std::nullopt;
  read.size = bytes.size() - rest.size() + tail.size();
  read.text = bytes.substr(1, read.size - 1);
  return read;
}

std::optional<RecordPosition> position_of_record(std::string_view beginning) {
  constexpr std::size_t kDigestDigits = 64;
  const auto skip = [&](std::string_view expected) {
    const bool is_there = beginning.starts_with(expected);
    if (is_there) beginning.remove_prefix(expected.size());
    return is_there;
  };
  const auto number = [&]() -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(beginning.data(), beginning.data() + beginning.size(), value);
    if (error != std::errc()) return std::nullopt;
    beginning.remove_prefix(static_cast<std::size_t>(end - beginning.data()));
    return value;
  };
  RecordPosition position;
  if (!skip(kBegin.substr(1)) || !skip("\"epoch\":\"")) return std::nullopt;
  position.epoch = beginning.substr(0, beginning.find_first_of("\"\\"));
  beginning.remove_prefix(position.epoch.size());
  if (!skip("\",\"previous\":\"") || beginning.size() < kDigestDigits) return std::nullopt;
  beginning.remove_prefix(kDigestDigits);
  if (!skip("\",\"flushed\":") || !number() || !skip(",\"sequence\":")) return std::nullopt;
  const auto sequence = number();
  if (!sequence || !beginning.starts_with(',')) return std::nullopt;
  position.sequence = *sequence;
  return position;
}

}  // namespace bobbin::journal
