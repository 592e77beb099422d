#include "http/content.h"

namespace bobbin::http {
namespace {

struct Size {
  std::uint64_t operator()(std::monostate) const { return 0; }
  std::uint64_t operator()(const std::string& bytes) const { return bytes.size(); }
  std::uint64_t operator()(const SharedBytes& bytes) const { return bytes->size(); }
  std::uint64_t operator()(const FileSlice& slice) const { return slice.length; }
  std::uint64_t operator()(const std::vector<ContentPiece>& pieces) const {
    std::uint64_t sum = 0;
    for (const ContentPiece& piece : pieces) sum += size_bytes(piece);
    return sum;
  }
};

}  // namespace

std::uint64_t size_bytes(const ContentPiece& piece) { return std::visit(Size{}, piece); }
std::uint64_t size_bytes(const Content& content) { return std::visit(Size{}, content); }

}  // namespace bobbin::http
