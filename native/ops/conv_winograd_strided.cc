// Convolutions that move by several pixels, as correlations of the pixels of each remainder of the stride.
#include <algorithm>
#include <utility>

#include "ops/conv_winograd.h"

namespace myelin {
namespace {

// Along one axis, the positions of a kernel that belong to pixels of one remainder of the stride, as places among three:
// `there`, of which the first is position `first` of the kernel.
struct Remainder {
  Range there;
  std::size_t first;
};
// The three places are the pixels `begin`, begin + 1 and begin + 2 beyond a pixel's own place among its like.
struct StridedAxis {
  std::ptrdiff_t begin = 0;
  std::vector<Remainder> remainders;
};

// `place(k)`: where position k of the kernel belongs, as remainder and distance. Nothing where three places do not suffice, or a
// remainder has no position.
template <class F>
std::optional<StridedAxis> strided_axis(std::size_t kernel, std::size_t stride, const F& place) {
  if (kernel < stride || kernel > 3 * stride) return std::nullopt;
  StridedAxis axis;
  std::ptrdiff_t end = 0;
  for (std::size_t k = 0; k < kernel; k++) {
    const std::ptrdiff_t distance = place(k).second;
    axis.begin = k == 0 ? distance : std::min(axis.begin, distance);
    end = k == 0 ? distance + 1 : std::max(end, distance + 1);
  }
  if (end - axis.begin > 3) return std::nullopt;
  axis.remainders.resize(stride, {{3, 0}, 0});
  for (std::size_t k = 0; k < kernel; k++) {
    const auto [remainder, distance] = place(k);
    const auto at = static_cast<std::size_t>(distance - axis.begin);
    Remainder& mine = axis.remainders[remainder];
    if (at < mine.there.begin) mine = {{at, mine.there.end}, k};
    mine.there.end = std::max(mine.there.end, at + 1);
  }
  return axis;
}

// Output pixel j reads input pixel j stride + k - padding: of pixels with the remainder of k - padding, the one that lies the
// whole quotient beyond.
std::optional<StridedAxis> reading_axis(std::size_t kernel, std::size_t stride, std::size_t padding) {
  const std::size_t periods = ceil_div(padding, stride);
  return strided_axis(kernel, stride, [&](std::size_t k) {
    const std::size_t from = k + periods * stride - padding;
    return std::pair(from % stride, static_cast<std::ptrdiff_t>(from / stride) - static_cast<std::ptrdiff_t>(periods));
  });
}

// Input pixel r + j stride receives from output pixel j + (r + padding - k) / stride, where that is a whole number.
std::optional<StridedAxis> receiving_axis(std::size_t kernel, std::size_t stride, std::size_t padding) {
  const std::size_t periods = ceil_div(kernel, stride) + 1;
  return strided_axis(kernel, stride, [&](std::size_t k) {
    const std::size_t remainder = (k + periods * stride - padding % stride) % stride;
    const std::size_t to = remainder + padding + periods * stride - k;
    return std::pair(remainder, static_cast<std::ptrdiff_t>(to / stride) - static_cast<std::ptrdiff_t>(periods));
  });
}

// The kernel from or to pixels of a pair of remainders; positions follow one another `step_y` and `step_x` apart.
winograd::Kernel strided_kernel(const Weights<float>& weights, const Remainder& row, const Remainder& col,
                                std::ptrdiff_t step_y, std::ptrdiff_t step_x) {
  Weights<float> some = weights;
  some.data = weights.matrix(0, row.first, col.first).data;
  some.y *= step_y;
  some.x *= step_x;
  return {some, row.there, col.there};
}

// Calls body(y, x) for every pair of remainders.
template <class F>
void for_remainders(const ConvShape& shape, const F& body) {
  for (std::size_t y = 0; y < shape.stride_y; y++)
    for (std::size_t x = 0; x < shape.stride_x; x++) body(y, x);
}

// Further steps leave images of few pixels. Turned weights, which are many times as large as they were, must not be much more
// than images are.
bool may_turn(const ConvShape& shape) {
  constexpr std::size_t kMostStride = 4;
  constexpr double kMostWeights = 0x1p24;
  const std::size_t remainders = shape.stride_y * shape.stride_x;
  if (remainders == 1 || std::max(shape.stride_y, shape.stride_x) > kMostStride) return false;
  if (shape.dilation_y > 1 || shape.dilation_x > 1 || shape.empty_kernel() || shape.batch == 0) return false;
  const double pairs = static_cast<double>(shape.group_channels()) * static_cast<double>(shape.out_channels);
  return static_cast<double>(winograd::kPlanes * remainders) * pairs <= kMostWeights;
}

// Every remainder has as many pixels as the others.
bool splits_evenly(const ConvShape& shape) {
  return shape.height % shape.stride_y == 0 && shape.width % shape.stride_x == 0;
}

struct StridedAxes {
  StridedAxis rows, cols;
};

// How output pixels read input pixels, if that is the way to convolve.
std::optional<StridedAxes> reading_axes(const ConvShape& shape) {
  if (!may_turn(shape)) return std::nullopt;
  const auto rows = reading_axis(shape.kernel_height, shape.stride_y, shape.top);
  const auto cols = reading_axis(shape.kernel_width, shape.stride_x, shape.left);
  const bool pays = rows && cols &&
                    winograd::pays({shape.batch, shape.out_height, shape.out_width, shape.group_channels(),
                                    shape.group_out_channels(), false, shape.stride_y * shape.stride_x, 1,
                                    shape.kernel_height * shape.kernel_width});
  return pays ? std::optional<StridedAxes>({*rows, *cols}) : std::nullopt;
}

// How input pixels receive from output pixels, if that is the way to their gradient.
std::optional<StridedAxes> receiving_axes(const ConvShape& shape) {
  if (!may_turn(shape) || !splits_evenly(shape)) return std::nullopt;
  const auto rows = receiving_axis(shape.kernel_height, shape.stride_y, shape.top);
  const auto cols = receiving_axis(shape.kernel_width, shape.stride_x, shape.left);
  const bool pays = rows && cols &&
                    winograd::pays({shape.batch, shape.height / shape.stride_y, shape.width / shape.stride_x,
                                    shape.group_out_channels(), shape.group_channels(), false, 1,
                                    shape.stride_y * shape.stride_x, shape.kernel_height * shape.kernel_width});
  return pays ? std::optional<StridedAxes>({*rows, *cols}) : std::nullopt;
}

}  // namespace

bool winograd_strides(const ConvShape& shape) { return reading_axes(shape).has_value(); }

template <>
std::optional<bool> try_winograd_strided(const KernelTable& kernels, const ConvShape& shape,
                                         const Images<const float>& in, const Weights<float>& weights,
                                         const float* bias, const Images<float>& out, const Finish* finish) {
  const auto axes = reading_axes(shape);
  if (!axes) return std::nullopt;
  std::vector<Images<const float>> sources;
  std::vector<winograd::Target> targets{{{}, out}};
  for_remainders(shape, [&](std::size_t y, std::size_t x) {
    sources.push_back(every(in, y, x, {0, 0, shape.stride_y, shape.stride_x}));
    targets[0].kernels.push_back(strided_kernel(weights, axes->rows.remainders[y], axes->cols.remainders[x],
                                                static_cast<std::ptrdiff_t>(shape.stride_y),
                                                static_cast<std::ptrdiff_t>(shape.stride_x)));
  });
  // Groups leave gaps, which others fill.
  const Finish* const mine = shape.groups == 1 ? finish : nullptr;
  return winograd::correlate(kernels, sources, targets, bias, shape.groups, -axes->rows.begin, -axes->cols.begin, mine);
}

template <>
bool try_winograd_back(const KernelTable& kernels, const ConvShape& shape, const Images<const float>& dout,
                       const Weights<float>& weights, const Images<float>& dx) {
  const auto axes = receiving_axes(shape);
  if (!axes) return false;
  std::vector<winograd::Target> targets;
  for_remainders(shape, [&](std::size_t y, std::size_t x) {
    const winograd::Kernel kernel =
        strided_kernel(weights, axes->rows.remainders[y], axes->cols.remainders[x],
                       -static_cast<std::ptrdiff_t>(shape.stride_y), -static_cast<std::ptrdiff_t>(shape.stride_x));
    targets.push_back({{kernel}, every(dx, y, x, {0, 0, shape.stride_y, shape.stride_x})});
  });
  const float* const no_bias = nullptr;
  winograd::correlate(kernels, {dout}, targets, no_bias, shape.groups, -axes->rows.begin, -axes->cols.begin, nullptr);
  return true;
}

}  // namespace myelin
