#include "core/scratch.h"

#include <array>

#include "core/storage.h"

namespace myelin {
namespace {

struct Buffer {
  void* data = nullptr;
  std::size_t bytes = 0;
  ~Buffer() {
    if (data != nullptr) memory::release(data, bytes);
  }
};

}  // namespace

void* scratch_bytes(Scratch slot, std::size_t bytes) {
  thread_local std::array<Buffer, static_cast<std::size_t>(Scratch::kCount)> buffers;
  Buffer& buffer = buffers[static_cast<std::size_t>(slot)];
  if (bytes > buffer.bytes || buffer.data == nullptr) {
    if (buffer.data != nullptr) memory::release(buffer.data, buffer.bytes);
    buffer = {};
    buffer.data = memory::allocate(bytes);
    buffer.bytes = bytes;
  }
  return buffer.data;
}

}  // namespace myelin
