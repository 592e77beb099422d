#include "audit/auditor.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <span>

#include "http/percent_encoding.h"
#include "http/target.h"
#include "os/directory.h"
#include "os/open_beneath.h"
#include "store/document_name.h"

namespace bobbin::audit {
namespace {

using http::Status;
using Kind = os::FileStatus::Kind;

// Of a file that may hold a key behind other things, such as certificates.
constexpr std::size_t kSearchedBytes = 256 * 1024;

constexpr unsigned kWritableByAll = 0002;

std::string join(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

std::string place_on_disk(const AuditedFolder& served, const std::string& path) {
  return path.empty() ? served.name.name : served.name.name + "/" + path;
}

bool is_redirect(Status status) { return code(status) >= 300 && code(status) < 400; }

/// Of a redirect within the site; empty for any other.
std::string path_of(const std::string& location) {
  const bool is_in_site = location.starts_with('/') && !location.starts_with("//");
  return is_in_site ? location.substr(0, location.find('?')) : std::string();
}

/// The reason for which a file is not served, in words.
std::string reason_of(const Answer& answer) {
  switch (answer.status) {
    case Status::not_found: return "no address leads to them";
    case Status::unsupported_media_type: return "their type is not allowed";
    case Status::forbidden: return "refused (403)";
    default: break;
  }
  if (is_redirect(answer.status)) return "a redirect stands in their place";
  return fmt::format("answered {}", code(answer.status));
}

std::string beginning_of(const os::Fd& file, std::size_t most_bytes) {
  std::string text(most_bytes, '\0');
  const auto count = os::read_at(file, std::as_writable_bytes(std::span(text)), 0);
  text.resize(count.value_or(0));
  return text;
}

}  // namespace

Auditor::Auditor(const AuditedSite& site, const std::vector<OurFile>& ours, bool keeps_urls)
    : site_(site), ours_(ours), keeps_urls_(keeps_urls) {
  report_.title = site.title;
  for (const AuditedFolder& folder : site.folders) report_.folders.push_back(folder.name);
}

SiteReport Auditor::report() && {
  for (const AuditedFolder& folder : site_.folders) walk(folder);
  std::ranges::sort(report_.urls, {}, &ReachedUrl::url);
  std::ranges::sort(report_.findings, [](const Finding& a, const Finding& b) {
    return std::tie(a.flag, a.url, a.note) < std::tie(b.flag, b.url, b.note);
  });
  return std::move(report_);
}

void Auditor::walk(const AuditedFolder& served) {
  ahead_.push_back({served, "", served.name.url_path});
  while (!ahead_.empty()) {
    const Place place = std::move(ahead_.back());
    ahead_.pop_back();
    look_at_folder(place);
  }
}

/// Whether another folder of the site stands in its place.
bool Auditor::is_covered(const Place& place) const {
  return std::ranges::any_of(site_.folders, [&](const AuditedFolder& other) {
    return &other != &place.served && other.hides_others && other.name.url_path == place.url;
  });
}

void Auditor::look_at_folder(const Place& place) {
  if (is_covered(place)) return;
  const auto folder = os::open_beneath(*place.served.root, place.path);
  if (!folder) {
    if (folder.error().code == EACCES) flag(Flag::unreadable, place, folder.error().message());
    return;
  }
  if (folder->status.kind != Kind::directory) return;
  seen_.insert({folder->status.device, folder->status.inode});
  if (!walked_.insert({place.url, folder->status.device, folder->status.inode}).second) return;
  if (const auto mode = os::permissions(folder->fd); mode && (*mode & kWritableByAll) != 0)
    flag(Flag::writable_by_all, place, fmt::format("{:04o}", *mode));

  // An index is counted as the file that it is.
  const Answer listed = ask(*site_.contents, http::encode_path(place.url) + "/?format=json");
  if (listed.status == Status::ok && listed.media_type == "application/json" && !listed.bytes)
    ++report_.listed_folders;

  auto names = os::list(folder->fd);
  if (!names) return flag(Flag::unreadable, place, names.error().message());
  std::ranges::sort(*names, std::greater());
  open_documents_ = 0;
  for (const std::string& name : *names) look_at_entry(folder->fd, place, name);
  if (open_documents_ > 0) flag(Flag::open_document, place, fmt::format("{} documents", open_documents_));
}

/// RFC 8615: `/.well-known/` stands at the root of the site.
bool Auditor::is_hidden(const Place& place, std::string_view name) const {
  if (place.url.empty() && name == ".well-known") return false;
  return site_.hidden.hides_name(name);
}

void Auditor::look_at_entry(const os::Fd& folder, const Place& place, std::string_view name) {
  if (is_hidden(place, name)) {
    ++report_.not_served["hidden (names that begin with a dot)"];
    return;
  }
  const auto status = os::status_at(folder, std::string(name));
  if (!status) return;  // it has just gone
  Place entry{place.served, join(place.path, name), place.url + "/" + std::string(name)};
  switch (status->kind) {
    case Kind::regular: return look_at_file(entry);
    case Kind::directory: return ahead_.push_back(std::move(entry));
    case Kind::link: return look_at_link(folder, entry, name);
    case Kind::other: ++report_.not_served["no files (sockets, devices, pipes)"];
  }
}

void Auditor::look_at_link(const os::Fd& folder, const Place& place, std::string_view name) {
  if (is_covered(place)) return;
  const os::Root& root = *place.served.root;
  const std::string target = os::link_target_at(folder, std::string(name)).value_or("");
  const auto led_to = os::status_beneath(root, place.path);
  if (!led_to && (led_to.error().code == EXDEV || led_to.error().code == ELOOP))
    return flag(Flag::link_refused, place, "-> " + target);
  if (!led_to) {
    ++report_.not_served["links that lead nowhere"];
    return;
  }
  if (root.links() == os::Links::yes)
    if (const auto fenced = root.duplicate(os::Links::inside);
        fenced && !os::status_beneath(*fenced, place.path))
      flag(Flag::link_out, place, "-> " + target);
  if (led_to->kind == Kind::regular) return look_at_file(place);
  // A folder is walked once under its own name, and once through links: those that lead back would never end.
  if (led_to->kind == Kind::directory && !seen_.contains({led_to->device, led_to->inode}))
    ahead_.push_back(place);
}

void Auditor::look_at_file(const Place& place) {
  const std::string target = http::encode_path(place.url);
  Answer answer = ask(*site_.site, target);
  Answer to_all = ask(*site_.contents, target);
  // Sent on to a shorter address of the same file, by the files themselves.
  for (int hops = 0; hops < 2 && is_redirect(to_all.status) && !path_of(to_all.location).empty(); ++hops) {
    const std::string next = path_of(to_all.location);
    answer = ask(*site_.site, next);
    to_all = ask(*site_.contents, next);
  }
  const bool is_restricted = (answer.status == Status::unauthorized || answer.status == Status::forbidden) &&
                             to_all.status == Status::ok;
  if (answer.status != Status::ok && !is_restricted) {
    ++report_.not_served[reason_of(answer)];
    if (answer.status == Status::forbidden) {
      const auto file = os::open_beneath(*place.served.root, place.path);
      if (!file && file.error().code == EACCES) flag(Flag::unreadable, place);
    }
    return;
  }
  count(place, to_all, is_restricted);
  const std::string_view name = http::last_segment(place.url);
  if (!is_restricted && store::is_document_name(name)) ++open_documents_;
  if (const auto found = flag_of_name(place.url, site_.words)) flag(*found, place);
  look_into(place);
}

/// What only the file itself tells.
void Auditor::look_into(const Place& place) {
  const auto file = os::open_beneath(*place.served.root, place.path);
  if (!file || file->status.kind != Kind::regular) return;
  for (const OurFile& ours : ours_)
    if (ours.device == file->status.device && ours.inode == file->status.inode)
      flag(Flag::secret_of_ours, place, ours.option);
  if (const auto mode = os::permissions(file->fd); mode && (*mode & kWritableByAll) != 0)
    flag(Flag::writable_by_all, place, fmt::format("{:04o}", *mode));
  if (file->is_leased) return;
  std::string beginning = beginning_of(file->fd, kBeginningBytes);
  if (beginning.find("-----BEGIN ") != std::string::npos) beginning = beginning_of(file->fd, kSearchedBytes);
  const auto found = flag_of_content(beginning);
  if (found && found != flag_of_name(place.url, site_.words)) flag(*found, place, "by its content");
}

void Auditor::count(const Place& place, const Answer& answer, bool is_restricted) {
  Reached& reached = is_restricted ? report_.restricted : report_.by_everybody;
  const std::uint64_t bytes = answer.bytes.value_or(0);
  for (Amount* amount : {&reached.all, &reached.by_type[answer.media_type]}) {
    ++amount->files;
    amount->bytes += bytes;
  }
  if (keeps_urls_)
    report_.urls.push_back({http::encode_path(place.url), answer.media_type, bytes, is_restricted});
}

void Auditor::flag(Flag flag, const Place& place, std::string note) {
  const std::string url = place.url.empty() ? "/" : place.url;
  report_.findings.push_back(
      {flag, http::encode_path(url), place_on_disk(place.served, place.path), std::move(note)});
}

}  // namespace bobbin::audit
