#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "object_store/signature_v4.h"

namespace bobbin::object_store {

/// The value of a variable of the environment; null: it is not set.
using Variables = std::function<const char*(const char* name)>;

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, of temporary ones, AWS_SESSION_TOKEN. Nothing: neither of
/// the first two is set. White space around them does not count. The error is a message, and has nothing of a
/// secret.
[[nodiscard]] Result<std::optional<Credentials>, std::string> credentials_in(const Variables& variables);

/// Why they cannot stand in the fields of a request, as the end of a sentence that has nothing of a secret.
/// Empty: they can.
[[nodiscard]] std::string fault_of(const Credentials& credentials);

/// Those of a profile in the text of a file of credentials, as the AWS command line has it (an INI file):
/// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html. Nothing: there is no
/// such profile. The error is the end of a sentence, and has nothing of a secret.
[[nodiscard]] Result<std::optional<Credentials>, std::string> credentials_of_file(std::string_view text,
                                                                                  std::string_view profile);

}  // namespace bobbin::object_store
