#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "ops/gemm.h"
#include "ops/support.h"

namespace myelin {

// What the decompositions share: batches of matrices in the last two axes of a view, and the kernels to work on them.

template <class T>
struct Context {
  const KernelTable& table;
  GemmKernels<T> kernels;
  Threads threads;

  Context(const KernelTable& kernel_table, Threads allowed)
      : table(kernel_table), kernels(kernel_table), threads(allowed) {}

  // c += alpha a b, or c = alpha a b.
  void multiply(std::size_t m, std::size_t n, std::size_t k, Matrix<const T> a, Matrix<const T> b, Matrix<T> c, T alpha,
                bool accumulate) const {
    Gemm<T> product{m, n, k, a, b, c};
    product.alpha = alpha;
    product.accumulate = accumulate;
    gemm(table, product, threads);
  }

  template <class F>
  void for_chunks(std::size_t chunks, const F& body) const {
    if (threads == Threads::kShared && chunks > 1) return parallel_for(chunks, body);
    for (std::size_t i = 0; i < chunks; i++) body(i);
  }
};

template <class T>
Matrix<const T> read_only(Matrix<T> a) {
  return {a.data, a.row, a.col};
}

inline std::size_t extent(const View& view, int from_last) {
  return static_cast<std::size_t>(view.shape[view.rank - from_last]);
}

inline std::size_t matrices_in(const View& view) {
  std::size_t count = 1;
  for (int i = 0; i + 2 < view.rank; i++) count *= static_cast<std::size_t>(view.shape[i]);
  return count;
}

// Offset in elements of entry `index` of the leading axes, of which `trailing` last ones are no batch axes.
inline std::int64_t batch_offset(const View& view, std::size_t index, int trailing) {
  std::int64_t rest = static_cast<std::int64_t>(index), offset = 0;
  for (int axis = view.rank - trailing - 1; axis >= 0; axis--) {
    offset += rest % view.shape[axis] * view.strides[axis];
    rest /= view.shape[axis];
  }
  return offset;
}

template <class T>
Matrix<T> matrix_at(const View& view, std::size_t index) {
  return {reinterpret_cast<T*>(view.data) + batch_offset(view, index, 2),
          static_cast<std::ptrdiff_t>(view.strides[view.rank - 2]),
          static_cast<std::ptrdiff_t>(view.strides[view.rank - 1])};
}

// Entry `index` of a batch of vectors that lie densely, one after the other.
template <class T>
T* vector_at(const View& view, std::size_t index) {
  return view.as<T>() + static_cast<std::size_t>(view.shape[view.rank - 1]) * index;
}

// Refuses views whose leading axes are not those of `like`, or that have other trailing extents.
inline void require_batch(const View& view, const View& like, std::initializer_list<std::size_t> trailing) {
  const int count = static_cast<int>(trailing.size());
  require(view.rank == like.rank - 2 + count, "a matrix operand has another rank than expected");
  for (int i = 0; i + 2 < like.rank; i++) {
    require(view.shape[i] == like.shape[i], "batches of matrices differ");
  }
  int axis = view.rank - count;
  for (const std::size_t wanted : trailing) {
    require(static_cast<std::size_t>(view.shape[axis++]) == wanted, "a matrix operand has another shape than expected");
  }
}

inline void require_square(const View& x) {
  require(x.rank >= 2 && x.shape[x.rank - 1] == x.shape[x.rank - 2], "a matrix is not square");
}

// Refuses matrices whose columns are not consecutive in memory, or with gaps between them.
inline void require_columns(View view) {
  std::swap(view.shape[view.rank - 1], view.shape[view.rank - 2]);
  std::swap(view.strides[view.rank - 1], view.strides[view.rank - 2]);
  require(view.size() == 0 || view.contiguous(), "the columns of a result are not consecutive");
}

// Copies a matrix into row-major memory, `ld` elements from row to row.
template <class T>
void copy_matrix(Matrix<const T> from, std::size_t rows, std::size_t cols, T* to, std::size_t ld) {
  for (std::size_t i = 0; i < rows; i++) {
    const T* row = from.at(i, 0);
    for (std::size_t j = 0; j < cols; j++) to[i * ld + j] = row[static_cast<std::ptrdiff_t>(j) * from.col];
  }
}

// Calls body(range of matrices, threads): many or small matrices are shared out whole, a few large ones are worked on
// by all threads one after the other. `work` is roughly the multiplications of one matrix.
template <class F>
void for_matrices(std::size_t batches, double work, const F& body) {
  constexpr double kLeastWork = 1e6;
  constexpr std::size_t kManyMatrices = 8;
  if (batches == 0) return;
  if (batches == 1 || (batches < kManyMatrices && work >= kLeastWork)) {
    return body(Range{0, batches}, Threads::kShared);
  }
  const std::size_t grain = work >= kLeastWork ? 1 : static_cast<std::size_t>(kLeastWork / (work + 1)) + 1;
  const std::size_t chunks = chunks_for(batches, grain);
  parallel_for(chunks, [&](std::size_t chunk) { body(chunk_range(batches, chunks, chunk), Threads::kCallerOnly); });
}

// How errors name one matrix of a batch.
inline std::string matrix_name(const View& view, std::size_t index) {
  if (view.rank <= 2) return "x";
  std::string name;
  std::int64_t rest = static_cast<std::int64_t>(index);
  for (int axis = view.rank - 3; axis >= 0; axis--) {
    name = std::to_string(rest % view.shape[axis]) + (name.empty() ? "" : ",") + name;
    rest /= view.shape[axis];
  }
  return "x[" + name + "]";
}

// What went wrong with each matrix, 0 for nothing: noted by any thread, reported afterwards for the first that failed.
class Failures {
 public:
  explicit Failures(std::size_t batches) : codes_(batches, 0) {}
  void note(std::size_t index, std::size_t code) { codes_[index] = code; }
  // Calls report(index, code), which throws, for the first failure.
  template <class F>
  void check(const F& report) const {
    for (std::size_t i = 0; i < codes_.size(); i++) {
      if (codes_[i] != 0) report(i, codes_[i]);
    }
  }

 private:
  std::vector<std::size_t> codes_;
};

// The power of two that brings the largest element of a matrix near 1, so that no sum of squares overflows; 0 when an
// element is not finite.
template <class T>
T safe_scale(Matrix<const T> a, std::size_t rows, std::size_t cols) {
  T largest = 0;
  for (std::size_t i = 0; i < rows; i++) {
    for (std::size_t j = 0; j < cols; j++) {
      const T size = std::abs(*a.at(i, j));
      if (!(size <= std::numeric_limits<T>::max())) return 0;
      largest = std::max(largest, size);
    }
  }
  int exponent = 0;
  if (largest > 0) std::frexp(largest, &exponent);
  // Beyond this the power itself, or its inverse, would not be a normal number.
  constexpr int kLimit = std::numeric_limits<T>::max_exponent - 2;
  return std::ldexp(T(1), std::clamp(-exponent, -kLimit, kLimit));
}

}  // namespace myelin
