#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/request_head.h"

namespace bobbin::http {

/// Of the Basic scheme (RFC 7617 §2). Neither holds a control character.
struct BasicCredentials {
  std::string user;  ///< holds no colon
  std::string password;
};

/// Of the Bearer scheme (RFC 6750 §2.1). Points into the head.
struct BearerToken {
  std::string_view token;
};

/// There is no field, or it is of another scheme.
struct NoCredentials {};

/// The field says nothing that could be judged; or there are several (RFC 9110 §11.6.2 allows one).
struct MalformedCredentials {};

using Credentials = std::variant<NoCredentials, MalformedCredentials, BasicCredentials, BearerToken>;

/// What the client shows to prove who it is.
[[nodiscard]] Credentials credentials_of(const Fields& fields);

}  // namespace bobbin::http
