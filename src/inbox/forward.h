#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http_client/client.h"
#include "inbox/consumer.h"
#include "inbox/forward_request.h"
#include "inbox/record_folders.h"
#include "inbox/retry_schedule.h"
#include "signatures/standard_signer.h"

namespace bobbin::inbox {

struct ForwardOptions {
  std::string consumer;  ///< see is_consumer_name
  std::string url;       ///< to which the records are sent
  http_client::ClientSettings server;
  std::vector<Field> fields;                         ///< the operator's own, as parse_own_field takes them
  std::optional<signatures::StandardSigner> signer;  ///< nothing: the requests are not signed
  RetrySchedule retry = RetrySchedule::standard();
};

/// Sends each record to another server, as run_worker does, one request after the other: see request_fields
/// for what is sent, and outcome_of for what an answer means. A file of many records is sent record by
/// record, and goes to `failed` where one of them has failed. A second signal breaks off the request.
///
/// Nothing: it was ended by a signal. The error is a message: there is no libcurl, or a record cannot be
/// moved. Thread: the only one of its process, whose signals it takes.
[[nodiscard]] Result<void, std::string> forward(const RecordFolders& folders, const ForwardOptions& options,
                                                const Report& report);

}  // namespace bobbin::inbox
