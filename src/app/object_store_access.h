#pragma once

#include <string>

#include "app/config.h"
#include "base/result.h"
#include "object_store/bucket_access.h"
#include "object_store/location.h"

namespace bobbin::app {

/// What this server is called among several: [a-z0-9-]{1,64}.
[[nodiscard]] std::string node_name(const ServerConfig& config);

/// How the object store is reached by the processes beside the server, from its options and the variables of
/// AWS. The error is a message. Thread: none may change the environment.
[[nodiscard]] Result<object_store::BucketAccess, std::string> access_to(const object_store::Location& target,
                                                                        const ServerConfig& config);

/// The same as clients reach it, who are sent there.
[[nodiscard]] Result<object_store::BucketAccess, std::string> access_of_clients_to(
    const object_store::Location& target, ServerConfig config);

}  // namespace bobbin::app
