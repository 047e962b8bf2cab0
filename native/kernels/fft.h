#pragma once
// What Fourier transforms take; kernels.h has the rules of all signatures and of what may stand here.
#include <cstddef>

namespace myelin {

// One pass of a Fourier transform down the columns of a matrix whose real and imaginary parts lie apart (Stockham's
// autosort scheme; Swarztrauber, "FFT algorithms for vector computers", 1984). Row i of the input begins at i * row,
// rows of the output follow one another, and `run` columns, a multiple of kFftColumns, are in a row. For p < groups:
// out[p * radix + j] = w(p, j) * sum over k of in[p + k * groups] * exp(-2 pi i jk / radix), w(p, 0) = w(0, j) = 1.
template <class T>
struct FftPass {
  const T *re, *im;
  T *out_re, *out_im;
  std::size_t radix;  // 2, 3, 4, 5, 8 or an odd number up to kFftMaxRadix
  std::size_t groups, row, run;
  const T* twiddles;  // w(p, j) at pair p * (radix - 1) + j - 1
  const T* roots;     // exp(-2 pi i k / radix) at pair k
};
template <class T>
constexpr std::size_t kFftColumns = 64 / sizeof(T);  // whole vectors of every ISA
constexpr std::size_t kFftMaxRadix = 31;
template <class T>
using FftPassFn = void(const FftPass<T>& pass);
// (re, im) *= (by_re, by_im) * base, as complex numbers, in place; base is a pair, or null for 1.
template <class T>
using FftTwistFn = void(T* re, T* im, const T* by_re, const T* by_im, const T* base, std::size_t n);
// n pairs to parts and back.
template <class T>
using PairsSplitFn = void(const T* pairs, T* re, T* im, std::size_t n);
template <class T>
using PairsJoinFn = void(const T* re, const T* im, T scale, T* pairs, std::size_t n);
// How the transform of 2 * half real numbers and that of half pairs follow from each other.
template <class T>
struct RealFold {
  std::size_t half;  // at least 1
  T edge, inner;     // factors of the numbers 0 and half of the real transform, and of those between
  const T *re, *im;  // exp(-pi i k / half), k < half
};
// unpack: half + 1 pairs, the transform of the reals, from the parts of that of the pairs.
// pack: parts whose inverse transform, undivided, is the real numbers as pairs; the opposite of unpack, times 2.
template <class T>
using RfftUnpackFn = void(const RealFold<T>& fold, const T* re, const T* im, T* pairs);
template <class T>
using IrfftPackFn = void(const RealFold<T>& fold, const T* x_re, const T* x_im, T* re, T* im);

}  // namespace myelin
