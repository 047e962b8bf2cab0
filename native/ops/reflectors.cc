#include "ops/reflectors.h"

namespace myelin {
namespace {

constexpr std::size_t kBlock = 32;

// The triangle T with H₁ … Hₙ = I - Vᵀ T V, where the rows of V are the reflections.
template <class T>
void make_triangle(const Context<T>& context, const T* v, std::size_t ld, std::size_t length, const T* taus,
                   std::size_t count, T* triangle) {
  T products[kBlock];
  for (std::size_t j = 0; j < count; j++) {
    std::fill(triangle + j * kBlock, triangle + (j + 1) * kBlock, T(0));
    context.kernels.dots(v, static_cast<std::ptrdiff_t>(ld), v + j * ld, products, j, length);
    for (std::size_t i = 0; i < j; i++) {
      T sum = 0;
      for (std::size_t k = i; k < j; k++) sum += triangle[i * kBlock + k] * products[k];
      triangle[i * kBlock + j] = -taus[j] * sum;
    }
    triangle[j * kBlock + j] = taus[j];
  }
}

}  // namespace

template <class T>
void apply_reflections(const Context<T>& context, const Reflections<T>& all, bool transposed, T* z, std::size_t ld,
                       std::size_t rows) {
  if (rows == 0 || all.count == 0) return;
  T triangle[kBlock * kBlock];
  const Temporary first(rows * kBlock * sizeof(T)), second(rows * kBlock * sizeof(T));
  const auto width = static_cast<std::ptrdiff_t>(kBlock), step = static_cast<std::ptrdiff_t>(all.ld);
  const Matrix<T> left{first.as<T>(), width, 1}, right{second.as<T>(), width, 1};
  const std::size_t blocks = ceil_div(all.count, kBlock);
  for (std::size_t i = 0; i < blocks; i++) {
    // z Q takes the first reflection first, z Qᵀ the last.
    const std::size_t begin = (transposed ? blocks - 1 - i : i) * kBlock, count = std::min(kBlock, all.count - begin);
    const std::size_t length = all.length - begin;
    const T* v = all.v + begin * all.ld + begin;
    const Matrix<T> target{z + begin, static_cast<std::ptrdiff_t>(ld), 1};
    make_triangle(context, v, all.ld, length, all.taus + begin, count, triangle);
    // Q = I - Vᵀ T V for this block.
    const Matrix<const T> t{triangle, width, 1};
    context.multiply(rows, count, length, read_only(target), {v, 1, step}, left, T(1), false);
    context.multiply(rows, count, count, read_only(left), transposed ? t.transposed() : t, right, T(1), false);
    context.multiply(rows, length, count, read_only(right), {v, step, 1}, target, T(-1), true);
  }
}

template void apply_reflections<float>(const Context<float>&, const Reflections<float>&, bool, float*, std::size_t,
                                       std::size_t);
template void apply_reflections<double>(const Context<double>&, const Reflections<double>&, bool, double*, std::size_t,
                                        std::size_t);

}  // namespace myelin
