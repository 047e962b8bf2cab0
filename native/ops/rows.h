#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/pool.h"
#include "core/scratch.h"
#include "core/view.h"

namespace myelin {

// Elements of row-wise work, several passes each, that make a chunk worth handing to another thread.
constexpr std::size_t kRowGrain = 8192;

inline View without_axis(const View& view, int axis) {
  View rest = view;
  rest.rank--;
  for (int i = axis; i < rest.rank; i++) {
    rest.shape[i] = view.shape[i + 1];
    rest.strides[i] = view.strides[i + 1];
  }
  return rest;
}

// One row of a tensor along some axis. Kernels want neighbours next to each other: `load` gives the row itself when
// they are, else a copy in `buffer`; `target` and `store` do the same for writing.
template <class T>
struct Row {
  T* data;
  std::int64_t stride;
  std::size_t n;

  const T* load(T* buffer) const {
    if (stride == 1) return data;
    for (std::size_t i = 0; i < n; i++) buffer[i] = data[static_cast<std::int64_t>(i) * stride];
    return buffer;
  }
  T* target(T* buffer) const { return stride == 1 ? data : buffer; }
  void store(const T* buffer) const {
    if (stride == 1) return;
    for (std::size_t i = 0; i < n; i++) data[static_cast<std::int64_t>(i) * stride] = buffer[i];
  }
};

template <class T>
Row<T> row_of(char* data, std::int64_t stride, std::int64_t n) {
  return {reinterpret_cast<T*>(data), stride, static_cast<std::size_t>(n)};
}

// The rows of several views that are left when the axis of a row is taken out, in the order of view 0's memory.
template <int N>
class RowNest {
 public:
  explicit RowNest(const std::array<const View*, N>& views)
      : nest_(views), inner_(nest_.inner()), size_(views[0]->size()) {}

  std::int64_t size() const { return size_; }
  // Rows from this one on that lie `step` after one another.
  std::int64_t run(std::int64_t row) const { return inner_ - row % inner_; }
  void step(std::array<char*, N>& pointers) const {
    for (int v = 0; v < N; v++) pointers[v] += nest_.inner_stride(v) * nest_.item[v];
  }
  std::array<char*, N> at(std::int64_t row) const {
    std::array<char*, N> pointers = nest_.at(row / inner_);
    for (int v = 0; v < N; v++) pointers[v] += row % inner_ * nest_.inner_stride(v) * nest_.item[v];
    return pointers;
  }

 private:
  LoopNest<N> nest_;
  std::int64_t inner_;
  std::int64_t size_;
};

// Calls body(row, pointers, buffer) for every row on several threads; `buffer` holds `buffers` rows of n elements.
template <class T, int N, class Body>
void for_rows(const RowNest<N>& nest, std::size_t n, std::size_t buffers, const Body& body) {
  const std::size_t rows = static_cast<std::size_t>(nest.size());
  if (rows == 0) return;
  const std::size_t chunks = std::min(rows, chunks_for(rows * n, kRowGrain));
  T* const memory = scratch<T>(Scratch::kRows, chunks * buffers * n);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(rows, chunks, chunk);
    for (std::size_t row = range.begin; row < range.end;) {
      auto at = nest.at(static_cast<std::int64_t>(row));
      const std::size_t run = static_cast<std::size_t>(nest.run(static_cast<std::int64_t>(row)));
      for (const std::size_t stop = std::min(range.end, row + run); row < stop; row++, nest.step(at)) {
        body(static_cast<std::int64_t>(row), at, memory + chunk * buffers * n);
      }
    }
  });
}

// Calls body(unit) for every unit of `count` on several threads; `work` elements are in all of them together.
template <class Body>
void for_units(std::size_t count, std::size_t work, const Body& body, std::size_t grain = kRowGrain) {
  const std::size_t chunks = std::min(count, chunks_for(work, grain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(count, chunks, chunk);
    for (std::size_t unit = range.begin; unit < range.end; unit++) body(unit);
  });
}

}  // namespace myelin
