#include "app/inbox.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "app/command_output.h"
#include "app/options.h"
#include "inbox/cat.h"
#include "inbox/report.h"
#include "inbox/upload_folder.h"
#include "inbox/verification.h"

namespace bobbin::app {
namespace {

int fail(const Inbox& request, const std::string& message, int status) {
  constexpr const char* kNames[] = {"verify", "cat", "prove"};
  print_failure(std::string("inbox ") + kNames[static_cast<int>(request.task)] + ": " + escaped(message));
  return status;
}

int verify(const Inbox& request, const inbox::UploadFolder& folder) {
  const auto result = inbox::verify(folder);
  if (!result) return fail(request, result.error(), kExitUsage);
  if (!print_report(request.as_json ? inbox::as_json(*result) : inbox::as_text(*result))) return kExitUsage;
  return result->findings.empty() ? EXIT_SUCCESS : kExitWrong;
}

int cat(const Inbox& request, const inbox::UploadFolder& folder) {
  using What = inbox::CatOptions::What;
  const inbox::CatOptions options{.what = request.bodies     ? What::bodies
                                          : request.receipts ? What::receipts
                                                             : What::entries,
                                  .from = request.first_sequence};
  int write_error = 0;
  const auto write = [&](std::string_view piece) {
    if (std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size()) write_error = errno;
    return write_error == 0;
  };
  const auto result = inbox::cat(folder, options, write);
  if (write_error == 0 && std::fflush(stdout) != 0) write_error = errno;
  // A reader that has had enough, such as head, is no failure.
  if (write_error == EPIPE) return EXIT_SUCCESS;
  if (write_error != 0)
    return fail(request, std::string("the output cannot be written: ") + std::strerror(write_error),
                kExitUsage);
  return result ? EXIT_SUCCESS : fail(request, result.error(), kExitWrong);
}

}  // namespace

int inbox(const Inbox& request) {
  const auto folder = inbox::UploadFolder::open(request.folder);
  if (!folder) return fail(request, folder.error(), kExitUsage);
  return request.task == Inbox::Task::verify ? verify(request, *folder) : cat(request, *folder);
}

}  // namespace bobbin::app
