#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "object_store/shared_credentials.h"

// What those answer who issue the credentials of a role. The errors are ends of sentences, and have nothing
// of a secret.
namespace bobbin::object_store {

/// The answer of the metadata service of a machine, or of what issues credentials to a container, in JSON:
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html and
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
[[nodiscard]] Result<IssuedCredentials, std::string> parse_role_credentials(std::string_view json,
                                                                            WallTime now);

/// The answer of a security token service to AssumeRoleWithWebIdentity, in XML:
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
[[nodiscard]] Result<IssuedCredentials, std::string> parse_assumed_role(std::string_view xml, WallTime now);

}  // namespace bobbin::object_store
