#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bobbin::files {

/// Whether `/about` shows the file `about.html`.
enum class CleanUrls : std::uint8_t {
  off,
  on,
  redirect,  ///< and `/about.html` is sent on to `/about`, `/index.html` to `/`
};

/// Whether the address of a page ends with '/'. The other one is sent on to it.
enum class TrailingSlash : std::uint8_t {
  automatic,  ///< that of a folder does, that of a file does not
  always,     ///< that of a page whose name is left out does, too: `/about/` shows `about.html`
  never,      ///< that of a folder does not either: `/docs` shows `docs/index.html`
};

/// Which file a path means that is not its name.
struct AddressRules {
  std::vector<std::string> index_names{"index.html"};  ///< of a folder; the first one that is there
  CleanUrls clean_urls = CleanUrls::off;
  TrailingSlash trailing_slash = TrailingSlash::automatic;
};

}  // namespace bobbin::files
