#pragma once
#include "ops/matrices.h"

namespace myelin {

// Solves L X = B for X in place: L is k x k lower triangular (what lies above its diagonal is not read), B is k x n and
// its rows are consecutive in memory, `ld` apart. With `unit` the diagonal counts as ones and is not read.
template <class T>
void solve_lower(const Context<T>& context, Matrix<const T> l, bool unit, T* x, std::ptrdiff_t ld, std::size_t k,
                 std::size_t n);

// The same with an upper triangular matrix, which is a lower one when read backwards.
template <class T>
void solve_upper(const Context<T>& context, Matrix<const T> u, bool unit, T* x, std::ptrdiff_t ld, std::size_t k,
                 std::size_t n) {
  if (k == 0) return;
  const Matrix<const T> backwards{u.at(k - 1, k - 1), -u.row, -u.col};
  solve_lower(context, backwards, unit, x + static_cast<std::ptrdiff_t>(k - 1) * ld, -ld, k, n);
}

extern template void solve_lower<float>(const Context<float>&, Matrix<const float>, bool, float*, std::ptrdiff_t,
                                        std::size_t, std::size_t);
extern template void solve_lower<double>(const Context<double>&, Matrix<const double>, bool, double*, std::ptrdiff_t,
                                         std::size_t, std::size_t);

}  // namespace myelin
