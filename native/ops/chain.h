#pragma once
#include <cstddef>

#include "ops/fused.h"

namespace myelin {

// Element-wise ops behind a product, which run on pieces of its result as soon as these are final, while they are in the
// cache. An op that makes a dense result may take a part in that: it hands every element on, once, and says so (OpCall).
class Finish {
 public:
  // The program reads the result, of elements of `item` bytes, in the order of its memory.
  Finish(const TileProgram& program, const void* result, std::size_t item)
      : program_(program), result_(static_cast<const char*>(result)), item_(item) {}

  // `rows` times `cols` elements, rows `length` apart, of which the first is at `first`; on the calling thread.
  void block(const void* first, std::size_t rows, std::size_t cols, std::ptrdiff_t length) const;
  // `count` consecutive elements; on several threads if others may help.
  void run(const void* first, std::size_t count, bool shared) const;

 private:
  std::size_t place_of(const void* element) const {
    return static_cast<std::size_t>(static_cast<const char*>(element) - result_) / item_;
  }

  const TileProgram& program_;
  const char* result_;
  std::size_t item_;
};

}  // namespace myelin
