#pragma once
#include <cstddef>

namespace myelin {

// Working memory of the calling thread, kept between calls so that steady work allocates nothing. A buffer stays valid
// until the same thread asks for the same slot again. 64-byte aligned, contents undefined.
enum class Scratch { kPackA, kPackB, kRows, kTransform, kReduce, kFftBlock, kFftMiddle, kFftRows, kTile, kCount };

void* scratch_bytes(Scratch slot, std::size_t bytes);
void release_scratch();  // gives back all of the calling thread's; not from inside an op

template <class T>
T* scratch(Scratch slot, std::size_t count) {
  return static_cast<T*>(scratch_bytes(slot, count * sizeof(T)));
}

}  // namespace myelin
