#include "http/content.h"

namespace bobbin::http {
namespace {

struct Size {
  std::optional<std::uint64_t> operator()(std::monostate) const { return 0; }
  std::optional<std::uint64_t> operator()(const std::string& bytes) const { return bytes.size(); }
  std::optional<std::uint64_t> operator()(const SharedBytes& bytes) const { return bytes->size(); }
  std::optional<std::uint64_t> operator()(const std::unique_ptr<ContentSource>& source) const {
    return source->size_bytes();
  }
};

}  // namespace

std::optional<std::uint64_t> size_bytes(const Content& content) { return std::visit(Size{}, content); }

}  // namespace bobbin::http
