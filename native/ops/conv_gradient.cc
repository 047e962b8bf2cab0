// The gradient of a convolution's weights: for each tap a product of x, turned, and dout, summed over all pixels.
#include <algorithm>

#include "core/pool.h"
#include "core/scratch.h"
#include "ops/conv.h"
#include "ops/partial_sums.h"

namespace myelin {
namespace {

// Partial sums of at most this size are kept besides the result, so that images can be shared out to threads.
constexpr std::size_t kPartialElements = 4 << 20;
constexpr std::size_t kParts = 8;
// Pixels summed in registers at a time: x and dout of so many pixels stay in the first-level cache while all tiles of
// weights pass.
constexpr std::size_t kStripPixels = 160;
// Input that a strip may span, in elements: large strides must not make its copy larger than memory.
constexpr double kStripElements = 0x1p24;

// How the sum is cut: images into parts with sums of their own, columns of the result among threads of one part.
struct Split {
  std::size_t parts, columns;
};

Split split_gradient(const ConvShape& shape, std::size_t elements, std::size_t panels) {
  const std::size_t affordable = std::max<std::size_t>(1, kPartialElements / std::max<std::size_t>(1, elements));
  const std::size_t parts = std::min({shape.batch, kParts, affordable});
  return {parts, std::min(panels, ceil_div(kParts, parts))};
}

// Output rows that are taken together.
std::size_t strip_rows(const ConvShape& shape) {
  const double row = static_cast<double>(shape.stride_y * shape.channels) *
                     static_cast<double>(shape.width + shape.left + shape.right);
  const std::size_t affordable = static_cast<std::size_t>(kStripElements / std::max(1.0, row));
  return std::clamp<std::size_t>(std::min(kStripPixels / shape.out_width, affordable), 1, shape.out_height);
}

template <class T>
class WeightGradient {
 public:
  WeightGradient(const KernelTable& table, const ConvShape& shape, const Images<const T>& x,
                 const Images<const T>& dout)
      : table_(table), kernels_(table), shape_(shape), x_(x), dout_(dout) {
    const std::size_t cout = shape.group_out_channels(), lanes = kernels_.blocking.lanes;
    constexpr std::size_t kVectors = 2;
    width_ = lanes * (cout <= lanes ? 1 : kVectors);
    panels_ = shape.groups * ceil_div(cout, width_);
    stride_ = shape.out_channels;
    elements_ = shape.kernel_height * shape.kernel_width * shape.group_channels() * stride_;
    split_ = split_gradient(shape, elements_, panels_);
    merged_ = shape.groups == 1 && shape.dilation_x == 1;
    strip_rows_ = strip_rows(shape);
  }

  void run(T* gradient) {
    const PartialSums<T> sums(table_, split_.parts, elements_, gradient);
    parallel_for(split_.parts * split_.columns, [&](std::size_t chunk) {
      const std::size_t part = chunk % split_.parts;
      add_images(chunk_range(shape_.batch, split_.parts, part),
                 chunk_range(panels_, split_.columns, chunk / split_.parts), sums.part(part));
    });
    sums.add();
  }

 private:
  void add_images(Range images, Range panels, T* sum) const {
    std::vector<std::ptrdiff_t> offsets(strip_rows_);
    for (std::size_t image = images.begin; image < images.end; image++) {
      for (std::size_t row = 0; row < shape_.out_height; row += strip_rows_) {
        const Range rows{row, std::min(shape_.out_height, row + strip_rows_)};
        const Window<T> window = input_window(image, rows);
        for (std::size_t i = 0; i < rows.end - rows.begin; i++) {
          offsets[i] = static_cast<std::ptrdiff_t>(i * shape_.stride_y) * window.row;
        }
        const bool first = image == images.begin && row == 0;
        for (std::size_t p = panels.begin; p < panels.end; p++) add_panel(image, rows, window, offsets, p, first, sum);
      }
    }
  }

  Window<T> input_window(std::size_t image, Range rows) const {
    const auto top = static_cast<std::ptrdiff_t>(shape_.top), left = static_cast<std::ptrdiff_t>(shape_.left);
    const std::size_t tall = (shape_.kernel_height - 1) * shape_.dilation_y + 1;
    const std::size_t wide =
        (shape_.out_width - 1) * shape_.stride_x + (shape_.kernel_width - 1) * shape_.dilation_x + 1;
    return window_of(x_, image, static_cast<std::ptrdiff_t>(rows.begin * shape_.stride_y) - top,
                     static_cast<std::ptrdiff_t>((rows.end - 1) * shape_.stride_y + tall) - top, -left,
                     static_cast<std::ptrdiff_t>(wide) - left);
  }

  std::ptrdiff_t tap_offset(const Window<T>& window, std::size_t ky, std::size_t kx) const {
    return static_cast<std::ptrdiff_t>(ky * shape_.dilation_y) * window.row +
           static_cast<std::ptrdiff_t>(kx * shape_.dilation_x * x_.channels);
  }

  // All rows of the result in the columns of one panel.
  void add_panel(std::size_t image, Range rows, const Window<T>& window, const std::vector<std::ptrdiff_t>& segments,
                 std::size_t p, bool first, T* sum) const {
    const std::size_t cin = shape_.group_channels(), cout = shape_.group_out_channels();
    const std::size_t group_panels = panels_ / shape_.groups, group = p / group_panels;
    const std::size_t column = p % group_panels * width_, channel = group * cout + column;
    GemmPanel<T> call{};
    call.a_row = 1;
    call.a_k = static_cast<std::ptrdiff_t>(shape_.stride_x * x_.channels);
    call.a_segments = segments.data();
    call.segments = rows.end - rows.begin;
    call.k = shape_.out_width;
    call.cols = std::min(width_, cout - column);
    call.b = pack_dout(image, rows, channel, call.cols);
    call.b_k = static_cast<std::ptrdiff_t>(width_);
    call.b_padded = true;
    call.c_row = static_cast<std::ptrdiff_t>(stride_);
    call.accumulate = !first;
    call.alpha = 1;
    // Neighbouring taps of a row read consecutive memory: together they are one tall panel.
    const std::size_t together = merged_ ? shape_.kernel_width : 1;
    call.rows = together * cin;
    for (std::size_t ky = 0; ky < shape_.kernel_height; ky++) {
      for (std::size_t kx = 0; kx < shape_.kernel_width; kx += together) {
        call.a = window.data + tap_offset(window, ky, kx) + group * cin;
        call.c = sum + (ky * shape_.kernel_width + kx) * cin * stride_ + channel;
        kernels_.panel(call);
      }
    }
  }

  const T* pack_dout(std::size_t image, Range rows, std::size_t channel, std::size_t cols) const {
    const std::size_t row_size = shape_.out_width * width_;
    T* packed = scratch<T>(Scratch::kPackB, (rows.end - rows.begin) * row_size);
    for (std::size_t row = rows.begin; row < rows.end; row++) {
      kernels_.pack(dout_.at(image, row, 0) + channel, static_cast<std::ptrdiff_t>(dout_.channels), shape_.out_width,
                    cols, packed + (row - rows.begin) * row_size, width_);
    }
    return packed;
  }

  const KernelTable& table_;
  const GemmKernels<T> kernels_;
  const ConvShape& shape_;
  const Images<const T>& x_;
  const Images<const T>& dout_;
  std::size_t width_, panels_, stride_, elements_, strip_rows_;
  bool merged_;
  Split split_;
};

}  // namespace

template <class T>
void weight_gradient(const KernelTable& kernels, const ConvShape& shape, const Images<const T>& x,
                     const Images<const T>& dout, T* gradient) {
  if (shape.batch == 0 || shape.out_height == 0 || shape.out_width == 0 || shape.out_channels == 0) {
    const std::size_t rows = shape.kernel_height * shape.kernel_width * shape.group_channels();
    std::fill(gradient, gradient + rows * shape.out_channels, T(0));
    return;
  }
  if (shape.depthwise()) return depthwise_weight_gradient(kernels, shape, x, dout, gradient);
  WeightGradient<T>(kernels, shape, x, dout).run(gradient);
}

template void weight_gradient(const KernelTable&, const ConvShape&, const Images<const float>&,
                              const Images<const float>&, float*);
template void weight_gradient(const KernelTable&, const ConvShape&, const Images<const double>&,
                              const Images<const double>&, double*);

}  // namespace myelin
