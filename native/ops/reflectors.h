#pragma once
#include "ops/matrices.h"

namespace myelin {

// Householder reflections H = I - tau v vᵀ, and products of them in compact WY form (Schreiber and Van Loan, A
// storage-efficient WY representation for products of Householder transformations, 1989).

// Makes the reflection that maps x (n elements, `stride` apart) to (beta, 0, ..., 0): x becomes v, whose first element is
// 1, beta is returned. tau is 0, and nothing is reflected, when all but the first element are 0, as in LAPACK.
template <class T>
T make_reflection(T* x, std::ptrdiff_t stride, std::size_t n, T& tau) {
  tau = 0;
  if (n == 0) return 0;
  T largest = 0;
  for (std::size_t i = 1; i < n; i++) largest = std::max(largest, std::abs(x[static_cast<std::ptrdiff_t>(i) * stride]));
  const T alpha = x[0];
  x[0] = 1;
  if (largest == 0) return alpha;
  const T scale = std::max(largest, std::abs(alpha));
  T sum = 0;
  for (std::size_t i = 1; i < n; i++) {
    const T part = x[static_cast<std::ptrdiff_t>(i) * stride] / scale;
    sum += part * part;
  }
  const T norm = scale * std::sqrt(sum + alpha / scale * (alpha / scale));
  const T beta = std::signbit(alpha) ? norm : -norm;
  tau = (beta - alpha) / beta;
  const T divisor = alpha - beta;
  for (std::size_t i = 1; i < n; i++) x[static_cast<std::ptrdiff_t>(i) * stride] /= divisor;
  return beta;
}

// Reflections in the order in which they were made: row i of `v` and taus[i]. Row i begins with at least i zeros.
template <class T>
struct Reflections {
  const T* v;
  std::size_t ld;      // from row to row of v
  std::size_t length;  // of each v
  const T* taus;
  std::size_t count;
};

// z := z Q or z Qᵀ for rows z of length `reflections.length`, where Q = H₁ H₂ … . Rows of z are `ld` apart.
template <class T>
void apply_reflections(const Context<T>& context, const Reflections<T>& reflections, bool transposed, T* z,
                       std::size_t ld, std::size_t rows);

extern template void apply_reflections<float>(const Context<float>&, const Reflections<float>&, bool, float*,
                                              std::size_t, std::size_t);
extern template void apply_reflections<double>(const Context<double>&, const Reflections<double>&, bool, double*,
                                               std::size_t, std::size_t);

}  // namespace myelin
