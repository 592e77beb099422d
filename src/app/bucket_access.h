#pragma once

#include <string>

#include "app/forward_words.h"
#include "app/object_store_words.h"
#include "base/result.h"
#include "object_store/bucket_access.h"

namespace bobbin::app {

/// How a command reaches its bucket, and as whom, from the words of the command and the variables of AWS.
/// `words` name a location. The error is a message. Thread: none may change the environment.
[[nodiscard]] Result<object_store::BucketAccess, std::string> bucket_access(const ObjectStoreWords& words,
                                                                            const RequestWords& requests);

}  // namespace bobbin::app
