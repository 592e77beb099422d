#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "inbox/upload_folder.h"
#include "journal/history.h"

namespace bobbin::inbox {

/// How the file of a record is.
enum class DocumentState : std::uint8_t {
  as_stored,
  withdrawn,      ///< its client was told that it is not stored
  not_named_yet,  ///< the server is about to name it, or the next start will
  missing,        ///< it has had its name: a consumer has taken it, or it is lost
  different,      ///< a file of its name holds something else
  unreadable,     ///< what has its name cannot be read
  lost,           ///< neither its name nor the hidden one of a large document is there
};
[[nodiscard]] const char* id_of(DocumentState state);

struct VerifiedRecord {
  std::uint64_t sequence = 0;
  std::string name;
  std::uint64_t size_bytes = 0;
  crypto::Digest digest{};
  /// Of its file, which holds the document alone, all of the record, or other records, too.
  crypto::Digest file_digest{};
  bool has_body = true;        ///< whether the document stands in the journal
  bool is_whole_file = false;  ///< whether its file holds all of the record
  DocumentState state = DocumentState::as_stored;
};

/// Something that is wrong. `id` never changes its meaning.
struct Finding {
  std::string id;
  std::string text;                      ///< a sentence or two
  std::string remedy;                    ///< what to do
  std::vector<std::string> places = {};  ///< where it was found several times
};

struct VerifiedSegment {
  std::uint64_t number = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t entries = 0;  ///< that belong to the journal
};

/// What was found out about the journal and the documents of an upload folder.
struct Verification {
  std::string path;
  std::string epoch;
  std::vector<VerifiedSegment> segments;
  std::uint64_t entries = 0;
  std::uint64_t checkpoint = 0;
  std::uint64_t behind_checkpoint = 0;  ///< records that the next start would look after
  std::uint64_t given_up = 0;           ///< records of a flush that failed: nobody was told of them
  bool is_in_doubt = false;
  bool chain_holds = true;  ///< every entry has the digest of the one before
  std::vector<journal::Damage> damage;
  std::vector<journal::Damage> damage_before_checkpoint;
  std::vector<VerifiedRecord> records;  ///< those that are still in the journal, in order
  std::uint64_t without_record = 0;     ///< files with a name of ours: they are older than the journal
  std::vector<std::string> notes;       ///< what is unusual and not wrong
  std::vector<Finding> findings;

  [[nodiscard]] std::uint64_t count(DocumentState state) const;
};

/// Reads the journal in the folder, and compares the documents with it. Changes nothing. What a server does
/// meanwhile is not taken for something wrong: what was found is looked at again. The error is a message: the
/// journal cannot be read at all.
[[nodiscard]] Result<Verification, std::string> verify(const UploadFolder& folder);

}  // namespace bobbin::inbox
