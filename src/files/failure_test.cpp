#include "files/failure.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace bobbin::files {
namespace {

using http::Status;

TEST(Failure, EveryErrorHasItsAnswer) {
  const struct {
    int code;
    Status want;
    bool closes;  // CONTRACT §4
    const char* fields;
    const char* violation;
  } cases[] = {
      {ENOENT, Status::not_found, false, "", ""},
      {ENOTDIR, Status::not_found, false, "", ""},
      {ENAMETOOLONG, Status::not_found, false, "", ""},
      {ENXIO, Status::not_found, false, "", ""},
      {ENODEV, Status::not_found, false, "", ""},
      {EXDEV, Status::forbidden, true, "", "Symbolic link leaves the root (/a/b)"},
      {EACCES, Status::forbidden, true, "", ""},
      {EPERM, Status::forbidden, true, "", ""},
      {ELOOP, Status::forbidden, true, "", ""},
      // CONTRACT §5: an existing file is never 404 for want of resources.
      {EMFILE, Status::service_unavailable, true, "Retry-After: 5\r\n", ""},
      {ENFILE, Status::service_unavailable, true, "Retry-After: 5\r\n", ""},
      {ENOMEM, Status::service_unavailable, true, "Retry-After: 5\r\n", ""},
      {EAGAIN, Status::service_unavailable, true, "Retry-After: 5\r\n", ""},
      {EIO, Status::internal_server_error, true, "", ""},
      {EINVAL, Status::internal_server_error, true, "", ""},
  };
  for (const auto& [code, want, closes, fields, violation] : cases) {
    const Error error{code, "openat2"};
    SCOPED_TRACE(error.message());
    const http::Response response = answer_to(error, "/a/b");
    EXPECT_EQ(response.status, want);
    EXPECT_EQ(response.close, closes);
    EXPECT_EQ(response.fields, fields);
    EXPECT_EQ(response.log_fields.violation, violation);
    // What is missing is nobody's fault; of all else the operator is told.
    const bool is_told = want != Status::not_found && code != EXDEV;
    EXPECT_EQ(response.log_fields.cause, is_told ? "Cannot serve /a/b: " + error.message() : "");
    EXPECT_FALSE(response.detail.empty());
    EXPECT_EQ(response.detail.find("openat2"), std::string::npos) << "our insides are not for strangers";
  }
}

}  // namespace
}  // namespace bobbin::files
