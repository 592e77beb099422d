#include "files/file_witness.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "files/validators.h"
#include "os/open_beneath.h"

namespace bobbin::files {
namespace {

using Kind = os::FileStatus::Kind;

/// The folders through which a path goes, none of them a link. As long as those that hold them have not
/// changed, neither has the way: it need not be walked again, which costs more than these looks.
class PathSnapshot {
 public:
  /// Nothing where a change could go unseen, or something on the way is no folder.
  static std::optional<PathSnapshot> of(const os::Fd& root, const std::string& name) {
    const WallTime looked_at = wall_now();
    PathSnapshot way;
    std::string holder;
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
      const auto status = status_of(root, holder);
      std::string folder = name.substr(0, slash);
      const auto held = os::status_at(root, folder);
      if (!status || could_change_unseen(*status, looked_at) || !held || held->kind != Kind::directory)
        return std::nullopt;
      way.parents_.emplace_back(std::move(holder), *status);
      holder = std::move(folder);
    }
    return way;
  }
  [[nodiscard]] bool is_as_before(const os::Fd& root) const {
    return std::all_of(parents_.begin(), parents_.end(), [&](const auto& holder) {
      const auto now = status_of(root, holder.first);
      return now && *now == holder.second;
    });
  }

 private:
  static Result<os::FileStatus> status_of(const os::Fd& root, const std::string& folder) {
    return folder.empty() ? os::status(root) : os::status_at(root, folder);
  }
  std::vector<std::pair<std::string, os::FileStatus>> parents_;
};

class FileWitness final : public http::Revalidator {
 public:
  FileWitness(const os::Fd& root, std::string name, std::optional<os::FileStatus> before)
      : root_(root), name_(std::move(name)), before_(before) {}
  bool is_fresh() override {
    if (way_ && way_->is_as_before(root_)) {
      const auto now = os::status_at(root_, name_);
      if (!now || now->kind != Kind::link) return is_before(now);
    }
    // Looked at before the kernel approves of it: what changes from then on is seen.
    auto way = PathSnapshot::of(root_, name_);
    const bool holds = is_before(os::status_beneath(root_, name_));
    way_ = holds ? std::move(way) : std::nullopt;
    return holds;
  }

 private:
  [[nodiscard]] bool is_before(const Result<os::FileStatus>& now) const {
    return now ? before_ == *now : !before_ && now.error().code == ENOENT;
  }

  const os::Fd& root_;
  std::string name_;
  std::optional<os::FileStatus> before_;
  std::optional<PathSnapshot> way_;  // of the last walk; none before the first
};

}  // namespace

std::shared_ptr<http::Revalidator> file_witness(const os::Fd& root, std::string name,
                                                std::optional<os::FileStatus> before) {
  return std::make_shared<FileWitness>(root, std::move(name), before);
}

}  // namespace bobbin::files
