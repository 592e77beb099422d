#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http_client/client.h"
#include "object_store/objects.h"
#include "object_store/shared_credentials.h"

// Temporary credentials of a role, from those who issue them. Each call waits for an answer, for seconds. A
// trouble that is `refused` has to be mended by an operator; one that is `unavailable` may pass. No reason
// has anything of a secret. Thread: any.
namespace bobbin::object_store {

using IsToAbort = SharedCredentials::IsToAbort;

/// Those of the role of this machine, by version 2 of the instance metadata service, and never by version 1,
/// which anybody can ask who makes a program on this machine send a GET. `endpoint`: without a path, such as
/// http://169.254.169.254. Where nobody answers the trouble is `refused`: most machines have no such service,
/// so that is known after two seconds. No proxy is asked.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html
[[nodiscard]] Result<IssuedCredentials, Trouble> credentials_of_instance(const std::string& endpoint,
                                                                         const IsToAbort& is_to_abort);

/// Who issues credentials to a container.
struct ContainerService {
  std::string url;            ///< one that may_ask_for_container allows
  std::string authorization;  ///< the value of the field of this name; empty: it is not sent
};

/// Whether credentials may be asked for at a URL: under https, or under http at a loopback address, at
/// localhost, or at those of Amazon's services for containers. Others would get to know the token, and
/// whoever listens there the credentials.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
[[nodiscard]] bool may_ask_for_container(std::string_view url);

/// Those of the role of this container, such as of a task of ECS or of a pod of EKS. No proxy is asked.
[[nodiscard]] Result<IssuedCredentials, Trouble> credentials_of_container(const ContainerService& service,
                                                                          const IsToAbort& is_to_abort);

/// A role, and the token of somebody whom it trusts.
struct WebIdentity {
  std::string endpoint;  ///< of a security token service, without a path
  std::string role;      ///< an ARN
  std::string session;   ///< what those are called in logs of Amazon who use the role
  std::string token;
};

/// Those of a role that a security token service gives for a token (AssumeRoleWithWebIdentity), which it does
/// for an hour. The request is not signed.
[[nodiscard]] Result<IssuedCredentials, Trouble> credentials_of_web_identity(
    const WebIdentity& identity, http_client::ClientSettings client, const IsToAbort& is_to_abort);

}  // namespace bobbin::object_store
