#pragma once
// Included by code compiled for every ISA: neither this file nor one that it includes may define a function or pull in a
// standard C++ header, or the linker could put AVX-512 code where the baseline expects its own (see ARCHITECTURE.md, "One
// binary, many ISAs").
#include <cstddef>
#include <cstdint>

#include "kernels/attention.h"
#include "kernels/conv.h"
#include "kernels/fft.h"
#include "kernels/gemm.h"
#include "kernels/optim.h"
#include "kernels/recurrent.h"

namespace myelin {

// Rules of all signatures. Sizes and strides count elements. The stride of an input may be 0 (one element repeated), 1,
// negative or anything else; arrays without a stride argument have stride 1. Pointers need the alignment of their
// element only. n = 0 is allowed. An output may be the very same array as an input of equal element size and stride 1;
// other overlaps are not allowed. Results depend neither on alignment nor on what the other elements are.

template <class T>
using UnaryFn = void(const T* x, std::ptrdiff_t sx, T* out, std::size_t n);
// leaky_relu: p0 = slope below 0; elu: p0 = alpha, p1 = scale below 0; clamp: [p0, p1], p1 wins when p0 > p1; scale_shift: x * p0 + p1.
template <class T>
using UnaryParamFn = void(const T* x, std::ptrdiff_t sx, T p0, T p1, T* out, std::size_t n);
// gelu of x, and what gelu_backward multiplies a gradient by; both as those kernels have them, to the bit.
template <class T>
using GeluAndSlopeFn = void(T* out, T* slope, const T* x, std::size_t n);
template <class T>
using PredicateFn = void(const T* x, std::ptrdiff_t sx, std::uint8_t* out, std::size_t n);
template <class T>
using BinaryFn = void(const T* a, std::ptrdiff_t sa, const T* b, std::ptrdiff_t sb, T* out, std::size_t n);
template <class T>
using CompareFn = void(const T* a, std::ptrdiff_t sa, const T* b, std::ptrdiff_t sb, std::uint8_t* out, std::size_t n);
// out = condition ? a : b, on elements of sizeof(T) bytes.
template <class T>
using SelectFn = void(const std::uint8_t* condition, std::ptrdiff_t sc, const T* a, std::ptrdiff_t sa, const T* b,
                      std::ptrdiff_t sb, T* out, std::size_t n);

// float32 from and to float16 and bfloat16, which are passed as their bits; rounds to nearest even, NaN stays NaN.
using WidenFn = void(const std::uint16_t* x, float* out, std::size_t n);
using NarrowFn = void(const float* x, std::uint16_t* out, std::size_t n);

// Reduces n consecutive elements. Float sums and products are a tree over blocks, so errors grow with log n and the
// order depends on n alone. n = 0 gives the identity: 0, 1, or the infinity (least or greatest integer) that loses.
template <class T>
using ReduceFn = T(const T* x, std::size_t n);
template <class T>
using WideReduceFn = std::int64_t(const T* x, std::size_t n);
// acc[j] = combine(acc[j], combination of x[i * row_stride + j] over rows i), for columns j < n. Float sums and
// products of a column are a tree over its rows; their order depends on `rows` alone.
template <class T>
using ReduceRowsFn = void(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* acc, std::size_t n);
// Mean and sum of squared deviations from it, in one pass over memory; n = 0 gives 0 and 0. Two parts combine as
// mean = (n1 mean1 + n2 mean2) / n, squares = squares1 + squares2 + (mean1 - mean2)^2 n1 n2 / n
// (Chan, Golub, LeVeque: "Updating formulae and a pairwise algorithm for computing sample variances", 1979).
template <class T>
using MomentsFn = void(const T* x, std::size_t n, T* mean, T* squares);
// The same for every column j < n over `rows` rows.
template <class T>
using MomentsRowsFn = void(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* mean, T* squares, std::size_t n);

template <class T>
using RowFn = void(const T* x, T* out, std::size_t n);
template <class T>
using RowBackwardFn = void(const T* dout, const T* out, T* dx, std::size_t n);
// out = (x - mean) * rstd * weight + bias; a null weight is 1, a null bias is 0.
template <class T>
using NormalizeFn = void(const T* x, T mean, T rstd, const T* weight, const T* bias, T* out, std::size_t n);
// With xhat = (x - mean) * rstd and g = dout * weight: dx = rstd * (g - avg(g) - xhat * avg(g * xhat)), and, each
// unless null, dweight += dout * xhat, dbias += dout.
template <class T>
using NormalizeBackwardFn = void(const T* dout, const T* x, T mean, T rstd, const T* weight, T* dx, T* dweight,
                                 T* dbias, std::size_t n);
// Channels-last batch norm: rows are pixels, columns are channels j < n.
// out[i][j] = x[i][j] * scale[j] + shift[j].
template <class T>
using ScaleShiftRowsFn = void(const T* x, std::ptrdiff_t x_stride, const T* scale, const T* shift, T* out,
                              std::ptrdiff_t out_stride, std::size_t rows, std::size_t n);
// sum[j] += sum of dout[i][j]; sum_xhat[j] += sum of dout[i][j] * (x[i][j] - mean[j]) * rstd[j]; trees over the rows.
template <class T>
using BatchNormSumsFn = void(const T* x, std::ptrdiff_t x_stride, const T* dout, std::ptrdiff_t dout_stride,
                             std::size_t rows, const T* mean, const T* rstd, T* sum, T* sum_xhat, std::size_t n);
// dx[i][j] = x[i][j] * a[j] + dout[i][j] * b[j] + c[j].
template <class T>
using BatchNormDxFn = void(const T* x, std::ptrdiff_t x_stride, const T* dout, std::ptrdiff_t dout_stride, const T* a,
                           const T* b, const T* c, T* dx, std::ptrdiff_t dx_stride, std::size_t rows, std::size_t n);

// Sums of rows, which may be the same or overlap. Sum r takes weights[t] times the row at offsets[t], for starts[r] <= t <
// starts[r + 1], from each of `lines` lines and in order: for j < n, out[r * out_stride + j] = sum over l < lines of
// line_weights[l] * sum over t of weights[t] * x[line_offsets[l] + offsets[t] + j]. A sum of nothing is 0.
template <class T>
struct WeightedRows {
  const T* x;
  const std::ptrdiff_t* line_offsets;
  const T* line_weights;
  std::size_t lines;
  const std::size_t* starts;
  const std::ptrdiff_t* offsets;
  const T* weights;
  T* out;
  std::ptrdiff_t out_stride;
  std::size_t rows, n;
};
template <class T>
using WeightedRowsFn = void(const WeightedRows<T>& sums);

// dst[k * ldd + i] = src[i * lds + k] for i < m, k < n. src and dst must not overlap.
template <class T>
using TransposeFn = void(const T* src, std::ptrdiff_t lds, T* dst, std::ptrdiff_t ldd, std::size_t m, std::size_t n);

// Neighbouring windows over a plane of a channels-last image. Places count its pixels; element c of the pixel at `place`
// is plane[place * step + c], and pixels of outputs have step = channels. Tap (i, j) of window o is at the place
// first + o * window + i * line + j * column.
struct PoolRow {
  std::ptrdiff_t first, window, line, column;
  std::size_t windows, lines, columns, channels;
};
// The maximum of each window and its place: the first maximum, but the last NaN if there is one (as PyTorch).
template <class T>
using MaxPoolRowFn = void(const PoolRow& row, const T* image, std::ptrdiff_t step, T* out, std::int32_t* winner);
// The sum of each window / divisor.
template <class T>
using AvgPoolRowFn = void(const PoolRow& row, const T* image, std::ptrdiff_t step, T divisor, T* out);
// What windows give to one line of taps (lines is 1): a tap of dx gets dout where the winner is its place, else 0, or
// dout / divisor. With `add` shares are added to dx, window after window; without, windows must not overlap.
template <class T>
using MaxPoolRowBackwardFn = void(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step,
                                  const std::int32_t* winner, std::ptrdiff_t winner_step, T* dx, bool add);
template <class T>
using AvgPoolRowBackwardFn = void(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step, T divisor, T* dx,
                                  bool add);

// One time step of CTC over n states: out[s] = emit[s] + log(e^prev[s] + e^prev[s - 1] + e^(prev[s - 2] + skip[s])), where
// skip is 0 or -infinity. prev[-1] and prev[-2] are read; emit may be null, for zeros; out is apart from prev.
template <class T>
using CtcStepFn = void(const T* prev, const T* skip, const T* emit, T* out, std::size_t n);

struct KernelTable {
  const char* isa;
#define MYELIN_KERNEL(name, signature) signature* name;
#include "kernels/kernels.def"
#undef MYELIN_KERNEL
};

}  // namespace myelin
