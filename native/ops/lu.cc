// LU factors with partial pivoting, by halves of the columns (Toledo, Locality of reference in LU decomposition with
// partial pivoting, 1997); systems, inverses and determinants from them.
#include "ops/triangular.h"

namespace myelin {
namespace {

constexpr std::size_t kLeaf = 16;

template <class T>
void swap_rows(T* a, std::size_t ld, std::size_t cols, const std::size_t* pivots, std::size_t count) {
  for (std::size_t i = 0; i < count; i++) {
    if (pivots[i] != i) std::swap_ranges(a + i * ld, a + i * ld + cols, a + pivots[i] * ld);
  }
}

// A few columns, turned so that each is consecutive. pivots[k] is the row that was exchanged with row k.
template <class T>
void factor_columns(T* columns, std::size_t m, std::size_t n, std::size_t* pivots) {
  for (std::size_t k = 0; k < std::min(m, n); k++) {
    T* column = columns + k * m;
    std::size_t best = k;
    for (std::size_t i = k + 1; i < m; i++) {
      if (std::abs(column[i]) > std::abs(column[best])) best = i;
    }
    pivots[k] = best;
    if (best != k) {
      for (std::size_t j = 0; j < n; j++) std::swap(columns[j * m + k], columns[j * m + best]);
    }
    const T pivot = column[k];
    if (pivot == 0) continue;
    for (std::size_t i = k + 1; i < m; i++) column[i] /= pivot;
    for (std::size_t j = k + 1; j < n; j++) {
      T* other = columns + j * m;
      const T factor = other[k];
      for (std::size_t i = k + 1; i < m; i++) other[i] -= factor * column[i];
    }
  }
}

template <class T>
void factor(const Context<T>& context, T* a, std::size_t ld, std::size_t m, std::size_t n, std::size_t* pivots,
            T* panel) {
  const auto row = static_cast<std::ptrdiff_t>(ld);
  if (n <= kLeaf) {
    const Matrix<const T> turned{a, 1, row};
    copy_matrix(turned, n, m, panel, m);
    factor_columns(panel, m, n, pivots);
    copy_matrix(Matrix<const T>{panel, 1, static_cast<std::ptrdiff_t>(m)}, m, n, a, ld);
    return;
  }
  const std::size_t left = n > m ? m : ceil_div(n / 2, kLeaf) * kLeaf;
  const std::size_t first = std::min(m, left);
  factor(context, a, ld, m, left, pivots, panel);
  T* right = a + left;
  swap_rows(right, ld, n - left, pivots, first);
  solve_lower(context, {a, row, 1}, true, right, row, first, n - left);
  if (first == m) return;
  T* rest = right + first * ld;
  context.multiply(m - first, n - left, first, {a + first * ld, row, 1}, {right, row, 1}, {rest, row, 1}, T(-1), true);
  factor(context, rest, ld, m - first, n - left, pivots + first, panel);
  const std::size_t count = std::min(m - first, n - left);
  swap_rows(a + first * ld, ld, left, pivots + first, count);
  for (std::size_t i = 0; i < count; i++) pivots[first + i] += first;
}

// The factors of one matrix in memory of its own, reused from matrix to matrix.
template <class T>
class Factors {
 public:
  Factors(std::size_t m, std::size_t n)
      : m_(m), n_(n), panel_(m * kLeaf * sizeof(T)), pivots_(std::min(m, n) * sizeof(std::size_t)) {}

  // `a` is row-major without gaps and is overwritten: U on and above the diagonal, L (with ones on its own) below.
  void compute(const Context<T>& context, T* a) {
    a_ = a;
    factor(context, a, n_, m_, n_, pivots(), panel_.template as<T>());
  }

  std::size_t* pivots() const { return pivots_.template as<std::size_t>(); }
  T diagonal(std::size_t i) const { return a_[i * n_ + i]; }

  // 1 or -1: whether rows were exchanged an even or an odd number of times.
  T parity() const {
    bool odd = false;
    for (std::size_t i = 0; i < std::min(m_, n_); i++) odd ^= pivots()[i] != i;
    return odd ? T(-1) : T(1);
  }

  // The number of the first pivot that is zero, counted from 1, or 0. Only for square matrices.
  std::size_t zero_pivot() const {
    for (std::size_t i = 0; i < n_; i++) {
      if (diagonal(i) == 0) return i + 1;
    }
    return 0;
  }

  // Solves A x = b in place for `columns` right-hand sides in row-major memory.
  void solve(const Context<T>& context, T* x, std::size_t columns) const {
    const auto row = static_cast<std::ptrdiff_t>(n_), ld = static_cast<std::ptrdiff_t>(columns);
    swap_rows(x, columns, columns, pivots(), n_);
    solve_lower(context, {a_, row, 1}, true, x, ld, n_, columns);
    solve_upper(context, {a_, row, 1}, false, x, ld, n_, columns);
  }

 private:
  std::size_t m_, n_;
  Temporary panel_, pivots_;
  T* a_ = nullptr;
};

double factor_work(std::size_t m, std::size_t n) {
  return static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(std::min(m, n)) / 2;
}

// Calls body(index, factors, context) with the factors of every matrix, made in memory of their own.
template <class T, class F>
void for_factored(OpCall& call, const View& x, double more_work, const F& body) {
  const std::size_t n = extent(x, 1);
  for_matrices(matrices_in(x), factor_work(n, n) + more_work, [&](Range mine, Threads threads) {
    const Context<T> context(call.kernels, threads);
    const Temporary copy(n * n * sizeof(T));
    Factors<T> factors(n, n);
    for (std::size_t b = mine.begin; b < mine.end; b++) {
      copy_matrix(matrix_at<const T>(x, b), n, n, copy.as<T>(), n);
      factors.compute(context, copy.as<T>());
      body(b, factors, context);
    }
  });
}

template <class T>
void lu_of(OpCall& call) {
  const View &x = call.in[0], &permutation = call.out[1];
  const std::size_t m = extent(x, 2), n = extent(x, 1), batches = matrices_in(x);
  for_matrices(batches, factor_work(m, n), [&](Range mine, Threads threads) {
    const Context<T> context(call.kernels, threads);
    Factors<T> factors(m, n);
    for (std::size_t b = mine.begin; b < mine.end; b++) {
      T* out = call.out[0].as<T>() + b * m * n;
      copy_matrix(matrix_at<const T>(x, b), m, n, out, n);
      factors.compute(context, out);
      std::int64_t* rows = vector_at<std::int64_t>(permutation, b);
      for (std::size_t i = 0; i < m; i++) rows[i] = static_cast<std::int64_t>(i);
      for (std::size_t i = 0; i < std::min(m, n); i++) std::swap(rows[i], rows[factors.pivots()[i]]);
    }
  });
}

// out = L and U in one matrix, permutation: row i of L U is row permutation[i] of x.
void lu(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0], &permutation = call.out[1];
  require(x.rank >= 2 && x.dtype == out.dtype && out.same_shape(x) && out.contiguous(), "lu: operands do not match");
  require(permutation.dtype == DType::kInt64 && permutation.contiguous(), "lu: the permutation must be int64");
  require_batch(permutation, x, {extent(x, 2)});
  visit_float(x.dtype, [&](auto tag) { lu_of<typename decltype(tag)::type>(call); });
}

void report_singular(const View& x, std::size_t index, std::size_t pivot) {
  fail("VALUE", matrix_name(x, index) + " is singular: pivot " + std::to_string(pivot) + " of its LU factors is 0");
}

template <class T>
void solve_of(OpCall& call) {
  const View &x = call.in[0], &b = call.in[1], &out = call.out[0];
  const std::size_t n = extent(x, 1), columns = extent(b, 1);
  Failures failures(matrices_in(x));
  const double work = static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(columns);
  for_factored<T>(call, x, work, [&](std::size_t i, const Factors<T>& factors, const Context<T>& context) {
    failures.note(i, factors.zero_pivot());
    T* target = out.as<T>() + i * n * columns;
    copy_matrix(matrix_at<const T>(b, i), n, columns, target, columns);
    factors.solve(context, target, columns);
  });
  failures.check([&](std::size_t i, std::size_t pivot) { report_singular(x, i, pivot); });
}

// a x = b.
void solve(OpCall& call) {
  const View &x = call.in[0], &b = call.in[1], &out = call.out[0];
  require_square(x);
  require(b.rank == x.rank && b.dtype == x.dtype && out.dtype == x.dtype && out.same_shape(b) && out.contiguous(),
          "solve: operands do not match");
  require_batch(b, x, {extent(x, 1), extent(b, 1)});
  visit_float(x.dtype, [&](auto tag) { solve_of<typename decltype(tag)::type>(call); });
}

template <class T>
void inv_of(OpCall& call) {
  const View& x = call.in[0];
  const std::size_t n = extent(x, 1);
  Failures failures(matrices_in(x));
  const double work = 2 * factor_work(n, n);
  for_factored<T>(call, x, work, [&](std::size_t i, const Factors<T>& factors, const Context<T>& context) {
    failures.note(i, factors.zero_pivot());
    T* target = call.out[0].as<T>() + i * n * n;
    std::fill(target, target + n * n, T(0));
    for (std::size_t k = 0; k < n; k++) target[k * n + k] = 1;
    factors.solve(context, target, n);
  });
  failures.check([&](std::size_t i, std::size_t pivot) { report_singular(x, i, pivot); });
}

void inv(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  require_square(x);
  require(out.dtype == x.dtype && out.same_shape(x) && out.contiguous(), "inv: operands do not match");
  visit_float(x.dtype, [&](auto tag) { inv_of<typename decltype(tag)::type>(call); });
}

void require_determinant(const View& x, const View& out) {
  require(out.dtype == x.dtype && out.contiguous(), "a determinant must have the dtype of its matrix");
  require_batch(out, x, {});
}

// The determinant of each matrix.
void det(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  require_square(x);
  require_determinant(x, out);
  visit_float(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_factored<T>(call, x, 0, [&](std::size_t i, const Factors<T>& factors, const Context<T>&) {
      T product = factors.parity();
      for (std::size_t k = 0; k < extent(x, 1); k++) product *= factors.diagonal(k);
      out.as<T>()[i] = product;
    });
  });
}

// out = ln |det|, sign = sign of det.
void slogdet(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0], &sign = call.out[1];
  require_square(x);
  require_determinant(x, out);
  require_determinant(x, sign);
  visit_float(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_factored<T>(call, x, 0, [&](std::size_t i, const Factors<T>& factors, const Context<T>&) {
      T sum = 0, product = factors.parity();
      for (std::size_t k = 0; k < extent(x, 1); k++) {
        const T value = factors.diagonal(k);
        sum += std::log(std::abs(value));
        product *= value > 0 ? T(1) : value < 0 ? T(-1) : value;
      }
      out.as<T>()[i] = sum;
      sign.as<T>()[i] = product;
    });
  });
}

}  // namespace

void register_lu(OpList& ops) {
  ops.push_back({"lu", 1, 2, lu});
  ops.push_back({"solve", 2, 1, solve});
  ops.push_back({"inv", 1, 1, inv});
  ops.push_back({"det", 1, 1, det});
  ops.push_back({"slogdet", 1, 2, slogdet});
}

}  // namespace myelin
