#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "audit/probe.h"
#include "audit/report.h"
#include "audit/suspicion.h"
#include "files/hidden_names.h"
#include "http/handler.h"
#include "os/file.h"
#include "os/root.h"

namespace bobbin::audit {

/// A folder that a site serves. The root outlives the audit.
struct AuditedFolder {
  FolderName name;
  const os::Root* root;
  bool hides_others = true;  ///< whether nothing else of the site is served at its path
};

/// What an audit has to know of a site. The handlers outlive it.
struct AuditedSite {
  std::string title;
  std::vector<AuditedFolder> folders;
  const http::Handler* site;      ///< answers as the site does, whatever host is asked for
  const http::Handler* contents;  ///< answers as the site does to those who may see everything
  files::HiddenNames hidden;
  SiteWords words;
};

/// A file that an option names and that clients must not see.
struct OurFile {
  std::string option;
  std::uint64_t device;
  std::uint64_t inode;
};

/// Walks the folders of a site, and asks the site's own handlers about everything that is found. Opens files
/// for reading, and changes nothing. Thread: one at a time.
class Auditor {
 public:
  Auditor(const AuditedSite& site, const std::vector<OurFile>& ours, bool keeps_urls);
  [[nodiscard]] SiteReport report() &&;

 private:
  /// One file or folder on its way.
  struct Place {
    const AuditedFolder& served;
    std::string path;  // beneath the root of `served`; "" is that root
    std::string url;   // decoded
  };

  void walk(const AuditedFolder& served);
  void look_at_folder(const Place& place);
  void look_at_entry(const os::Fd& folder, const Place& place, std::string_view name);
  void look_at_link(const os::Fd& folder, const Place& place, std::string_view name);
  void look_at_file(const Place& place);
  void look_into(const Place& place);
  void count(const Place& place, const Answer& answer, bool is_restricted);
  void flag(Flag flag, const Place& place, std::string note = {});
  [[nodiscard]] bool is_covered(const Place& place) const;
  [[nodiscard]] bool is_hidden(const Place& place, std::string_view name) const;

  const AuditedSite& site_;
  const std::vector<OurFile>& ours_;
  const bool keeps_urls_;
  SiteReport report_;
  std::vector<Place> ahead_;                                // folders that are still to be walked
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;  // folders, by device and inode
  std::set<std::tuple<std::string, std::uint64_t, std::uint64_t>> walked_;  // the same with their paths
  std::uint64_t open_documents_ = 0;  // in the folder that is being looked at
};

}  // namespace bobbin::audit
