#include "core/scratch.h"

#include <array>

#include "core/storage.h"

namespace myelin {
namespace {

struct Buffer {
  void* data = nullptr;
  std::size_t bytes = 0;
  ~Buffer() { release(); }
  void release() {
    if (data != nullptr) memory::release(data, bytes);
    data = nullptr;
    bytes = 0;
  }
};

thread_local std::array<Buffer, static_cast<std::size_t>(Scratch::kCount)> buffers;

}  // namespace

void* scratch_bytes(Scratch slot, std::size_t bytes) {
  Buffer& buffer = buffers[static_cast<std::size_t>(slot)];
  if (bytes > buffer.bytes || buffer.data == nullptr) {
    buffer.release();
    buffer.data = memory::allocate(bytes);
    buffer.bytes = bytes;
  }
  return buffer.data;
}

void release_scratch() {
  for (Buffer& buffer : buffers) buffer.release();
}

}  // namespace myelin
