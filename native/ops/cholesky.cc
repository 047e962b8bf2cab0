// Cholesky factors, by halves: A = Uᵀ U in row-major memory, which is L in column-major memory.
#include "ops/triangular.h"

namespace myelin {
namespace {

constexpr std::size_t kLeaf = 32;

// The order of the first leading minor that is not positive, or 0.
template <class T>
std::size_t factor_small(T* u, std::size_t ld, std::size_t n) {
  for (std::size_t k = 0; k < n; k++) {
    T* row = u + k * ld;
    if (!(row[k] > 0) || row[k] > std::numeric_limits<T>::max()) return k + 1;
    const T root = std::sqrt(row[k]);
    row[k] = root;
    for (std::size_t j = k + 1; j < n; j++) row[j] /= root;
    for (std::size_t i = k + 1; i < n; i++) {
      const T factor = row[i];
      T* other = u + i * ld;
      for (std::size_t j = i; j < n; j++) other[j] -= factor * row[j];
    }
  }
  return 0;
}

// The upper triangle of c -= aᵀ a, and some of what lies below it.
template <class T>
void subtract_gram(const Context<T>& context, Matrix<const T> a, std::size_t k, T* c, std::size_t ld, std::size_t n) {
  constexpr std::size_t kBlock = 192;
  const auto row = static_cast<std::ptrdiff_t>(ld);
  const std::size_t half = n <= kBlock ? n : n / 2;
  context.multiply(half, n, k, a.transposed(), a, {c, row, 1}, T(-1), true);
  if (half < n) subtract_gram(context, {a.at(0, half), a.row, a.col}, k, c + half * ld + half, ld, n - half);
}

template <class T>
std::size_t factor(const Context<T>& context, T* u, std::size_t ld, std::size_t n) {
  if (n <= kLeaf) return factor_small(u, ld, n);
  const std::size_t half = ceil_div(n / 2, kLeaf) * kLeaf;
  const std::size_t failed = factor(context, u, ld, half);
  if (failed != 0) return failed;
  const auto row = static_cast<std::ptrdiff_t>(ld);
  const Matrix<const T> above{u, row, 1}, right{u + half, row, 1};
  solve_lower(context, above.transposed(), false, u + half, row, half, n - half);
  T* rest = u + half * ld + half;
  subtract_gram(context, right, half, rest, ld, n - half);
  const std::size_t later = factor(context, rest, ld, n - half);
  return later == 0 ? 0 : half + later;
}

template <class T>
void cholesky_of(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  const std::size_t n = extent(x, 1), batches = matrices_in(x);
  Failures failures(batches);
  if (n == 0) return;
  const double size = static_cast<double>(n);
  for_matrices(batches, size * size * size / 6, [&](Range mine, Threads threads) {
    const Context<T> context(call.kernels, threads);
    for (std::size_t b = mine.begin; b < mine.end; b++) {
      T* u = reinterpret_cast<T*>(out.data) + b * n * n;
      copy_matrix(matrix_at<const T>(x, b).transposed(), n, n, u, n);
      failures.note(b, factor(context, u, n, n));
      for (std::size_t i = 1; i < n; i++) std::fill(u + i * n, u + i * n + i, T(0));
    }
  });
  failures.check([&](std::size_t b, std::size_t minor) {
    fail("VALUE", matrix_name(x, b) + " is not positive definite: its leading minor of order " + std::to_string(minor) +
                      " is not positive");
  });
}

// out = L of x = L Lᵀ; reads the lower triangle of x. The columns of each L are consecutive in memory.
void cholesky(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  require_square(x);
  require(x.dtype == out.dtype && out.rank == x.rank, "cholesky: operands do not match");
  require_batch(out, x, {extent(x, 1), extent(x, 1)});
  require_columns(out);
  visit_float(x.dtype, [&](auto tag) { cholesky_of<typename decltype(tag)::type>(call); });
}

}  // namespace

void register_cholesky(OpList& ops) { ops.push_back({"cholesky", 1, 1, cholesky}); }

}  // namespace myelin
