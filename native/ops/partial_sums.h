#pragma once
#include "ops/support.h"

namespace myelin {

// One sum for each part of the work, added as a tree in the end; the first part's lies where the result will be.
template <class T>
class PartialSums {
 public:
  PartialSums(const KernelTable& kernels, std::size_t parts, std::size_t elements, T* result)
      : kernels_(kernels),
        parts_(parts),
        elements_(elements),
        result_(result),
        others_((parts - 1) * elements * sizeof(T)) {}

  T* part(std::size_t index) const { return index == 0 ? result_ : others_.template as<T>() + (index - 1) * elements_; }

  void add() const {
    for (std::size_t step = 1; step < parts_; step *= 2) {
      for (std::size_t i = 0; i + step < parts_; i += 2 * step) add(part(i), part(i + step));
    }
  }

 private:
  void add(T* sum, const T* term) const {
    constexpr std::size_t kTogether = 64 << 10;
    const std::size_t chunks = chunks_for(elements_, kTogether);
    const auto kernel = pick<T>(kernels_.f32_add, kernels_.f64_add);
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(elements_, chunks, chunk);
      kernel(sum + mine.begin, 1, term + mine.begin, 1, sum + mine.begin, mine.end - mine.begin);
    });
  }

  const KernelTable& kernels_;
  const std::size_t parts_, elements_;
  T* const result_;
  const Temporary others_;
};

}  // namespace myelin
