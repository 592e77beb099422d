#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace bobbin::http::http2 {

/// The memory that nghttp2 uses for the sessions of one worker.
///
/// A request takes a dozen small blocks and gives them back. With many streams under way these are more than
/// the C library keeps at hand for a thread, so here each size has a list of its own. A session also takes a
/// buffer for the largest frame, and hardly ever uses more than its beginning, since content does not pass
/// through it. Such a buffer begins with a page, in memory that nobody has used yet, so its other pages cost
/// nothing.
///
/// What is given back is kept for the next sessions. With AddressSanitizer every block comes from the C++
/// library, so that a wrong use of it is found. Thread: the worker's.
class FramingMemory {
 public:
#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool kKeepsBlocks = false;
#elif defined(__has_feature)
  static constexpr bool kKeepsBlocks = !__has_feature(address_sanitizer);
#else
  static constexpr bool kKeepsBlocks = true;
#endif

  FramingMemory() = default;
  FramingMemory(const FramingMemory&) = delete;
  FramingMemory& operator=(const FramingMemory&) = delete;

  /// As malloc(3), calloc(3), realloc(3) and free(3): aligned for anything, null when memory is short. A
  /// block is given back to the object that it came from, and does not outlive it.
  [[nodiscard]] void* allocate(std::size_t size);
  [[nodiscard]] void* allocate_zeroed(std::size_t count, std::size_t size);
  [[nodiscard]] void* resize(void* block, std::size_t size);
  void release(void* block);

 private:
  /// In front of every block.
  struct Head {
    std::uint32_t list;
    std::uint32_t size;  // of the block behind it
  };
  struct Unused {
    Unused* next;
  };
  struct List {
    Unused* unused = nullptr;
    std::byte* fresh = nullptr;  // from here to `end` nobody has used anything
    std::byte* end = nullptr;
  };
  struct FreeChunk {
    void operator()(std::byte* chunk) const { ::operator delete(chunk, std::align_val_t{kPageBytes}); }
  };
  using Chunk = std::unique_ptr<std::byte, FreeChunk>;

  static constexpr std::size_t kPageBytes = 4096;
  // Blocks of every size up to 1 KiB, in steps, head included; behind these lists is that of the buffers.
  static constexpr std::size_t kStepBytes = 32;
  static constexpr std::uint32_t kSmallLists = 32;
  static constexpr std::size_t kSmallChunkBytes = 16 * 1024;
  // nghttp2 takes 16 KiB and a frame head. So much of it is asked for at a time that the C library takes it
  // from the kernel, fresh.
  static constexpr std::uint32_t kBufferList = kSmallLists;
  static constexpr std::size_t kBufferBytes = 5 * kPageBytes;
  static constexpr std::size_t kBufferChunkBytes = 32 * kBufferBytes;
  static constexpr std::uint32_t kLists = kSmallLists + 1;
  // The list of blocks that have none.
  static constexpr std::uint32_t kNoList = kLists;

  [[nodiscard]] static std::uint32_t list_for(std::size_t size);
  [[nodiscard]] static std::size_t bytes_of_each(std::uint32_t list);
  [[nodiscard]] static Head& head_of(void* block);
  [[nodiscard]] static void* allocate_alone(std::size_t size);
  [[nodiscard]] bool add_chunk(std::uint32_t list);

  std::array<List, kLists> lists_;
  std::vector<Chunk> chunks_;
};

}  // namespace bobbin::http::http2
