// Convolutions in which each channel has a kernel of its own, and their gradients. Nothing is copied: lines of the input
// are read where they lie, and those beyond an image's ends are left out.
#include <algorithm>

#include "core/pool.h"
#include "ops/conv.h"
#include "ops/partial_sums.h"
#include "ops/support.h"

namespace myelin {
namespace {

// Where the rows of an image's output read their input.
struct Reading {
  std::size_t kernel_height, kernel_width;
  std::ptrdiff_t top, left;  // the line and the column that the first pixel of all begins at
  std::size_t step_y, step_x, spacing_y, spacing_x;

  // Rows that are computed together must read neighbouring lines.
  std::size_t rows_together() const { return step_y == 1 && spacing_y == 1 ? 4 : 1; }
};

// The taps of a lattice are a grid.
Reading reading_of(const Lattice& lattice) {
  const std::vector<Tap>& taps = lattice.taps;
  if (taps.empty()) return {0, 0, 0, 0, lattice.in_step_y, lattice.in_step_x, 1, 1};
  std::size_t width = 1;
  while (width < taps.size() && taps[width].dy == taps[0].dy) width++;
  const auto spacing = [](std::ptrdiff_t first, std::ptrdiff_t next) { return static_cast<std::size_t>(next - first); };
  return {taps.size() / width,
          width,
          taps[0].dy,
          taps[0].dx,
          lattice.in_step_y,
          lattice.in_step_x,
          width < taps.size() ? spacing(taps[0].dy, taps[width].dy) : 1,
          width > 1 ? spacing(taps[0].dx, taps[1].dx) : 1};
}

// Groups of rows of output pixels of all images, one group a call of the kernel.
template <class T>
class RowGroups {
 public:
  RowGroups(const Images<const T>& in, const Reading& reading, std::size_t rows, std::size_t pixels)
      : in_(in), reading_(reading), rows_(rows), pixels_(pixels), per_image_(ceil_div(rows, reading.rows_together())) {}

  std::size_t count() const { return in_.count * per_image_; }

  // Calls body(input, image, first row) for some groups.
  template <class F>
  void each(Range groups, const F& body) const {
    std::vector<const T*> lines(reading_.kernel_height + reading_.rows_together());
    DepthwiseInput<T> input{};
    input.lines = lines.data();
    input.width = in_.width;
    input.left = -reading_.left;
    input.stride = reading_.step_x;
    input.spacing = reading_.spacing_x;
    input.kernel_height = reading_.kernel_height;
    input.kernel_width = reading_.kernel_width;
    input.pixels = pixels_;
    input.channels = in_.channels;
    for (std::size_t group = groups.begin; group < groups.end; group++) {
      const std::size_t image = group / per_image_, row = group % per_image_ * reading_.rows_together();
      input.rows = std::min(reading_.rows_together(), rows_ - row);
      const std::ptrdiff_t top = reading_.top + static_cast<std::ptrdiff_t>(row * reading_.step_y);
      for (std::size_t i = 0; i + 1 < input.rows + reading_.kernel_height; i++) {
        lines[i] = line(image, top + static_cast<std::ptrdiff_t>(i * reading_.spacing_y));
      }
      body(input, image, row);
    }
  }

 private:
  const T* line(std::size_t image, std::ptrdiff_t y) const {
    const bool exists = y >= 0 && y < static_cast<std::ptrdiff_t>(in_.height);
    return exists ? in_.at(image, static_cast<std::size_t>(y), 0) : nullptr;
  }

  const Images<const T>& in_;
  const Reading& reading_;
  const std::size_t rows_, pixels_, per_image_;
};

template <class T>
constexpr std::size_t padded(std::size_t channels) {
  return ceil_div(channels, kDepthwiseBlock<T>) * kDepthwiseBlock<T>;
}

// Of a weight, or its gradient, among those of all channels.
template <class T>
constexpr std::size_t place_of(std::size_t taps, std::size_t tap, std::size_t c) {
  return (c / kDepthwiseBlock<T> * taps + tap) * kDepthwiseBlock<T> + c % kDepthwiseBlock<T>;
}

// Work in multiplications that is worth a thread.
constexpr std::size_t kLeastWork = 2000000;

}  // namespace

template <class T>
void depthwise_correlate(const KernelTable& kernels, const Images<const T>& in, const Weights<T>& weights,
                         const T* bias, const Lattice& lattice, const Images<T>& out, const Finish* finish) {
  const std::size_t channels = out.channels;
  const std::size_t taps = lattice.taps.size();
  const Temporary packed(taps * padded<T>(channels) * sizeof(T));
  for (std::size_t t = 0; t < taps; t++) {
    const Tap& tap = lattice.taps[t];
    for (std::size_t c = 0; c < channels; c++) {
      packed.as<T>()[place_of<T>(taps, t, c)] = *weights.matrix(c, tap.ky, tap.kx).data;
    }
  }
  const Reading reading = reading_of(lattice);
  const RowGroups<T> groups(in, reading, lattice.rows, lattice.cols);
  const std::size_t work = (taps + 1) * channels * lattice.cols * reading.rows_together();
  const std::size_t chunks = chunks_for(groups.count(), ceil_div(kLeastWork, std::max<std::size_t>(1, work)));
  const auto kernel = pick<T>(kernels.f32_depthwise_rows, kernels.f64_depthwise_rows);
  parallel_for(chunks, [&](std::size_t chunk) {
    DepthwiseRows<T> call{};
    call.weights = packed.as<T>();
    call.bias = bias;
    call.out_row = static_cast<std::ptrdiff_t>(lattice.step_y) * out.row;
    call.out_step = static_cast<std::ptrdiff_t>(lattice.step_x * channels);
    groups.each(chunk_range(groups.count(), chunks, chunk),
                [&](const DepthwiseInput<T>& input, std::size_t image, std::size_t row) {
                  call.in = input;
                  call.out = out.at(image, lattice.first_y + row * lattice.step_y, lattice.first_x);
                  kernel(call);
                  out.finish_rows(finish, image, {row, row + input.rows}, {0, lattice.cols});
                });
  });
}

template <class T>
void depthwise_weight_gradient(const KernelTable& kernels, const ConvShape& shape, const Images<const T>& x,
                               const Images<const T>& dout, T* gradient) {
  const Reading reading{shape.kernel_height,
                        shape.kernel_width,
                        -static_cast<std::ptrdiff_t>(shape.top),
                        -static_cast<std::ptrdiff_t>(shape.left),
                        shape.stride_y,
                        shape.stride_x,
                        shape.dilation_y,
                        shape.dilation_x};
  const RowGroups<T> groups(x, reading, shape.out_height, shape.out_width);
  const std::size_t taps = shape.kernel_height * shape.kernel_width, elements = taps * padded<T>(shape.channels);
  // Each part has a sum of its own, which must be short next to what is added to it.
  constexpr std::size_t kMostParts = 16;
  const std::size_t work = elements * shape.out_width * reading.rows_together();
  const std::size_t parts = std::min(kMostParts, chunks_for(groups.count(), ceil_div(kLeastWork, work)));
  const auto kernel = pick<T>(kernels.f32_depthwise_gradient, kernels.f64_depthwise_gradient);
  const Temporary blocks(elements * sizeof(T));
  const PartialSums<T> sums(kernels, parts, elements, blocks.as<T>());
  parallel_for(parts, [&](std::size_t part) {
    DepthwiseGradient<T> call{};
    call.dout_row = dout.row;
    call.gradient = sums.part(part);
    std::fill_n(call.gradient, elements, T(0));
    groups.each(chunk_range(groups.count(), parts, part),
                [&](const DepthwiseInput<T>& input, std::size_t image, std::size_t row) {
                  call.in = input;
                  call.dout = dout.at(image, row, 0);
                  kernel(call);
                });
  });
  sums.add();
  for (std::size_t t = 0; t < taps; t++) {
    for (std::size_t c = 0; c < shape.channels; c++) {
      gradient[t * shape.channels + c] = blocks.as<T>()[place_of<T>(taps, t, c)];
    }
  }
}

template void depthwise_correlate(const KernelTable&, const Images<const float>&, const Weights<float>&, const float*,
                                  const Lattice&, const Images<float>&, const Finish*);
template void depthwise_correlate(const KernelTable&, const Images<const double>&, const Weights<double>&,
                                  const double*, const Lattice&, const Images<double>&, const Finish*);
template void depthwise_weight_gradient(const KernelTable&, const ConvShape&, const Images<const float>&,
                                        const Images<const float>&, float*);
template void depthwise_weight_gradient(const KernelTable&, const ConvShape&, const Images<const double>&,
                                        const Images<const double>&, double*);

}  // namespace myelin
