// Triangular systems: halved until small, the halves joined by matrix products.
#include "ops/triangular.h"

namespace myelin {
namespace {

constexpr std::size_t kLeaf = 32;

// Forward substitution for a range of columns: each row takes away what the rows above contribute to it.
template <class T>
void substitute(const Context<T>& context, Matrix<const T> l, bool unit, T* x, std::ptrdiff_t ld, std::size_t k,
                Range columns) {
  constexpr std::size_t kWidth = 256;
  T factors[kLeaf], sums[kWidth];
  for (std::size_t at = columns.begin; at < columns.end; at += kWidth) {
    const std::size_t width = std::min(kWidth, columns.end - at);
    for (std::size_t j = 0; j < k; j++) {
      T* row = x + static_cast<std::ptrdiff_t>(j) * ld + at;
      for (std::size_t i = 0; i < j; i++) factors[i] = *l.at(j, i);
      if (j > 0) {
        context.kernels.sums(x + at, ld, factors, sums, j, width);
        for (std::size_t c = 0; c < width; c++) row[c] -= sums[c];
      }
      if (unit) continue;
      const T pivot = *l.at(j, j);
      for (std::size_t c = 0; c < width; c++) row[c] /= pivot;
    }
  }
}

template <class T>
void solve_triangular_of(OpCall& call, bool upper, bool unit) {
  const View &a = call.in[0], &b = call.in[1], &out = call.out[0];
  const std::size_t k = extent(a, 1), n = extent(b, 1);
  const double work = static_cast<double>(k) * static_cast<double>(k) * static_cast<double>(n) / 2;
  if (out.size() == 0) return;
  for_matrices(matrices_in(a), work, [&](Range mine, Threads threads) {
    const Context<T> context(call.kernels, threads);
    for (std::size_t i = mine.begin; i < mine.end; i++) {
      T* x = out.as<T>() + i * k * n;
      copy_matrix(matrix_at<const T>(b, i), k, n, x, n);
      const auto solve = upper ? solve_upper<T> : solve_lower<T>;
      solve(context, matrix_at<const T>(a, i), unit, x, static_cast<std::ptrdiff_t>(n), k, n);
    }
  });
}

// a x = b with a triangular; neither the other triangle nor, with `unit`, the diagonal is read.
void solve_triangular(OpCall& call) {
  const View &a = call.in[0], &b = call.in[1], &out = call.out[0];
  require_square(a);
  require(b.rank == a.rank && b.rank >= 2 && a.dtype == b.dtype && a.dtype == out.dtype && out.contiguous(),
          "solveTriangular: operands do not match");
  require_batch(b, a, {extent(a, 1), extent(b, 1)});
  require_batch(out, a, {extent(a, 1), extent(b, 1)});
  const bool upper = call.attrs.boolean(), unit = call.attrs.boolean();
  visit_float(a.dtype, [&](auto tag) { solve_triangular_of<typename decltype(tag)::type>(call, upper, unit); });
}

}  // namespace

template <class T>
void solve_lower(const Context<T>& context, Matrix<const T> l, bool unit, T* x, std::ptrdiff_t ld, std::size_t k,
                 std::size_t n) {
  if (k <= kLeaf) {
    constexpr std::size_t kColumnsPerChunk = 512;
    const std::size_t chunks = chunks_for(n, kColumnsPerChunk);
    return context.for_chunks(chunks, [&](std::size_t chunk) {
      substitute(context, l, unit, x, ld, k, chunk_range(n, chunks, chunk, context.kernels.blocking.lanes));
    });
  }
  const std::size_t half = ceil_div(k / 2, kLeaf) * kLeaf;
  T* rest = x + static_cast<std::ptrdiff_t>(half) * ld;
  solve_lower(context, l, unit, x, ld, half, n);
  context.multiply(k - half, n, half, {l.at(half, 0), l.row, l.col}, {x, ld, 1}, {rest, ld, 1}, T(-1), true);
  solve_lower(context, {l.at(half, half), l.row, l.col}, unit, rest, ld, k - half, n);
}

template void solve_lower<float>(const Context<float>&, Matrix<const float>, bool, float*, std::ptrdiff_t, std::size_t,
                                 std::size_t);
template void solve_lower<double>(const Context<double>&, Matrix<const double>, bool, double*, std::ptrdiff_t,
                                  std::size_t, std::size_t);

void register_triangular(OpList& ops) { ops.push_back({"solveTriangular", 2, 1, solve_triangular}); }

}  // namespace myelin
