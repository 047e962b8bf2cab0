#pragma once
#include <algorithm>
#include <cstddef>

#include "ops/gemm.h"

namespace myelin {

// The second factor of products, k x n, copied beforehand into panels that kernels read from beginning to end: each 256 bytes
// wide, four vectors of the widest ISA, the last only as wide as whole cache lines need. Kernels with narrower tiles take a
// panel in several parts, so the copy is the same for all of them.
template <class T>
struct PackedMatrix {
  static constexpr std::size_t kWidth = 256 / sizeof(T), kUnit = 64 / sizeof(T);

  std::size_t k, n;

  std::size_t elements() const { return ceil_div(n, kUnit) * kUnit * k; }
  std::size_t panels() const { return ceil_div(n, kWidth); }
  void pack(const GemmKernels<T>& kernels, Matrix<const T> b, Range panels, T* packed) const;
  void pack(const GemmKernels<T>& kernels, Matrix<const T> b, T* packed) const {
    pack(kernels, b, {0, panels()}, packed);
  }
  // All panels, shared among threads.
  void pack_all(const GemmKernels<T>& kernels, Matrix<const T> b, T* packed) const;
  // c = [c +] a b for the a and the rows that `product` names, its k steps from `first` on, and the columns of some panels;
  // c begins at column 0, and so do the biases.
  void multiply(const GemmKernels<T>& kernels, GemmPanel<T> product, std::size_t first, Range panels, const T* packed,
                T* c) const;
  void multiply(const GemmKernels<T>& kernels, const GemmPanel<T>& product, const T* packed, T* c) const {
    multiply(kernels, product, 0, {0, panels()}, packed, c);
  }

 private:
  // Columns of a panel that are there, and those that it has room for.
  std::size_t columns(std::size_t panel) const { return std::min(kWidth, n - panel * kWidth); }
  std::size_t width(std::size_t panel) const { return ceil_div(columns(panel), kUnit) * kUnit; }
};

// The product, whose b has been packed, to the same bits as `gemm` forms it where b is given by columns.
template <class T>
void gemm_packed(const KernelTable& kernels, const Gemm<T>& product, const T* packed);

extern template struct PackedMatrix<float>;
extern template struct PackedMatrix<double>;
extern template void gemm_packed<float>(const KernelTable&, const Gemm<float>&, const float*);
extern template void gemm_packed<double>(const KernelTable&, const Gemm<double>&, const double*);

}  // namespace myelin
