#include "app/records.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <string_view>

#include "app/bucket_access.h"
#include "app/command_output.h"
#include "app/options.h"
#include "inbox/arrivals.h"
#include "inbox/consumer.h"
#include "inbox/drain.h"
#include "inbox/forward.h"
#include "inbox/pull.h"
#include "inbox/record_list.h"
#include "inbox/transfer.h"
#include "inbox/work.h"
#include "os/file.h"
#include "os/process.h"
#include "signatures/standard_signer.h"

namespace bobbin::app {
namespace {

using inbox::RecordFolder;
using inbox::RecordFolders;
using Task = Records::Task;

/// Messages that begin with the name of the command.
inbox::Report report_of(const Records& request) {
  static constexpr const char* kNames[] = {"ls",   "next", "work", "forward", "drain",
                                           "pull", "done", "fail", "replay",  "reclaim"};
  const std::string start = fmt::format("inbox {}: ", kNames[static_cast<int>(request.task)]);
  return [start](const std::string& message) { print_failure(start + message); };
}

int fail(const Records& request, const std::string& message) {
  report_of(request)(message);
  return kExitUsage;
}

int output_failed(const Records& request) {
  return fail(request, std::string("the output cannot be written: ") + std::strerror(errno));
}

int ls(const Records& request, const RecordFolders& folders) {
  const auto write = [](std::string_view line) {
    return std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
  };
  const auto form = request.as_json ? inbox::ListForm::json : inbox::ListForm::text;
  const auto listed = inbox::list_records(folders, request.listed, form, write, report_of(request));
  if (!listed) return fail(request, listed.error());
  const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  // A reader that has had enough, such as head, is no failure.
  return is_written || errno == EPIPE ? EXIT_SUCCESS : output_failed(request);
}

int next(const Records& request, const RecordFolders& folders) {
  os::ignore_broken_pipes();  // a claim of which nobody could be told is given back
  const Instant end = monotonic_now() + request.wait;
  inbox::Arrivals arrivals(folders.at(RecordFolder::unclaimed));
  inbox::Consumer consumer(folders, request.consumer, report_of(request));
  for (;;) {
    const auto claimed = consumer.claim_next();
    if (!claimed) return fail(request, claimed.error());
    if (*claimed) {
      const inbox::RecordPlace place = (*claimed)->place();
      if (std::printf("%s\n", folders.path_of(place).c_str()) >= 0 && std::fflush(stdout) == 0)
        return EXIT_SUCCESS;
      const int status = output_failed(request);
      // Nobody knows of this claim.
      const auto moved = folders.settle(place, {RecordFolder::unclaimed, (*claimed)->claim.record});
      return moved ? status : fail(request, moved.error());
    }
    const Instant now = monotonic_now();
    if (now >= end) return kExitNone;
    arrivals.wait({}, end - now);
  }
}

int work(const Records& request, const RecordFolders& folders) {
  const auto worked =
      inbox::work(folders, {.consumer = request.consumer, .command = request.program, .retry = request.retry},
                  report_of(request));
  return worked ? EXIT_SUCCESS : fail(request, worked.error());
}

/// A file that was named behind a flag.
Result<std::string, std::string> text_of(const char* flag, const std::string& file) {
  auto text = os::read_file(file);
  if (!text)
    return failure(fmt::format("{}: {} cannot be read; {}", flag, in_quotes(file), text.error().message()));
  return *std::move(text);
}

/// `problem` is the end of a sentence about the file.
auto unusable(const char* flag, const std::string& file, const std::string& problem) {
  return failure(fmt::format("{}: {} cannot be used: {}", flag, in_quotes(file), problem));
}

Result<std::vector<inbox::Field>, std::string> own_fields(const Records& request) {
  std::vector<inbox::Field> fields;
  fields.reserve(request.fields.size());
  for (const std::string& text : request.fields) fields.push_back(TRY(inbox::parse_own_field(text)));
  if (const std::string& file = request.destination.field_file; !file.empty()) {
    const std::string text = TRY(text_of("--header-file", file));
    auto read = inbox::parse_own_fields(text);
    if (!read) return unusable("--header-file", file, read.error());
    std::ranges::move(*read, std::back_inserter(fields));
  }
  if (fields.size() > inbox::kMostOwnFields)
    return failure(fmt::format("-H, --header-file: {} fields are not allowed; at most {} are", fields.size(),
                               inbox::kMostOwnFields));
  return fields;
}

Result<std::optional<signatures::StandardSigner>, std::string> signer_of(const std::string& file) {
  if (file.empty()) return std::nullopt;
  const std::string text = TRY(text_of("--secret-file", file));
  auto signer = signatures::StandardSigner::make(text);
  if (!signer) return unusable("--secret-file", file, signer.error());
  return std::optional(*std::move(signer));
}

/// Whether the file may hold certificates. Otherwise each connection would fail.
Result<void, std::string> check_authorities(const std::string& file) {
  if (file.empty()) return {};
  const std::string text = TRY(text_of("--ca-file", file));
  if (text.find("-----BEGIN CERTIFICATE-----") != std::string::npos) return {};
  return unusable("--ca-file", file, "it holds no certificate in PEM");
}

Result<inbox::ForwardOptions, std::string> forward_options(const Records& request) {
  const ForwardWords& words = request.destination;
  TRY(check_authorities(request.requests.ca_file));
  inbox::ForwardOptions options{.consumer = request.consumer, .url = words.url, .retry = request.retry};
  options.server = {.timeout = request.requests.timeout, .ca_file = request.requests.ca_file};
  options.fields = TRY(own_fields(request));
  options.signer = TRY(signer_of(words.secret_file));
  return options;
}

int forward(const Records& request, const RecordFolders& folders) {
  const auto options = forward_options(request);
  if (!options) return fail(request, options.error());
  const auto forwarded = inbox::forward(folders, *options, report_of(request));
  return forwarded ? EXIT_SUCCESS : fail(request, forwarded.error());
}

Result<object_store::BucketAccess, std::string> access_of(const Records& request) {
  TRY(check_authorities(request.requests.ca_file));
  return bucket_access(request.store, request.requests);
}

int drain(const Records& request, const RecordFolders& folders) {
  auto access = access_of(request);
  if (!access) return fail(request, access.error());
  const auto drained = inbox::drain(
      folders,
      {.consumer = request.consumer, .target = *std::move(access), .until_empty = request.until_empty},
      report_of(request));
  if (!drained) return fail(request, drained.error());
  if (!request.until_empty) return EXIT_SUCCESS;
  const auto unclaimed = folders.names(RecordFolder::unclaimed);
  const auto claimed = folders.names(RecordFolder::claimed);
  if (!unclaimed || !claimed) return fail(request, (unclaimed ? claimed : unclaimed).error());
  if (unclaimed->empty() && claimed->empty()) return EXIT_SUCCESS;
  report_of(request)(
      fmt::format("files are left: {} in new, {} in work", unclaimed->size(), claimed->size()));
  return kExitNone;
}

int pull(const Records& request) {
  auto access = access_of(request);
  if (!access) return fail(request, access.error());
  const auto pulled = inbox::pull(request.folder,
                                  {.source = *std::move(access),
                                   .poll = request.pull.poll,
                                   .gap = request.pull.gap,
                                   .connections = request.pull.connections,
                                   .until_empty = request.until_empty},
                                  report_of(request));
  if (!pulled) return fail(request, pulled.error());
  return *pulled == inbox::PullEnd::held_up ? kExitNone : EXIT_SUCCESS;
}

int end_claims(const Records& request, const RecordFolders& folders) {
  const auto report = report_of(request);
  const RecordFolder to = request.task == Task::done ? RecordFolder::done : RecordFolder::failed;
  int status = EXIT_SUCCESS;
  for (const std::string& file : request.files)
    if (const auto ended = inbox::end_claim(folders, file, to); !ended) {
      report(ended.error());
      status = kExitNone;
    }
  return status;
}

int replay(const Records& request, const RecordFolders& folders) {
  const auto report = report_of(request);
  std::vector<std::string> files = request.files;
  if (request.all_in) {
    const auto names = folders.names(*request.all_in);
    if (!names) return fail(request, names.error());
    for (const std::string& name : *names) files.push_back(inbox::RecordPlace{*request.all_in, name}.text());
  }
  int status = EXIT_SUCCESS;
  for (const std::string& file : files) {
    const auto replayed = inbox::replay(folders, file);
    if (replayed) {
      std::printf("%s\n", replayed->c_str());
    } else {
      report(replayed.error());
      status = kExitNone;
    }
  }
  return std::fflush(stdout) == 0 ? status : output_failed(request);
}

int reclaim(const Records& request, const RecordFolders& folders) {
  const auto report = report_of(request);
  const auto file_system = os::file_system(folders.at(RecordFolder::claimed));
  if (!file_system || file_system->kind == os::FileSystem::Kind::other)
    report(
        "warning: this file system may not note when a record was claimed (the time of its last change); "
        "then a claim counts as old as its record");
  const auto tell = [](const inbox::Claim& claim) { std::printf("%s\n", claim.name().c_str()); };
  const auto complete = inbox::reclaim(folders, request.older, wall_now(), tell, report);
  if (!complete) return fail(request, complete.error());
  if (std::fflush(stdout) != 0) return output_failed(request);
  return *complete ? EXIT_SUCCESS : kExitNone;
}

}  // namespace

int records(const Records& request) {
  if (request.task == Task::pull) return pull(request);  // which makes the folders
  const auto folders = RecordFolders::open(request.folder);
  if (!folders) return fail(request, folders.error());
  switch (request.task) {
    case Task::ls: return ls(request, *folders);
    case Task::next: return next(request, *folders);
    case Task::work: return work(request, *folders);
    case Task::forward: return forward(request, *folders);
    case Task::drain: return drain(request, *folders);
    case Task::replay: return replay(request, *folders);
    case Task::reclaim: return reclaim(request, *folders);
    case Task::done:
    case Task::fail:
    case Task::pull: break;
  }
  return end_claims(request, *folders);
}

}  // namespace bobbin::app
