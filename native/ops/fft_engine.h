#pragma once
#include "ops/fft_plan.h"

namespace myelin {

// Rows of complex numbers, as pairs or, where `pairs` is null, as parts. `step` numbers lie between the rows' beginnings.
// A transform whose source and sink are `exchanged`, real parts for imaginary ones, is the inverse one, not divided by n.
template <class T>
struct FftSource {
  const T* pairs;
  const T *re, *im;
  std::size_t step;
  bool exchanged;
};
template <class T>
struct FftSink {
  T* pairs;
  T *re, *im;
  std::size_t step;
  bool exchanged;
  T scale;  // of pairs; parts are written as they are
};

// How many rows one call of fft_rows takes at most: those that fill vectors together.
template <class T>
std::size_t fft_rows_together(const FftPlan<T>& plan) {
  return plan.kind == FftPlan<T>::Kind::kShort ? kFftColumns<T> : 1;
}

// Transforms rows of plan.n numbers.
template <class T>
void fft_rows(const KernelTable& kernels, const FftPlan<T>& plan, const FftSource<T>& from, const FftSink<T>& to,
              std::size_t rows);

// How many columns one call of fft_columns takes at most: as many as fit the cache.
template <class T>
std::size_t fft_columns_together(const FftPlan<T>& plan) {
  const std::size_t fitting = kFftBlock / plan.n / kFftColumns<T> * kFftColumns<T>;
  return fitting == 0 ? kFftColumns<T> : fitting;
}

// Transforms the first `count` columns of a matrix of plan.n rows; the rows of source and sink are its rows. Needs
// plan.has_direct().
template <class T>
void fft_columns(const KernelTable& kernels, const FftPlan<T>& plan, const FftSource<T>& from, const FftSink<T>& to,
                 std::size_t count);

#define MYELIN_FFT_ENGINE(linkage, T)                                                                              \
  linkage template void fft_rows(const KernelTable&, const FftPlan<T>&, const FftSource<T>&, const FftSink<T>&,    \
                                 std::size_t);                                                                     \
  linkage template void fft_columns(const KernelTable&, const FftPlan<T>&, const FftSource<T>&, const FftSink<T>&, \
                                    std::size_t);
MYELIN_FFT_ENGINE(extern, float)
MYELIN_FFT_ENGINE(extern, double)

}  // namespace myelin
