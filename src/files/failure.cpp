#include "files/failure.h"

#include <cerrno>
#include <string>
#include <utility>

namespace bobbin::files {
namespace {

using http::Response;
using http::Status;

/// The connection closes with it: CONTRACT §4. For want of descriptors, that gives one back.
Response closing(Status status, std::string detail) {
  Response response = Response::error(status, std::move(detail));
  response.close = true;
  return response;
}

Response unavailable(std::string detail) {
  Response response = closing(Status::service_unavailable, std::move(detail));
  response.add_field("Retry-After", "5");
  return response;
}

Response forbidden() { return closing(Status::forbidden, "This file may not be read."); }

std::string cause(const Error& error, std::string_view path) {
  return "Cannot serve " + std::string(path) + ": " + error.message();
}

}  // namespace

Response not_found() { return Response::error(Status::not_found, "There is no file at this address."); }

Response content_is_away(std::string_view path, seconds retry_after) {
  Response response = Response::error(
      Status::service_unavailable, "The content of this file cannot be had at the moment. Please try again.");
  response.add_field("Retry-After", std::to_string(retry_after.count()));
  response.log_fields.cause = "Cannot serve " + std::string(path) +
                              ": its content is not here, and the object store does not give it";
  return response;
}

Response names_are_unknown() {
  Response response = Response::error(Status::service_unavailable,
                                      "The list of the files is not here yet. Please try again in a moment.");
  response.add_field("Retry-After", "5");
  response.log_fields.cause = "The bucket has not been listed yet";
  return response;
}

Response lease_is_kept(std::string_view path) {
  Response response = unavailable("Another program is using this file. Try again in a moment.");
  response.log_fields.cause =
      "Cannot serve " + std::string(path) + ": another process has not given up its lease on the file";
  return response;
}

Response answer_to(const Error& error, std::string_view path) {
  switch (error.code) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ENXIO:   // a socket, or a device without its driver
    case ENODEV:  // likewise
      return not_found();
    case EXDEV: {
      Response response = forbidden();
      response.log_fields.refused = http::Refused::link;
      response.log_fields.violation = "Symbolic link leaves the root (" + std::string(path) + ")";
      return response;
    }
    case EACCES:
    case EPERM:
    case ELOOP: {
      Response response = forbidden();
      response.log_fields.cause = cause(error, path);  // the permissions may be a mistake of the operator's
      return response;
    }
    // A file that exists is never 404 for want of resources.
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case ENODATA: {  // of a placeholder
      Response response = unavailable("The server is busy. Try again in a moment.");
      response.log_fields.cause = cause(error, path);
      return response;
    }
    default: {
      Response response = closing(Status::internal_server_error, "The server could not read this file.");
      response.log_fields.cause = cause(error, path);
      return response;
    }
  }
}

}  // namespace bobbin::files
