#include "ops/svd.h"

namespace myelin {

template <class T>
SingularValues<T>::SingularValues(std::size_t m, std::size_t n, SingularVectors wanted)
    : tall_(m >= n),
      rows_(std::max(m, n)),
      cols_(std::min(m, n)),
      wanted_(wanted),
      a_(rows_ * cols_ * sizeof(T)),
      left_v_(rows_ * cols_ * sizeof(T)),
      right_v_(cols_ * cols_ * sizeof(T)),
      left_z_(wanted == SingularVectors::kNone ? 0 : cols_ * cols_ * sizeof(T)),
      right_z_(wanted == SingularVectors::kNone ? 0 : cols_ * cols_ * sizeof(T)),
      vectors_((4 * cols_ + rows_) * sizeof(T)) {}

template <class T>
bool SingularValues<T>::compute(const Context<T>& context, Matrix<const T> x, T* values, T* left, T* right) {
  if (tall_) return decompose(context, x, values, left, right);
  return decompose(context, x.transposed(), values, right, left);
}

template <class T>
bool SingularValues<T>::decompose(const Context<T>& context, Matrix<const T> x, T* values, T* left, T* right) {
  const T scale = safe_scale(x, rows_, cols_);
  if (scale == 0) return false;
  const bool vectors = wanted_ != SingularVectors::kNone;
  T* a = a_.template as<T>();
  T *left_z = vectors ? left_z_.template as<T>() : nullptr, *right_z = vectors ? right_z_.template as<T>() : nullptr;
  copy_matrix(x, rows_, cols_, a, cols_);
  for (std::size_t i = 0; i < rows_ * cols_; i++) a[i] *= scale;
  make_bidiagonal(context);
  for (T* z : {left_z, right_z}) {
    if (z == nullptr) continue;
    std::fill(z, z + cols_ * cols_, T(0));
    for (std::size_t i = 0; i < cols_; i++) z[i * cols_ + i] = 1;
  }
  if (!make_diagonal(context, left_z, right_z)) return false;
  for (std::size_t i = 0; i < cols_; i++) {
    if (!std::signbit(d()[i])) continue;
    d()[i] = -d()[i];
    for (std::size_t j = 0; right_z != nullptr && j < cols_; j++) right_z[i * cols_ + j] = -right_z[i * cols_ + j];
  }
  const std::vector<std::size_t> order = sorted_positions(d(), cols_, true);
  for (std::size_t i = 0; i < cols_; i++) values[i] = d()[order[i]] / scale;
  if (wanted_ == SingularVectors::kNone) return true;
  const T *left_v = left_v_.template as<T>(), *right_v = right_v_.template as<T>();
  write_vectors(context, order, left_z, left, rows_, {left_v, rows_, rows_, left_taus(), cols_});
  write_vectors(context, order, right_z, right, cols_, {right_v, cols_, cols_, right_taus(), cols_});
  return true;
}

// The vectors of the bidiagonal matrix, in order and lengthened, become those of the matrix itself.
template <class T>
void SingularValues<T>::write_vectors(const Context<T>& context, const std::vector<std::size_t>& order, const T* small,
                                      T* out, std::size_t length, const Reflections<T>& reflections) const {
  const std::size_t count = wanted_ == SingularVectors::kFull ? length : cols_;
  std::fill(out, out + count * length, T(0));
  for (std::size_t i = 0; i < cols_; i++) std::copy_n(small + order[i] * cols_, cols_, out + i * length);
  for (std::size_t i = cols_; i < count; i++) out[i * length + i] = 1;
  apply_reflections(context, reflections, true, out, length, count);
}

template <class T>
void SingularValues<T>::make_bidiagonal(const Context<T>& context) {
  for (std::size_t k = 0; k < cols_; k++) {
    reflect_column(context, k);
    reflect_row(context, k);
  }
}

// Zeros below the diagonal in column k; d[k] is what is left of it.
template <class T>
void SingularValues<T>::reflect_column(const Context<T>& context, std::size_t k) {
  T* a = a_.template as<T>();
  T* v = left_v_.template as<T>() + k * rows_;
  std::fill(v, v + k, T(0));
  for (std::size_t i = k; i < rows_; i++) v[i] = a[i * cols_ + k];
  T& tau = left_taus()[k];
  d()[k] = make_reflection(v + k, 1, rows_ - k, tau);
  const std::size_t first = k + 1, count = cols_ - first;
  if (tau == 0 || count == 0) return;
  T* w = products();
  const std::size_t chunks = chunks_for((rows_ - k) * count, kGrain);
  context.for_chunks(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(count, chunks, chunk, context.kernels.blocking.lanes);
    const std::size_t width = mine.end - mine.begin;
    if (width == 0) return;
    T *block = a + k * cols_ + first + mine.begin, *sums = w + mine.begin;
    context.kernels.sums(block, static_cast<std::ptrdiff_t>(cols_), v + k, sums, rows_ - k, width);
    for (std::size_t i = k; i < rows_; i++) {
      T* __restrict row = a + i * cols_ + first + mine.begin;
      const T factor = tau * v[i];
      for (std::size_t j = 0; j < width; j++) row[j] -= factor * sums[j];
    }
  });
}

// Zeros right of the superdiagonal in row k; e[k] is what is left of it.
template <class T>
void SingularValues<T>::reflect_row(const Context<T>& context, std::size_t k) {
  T* a = a_.template as<T>();
  T* v = right_v_.template as<T>() + k * cols_;
  std::fill(v, v + cols_, T(0));
  T& tau = right_taus()[k];
  tau = 0;
  const std::size_t first = k + 1, count = cols_ - first;
  if (count == 0) return;
  std::copy_n(a + k * cols_ + first, count, v + first);
  e()[k] = make_reflection(v + first, 1, count, tau);
  if (tau == 0) return;
  T* w = products();
  const std::size_t below = rows_ - first, chunks = chunks_for(below * count, kGrain);
  context.for_chunks(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(below, chunks, chunk);
    const T* block = a + (first + mine.begin) * cols_ + first;
    context.kernels.dots(block, static_cast<std::ptrdiff_t>(cols_), v + first, w + mine.begin, mine.end - mine.begin,
                         count);
    for (std::size_t i = mine.begin; i < mine.end; i++) {
      T* __restrict row = a + (first + i) * cols_ + first;
      const T factor = tau * w[i];
      for (std::size_t j = 0; j < count; j++) row[j] -= factor * v[first + j];
    }
  });
}

template <class T>
bool SingularValues<T>::make_diagonal(const Context<T>& context, T* left, T* right) {
  RotationLog<T> left_log(context, left, cols_), right_log(context, right, cols_);
  Direction direction;
  // As in LAPACK some ten times the rounding error: a tighter bound may never be met.
  constexpr T kTolerance = 16 * std::numeric_limits<T>::epsilon();
  const auto negligible = [&](std::size_t i) {
    const T bound = kTolerance * std::min(std::abs(d()[i]), std::abs(d()[i + 1]));
    return std::abs(e()[i]) <= std::max(bound, std::numeric_limits<T>::min());
  };
  // Two or three steps for each value are usual.
  std::size_t steps = 60 * cols_ + 60;
  std::size_t high = cols_ == 0 ? 0 : cols_ - 1;
  while (high > 0) {
    if (negligible(high - 1)) {
      e()[--high] = 0;
      continue;
    }
    std::size_t low = high - 1;
    while (low > 0 && !negligible(low - 1)) low--;
    if (steps-- == 0) return false;
    step(low, high, direction.backwards(low, high, d()), left_log, right_log);
  }
  left_log.flush();
  right_log.flush();
  return true;
}

// The smaller singular value of [[f, g], [0, h]].
template <class T>
T smaller_of_block(T f, T g, T h) {
  const T product = std::abs(f * h);
  if (product == 0) return 0;
  // The values a >= b satisfy a b = |f h| and (a ± b)² = (|f| ± |h|)² + g².
  const T plus = std::hypot(std::abs(f) + std::abs(h), g), minus = std::hypot(std::abs(f) - std::abs(h), g);
  return 2 * product / (plus + minus);
}

// One implicit QR step on rows low to high. Backwards the block is read transposed, which exchanges left and right.
template <class T>
void SingularValues<T>::step(std::size_t low, std::size_t high, bool backwards, RotationLog<T>& left,
                             RotationLog<T>& right) {
  RotationLog<T>&lefts = backwards ? right : left, &rights = backwards ? left : right;
  const auto at = [&](std::size_t i) { return backwards ? high - i : low + i; };
  const auto diagonal = [&](std::size_t i) -> T& { return d()[at(i)]; };
  const auto above = [&](std::size_t i) -> T& { return e()[backwards ? high - i - 1 : low + i]; };
  const std::size_t count = high - low;

  T shift = smaller_of_block(diagonal(count - 1), above(count - 1), diagonal(count));
  const T first = std::abs(diagonal(0));
  bool zero = first == 0;
  for (std::size_t i = 0; i <= count; i++) zero = zero || diagonal(i) == 0;
  // A shift that is lost in rounding beside the first element would only cost the small values their digits.
  const T ratio = zero ? T(0) : shift / first;
  if (ratio * ratio < std::numeric_limits<T>::epsilon()) shift = 0;

  T f = shift == 0 ? diagonal(0) : (first - shift) * (std::copysign(T(1), diagonal(0)) + shift / diagonal(0));
  T g = above(0);
  Rotation<T> previous{1, 0};
  for (std::size_t i = 0; i < count; i++) {
    T r;
    if (shift == 0) {
      const Rotation<T> turn = make_rotation(diagonal(i) * (i == 0 ? T(1) : f), above(i), r);
      if (i > 0) above(i - 1) = previous.s * r;
      const T scaled = diagonal(i + 1) * turn.s;
      const Rotation<T> back = make_rotation(previous.c * r, scaled, diagonal(i));
      rights.add(at(i), at(i + 1), turn);
      lefts.add(at(i), at(i + 1), back);
      previous = back;
      f = turn.c;
      continue;
    }
    const Rotation<T> turn = make_rotation(f, g, r);
    if (i > 0) above(i - 1) = r;
    f = turn.c * diagonal(i) + turn.s * above(i);
    above(i) = turn.c * above(i) - turn.s * diagonal(i);
    g = turn.s * diagonal(i + 1);
    diagonal(i + 1) *= turn.c;
    const Rotation<T> back = make_rotation(f, g, diagonal(i));
    f = back.c * above(i) + back.s * diagonal(i + 1);
    diagonal(i + 1) = back.c * diagonal(i + 1) - back.s * above(i);
    if (i + 1 < count) {
      g = back.s * above(i + 1);
      above(i + 1) *= back.c;
    }
    rights.add(at(i), at(i + 1), turn);
    lefts.add(at(i), at(i + 1), back);
  }
  if (shift == 0) {
    const T rest = diagonal(count) * f;
    above(count - 1) = rest * previous.s;
    diagonal(count) = rest * previous.c;
  } else {
    above(count - 1) = f;
  }
}

template class SingularValues<float>;
template class SingularValues<double>;

}  // namespace myelin
