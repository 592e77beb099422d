#include "app/inbox.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "app/command_output.h"
#include "app/options.h"
#include "inbox/cat.h"
#include "inbox/proof.h"
#include "inbox/proof_report.h"
#include "inbox/report.h"
#include "inbox/upload_folder.h"
#include "inbox/verification.h"
#include "os/file.h"
#include "os/process.h"

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

/// Lets the process remove its scratch folder before it ends. Nothing: the system refuses.
std::function<bool()> interruption() {
  auto signals = os::Signals::block({SIGINT, SIGTERM, SIGHUP, SIGQUIT});
  if (!signals) return [] { return false; };
  const auto shared = std::make_shared<os::Signals>(*std::move(signals));
  return [shared] { return shared->next().has_value(); };
}

int prove_with_kills(const Inbox& request) {
  inbox::ProofOptions options{.is_interrupted = interruption()};
  options.documents = request.documents.value_or(options.documents);
  const auto proof = inbox::prove(request.folder, options);
  if (!proof) return fail(request, proof.error(), kExitUsage);
  if (!print_report(request.as_json ? inbox::as_json(*proof) : inbox::as_text(*proof))) return kExitUsage;
  return proof->is_kept() ? EXIT_SUCCESS : kExitWrong;
}

int store_until_killed(const Inbox& request) {
  constexpr std::uint64_t kDocuments = 100'000;
  const std::uint64_t documents = request.documents.value_or(kDocuments);
  const auto stored = inbox::store_until_killed(request.folder, documents, [](const std::string& line) {
    return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
  });
  if (!stored) return fail(request, stored.error(), kExitUsage);
  std::fprintf(stderr,
               "bobbin: inbox prove: nothing has ended this; what was stored is there until it is compared: "
               "bobbin inbox prove %s --check FILE\n",
               escaped(request.folder).c_str());
  return EXIT_SUCCESS;
}

int check_acknowledged(const Inbox& request) {
  const std::string& file = *request.acknowledged;
  const auto text = os::read_file(file);
  if (!text)
    return fail(request,
                fmt::format("--check: {} cannot be read; {}", in_quotes(file), text.error().message()),
                kExitUsage);
  const auto documents = inbox::all_acknowledged_in(*text);
  if (!documents)
    return fail(request, fmt::format("--check: {}: {}", in_quotes(file), documents.error()), kExitUsage);
  const auto kept = inbox::check_acknowledged(request.folder, *documents);
  if (!kept) return fail(request, kept.error(), kExitUsage);
  if (!print_report(request.as_json ? inbox::as_json(*kept) : inbox::as_text(*kept, request.folder)))
    return kExitUsage;
  return kept->is_all() ? EXIT_SUCCESS : kExitWrong;
}

int prove(const Inbox& request) {
  if (request.until_killed) return store_until_killed(request);
  return request.acknowledged ? check_acknowledged(request) : prove_with_kills(request);
}

}  // namespace

int inbox(const Inbox& request) {
  if (request.task == Inbox::Task::prove) return prove(request);
  const auto folder = inbox::UploadFolder::open(request.folder);
  if (!folder) return fail(request, folder.error(), kExitUsage);
  return request.task == Inbox::Task::verify ? verify(request, *folder) : cat(request, *folder);
}

}  // namespace bobbin::app
