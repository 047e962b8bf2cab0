// svd, svdvals and pinv: views and batches around svd_steps.cc.
#include "ops/svd.h"

namespace myelin {
namespace {

double svd_work(const View& x) {
  const double m = static_cast<double>(extent(x, 2)), n = static_cast<double>(extent(x, 1));
  return 8 * m * n * std::min(m, n);
}

void report(const View& x, const Failures& failures) {
  failures.check([&](std::size_t b, std::size_t) {
    fail("VALUE", matrix_name(x, b) + " has no singular values that could be found (it may hold NaN or infinity)");
  });
}

// u and vh may be null.
template <class T>
void svd_of(OpCall& call, const View& values, const View* u, const View* vh) {
  const View& x = call.in[0];
  const std::size_t m = extent(x, 2), n = extent(x, 1), batches = matrices_in(x);
  const SingularVectors wanted = u == nullptr                                ? SingularVectors::kNone
                                 : extent(*u, 1) == m && extent(*vh, 2) == n ? SingularVectors::kFull
                                                                             : SingularVectors::kReduced;
  const std::size_t left_size = u == nullptr ? 0 : m * extent(*u, 1),
                    right_size = u == nullptr ? 0 : n * extent(*vh, 2);
  Failures failures(batches);
  for_matrices(batches, svd_work(x), [&](Range mine, Threads threads) {
    const Context<T> context(call.kernels, threads);
    SingularValues<T> singular(m, n, wanted);
    for (std::size_t b = mine.begin; b < mine.end; b++) {
      T* left = u == nullptr ? nullptr : reinterpret_cast<T*>(u->data) + b * left_size;
      T* right = u == nullptr ? nullptr : vh->as<T>() + b * right_size;
      const bool found = singular.compute(context, matrix_at<const T>(x, b), vector_at<T>(values, b), left, right);
      failures.note(b, found ? 0 : 1);
    }
  });
  report(x, failures);
}

void require_values(const View& x, const View& values) {
  require(x.rank >= 2 && values.dtype == x.dtype && values.contiguous(), "svd: operands do not match");
  require_batch(values, x, {std::min(extent(x, 1), extent(x, 2))});
}

// out = U, its columns consecutive in memory; s = singular values, descending; vh = Vᵀ.
void svd(OpCall& call) {
  const View &x = call.in[0], &u = call.out[0], &s = call.out[1], &vh = call.out[2];
  require_values(x, s);
  const std::size_t m = extent(x, 2), n = extent(x, 1), least = std::min(m, n);
  require(u.dtype == x.dtype && vh.dtype == x.dtype && u.rank == x.rank && vh.rank == x.rank && vh.contiguous(),
          "svd: operands do not match");
  const bool full = extent(u, 1) == m && extent(vh, 2) == n;
  require_batch(u, x, {m, full ? m : least});
  require_batch(vh, x, {full ? n : least, n});
  require_columns(u);
  visit_float(x.dtype, [&](auto tag) { svd_of<typename decltype(tag)::type>(call, s, &u, &vh); });
}

void svdvals(OpCall& call) {
  require_values(call.in[0], call.out[0]);
  visit_float(call.in[0].dtype,
              [&](auto tag) { svd_of<typename decltype(tag)::type>(call, call.out[0], nullptr, nullptr); });
}

// The pseudo-inverse of each matrix, V diag(1 / s) Uᵀ over the singular values beyond max(atol, rtol * largest).
template <class T>
void pinv_of(OpCall& call, double rtol, double atol) {
  const View &x = call.in[0], &out = call.out[0];
  const std::size_t m = extent(x, 2), n = extent(x, 1), least = std::min(m, n), batches = matrices_in(x);
  Failures failures(batches);
  for_matrices(batches, svd_work(x), [&](Range mine, Threads threads) {
    const Context<T> context(call.kernels, threads);
    SingularValues<T> singular(m, n, SingularVectors::kReduced);
    const Temporary memory((least + least * (m + n)) * sizeof(T));
    T *s = memory.as<T>(), *left = s + least, *right = left + least * m;
    for (std::size_t b = mine.begin; b < mine.end; b++) {
      failures.note(b, singular.compute(context, matrix_at<const T>(x, b), s, left, right) ? 0 : 1);
      const T bound = least == 0 ? T(0) : std::max(static_cast<T>(atol), static_cast<T>(rtol) * s[0]);
      for (std::size_t i = 0; i < least; i++) {
        const T factor = s[i] > bound ? 1 / s[i] : T(0);
        for (std::size_t j = 0; j < m; j++) left[i * m + j] *= factor;
      }
      T* target = out.as<T>() + b * n * m;
      const auto row = static_cast<std::ptrdiff_t>(m);
      context.multiply(n, m, least, {right, 1, static_cast<std::ptrdiff_t>(n)}, {left, row, 1}, {target, row, 1}, T(1),
                       false);
    }
  });
  report(x, failures);
}

void pinv(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  require(x.rank >= 2 && out.rank == x.rank && out.dtype == x.dtype && out.contiguous(), "pinv: operands do not match");
  require_batch(out, x, {extent(x, 1), extent(x, 2)});
  const double rtol = call.attrs.number(), atol = call.attrs.number();
  visit_float(x.dtype, [&](auto tag) { pinv_of<typename decltype(tag)::type>(call, rtol, atol); });
}

}  // namespace

void register_svd(OpList& ops) {
  ops.push_back({"svd", 1, 3, svd});
  ops.push_back({"svdvals", 1, 1, svdvals});
  ops.push_back({"pinv", 1, 1, pinv});
}

}  // namespace myelin
