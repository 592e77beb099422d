#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "inbox/consumer.h"
#include "inbox/record_folders.h"

namespace bobbin::inbox {

enum class ListForm : std::uint8_t {
  /// Sequence, time of arrival, size of the document and name of the file, between blanks. Of a file with
  /// many records: those of the first one, and the size of all.
  text,
  json,  ///< a JSON object on each line
};

/// Hands a line to `write` for each record in the folder, the oldest first. False: it takes no more. Each
/// file is read: what is not whole has `-` in the place of what is not known (in JSON: `"whole":false`), and
/// `report` says why. What another program takes away meanwhile is left out. The error is a message.
[[nodiscard]] Result<void, std::string> list_records(const RecordFolders& folders, RecordFolder folder,
                                                     ListForm form,
                                                     const std::function<bool(std::string_view)>& write,
                                                     const Report& report);

}  // namespace bobbin::inbox
