#include "app/sandbox.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "app/open_inboxes.h"
#include "app/option_values.h"
#include "app/parse_configuration.h"
#include "app/places.h"
#include "app/site_logs.h"
#include "app/upload_folders.h"
#include "app/variables_of_aws.h"
#include "observe/log_place.h"
#include "os/call_filter.h"
#include "os/directory.h"

namespace bobbin::app {
namespace {

/// What the C library, OpenSSL and the executor look at while the process runs. Nothing in it is secret.
constexpr std::array kOfTheSystem{"/usr",
                                  "/lib",
                                  "/lib64",
                                  "/etc/ssl",
                                  "/etc/pki",
                                  "/etc/localtime",
                                  "/dev/null",
                                  "/dev/urandom",
                                  "/proc/self",
                                  "/proc/sys",
                                  "/sys/devices/system/cpu",
                                  "/sys/dev/block"};

constexpr std::array<std::string_view, 10> kShared{"/",    "/etc", "/home", "/root", "/tmp",
                                                   "/var", "/run", "/opt",  "/usr",  "/var/lib"};

std::string folder_of(const std::string& place) {
  return std::filesystem::path(place).parent_path().string();
}

/// Whether a folder holds what is none of the server's business: what lies in it grants only itself. So does
/// what lies in somebody's home.
bool is_shared(const std::string& folder) {
  return std::ranges::find(kShared, folder) != kShared.end() || folder_of(folder) == "/home";
}

bool is_link(const std::string& name) {
  std::error_code error;
  return std::filesystem::is_symlink(name, error);
}

/// Where a name stands, its own last part not followed.
std::string place_of(const std::string& name) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(name, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return canonical(path.parent_path().string()) + "/" + path.filename().string();
}

/// Collects names without asking twice for what lies in another one.
class Grants {
 public:
  void read(const std::string& name) { add(grants_.readable, canonical(name)); }
  void write(const std::string& name) { add(grants_.writable, canonical(name)); }

  /// A file, and those that will be put into its place.
  void read_file(const std::string& name) {
    if (name.empty()) return;
    read_with_folder(place_of(name));
    read_with_folder(canonical(name));
  }
  /// A folder that is read, and those that will be put into its place.
  void read_root(const std::string& name, bool is_followed) {
    read(name);
    if (!is_followed && !is_link(name)) return;
    read_with_folder(place_of(name));
    if (is_link(name)) read_with_folder(canonical(name));
  }
  /// A file that is made anew: files are made in its folder.
  void write_file(const std::string& name) { write(folder_of(place_of(name))); }
  /// What an option for a log names.
  void write_log(const std::string& text) {
    const auto place = observe::parse_log_place(text);
    if (!text.empty() && place && place->kind == observe::LogPlace::Kind::file) write_file(text);
  }

  [[nodiscard]] os::FileGrants take() && { return std::move(grants_); }

 private:
  void read_with_folder(const std::string& place) {
    const std::string folder = folder_of(place);
    add(grants_.readable, is_shared(folder) ? place : folder);
  }
  static void add(std::vector<std::string>& names, std::string name) {
    if (std::ranges::none_of(names, [&](const std::string& other) { return lies_in(name, other); }))
      names.push_back(std::move(name));
  }

  os::FileGrants grants_;
};

void add_secrets(Grants& grants, const SiteConfig& site) {
  for (const std::string& name : {site.password_file, site.token_file, site.redirects_file})
    grants.read_file(name);
  for (const RuleConfig& rule : site.rules)
    for (const std::string& name : {rule.password_file, rule.token_file}) grants.read_file(name);
  for (const InboxConfig& inbox : site.inboxes)
    for (const std::string& name : {inbox.token_file, inbox.feed_token_file, inbox.secret_file})
      grants.read_file(name);
}

/// The folders that take documents.
std::vector<std::string> written_folders(const SiteConfig& site) {
  std::vector<std::string> folders;
  if (takes_uploads(site)) folders.push_back(upload_directory_of(site));
  for (const InboxConfig& inbox : site.inboxes)
    if (!inbox.is_disabled && !inbox.is_in_object_store()) folders.push_back(inbox.dir);
  return folders;
}

void add_site(Grants& grants, const SiteConfig& site) {
  grants.read_root(site.root, site.follow_root);
  for (const MountConfig& mount : site.mounts) grants.read_root(mount.root, site.follow_root);
  if (!site.acme_challenges.empty()) grants.read_root(site.acme_challenges, true);
  for (const std::string& folder : written_folders(site)) grants.write(folder);
  // To look up groups, which a reload may name.
  if (!site.inboxes.empty())
    for (const char* name : {"/etc/group", "/etc/nsswitch.conf"}) grants.read(name);
  for (const auto* names : {&site.certificates, &site.keys})
    for (const std::string& name : *names) grants.read_file(name);
  grants.write_log(site.log_file);
  add_secrets(grants, site);
}

void add_socket(Grants& grants, const std::string& bind) {
  if (std::string_view(bind).starts_with(kUnixPrefix)) grants.write_file(bind.substr(kUnixPrefix.size()));
}

/// What cannot be made is told when it is opened.
void make_written_folders(const SiteConfig& site) {
  for (const std::string& folder : written_folders(site)) static_cast<void>(os::make_directory(folder));
}

}  // namespace

os::FileGrants grants_for(const Config& config, const std::string& config_file) {
  Grants grants;
  for (const char* name : kOfTheSystem) grants.read(name);
  grants.read_file(config_file);
  grants.read_file(config.server.mime_types);
  grants.read_file(config.server.tls_ticket_keys);
  if (!config.server.pid_file.empty()) grants.write_file(config.server.pid_file);
  grants.write_log(config.server.log_file);
  grants.write_log(config.server.error_log);
  for (const std::string& bind : config.server.admin) add_socket(grants, bind);
  for (const ListenerConfig& listener : config.listeners) {
    for (const std::string& bind : listener.binds) add_socket(grants, bind);
    for (const auto* names : {&listener.certificates, &listener.keys})
      for (const std::string& name : *names) grants.read_file(name);
    grants.read_file(listener.client_ca);
  }
  for (const SiteConfig& site : config.sites) add_site(grants, site);
  for (const std::string& name : config.server.sandbox_paths) grants.read(name);
  return std::move(grants).take();
}

os::FileGrants grants_of_agent(const ServerConfig& config) {
  Grants grants;
  for (const char* name : kOfTheSystem) grants.read(name);
  // Names of machines are looked up by what stands there.
  grants.read("/etc");
  grants.read("/run/systemd/resolve");
  grants.read_file(config.s3_credentials_file);
  grants.read_file(config.s3_ca_file);
  for (const char* const name : {"AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
                                 "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"})
    if (const char* const file = variable(name); file != nullptr) grants.read_file(file);
  if (const char* const home = variable("HOME"); home != nullptr) grants.read(std::string(home) + "/.aws");
  os::FileGrants all = std::move(grants).take();
  all.may_connect = true;
  return all;
}

Result<Sandbox, StartFailure> Sandbox::enter(const Config& config, const std::string& config_file) {
  Sandbox sandbox(config.server.sandbox);
  if (sandbox.mode_ == SandboxMode::off) return sandbox;
  TRY(check_inboxes(config).map_error(
      [](const std::string& message) { return StartFailure{message, kExitUsage}; }));
  for (const SiteConfig& site : config.sites) make_written_folders(site);
  os::FileGrants grants = grants_for(config, config_file);
  if (const auto confined = os::confine_files(grants); !confined) {
    TRY(sandbox.failed("Landlock, Linux 5.13 or later, is needed to confine files", confined.error()));
    return sandbox;
  }
  sandbox.grants_ = std::move(grants);
  return sandbox;
}

Result<void, StartFailure> Sandbox::close() {
  if (mode_ == SandboxMode::off) return {};
  const auto confined = os::confine_calls();
  if (!confined) return failed("seccomp is needed to confine system calls", confined.error());
  confines_calls_ = true;
  return {};
}

Result<void, StartFailure> Sandbox::failed(const std::string& what, const Error& error) {
  obstacle_ = fmt::format("{}: {}", what, error.message());
  if (mode_ != SandboxMode::required) return {};
  return failure(StartFailure{"--sandbox: required is not possible; " + obstacle_, kExitUsage});
}

std::optional<std::string> Sandbox::refused_of(const Config& config, const std::string& config_file) const {
  if (!grants_) return std::nullopt;
  const auto lies_in_one = [](const std::string& name, const std::vector<std::string>& granted) {
    return std::ranges::any_of(granted, [&](const std::string& each) { return lies_in(name, each); });
  };
  const os::FileGrants wanted = grants_for(config, config_file);
  for (const std::string& name : wanted.writable)
    if (!lies_in_one(name, grants_->writable)) return name;
  for (const std::string& name : wanted.readable)
    if (!lies_in_one(name, grants_->readable) && !lies_in_one(name, grants_->writable)) return name;
  return std::nullopt;
}

std::string Sandbox::text() const {
  std::vector<std::string_view> parts;
  if (confines_files()) parts.emplace_back("files");
  if (confines_connections()) parts.emplace_back("connections");
  if (confines_calls_) parts.emplace_back("system calls");
  const std::string list = parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
  const std::size_t last = list.rfind(", ");
  const std::string text =
      last == std::string::npos ? list : list.substr(0, last) + " and " + list.substr(last + 2);
  return obstacle_.empty() ? text : fmt::format("{} ({})", text, obstacle_);
}

}  // namespace bobbin::app
