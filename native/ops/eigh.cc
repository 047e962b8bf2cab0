// Eigenvalues and eigenvectors of symmetric matrices: reflections make them tridiagonal, implicitly shifted QR steps
// diagonal (Golub and Van Loan, Matrix Computations, 8.3).
#include "ops/reflectors.h"
#include "ops/rotations.h"

namespace myelin {
namespace {

// a - v wᵀ - w vᵀ for symmetric a, of which `n` rows and columns, `ld` apart, are held in full.
template <class T>
void subtract_symmetric(const Context<T>& context, T* a, std::size_t ld, const T* v, const T* w, std::size_t n) {
  const std::size_t chunks = chunks_for(n * n, kGrain);
  context.for_chunks(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(n, chunks, chunk);
    for (std::size_t i = mine.begin; i < mine.end; i++) {
      T* __restrict row = a + i * ld;
      const T left = v[i], right = w[i];
      for (std::size_t j = 0; j < n; j++) row[j] -= left * w[j] + right * v[j];
    }
  });
}

template <class T>
void multiply_symmetric(const Context<T>& context, const T* a, std::size_t ld, const T* v, T* out, std::size_t n) {
  const std::size_t chunks = chunks_for(n * n, kGrain);
  context.for_chunks(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(n, chunks, chunk);
    context.kernels.dots(a + mine.begin * ld, static_cast<std::ptrdiff_t>(ld), v, out + mine.begin,
                         mine.end - mine.begin, n);
  });
}

// One matrix after another of order n, in the same memory.
template <class T>
class SymmetricEigen {
 public:
  explicit SymmetricEigen(std::size_t n)
      : n_(n), a_(n * n * sizeof(T)), v_(n * n * sizeof(T)), vectors_(4 * n * sizeof(T)) {}

  // Ascending `values`; `rows`, unless null, gets the eigenvectors as rows. False when it does not converge, or when an
  // element is not finite.
  bool compute(const Context<T>& context, Matrix<const T> x, T* values, T* rows) {
    const T scale = safe_scale(x, n_, n_);
    if (scale == 0) return false;
    T* a = a_.template as<T>();
    for (std::size_t i = 0; i < n_; i++) {
      for (std::size_t j = 0; j <= i; j++) a[i * n_ + j] = a[j * n_ + i] = *x.at(i, j) * scale;
    }
    make_tridiagonal(context);
    // Eigenvectors of the tridiagonal matrix are formed in the memory of `a`, which is no longer needed.
    T* z = rows == nullptr ? nullptr : a;
    if (z != nullptr) {
      std::fill(z, z + n_ * n_, T(0));
      for (std::size_t i = 0; i < n_; i++) z[i * n_ + i] = 1;
    }
    if (!make_diagonal(context, z)) return false;
    const std::vector<std::size_t> order = sorted_positions(d(), n_, false);
    for (std::size_t i = 0; i < n_; i++) {
      values[i] = d()[order[i]] / scale;
      if (rows != nullptr) std::copy_n(z + order[i] * n_, n_, rows + i * n_);
    }
    if (rows != nullptr && n_ > 1) {
      apply_reflections(context, {v_.template as<T>(), n_, n_, taus(), n_ - 1}, true, rows, n_, n_);
    }
    return true;
  }

 private:
  T* d() const { return vectors_.template as<T>(); }
  T* e() const { return d() + n_; }
  T* taus() const { return d() + 2 * n_; }
  T* product() const { return d() + 3 * n_; }

  void make_tridiagonal(const Context<T>& context) {
    T* a = a_.template as<T>();
    for (std::size_t k = 0; k + 1 < n_; k++) {
      const std::size_t first = k + 1, count = n_ - first;
      T* v = v_.template as<T>() + k * n_;
      std::fill(v, v + first, T(0));
      std::copy_n(a + k * n_ + first, count, v + first);
      d()[k] = a[k * n_ + k];
      T& tau = taus()[k];
      e()[k] = make_reflection(v + first, 1, count, tau);
      if (tau == 0) continue;
      // H A H = A - v wᵀ - w vᵀ with w = tau (A v) - tau² / 2 (vᵀ A v) v.
      T *below = a + first * n_ + first, *w = product();
      multiply_symmetric(context, below, n_, v + first, w, count);
      T inner = 0;
      for (std::size_t i = 0; i < count; i++) inner += w[i] * v[first + i];
      for (std::size_t i = 0; i < count; i++) w[i] = tau * (w[i] - tau / 2 * inner * v[first + i]);
      subtract_symmetric(context, below, n_, v + first, w, count);
    }
    if (n_ > 0) d()[n_ - 1] = a[n_ * n_ - 1];
  }

  bool negligible(std::size_t i) const {
    constexpr T kEps = std::numeric_limits<T>::epsilon() / 2;
    const T bound = kEps * std::sqrt(std::abs(d()[i])) * std::sqrt(std::abs(d()[i + 1]));
    return std::abs(e()[i]) <= std::max(bound, std::numeric_limits<T>::min());
  }

  bool make_diagonal(const Context<T>& context, T* z) {
    RotationLog<T> log(context, z, n_);
    Direction direction;
    // QR steps need two or three for an eigenvalue; this many never occur in exact arithmetic's neighbourhood.
    std::size_t steps = 40 * n_ + 40;
    std::size_t high = n_ == 0 ? 0 : n_ - 1;
    while (high > 0) {
      if (negligible(high - 1)) {
        e()[--high] = 0;
        continue;
      }
      std::size_t low = high - 1;
      while (low > 0 && !negligible(low - 1)) low--;
      if (steps-- == 0) return false;
      step(low, high, direction.backwards(low, high, d()), log);
    }
    log.flush();
    return true;
  }

  // One implicit QR step on rows low to high.
  void step(std::size_t low, std::size_t high, bool backwards, RotationLog<T>& log) {
    const auto at = [&](std::size_t i) { return backwards ? high - i : low + i; };
    const auto off = [&](std::size_t i) -> T& { return e()[backwards ? high - i - 1 : low + i]; };
    const auto diagonal = [&](std::size_t i) -> T& { return d()[at(i)]; };
    const std::size_t count = high - low;
    // Wilkinson's shift: the eigenvalue of the last 2 x 2 block that is nearer to its last element.
    const T last = diagonal(count), corner = off(count - 1), half = (diagonal(count - 1) - last) / 2;
    const T shift = last - corner * (corner / (half + std::copysign(std::hypot(half, corner), half)));
    T x = diagonal(0) - shift, bulge = off(0);
    for (std::size_t k = 0; k < count; k++) {
      T r;
      const Rotation<T> rotation = make_rotation(x, bulge, r);
      if (k > 0) off(k - 1) = r;
      const T c = rotation.c, s = rotation.s, p = diagonal(k), q = diagonal(k + 1), o = off(k);
      const T twice = 2 * c * s * o;
      diagonal(k) = c * c * p + twice + s * s * q;
      diagonal(k + 1) = s * s * p - twice + c * c * q;
      off(k) = (c * c - s * s) * o + c * s * (q - p);
      if (k + 1 < count) {
        x = off(k);
        bulge = s * off(k + 1);
        off(k + 1) *= c;
      }
      log.add(at(k), at(k + 1), rotation);
    }
  }

  std::size_t n_;
  Temporary a_, v_, vectors_;
};

template <class T>
void eigh_of(OpCall& call, bool with_vectors) {
  const View &x = call.in[0], &values = call.out[0];
  const std::size_t n = extent(x, 1), batches = matrices_in(x);
  if (n == 0) return;
  Failures failures(batches);
  const double size = static_cast<double>(n);
  for_matrices(batches, 6 * size * size * size, [&](Range mine, Threads threads) {
    const Context<T> context(call.kernels, threads);
    SymmetricEigen<T> eigen(n);
    for (std::size_t b = mine.begin; b < mine.end; b++) {
      T* rows = with_vectors ? reinterpret_cast<T*>(call.out[1].data) + b * n * n : nullptr;
      const bool found = eigen.compute(context, matrix_at<const T>(x, b), vector_at<T>(values, b), rows);
      failures.note(b, found ? 0 : 1);
    }
  });
  failures.check([&](std::size_t b, std::size_t) {
    fail("VALUE", matrix_name(x, b) + " has no eigenvalues that could be found (it may hold NaN or infinity)");
  });
}

void require_values(const View& x, const View& values) {
  require_square(x);
  require(values.dtype == x.dtype && values.contiguous(), "eigh: operands do not match");
  require_batch(values, x, {extent(x, 1)});
}

// out = eigenvalues in ascending order, vectors = eigenvectors as columns that are consecutive in memory. Reads the lower
// triangle of x.
void eigh(OpCall& call) {
  const View &x = call.in[0], &vectors = call.out[1];
  require_values(x, call.out[0]);
  require(vectors.dtype == x.dtype && vectors.rank == x.rank, "eigh: operands do not match");
  require_batch(vectors, x, {extent(x, 1), extent(x, 1)});
  require_columns(vectors);
  visit_float(x.dtype, [&](auto tag) { eigh_of<typename decltype(tag)::type>(call, true); });
}

void eigvalsh(OpCall& call) {
  require_values(call.in[0], call.out[0]);
  visit_float(call.in[0].dtype, [&](auto tag) { eigh_of<typename decltype(tag)::type>(call, false); });
}

}  // namespace

void register_eigh(OpList& ops) {
  ops.push_back({"eigh", 1, 2, eigh});
  ops.push_back({"eigvalsh", 1, 1, eigvalsh});
}

}  // namespace myelin
