#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/target.h"
#include "observe/access_log.h"
#include "observe/log.h"

// Everything an operator can decide, with its defaults. Plain values: ranges, names and meanings are in the
// table of options.cpp, and docs/configuration.md explains each to the operator.
namespace bobbin::app {

/// Addresses that share a port: the flat keys, or one [[listener]].
struct ListenerConfig {
  std::vector<std::string> binds{
      "127.0.0.1"};           ///< IP addresses without brackets, or "localhost"; never empty
  std::uint16_t port = 8080;  ///< 0: any free one

  friend bool operator==(const ListenerConfig&, const ListenerConfig&) = default;
};

/// What a site's defaults are made for; see defaults_of (profile.h), the only place that asks.
enum class Profile : std::uint8_t {
  classic,  ///< the demonstration that the seeds describe
  folder,   ///< somebody's folder
};

enum class Uploads : std::uint8_t { automatic, on, off };

/// A root and what is served from it under which names: the flat keys (the default site), or one [[site]].
struct SiteConfig {
  /// The default site answers for the addresses listened on besides its names, and is asked last.
  bool is_default = true;
  std::vector<std::string> names;  ///< each one is accepted by http::HostPolicy::parse_allowed

  Profile profile = Profile::classic;  ///< for messages; what it decides stands in the members below
  http::PathRules path_rules = http::PathRules::strict;

  std::string root = "resources";
  bool follow_root = true;
  std::vector<std::string> downloads{"txt", "png", "jpg",
                                     "jpeg"};  ///< extensions: lowercase, without the dot
  std::vector<std::string> allowed_types;      ///< extensions; empty: every type

  /// Whether If-Range may rely on a date that a tool has set: no file is replaced by another under an old
  /// time.
  bool trust_mtime = false;

  std::vector<std::string> headers;         ///< "Name: value", added to every answer that is no error
  std::vector<std::string> headers_always;  ///< the same, added to errors too
  std::string cache_control;  ///< of every answer that is no error; errors then have no-store. Empty: neither

  Uploads uploads = Uploads::automatic;
  bool uploads_where_folder_is = true;  ///< what `automatic` means when no folder is named
  std::string upload_path = "/upload";
  std::string upload_dir;  ///< empty: <root>/uploads
  bool serve_uploads = true;

  friend bool operator==(const SiteConfig&, const SiteConfig&) = default;
};

/// What all listeners and sites share.
struct ServerConfig {
  unsigned threads = 10;
  unsigned connections_per_thread = 1024;
  unsigned queue = 1024;
  std::string tcp_congestion = "auto";  ///< "auto", "system" or the name of an algorithm

  std::string mime_types = "/etc/mime.types";
  std::string server_name = "Multi-threaded HTTP Server";  ///< empty: no Server field

  std::uint64_t cache_memory = 64 * 1024 * 1024;  ///< of all threads together; 0: nothing is kept
  std::uint64_t max_head = 16 * 1024;
  std::uint64_t max_upload = 1024 * 1024;
  std::uint64_t upload_memory = 64 * 1024 * 1024;  ///< of all uploads under way together
  std::uint64_t upload_disk = 1024 * 1024 * 1024;  ///< the same; one of max_upload is possible in any case
  unsigned keep_alive_requests = 100;              ///< 0: no limit
  std::uint64_t minimum_rate = 500;                ///< bytes per second; 0: no minimum

  milliseconds keep_alive_timeout = seconds(30);
  milliseconds head_timeout = seconds(10);
  milliseconds rate_grace = seconds(10);
  milliseconds stall_timeout = seconds(60);
  milliseconds commit_timeout = seconds(30);
  milliseconds grace_period = seconds(30);

  bool access_log = true;
  observe::AccessFormat log_format = observe::AccessFormat::transfer;
  std::string log_file;  ///< empty: standard output
  observe::LogLevel log_level = observe::LogLevel::info;
  milliseconds status_interval = seconds(30);  ///< 0: never

  friend bool operator==(const ServerConfig&, const ServerConfig&) = default;
};

struct Config {
  ServerConfig server;
  std::vector<ListenerConfig> listeners{ListenerConfig{}};  ///< never empty
  std::vector<SiteConfig> sites{SiteConfig{}};              ///< never empty; the default one, if any, is last

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace bobbin::app
