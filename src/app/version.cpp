#include "app/version.h"

#include "os/shared_library.h"

namespace bobbin::app {
namespace {

constexpr std::string_view kLeftOut =
    "Linked statically. Left out, since it needs libraries that are loaded:\n"
    "  bobbin inbox forward, which sends by libcurl\n"
    "  names of users and groups other than those in /etc/passwd and /etc/group (--socket-owner, --user)\n";

}  // namespace

std::string version() {
  std::string text = "bobbin " BOBBIN_VERSION "\n";
  return os::SharedLibrary::kAreAvailable ? text : text += kLeftOut;
}

}  // namespace bobbin::app
