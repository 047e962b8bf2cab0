#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "kernels/kernels.h"

namespace myelin {

// How the columns of a matrix of `n` rows are transformed: a chain of passes.
template <class T>
struct FftColumns {
  struct Pass {
    std::size_t radix, groups, repeats;  // repeats: what one column of the matrix has become by then
    std::vector<T> twiddles, roots;
  };
  std::size_t n = 1;
  std::vector<Pass> passes;
};

// exp(-2 pi i k / n) for some k, parts apart.
template <class T>
struct FftRoots {
  std::vector<T> re, im;
};

// Everything about transforms of one length that does not depend on the numbers.
//
// A short length is the length of columns. A long one, n = rows * columns, is read as a matrix, row by row: transform its
// columns, multiply element (i, k) by exp(-2 pi i ik / n), transpose, transform the columns again; the result, row by
// row, is the transform (Bailey, "FFTs in external or hierarchical memory", 1990). A length with a large prime factor
// becomes a convolution of a longer, smooth length (Bluestein, "A linear filtering approach to the computation of the
// discrete Fourier transform", 1970).
template <class T>
struct FftPlan {
  enum class Kind { kShort, kMatrix, kChirp };

  std::size_t n = 1;
  Kind kind = Kind::kShort;

  FftColumns<T> direct;  // the transform as columns of this length; see has_direct

  FftColumns<T> first;    // kMatrix: transform of the columns
  FftColumns<T> second;   // kMatrix: transform of the transposed matrix's columns
  std::size_t block = 0;  // kMatrix: columns of the first matrix that are transformed together
  FftRoots<T> twist;      // kMatrix: exp(-2 pi i ik / n) for k < block
  std::vector<T> bases;   // kMatrix: the same for the first column of each block, as pairs

  std::shared_ptr<const FftPlan> smooth;  // kChirp: of length at least 2n - 1
  FftRoots<T> chirp;                      // kChirp: exp(-pi i k^2 / n)
  FftRoots<T> filter;                     // kChirp: transform of the chirp's conjugate, divided by the longer length

  // Whether `direct` is there: for smooth lengths of which a few columns fit the cache.
  bool has_direct() const { return !direct.passes.empty() || n == 1; }
  std::size_t blocks() const { return (second.n + block - 1) / block; }
};

// Numbers of a block that is transformed while it stays in the cache.
constexpr std::size_t kFftBlock = 16384;

// The plan of a length, made on first use. Plans that were used lately are kept, up to a number.
template <class T>
std::shared_ptr<const FftPlan<T>> fft_plan(std::size_t n);

// exp(-pi i k / half) for k < half: what folds the transform of 2 * half reals. Kept like plans.
template <class T>
std::shared_ptr<const FftRoots<T>> fft_fold(std::size_t half);

extern template std::shared_ptr<const FftPlan<float>> fft_plan(std::size_t);
extern template std::shared_ptr<const FftPlan<double>> fft_plan(std::size_t);
extern template std::shared_ptr<const FftRoots<float>> fft_fold(std::size_t);
extern template std::shared_ptr<const FftRoots<double>> fft_fold(std::size_t);

}  // namespace myelin
