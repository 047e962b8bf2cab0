// The gradient of an input of few channels, such as the first layer's. As a correlation it would leave most lanes empty;
// instead a row of output pixels is multiplied by all positions of the kernel at once, a product as wide as positions times
// channels, and each position's part is added to the pixel that it came from.
#include <algorithm>

#include "core/pool.h"
#include "ops/conv.h"
#include "ops/workspaces.h"

namespace myelin {
namespace {

template <class T>
class Scatter {
 public:
  Scatter(const KernelTable& table, const ConvShape& shape, const Images<const T>& dout, const Weights<T>& weights,
          const Images<T>& dx)
      : kernels_(table),
        shape_(shape),
        dout_(dout),
        weights_(weights),
        dx_(dx),
        columns_(shape.kernel_height * shape.kernel_width * shape.channels),
        width_(panel_width(kernels_.blocking, columns_)),
        panels_(ceil_div(columns_, width_)),
        line_((std::max(shape.left + shape.width,
                        (shape.out_width - 1) * shape.stride_x + (shape.kernel_width - 1) * shape.dilation_x + 1)) *
              shape.channels) {
    // Strips of an image share rows of dout, which are multiplied for each of them: few, and high ones.
    constexpr std::size_t kStrips = 8;
    const std::size_t reach = (shape.kernel_height - 1) * shape.dilation_y + 1;
    const std::size_t most = std::max<std::size_t>(1, shape.height / (4 * reach));
    strips_ = std::clamp<std::size_t>(ceil_div(kStrips, shape.batch), 1, most);
    strip_rows_ = ceil_div(shape.height, strips_);
  }

  void run() const {
    const std::size_t depth = shape_.out_channels, chunks = shape_.batch * strips_;
    const Temporary rows(depth * columns_ * sizeof(T)), packed(panels_ * depth * width_ * sizeof(T));
    Workspaces workspaces(chunks, (shape_.out_width * columns_ + strip_rows_ * line_) * sizeof(T));
    pack_weights(rows.as<T>(), packed.as<T>());
    parallel_for(chunks, [&](std::size_t chunk) {
      const Workspaces::Lease workspace(workspaces);
      T* products = workspace.template as<T>();
      T* strip = products + shape_.out_width * columns_;
      const std::size_t image = chunk / strips_;
      const Range lines = chunk_range(shape_.height, strips_, chunk % strips_);
      std::fill(strip, strip + (lines.end - lines.begin) * line_, T(0));
      for (std::size_t row = 0; row < shape_.out_height; row++) {
        if (!reaches(row, lines)) continue;
        multiply(image, row, packed.as<T>(), products);
        add(products, row, lines, strip);
      }
      store(image, lines, strip);
    });
  }

 private:
  // Panels of the matrix whose row is an output channel, and whose columns are positions of the kernel and channels.
  void pack_weights(T* rows, T* packed) const {
    for (std::size_t k = 0; k < shape_.out_channels; k++) {
      T* to = rows + k * columns_;
      for (std::size_t ky = 0; ky < shape_.kernel_height; ky++) {
        for (std::size_t kx = 0; kx < shape_.kernel_width; kx++) {
          const Matrix<const T> tap = weights_.matrix(0, ky, kx);
          for (std::size_t c = 0; c < shape_.channels; c++) *to++ = *tap.at(c, k);
        }
      }
    }
    const Matrix<const T> matrix{rows, static_cast<std::ptrdiff_t>(columns_), 1};
    for (std::size_t panel = 0; panel < panels_; panel++) {
      const std::size_t column = panel * width_;
      pack_panel(kernels_, {matrix.at(0, column), matrix.row, 1}, shape_.out_channels, panel_columns(panel),
                 packed + panel * shape_.out_channels * width_, width_);
    }
  }

  std::size_t panel_columns(std::size_t panel) const { return std::min(width_, columns_ - panel * width_); }

  // The line of dx that position `ky` adds to for a row of dout; negative or beyond dx in the padding.
  std::ptrdiff_t line_of(std::size_t row, std::size_t ky) const {
    return static_cast<std::ptrdiff_t>(row * shape_.stride_y + ky * shape_.dilation_y) -
           static_cast<std::ptrdiff_t>(shape_.top);
  }

  bool reaches(std::size_t row, Range lines) const {
    return line_of(row, 0) < static_cast<std::ptrdiff_t>(lines.end) &&
           line_of(row, shape_.kernel_height - 1) >= static_cast<std::ptrdiff_t>(lines.begin);
  }

  void multiply(std::size_t image, std::size_t row, const T* packed, T* products) const {
    GemmPanel<T> call{};
    call.a = dout_.at(image, row, 0);
    call.a_row = static_cast<std::ptrdiff_t>(dout_.channels);
    call.a_k = 1;
    call.segments = 1;
    call.k = shape_.out_channels;
    call.b_k = static_cast<std::ptrdiff_t>(width_);
    call.b_padded = true;
    call.c_row = static_cast<std::ptrdiff_t>(columns_);
    call.rows = shape_.out_width;
    call.alpha = 1;
    for (std::size_t panel = 0; panel < panels_; panel++) {
      call.b = packed + panel * shape_.out_channels * width_;
      call.c = products + panel * width_;
      call.cols = panel_columns(panel);
      kernels_.panel(call);
    }
  }

  // Pixel by pixel: neighbours add to overlapping memory, which is best left alone for a while after it was written.
  void add(const T* products, std::size_t row, Range lines, T* strip) const {
    const std::size_t channels = shape_.channels, taps = shape_.kernel_width;
    // Neighbouring positions of a row add to consecutive memory.
    const std::size_t together = shape_.dilation_x == 1 ? taps : 1, run = together * channels;
    const auto begin = static_cast<std::ptrdiff_t>(lines.begin), end = static_cast<std::ptrdiff_t>(lines.end);
    std::size_t first = 0, last = shape_.kernel_height;
    while (line_of(row, first) < begin) first++;
    while (line_of(row, last - 1) >= end) last--;
    for (std::size_t x = 0; x < shape_.out_width; x++) {
      const T* pixel = products + x * columns_;
      for (std::size_t ky = first; ky < last; ky++) {
        T* to = strip + static_cast<std::size_t>(line_of(row, ky) - begin) * line_ + x * shape_.stride_x * channels;
        for (std::size_t kx = 0; kx < taps; kx += together) {
          T* __restrict sum = to + kx * shape_.dilation_x * channels;
          const T* term = pixel + (ky * taps + kx) * channels;
          for (std::size_t i = 0; i < run; i++) sum[i] += term[i];
        }
      }
    }
  }

  void store(std::size_t image, Range lines, const T* strip) const {
    const T* inside = strip + shape_.left * shape_.channels;
    for (std::size_t y = lines.begin; y < lines.end; y++, inside += line_) {
      std::copy_n(inside, shape_.width * shape_.channels, dx_.at(image, y, 0));
    }
  }

  const GemmKernels<T> kernels_;
  const ConvShape& shape_;
  const Images<const T>& dout_;
  const Weights<T>& weights_;
  const Images<T>& dx_;
  const std::size_t columns_, width_, panels_, line_;
  std::size_t strips_, strip_rows_;
};

// Adding costs little next to products of many channels; what is written on the way must not be larger than the cache.
bool pays(const ConvShape& shape) {
  constexpr std::size_t kFewChannels = 12, kManyChannels = 16;
  constexpr double kLargest = 0x1p22;
  const double line = static_cast<double>(shape.left + shape.width + shape.right) * static_cast<double>(shape.channels);
  const double products = static_cast<double>(shape.kernel_height * shape.kernel_width * shape.channels) *
                          static_cast<double>(shape.out_width);
  return shape.groups == 1 && shape.channels <= kFewChannels && shape.out_channels >= kManyChannels &&
         !shape.empty_kernel() && shape.batch > 0 && products <= kLargest &&
         line * static_cast<double>(shape.height) <= kLargest;
}

}  // namespace

template <class T>
bool try_scatter(const KernelTable& kernels, const ConvShape& shape, const Images<const T>& dout,
                 const Weights<T>& weights, const Images<T>& dx) {
  if (!pays(shape)) return false;
  Scatter<T>(kernels, shape, dout, weights, dx).run();
  return true;
}

template bool try_scatter(const KernelTable&, const ConvShape&, const Images<const float>&, const Weights<float>&,
                          const Images<float>&);
template bool try_scatter(const KernelTable&, const ConvShape&, const Images<const double>&, const Weights<double>&,
                          const Images<double>&);

}  // namespace myelin
