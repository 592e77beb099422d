#pragma once

#include <memory>
#include <string>

#include "app/object_store_words.h"
#include "http_client/client.h"
#include "object_store/shared_credentials.h"

namespace bobbin::app {

/// Who asks the object store. Of a file that is named, those that stand there now. Otherwise they are looked
/// for where the tools of AWS look, in their order: variables, the token of a web identity, the file of the
/// AWS command line, what issues credentials to a container, and the metadata service of the machine. The
/// first of these that is there counts, whether it can be used or not.
/// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
///
/// `region`: that of the security token service, which is reached as `client` says. Nothing is asked and no
/// file is read before somebody wants credentials. Thread: none may change the environment.
[[nodiscard]] std::shared_ptr<object_store::SharedCredentials> credentials_for(
    const ObjectStoreWords& words, const std::string& region, const http_client::ClientSettings& client);

}  // namespace bobbin::app
