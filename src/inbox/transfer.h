#pragma once

#include <string>

#include "base/result.h"
#include "inbox/record_folders.h"

// What an operator or a consumer asks for by the name of a file: with its folder, as `bobbin inbox next`
// prints it, or without. Each of these can be repeated after an interruption. Errors are messages.
namespace bobbin::inbox {

/// Moves a claim to `done` or `failed`.
[[nodiscard]] Result<void, std::string> end_claim(const RecordFolders& folders, const std::string& file,
                                                  RecordFolder to);

/// Moves a record from `done` or `failed` back to `new`. A name without its folder is looked for in both.
/// Returns the name.
[[nodiscard]] Result<std::string, std::string> replay(const RecordFolders& folders, const std::string& file);

}  // namespace bobbin::inbox
