#pragma once
// What matrix products take; kernels.h has the rules of all signatures and of what may stand here.
#include <cstddef>
#include <cstdint>

namespace myelin {

// A panel of C, as wide as a tile or narrower and of any height: C = act(alpha A B [+ C] [+ bias]), where A(i, k) is
// a[i * a_row + k * a_k], B(k, j) is b[k * b_k + j] and C(i, j) is c[i * c_row + j]. Each element of C is one running sum
// over k, whatever the shape of the panel. C must not overlap A or B.
//
// The sum may run over several segments of A, each of k steps: segment s begins at a + a_segments[s], while B goes on
// without a break. So the patches of a convolution are read where they lie.
template <class T>
struct GemmPanel {
  const T* a;
  std::ptrdiff_t a_row, a_k;
  const std::ptrdiff_t* a_segments;  // null: one segment, at a
  std::size_t segments;
  std::size_t k;
  const T* b;
  std::ptrdiff_t b_k;
  bool b_padded;  // rows of B can be read up to the next whole vector
  T* c;
  std::ptrdiff_t c_row;
  std::size_t rows, cols;  // cols <= GemmBlocking::lanes * GemmBlocking::vectors
  bool accumulate;
  T alpha;
  const T* bias;  // one for each column, or null
  bool relu;
  bool fetch_c;  // C lies outside the caches: its lines are on their way while the sums are formed
  bool fetch_a;  // so do the next rows of A, which lie one behind the other
};
template <class T>
using GemmPanelFn = void(const GemmPanel<T>& panel);
// How an ISA wants products cut: the widest tile in vectors of `lanes` elements, and the blocks of K, M and N.
struct GemmBlocking {
  std::size_t lanes, vectors;
  std::size_t kc, mc, nc;
};
using GemmBlockingFn = const GemmBlocking&();
// out[i * width + j] = b[i * b_k + j] for j < cols, 0 for cols <= j < width; width is a multiple of the lanes.
template <class T>
using GemmPackFn = void(const T* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, T* out, std::size_t width);
// gemv_dots: y[i] = sum of a[i * a_row + j] * x[j] over j < n, for i < rows.
// gemv_sums: y[j] = sum of a[i * a_row + j] * x[i] over i < rows, for j < n; i ascends.
template <class T>
using GemvFn = void(const T* a, std::ptrdiff_t a_row, const T* x, T* y, std::size_t rows, std::size_t n);

// C = A B^T for few rows of A: c[i * c_row + j] = sum of a[i * a_row + l] * b[j * b_row + l] over l < k. C must not overlap A
// or B.
template <class T>
struct GemmDots {
  const T* a;
  std::ptrdiff_t a_row;
  std::size_t rows;
  const T* b;
  std::ptrdiff_t b_row;
  std::size_t cols, k;
  T* c;
  std::ptrdiff_t c_row;
};
template <class T>
using GemmDotsFn = void(const GemmDots<T>& product);

// Products of elements of one or two bytes, added up in groups that fill a word of 32 bits: four bytes or two bfloat16.
// C = act(A B + row_terms + col_terms) for rows of A whose elements are consecutive. B is packed (DotPackFn): for each group
// of k, one word for each of DotBlocking::width columns, with zeros beyond k.
template <class A, class B, class Sum, class C>
struct DotPanel {
  const A* a;
  std::ptrdiff_t a_row;
  std::size_t k;
  const B* b;
  C* c;
  std::ptrdiff_t c_row;
  std::size_t rows, cols;
  const Sum* row_terms;  // one for each row, or null
  const Sum* col_terms;  // one for each column, or null
  bool relu;
};
// Exact for k < 2^16: 255 * 128 * k then fits int32.
using BytePanel = DotPanel<std::uint8_t, std::int8_t, std::int32_t, std::int32_t>;
// Sums of float32 are rounded to bfloat16 at the end; denormals may be taken for 0.
using BFloat16Panel = DotPanel<std::uint16_t, std::uint16_t, float, std::uint16_t>;
template <class Panel>
using DotPanelFn = void(const Panel& panel);
// The columns of a panel, and so many rows of A that stay in the second-level cache between panels.
struct DotBlocking {
  std::size_t width, rows;
};
using DotBlockingFn = const DotBlocking&();
// out[(g * width + j) * group + r] = b[(g * group + r) * b_k + j], 0 beyond k rows and `cols` columns. Unsigned bytes v become
// the signed v - 128.
template <class From, class To>
using DotPackFn = void(const From* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, To* out);
using U8DotPackFn = DotPackFn<std::uint8_t, std::int8_t>;
using BF16DotPackFn = DotPackFn<std::uint16_t, std::uint16_t>;

}  // namespace myelin
