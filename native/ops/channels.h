#pragma once
#include <algorithm>
#include <cmath>

#include "ops/pixels.h"

namespace myelin {

// Statistics of the channels of pixels and what norms do with them.

// Rows whose statistics are taken in one go: a fixed number of elements, so that blocks depend on the shape alone.
constexpr std::size_t kBlockElements = 16384;

inline std::size_t rows_per_block(std::size_t width) {
  return std::max<std::size_t>(32, kBlockElements / std::max<std::size_t>(1, width));
}

inline void require_vector(const View& view, std::int64_t n, DType dtype) {
  require(view.rank == 1 && view.shape[0] == n && view.dtype == dtype, "a norm needs one value a channel");
}

template <class T>
T& value_at(const View& view, std::size_t i) {
  return view.as<T>()[static_cast<std::int64_t>(i) * view.strides[0]];
}

template <class T>
T reciprocal_deviation(double variance, double eps) {
  return static_cast<T>(1 / std::sqrt(variance + eps));
}

struct Blocks {
  std::size_t rows;
  std::size_t size;
  std::size_t count;
  Blocks(std::size_t rows, std::size_t width)
      : rows(rows), size(rows_per_block(width)), count((rows + size - 1) / size) {}
  Range range(std::size_t block) const { return {block * size, std::min(rows, (block + 1) * size)}; }
};

// Elements that the next functions need for what they find in each block.
template <class T>
std::size_t parts_of(const Pixels<T>& x) {
  return Blocks(x.rows, x.channels).count * 2 * x.channels;
}

// Mean and sum of squared deviations of every channel: blocks of rows on several threads, then combined in double.
template <class T>
void channel_moments(const KernelTable& kernels, const Pixels<const T>& x, T* part, double* mean, double* squares) {
  const auto kernel = pick<T>(kernels.f32_moments_rows, kernels.f64_moments_rows);
  const Blocks blocks(x.rows, x.channels);
  const std::size_t n = x.channels;
  parallel_for(blocks.count, [&](std::size_t block) {
    const Range range = blocks.range(block);
    T* const target = part + block * 2 * n;
    kernel(x.row(range.begin), x.stride, range.end - range.begin, target, target + n, n);
  });
  std::fill_n(mean, n, 0.0);
  std::fill_n(squares, n, 0.0);
  const auto weight = [&](std::size_t block) {
    const Range range = blocks.range(block);
    return static_cast<double>(range.end - range.begin);
  };
  for (std::size_t block = 0; block < blocks.count; block++) {
    const T* const block_mean = part + block * 2 * n;
    const double share = weight(block) / static_cast<double>(x.rows);
    for (std::size_t j = 0; j < n; j++) mean[j] += share * block_mean[j];
  }
  for (std::size_t block = 0; block < blocks.count; block++) {
    const T* const block_mean = part + block * 2 * n;
    for (std::size_t j = 0; j < n; j++) {
      const double apart = block_mean[j] - mean[j];
      squares[j] += block_mean[n + j] + weight(block) * apart * apart;
    }
  }
}

// out = x scale + shift, channel by channel; from the last rows to the first, because statistics have been taken of x the
// other way and what was read last is still in the cache.
template <class T>
void scale_shift_pixels(const KernelTable& kernels, const Pixels<const T>& x, const T* scale, const T* shift,
                        const Pixels<T>& y) {
  const auto kernel = pick<T>(kernels.f32_scale_shift_rows, kernels.f64_scale_shift_rows);
  const std::size_t chunks = chunks_for(x.rows * x.channels, kGrain);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(x.rows, chunks, chunks - 1 - chunk);
    kernel(x.row(range.begin), x.stride, scale, shift, y.row(range.begin), y.stride, range.end - range.begin,
           x.channels);
  });
}

// Sums of dout and of dout * xhat by channel, blocks of rows on several threads, then added up in double.
template <class T>
void channel_gradient_sums(const KernelTable& kernels, const Pixels<const T>& x, const Pixels<const T>& dout,
                           const T* mean, const T* rstd, T* part, double* sum, double* sum_xhat) {
  const auto kernel = pick<T>(kernels.f32_batch_norm_sums, kernels.f64_batch_norm_sums);
  const Blocks blocks(x.rows, x.channels);
  const std::size_t n = x.channels;
  parallel_for(blocks.count, [&](std::size_t block) {
    const Range range = blocks.range(block);
    T* const target = part + block * 2 * n;
    std::fill_n(target, 2 * n, T{0});
    kernel(x.row(range.begin), x.stride, dout.row(range.begin), dout.stride, range.end - range.begin, mean, rstd,
           target, target + n, n);
  });
  std::fill_n(sum, n, 0.0);
  std::fill_n(sum_xhat, n, 0.0);
  for (std::size_t block = 0; block < blocks.count; block++) {
    const T* const source = part + block * 2 * n;
    for (std::size_t j = 0; j < n; j++) {
      sum[j] += source[j];
      sum_xhat[j] += source[n + j];
    }
  }
}

// With N rows: dx = w rstd (dout - sum / N - xhat sum_xhat / N), written as x a + dout b + c.
template <class T>
struct DxFactors {
  T *a, *b, *c;
  void set(std::size_t j, double weight, double mean, double rstd, double mean_dout, double mean_dout_xhat) const {
    const double factor = weight * rstd;
    const double slope = -factor * rstd * mean_dout_xhat;
    a[j] = static_cast<T>(slope);
    b[j] = static_cast<T>(factor);
    c[j] = static_cast<T>(-factor * mean_dout - slope * mean);
  }
};

// dx = x a + dout b + c, channel by channel; from the last rows to the first, as above.
template <class T>
void combine_pixels(const KernelTable& kernels, const Pixels<const T>& x, const Pixels<const T>& dout,
                    const DxFactors<T>& factors, const Pixels<T>& y) {
  const auto kernel = pick<T>(kernels.f32_batch_norm_dx, kernels.f64_batch_norm_dx);
  const std::size_t chunks = chunks_for(x.rows * x.channels, kGrain);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(x.rows, chunks, chunks - 1 - chunk);
    kernel(x.row(range.begin), x.stride, dout.row(range.begin), dout.stride, factors.a, factors.b, factors.c,
           y.row(range.begin), y.stride, range.end - range.begin, x.channels);
  });
}

}  // namespace myelin
