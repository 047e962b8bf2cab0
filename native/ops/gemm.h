#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/pool.h"
#include "kernels/kernels.h"
#include "ops/chain.h"

namespace myelin {

// Matrix products C = act(alpha A B [+ C] [+ bias]) for float and double. The driver cuts C into panels, packs what is
// better read packed, and shares the work among threads; kernels/gemm.inl does the arithmetic. In which order the terms of
// an element are added depends on shapes and strides alone, so results do not depend on the number of threads.

// Element (i, j) of a matrix is data[i * row + j * col]; strides may be anything.
template <class T>
struct Matrix {
  T* data;
  std::ptrdiff_t row, col;

  Matrix transposed() const { return {data, col, row}; }
  T* at(std::size_t i, std::size_t j) const {
    return data + static_cast<std::ptrdiff_t>(i) * row + static_cast<std::ptrdiff_t>(j) * col;
  }
};

template <class T>
struct Gemm {
  std::size_t m, n, k;
  Matrix<const T> a;  // m x k
  Matrix<const T> b;  // k x n
  Matrix<T> c;        // m x n, overlaps neither a nor b
  bool accumulate = false;
  T alpha = 1;
  const T* bias = nullptr;  // n consecutive elements, or null
  bool relu = false;
  // What follows on elements of C once they are final, or null. Rows of C are consecutive elements then.
  const Finish* finish = nullptr;

  // Has it done to some rows of C, if anything follows.
  void finish_rows(Range rows) const {
    if (finish == nullptr || rows.begin == rows.end) return;
    finish->block(c.at(rows.begin, 0), rows.end - rows.begin, n, c.row);
  }
};

enum class Threads { kShared, kCallerOnly };

// k = 0 leaves the sums 0. Shapes and strides must be those of real arrays: nothing is checked here.
template <class T>
void gemm(const KernelTable& kernels, const Gemm<T>& product, Threads threads = Threads::kShared);

extern template void gemm<float>(const KernelTable&, const Gemm<float>&, Threads);
extern template void gemm<double>(const KernelTable&, const Gemm<double>&, Threads);

// Has done what follows on all of C, if anything does.
template <class T>
void finish_all(const Gemm<T>& product, Threads threads);

// The kernels of one element type.
template <class T>
struct GemmKernels {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

  GemmPanelFn<T>* panel;
  GemmPackFn<T>* pack;
  GemvFn<T>* dots;
  GemvFn<T>* sums;
  TransposeFn<Bits>* transpose;
  GemmBlocking blocking;

  explicit GemmKernels(const KernelTable& table);
};
template <>
GemmKernels<float>::GemmKernels(const KernelTable& table);
template <>
GemmKernels<double>::GemmKernels(const KernelTable& table);

// Elements as the transposing kernels move them.
template <class T>
auto bits_of(T* data) {
  return reinterpret_cast<typename GemmKernels<T>::Bits*>(data);
}
template <class T>
auto bits_of(const T* data) {
  return reinterpret_cast<const typename GemmKernels<T>::Bits*>(data);
}

// Chunks of a product, shared out if others may help.
template <class F>
void for_chunks(Threads threads, std::size_t chunks, const F& body) {
  if (threads == Threads::kShared) return parallel_for(chunks, body);
  for (std::size_t i = 0; i < chunks; i++) body(i);
}

// Has a panel ask for what it needs next of A and C, unless the product is so small that the caches hold both.
template <class T>
void ask_ahead(const Gemm<T>& product, GemmPanel<T>& panel) {
  constexpr std::size_t kCachedBytes = 256 << 10;
  const bool far = product.m * (product.n + product.k) * sizeof(T) > kCachedBytes;
  panel.fetch_c = far;
  panel.fetch_a = far && panel.a_k == 1 && panel.a_row == static_cast<std::ptrdiff_t>(panel.k);
}

// Copies a k x cols block of B to `out`, k rows of `width` elements (a multiple of the lanes): a panel as the kernel reads
// it fastest, with b_padded set.
template <class T>
void pack_panel(const GemmKernels<T>& kernels, Matrix<const T> b, std::size_t k, std::size_t cols, T* out,
                std::size_t width);

// The width of the panels into which n columns are cut: whole vectors, as equal as they can be.
std::size_t panel_width(const GemmBlocking& blocking, std::size_t n);

constexpr std::size_t ceil_div(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

}  // namespace myelin
