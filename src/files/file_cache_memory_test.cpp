#include <gtest/gtest.h>
#include <malloc.h>
#include <memory>
#include <string>

#include "files/file_cache.h"

namespace bobbin::files {
namespace {

using Kind = os::FileStatus::Kind;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kAllocatorIsGlibc = false;
#else
constexpr bool kAllocatorIsGlibc = true;
#endif

/// What the process has got from the allocator and not given back.
std::size_t allocated_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// A tree in which every name with a dot is the same file and all others are old folders. Takes no memory.
class EndlessTree final : public StatusSource {
 public:
  Result<os::FileStatus> at(const std::string& path) override {
    return os::FileStatus{.kind = path.ends_with(".html") ? Kind::regular : Kind::directory, .mount = 1};
  }
  Result<os::FileStatus> beneath(const std::string& path) override { return at(path); }
  bool mounts_have_changed() override { return false; }
  WallTime now() override { return WallTime(seconds(1'000'000)); }
};

/// As a session would render it: with a name to log, and room left in its strings.
http::PreparedResponse prepared(const std::string& name, std::size_t content_bytes) {
  http::PreparedResponse response;
  response.head.reserve(1024);
  response.head = "HTTP/1.1 200 OK\r\n" + std::string(300, 'h');
  std::string content(content_bytes, 'c');
  if (content_bytes <= 4096)
    response.content = std::move(content);
  else
    response.shared_content = std::make_shared<const std::string>(std::move(content));
  response.log_fields.subject = name.substr(name.rfind('/') + 1);
  return response;
}

struct Tree {
  const char* name;
  int folders;             // how deep the files lie
  std::size_t name_bytes;  // of each folder
  std::size_t content_bytes;
  bool own_folders;  // each file has a path of its own
};

const Tree kTrees[] = {{"small files in the root", 0, 0, 100, false},
                       {"1 KiB in one folder", 1, 10, 1024, false},
                       {"16 KiB", 1, 10, 16'384, false},
                       {"64 KiB", 0, 0, 65'536, false},
                       {"empty files", 2, 10, 0, false},
                       {"40 folders deep", 40, 30, 200, false},
                       {"folders of their own", 3, 30, 200, true},
                       {"long folders of their own, as deep as folders are stored", 15, 60, 200, true}};

std::string name_of(const Tree& tree, int number) {
  std::string name;
  for (int depth = 0; depth < tree.folders; ++depth) {
    std::string folder = tree.own_folders && depth == 0 ? std::to_string(number) : std::string();
    folder.resize(tree.name_bytes, 'f');
    name += folder + '/';
  }
  return name + "file" + std::to_string(number) + ".html";
}

/// Serves these files over and over, as a handler does, and looks at each in a later round.
void fill(FileCache& cache, EndlessTree& source, const Tree& tree, int files) {
  std::uint64_t round = 1;
  for (int number = 0; number < files; ++number) {
    const std::string name = name_of(tree, number);
    const os::FileStatus status = source.at(name).value();
    const http::Validators current{.etag = "\"" + std::string(32, 'e') + "\"", .last_modified = {}};
    cache.keep(FileKey(name), status, current, CachedFile::Form::content, prepared(name, tree.content_bytes),
               round);
    cache.keep(FileKey(name), status, current, CachedFile::Form::not_modified, prepared(name, 0), round);
    ++round;
    EXPECT_NE(cache.find(FileKey(name), round), nullptr);
  }
}

TEST(FileCacheMemory, IsWhatTheProcessTakes) {
  if (!kAllocatorIsGlibc) GTEST_SKIP() << "the sanitizer has an allocator of its own";
  for (const Tree& tree : kTrees) {
    for (const std::size_t maximum_bytes : {std::size_t{1} << 20, std::size_t{4} << 20}) {
      SCOPED_TRACE(tree.name);
      EndlessTree source;
      const std::size_t before = allocated_bytes();
      auto cache = std::make_unique<FileCache>(source, maximum_bytes);
      // Three times what fits, so that much has been displaced.
      const std::size_t one = tree.content_bytes + 1500;
      fill(*cache, source, tree, static_cast<int>(3 * maximum_bytes / one));
      const std::size_t taken = allocated_bytes() - before;
      EXPECT_GT(cache->files(), 0U);
      EXPECT_LE(cache->size_bytes(), maximum_bytes);
      EXPECT_LE(taken, maximum_bytes + maximum_bytes / 10);
      EXPECT_NEAR(static_cast<double>(cache->size_bytes()), static_cast<double>(taken),
                  0.1 * static_cast<double>(taken));
      EXPECT_GT(taken, maximum_bytes / 2) << "what it may take is used";
    }
  }
}

}  // namespace
}  // namespace bobbin::files
