#include "store/file_digest.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "os/file.h"

namespace bobbin::store {

Result<crypto::Digest> digest_of(const os::Fd& file) {
  crypto::Sha256 digest;
  std::vector<std::byte> piece(64UL * 1024);
  for (std::uint64_t offset = 0;;) {
    const std::size_t count = TRY(os::read_at(file, piece, offset));
    if (count == 0) return digest.finish();
    digest.add(Bytes(piece).first(count));
    offset += count;
  }
}

}  // namespace bobbin::store
