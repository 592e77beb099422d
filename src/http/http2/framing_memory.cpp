#include "http/http2/framing_memory.h"

#include <cstring>
#include <limits>
#include <utility>

namespace bobbin::http::http2 {
namespace {

// Blocks are aligned for anything. Their heads lie in the last bytes before them.
constexpr std::size_t kAlignment = alignof(std::max_align_t);
constexpr std::size_t kLargestBlock = std::numeric_limits<std::uint32_t>::max();

}  // namespace

std::uint32_t FramingMemory::list_for(std::size_t size) {
  if (!kKeepsBlocks) return kNoList;
  const std::size_t with_head = size + sizeof(Head);
  if (with_head <= kSmallLists * kStepBytes) return static_cast<std::uint32_t>((with_head - 1) / kStepBytes);
  return with_head > 4 * kPageBytes && with_head <= kBufferBytes - kAlignment ? kBufferList : kNoList;
}

std::size_t FramingMemory::bytes_of_each(std::uint32_t list) {
  return list == kBufferList ? kBufferBytes : (list + 1) * kStepBytes;
}

FramingMemory::Head& FramingMemory::head_of(void* block) { return *(static_cast<Head*>(block) - 1); }

void* FramingMemory::allocate(std::size_t size) {
  if (size > kLargestBlock) return nullptr;
  const std::uint32_t number = list_for(size);
  if (number == kNoList) return allocate_alone(size);
  List& list = lists_[number];
  if (list.unused != nullptr) {
    Unused* block = list.unused;
    list.unused = block->next;
    return block;
  }
  const std::size_t bytes = bytes_of_each(number);
  if (static_cast<std::size_t>(list.end - list.fresh) < bytes && !add_chunk(number)) return nullptr;
  void* block = list.fresh + sizeof(Head);
  list.fresh += bytes;
  head_of(block) = {.list = number, .size = static_cast<std::uint32_t>(bytes - sizeof(Head))};
  return block;
}

void* FramingMemory::allocate_alone(std::size_t size) {
  auto* memory = static_cast<std::byte*>(::operator new(kAlignment + size, std::nothrow));
  if (memory == nullptr) return nullptr;
  void* block = memory + kAlignment;
  head_of(block) = {.list = kNoList, .size = static_cast<std::uint32_t>(size)};
  return block;
}

void* FramingMemory::allocate_zeroed(std::size_t count, std::size_t size) {
  if (size != 0 && count > std::numeric_limits<std::size_t>::max() / size) return nullptr;
  void* block = allocate(count * size);
  if (block != nullptr) std::memset(block, 0, count * size);
  return block;
}

void* FramingMemory::resize(void* block, std::size_t size) {
  if (block == nullptr) return allocate(size);
  if (size <= head_of(block).size) return block;
  void* larger = allocate(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, head_of(block).size);
  release(block);
  return larger;
}

void FramingMemory::release(void* block) {
  if (block == nullptr) return;
  const std::uint32_t number = head_of(block).list;
  if (number == kNoList) return ::operator delete(static_cast<std::byte*>(block) - kAlignment);
  List& list = lists_[number];
  list.unused = new (block) Unused{list.unused};
}

/// What is left of the chunk before is too little for a block, and is given up.
bool FramingMemory::add_chunk(std::uint32_t number) {
  const std::size_t bytes = number == kBufferList ? kBufferChunkBytes : kSmallChunkBytes;
  Chunk chunk(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{kPageBytes}, std::nothrow)));
  if (chunk == nullptr) return false;
  List& list = lists_[number];
  list.fresh = chunk.get() + kAlignment - sizeof(Head);
  list.end = chunk.get() + bytes;
  chunks_.push_back(std::move(chunk));
  return true;
}

}  // namespace bobbin::http::http2
