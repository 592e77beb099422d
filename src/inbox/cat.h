#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "inbox/upload_folder.h"

namespace bobbin::inbox {

/// What is printed of a journal.
struct CatOptions {
  enum class What : std::uint8_t {
    entries,   ///< records and what stands between them, byte for byte
    receipts,  ///< the same without documents: what `previous` and `check` are digests of
    bodies,    ///< the documents alone, but for those that were withdrawn
  } what = What::entries;
  std::uint64_t from = 0;  ///< the sequence of the first record
};

/// Hands each piece of the output to `write`: JSON text sequences (RFC 7464), in order. False: it takes no
/// more. Reads the whole journal before. The error is a message: the journal cannot be read, is damaged, or
/// does not have all that was asked for; what it has has been written then.
[[nodiscard]] Result<void, std::string> cat(const UploadFolder& folder, const CatOptions& options,
                                            const std::function<bool(std::string_view)>& write);

}  // namespace bobbin::inbox
