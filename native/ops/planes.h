#pragma once
#include "ops/channels.h"

namespace myelin {

// [B, C, spatial...] as planes, the elements of one sample and channel: dense, as in a row-major tensor. What norms do with a
// channel, or a group of them, is done with its planes one after the other, which then are still in a cache.
template <class T>
struct Planes {
  T* data;
  std::ptrdiff_t sample_stride, channel_stride;
  std::size_t samples, channels, size;

  explicit Planes(const View& view)
      : data(view.as<std::remove_const_t<T>>()),
        sample_stride(static_cast<std::ptrdiff_t>(view.strides[0])),
        channel_stride(static_cast<std::ptrdiff_t>(view.strides[1])),
        samples(static_cast<std::size_t>(view.shape[0])),
        channels(static_cast<std::size_t>(view.shape[1])),
        size(static_cast<std::size_t>(view.size()) / samples / channels) {}

  T* at(std::size_t sample, std::size_t channel) const {
    return data + static_cast<std::ptrdiff_t>(sample) * sample_stride +
           static_cast<std::ptrdiff_t>(channel) * channel_stride;
  }
  std::size_t elements() const { return samples * channels * size; }
};

// Whether views are stored as planes that are long enough to be worked on one by one.
inline bool are_planes(std::initializer_list<const View*> views) {
  constexpr std::int64_t kShortest = 8;
  const auto is_planes = [](const View& view) {
    std::int64_t size = 1;
    for (int axis = view.rank - 1; axis >= 2; axis--) {
      if (view.shape[axis] != 1 && view.strides[axis] != size) return false;
      size *= view.shape[axis];
    }
    return view.size() > 0 && size >= kShortest && pixel_stride(view) == 0;
  };
  return std::all_of(views.begin(), views.end(), [&](const View* view) { return is_planes(*view); });
}

// Mean and sum of squared deviations of planes of equal size that are added one by one.
template <class T>
class PlaneMoments {
 public:
  explicit PlaneMoments(const KernelTable& kernels) : kernel_(pick<T>(kernels.f32_moments, kernels.f64_moments)) {}

  void add(const T* plane, std::size_t size) {
    T mean, squares;
    kernel_(plane, size, &mean, &squares);
    const double apart = mean - mean_;
    squares_ += squares + static_cast<double>(size) * apart * apart * count_ / (count_ + 1);
    mean_ += apart / ++count_;
    elements_ += static_cast<double>(size);
  }
  double mean() const { return mean_; }
  double variance() const { return squares_ / elements_; }

 private:
  MomentsFn<T>* kernel_;
  double count_ = 0, mean_ = 0, squares_ = 0, elements_ = 0;
};

// A plane as rows of so many elements, for kernels that have one factor a column: all their factors are the same. The last
// row is shorter.
constexpr std::size_t kPlaneRow = 64;

template <class T>
struct SameFactors {
  T values[kPlaneRow];
  explicit SameFactors(T value) { std::fill_n(values, kPlaneRow, value); }
};

// Calls body(first, rows, length) for the whole rows, then for the rest.
template <class Body>
void for_plane_rows(std::size_t size, const Body& body) {
  const std::size_t rows = size / kPlaneRow, rest = size % kPlaneRow;
  if (rows > 0) body(std::size_t{0}, rows, kPlaneRow);
  if (rest > 0) body(rows * kPlaneRow, std::size_t{1}, rest);
}

// Sums of dout and of dout * xhat over a plane.
template <class T>
void add_plane_sums(const KernelTable& kernels, const T* x, const T* dout, std::size_t size, T mean, T rstd,
                    double* sum, double* sum_xhat) {
  const auto kernel = pick<T>(kernels.f32_batch_norm_sums, kernels.f64_batch_norm_sums);
  const SameFactors<T> means(mean), rstds(rstd);
  SameFactors<T> sums(T{0}), sums_xhat(T{0});
  for_plane_rows(size, [&](std::size_t first, std::size_t rows, std::size_t length) {
    kernel(x + first, kPlaneRow, dout + first, kPlaneRow, rows, means.values, rstds.values, sums.values,
           sums_xhat.values, length);
  });
  for (const T value : sums.values) *sum += value;
  for (const T value : sums_xhat.values) *sum_xhat += value;
}

// dx = x a + dout b + c.
template <class T>
void combine_plane(const KernelTable& kernels, const T* x, const T* dout, std::size_t size, T a, T b, T c, T* dx) {
  const auto kernel = pick<T>(kernels.f32_batch_norm_dx, kernels.f64_batch_norm_dx);
  const SameFactors<T> as(a), bs(b), cs(c);
  for_plane_rows(size, [&](std::size_t first, std::size_t rows, std::size_t length) {
    kernel(x + first, kPlaneRow, dout + first, kPlaneRow, as.values, bs.values, cs.values, dx + first, kPlaneRow, rows,
           length);
  });
}

}  // namespace myelin
