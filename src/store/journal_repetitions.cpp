// What a JournalCommitter does about documents that come again.

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "store/bundles.h"
#include "store/journal_committer.h"

namespace bobbin::store {
namespace {

using Reason = NotStored::Reason;

/// Of a document whose key is known.
enum class Repetition : std::uint8_t { same, refused, stored };

Repetition judge(const DocumentKey& key, bool is_same_content) {
  if (is_same_content || key.other_content == DocumentKey::OtherContent::ignored) return Repetition::same;
  return key.other_content == DocumentKey::OtherContent::refused ? Repetition::refused : Repetition::stored;
}

}  // namespace

/// Adds the keys of what the document holds. False: one of them is there. Then nobody knows yet what becomes
/// of the other one, and this one must neither share its failure nor be refused because of it.
bool JournalCommitter::add_keys(std::set<crypto::Digest>& keys, const Document& document) {
  const Particulars& particulars = document.particulars();
  const auto is_there = [&](const std::optional<DocumentKey>& key) {
    return key && keys.contains(key->digest);
  };
  if (is_there(particulars.key) || std::ranges::any_of(particulars.bundle, is_there, &Part::key))
    return false;
  if (particulars.key) keys.insert(particulars.key->digest);
  for (const Part& part : particulars.bundle)
    if (part.key) keys.insert(part.key->digest);
  return true;
}

/// Takes those out that need no record: each has an outcome then, or is to get that of another document of
/// its bundle. Of a bundle all are refused when one is.
JournalCommitter::Uploads JournalCommitter::take_repetitions(Uploads& batch) {
  Uploads settled;
  Uploads rest;
  Bundles bundles(batch);
  for (auto bundle = bundles.next(); !bundle.empty(); bundle = bundles.next()) {
    if (!find_repetitions(bundle, rest.size())) {
      for (JournalUpload& upload : bundle) {
        upload.is_repetition = false;
        upload.first.reset();
        upload.failure = {Reason::conflict};
      }
    }
    for (JournalUpload& upload : bundle) {
      const bool is_settled = upload.is_repetition || upload.failure;
      (is_settled ? settled : rest).push_back(std::move(upload));
    }
  }
  batch = std::move(rest);
  return settled;
}

/// `next`: where the first of them that is no repetition will be in the batch. False: another document of a
/// key that may have one alone is refused.
bool JournalCommitter::find_repetitions(std::span<JournalUpload> bundle, std::size_t next) {
  FirstDocuments firsts;
  for (JournalUpload& upload : bundle) {
    const auto& key = upload.key();
    const auto content = upload.content();
    if (!key || !content || upload.document->known_failure()) {
      ++next;
      continue;
    }
    upload.digest = crypto::sha256(*content);
    const auto known = known_.find(*key, wall_now());
    const auto first = firsts.find(key->digest);
    if (!known && first == firsts.end()) {
      firsts.emplace(key->digest, FirstDocument{.place = next++, .digest = upload.digest});
      continue;
    }
    switch (judge(*key, upload.digest == (known ? known->digest : first->second.digest))) {
      case Repetition::same:
        upload.is_repetition = true;
        if (known) {
          upload.id = known->id;
          upload.sequence = known->sequence;
          upload.digest = known->digest;
        } else {
          upload.first = first->second.place;
        }
        break;
      case Repetition::refused: return false;
      case Repetition::stored:
        upload.is_conflict = true;
        ++next;
        break;
    }
  }
  return true;
}

/// Of documents that are stored.
void JournalCommitter::remember_keys(const Uploads& batch) {
  for (const JournalUpload& upload : batch) {
    const auto& key = upload.key();
    if (!key || upload.failure || upload.is_conflict) continue;
    known_.add(
        key->digest,
        {.id = upload.id, .sequence = upload.sequence, .digest = upload.digest, .received = upload.received});
  }
  static_cast<void>(write_keys());
}

/// No checkpoint is made while it fails, so the records stay in the journal.
Result<void> JournalCommitter::write_keys() {
  const Result<void> written = known_.write();
  if (!written && !std::exchange(keys_are_late_, true))
    report_.add_error(
        observe::Event::keys_not_written,
        fmt::format("The keys of documents in '{}' could not be written ({}): it is tried again",
                    folder_.path(), written.error().message()));
  if (written) keys_are_late_ = false;
  return written;
}

}  // namespace bobbin::store
