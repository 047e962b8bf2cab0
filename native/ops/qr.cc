// QR factors by Householder reflections in blocks, on columns that are consecutive in memory.
#include "ops/reflectors.h"

namespace myelin {
namespace {

constexpr std::size_t kPanel = 32;

// Factors of one matrix: R ends up in the columns, which are rows of `work`.
template <class T>
class HouseholderQr {
 public:
  HouseholderQr(std::size_t m, std::size_t n)
      : m_(m),
        n_(n),
        steps_(std::min(m, n)),
        work_(m * n * sizeof(T)),
        v_(m * steps_ * sizeof(T)),
        taus_(steps_ * sizeof(T)) {}

  void compute(const Context<T>& context, Matrix<const T> a) {
    T* work = work_.template as<T>();
    copy_matrix(a.transposed(), n_, m_, work, m_);
    for (std::size_t begin = 0; begin < steps_; begin += kPanel) {
      const std::size_t end = std::min(begin + kPanel, steps_);
      for (std::size_t j = begin; j < end; j++) reflect(context, j, end);
      const Reflections<T> panel{v() + begin * m_ + begin, m_, m_ - begin, taus() + begin, end - begin};
      apply_reflections(context, panel, false, work + end * m_ + begin, m_, n_ - end);
    }
  }

  // R, `rows` of it, row-major.
  void copy_r(T* out, std::size_t rows) const {
    const T* work = work_.template as<T>();
    for (std::size_t i = 0; i < rows; i++) {
      for (std::size_t j = 0; j < n_; j++) out[i * n_ + j] = i <= j ? work[j * m_ + i] : T(0);
    }
  }

  // The first `count` columns of Q, each consecutive in memory.
  void make_q(const Context<T>& context, T* out, std::size_t count) const {
    std::fill(out, out + count * m_, T(0));
    for (std::size_t i = 0; i < count; i++) out[i * m_ + i] = 1;
    apply_reflections(context, {v(), m_, m_, taus(), steps_}, true, out, m_, count);
  }

 private:
  T* v() const { return v_.template as<T>(); }
  T* taus() const { return taus_.template as<T>(); }

  // Makes reflection j and applies it to the columns before `end`.
  void reflect(const Context<T>& context, std::size_t j, std::size_t end) {
    T* column = work_.template as<T>() + j * m_;
    T* own = v() + j * m_;
    std::fill(own, own + j, T(0));
    std::copy(column + j, column + m_, own + j);
    T& tau = taus()[j];
    column[j] = make_reflection(own + j, 1, m_ - j, tau);
    if (j + 1 == end) return;
    T products[kPanel];
    context.kernels.dots(column + m_ + j, static_cast<std::ptrdiff_t>(m_), own + j, products, end - j - 1, m_ - j);
    for (std::size_t l = j + 1; l < end; l++) {
      T* other = column + (l - j) * m_;
      const T factor = tau * products[l - j - 1];
      for (std::size_t i = j; i < m_; i++) other[i] -= factor * own[i];
    }
  }

  std::size_t m_, n_, steps_;
  Temporary work_, v_, taus_;
};

template <class T>
void qr_of(OpCall& call) {
  const View &x = call.in[0], &q = call.out[0], &r = call.out[1];
  const std::size_t m = extent(x, 2), n = extent(x, 1), count = extent(q, 1);
  const double work = 2 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(std::min(m, n));
  for_matrices(matrices_in(x), work, [&](Range mine, Threads threads) {
    const Context<T> context(call.kernels, threads);
    HouseholderQr<T> factors(m, n);
    for (std::size_t b = mine.begin; b < mine.end; b++) {
      factors.compute(context, matrix_at<const T>(x, b));
      factors.copy_r(r.as<T>() + b * count * n, count);
      factors.make_q(context, q.as<T>() + b * count * m, count);
    }
  });
}

// out = Q [m, count], its columns consecutive; r = R [count, n], where count is min(m, n) or m.
void qr(OpCall& call) {
  const View &x = call.in[0], &q = call.out[0], &r = call.out[1];
  require(x.rank >= 2 && q.rank == x.rank && q.dtype == x.dtype && r.dtype == x.dtype && r.contiguous(),
          "qr: operands do not match");
  const std::size_t m = extent(x, 2), n = extent(x, 1), count = extent(q, 1);
  require(count == m || count == std::min(m, n), "qr: Q has another number of columns than expected");
  require_batch(q, x, {m, count});
  require_batch(r, x, {count, n});
  require_columns(q);
  visit_float(x.dtype, [&](auto tag) { qr_of<typename decltype(tag)::type>(call); });
}

}  // namespace

void register_qr(OpList& ops) { ops.push_back({"qr", 1, 2, qr}); }

}  // namespace myelin
