#pragma once

#include <cstdint>

namespace bobbin::http {

/// Which content codings files are given in.
enum class Compression : std::uint8_t {
  off,
  prepared,  ///< those that lie beside a file, as `name.br`, `name.zst` and `name.gz`
  on,        ///< and what is compressible is coded when it is asked for
};

}  // namespace bobbin::http
