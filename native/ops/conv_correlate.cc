// Forward convolution and the gradient of its input: rows of output pixels as panels of matrix products.
#include <algorithm>
#include <cstring>
#include <optional>

#include "core/pool.h"
#include "core/scratch.h"
#include "ops/conv_taps.h"
#include "ops/support.h"

namespace myelin {
namespace {

void sort_taps(std::vector<Tap>& taps) {
  std::sort(taps.begin(), taps.end(),
            [](const Tap& a, const Tap& b) { return a.dy != b.dy ? a.dy < b.dy : a.dx < b.dx; });
}

// How far the taps reach around a lattice point.
struct Reach {
  std::ptrdiff_t top = 0, bottom = 0, left = 0, right = 0;  // smallest and largest dy and dx

  explicit Reach(const std::vector<Tap>& taps) {
    if (taps.empty()) return;
    top = taps.front().dy;
    bottom = taps.back().dy;
    left = right = taps.front().dx;
    for (const Tap& tap : taps) {
      left = std::min(left, tap.dx);
      right = std::max(right, tap.dx);
    }
  }
};

// Neighbouring taps read consecutive memory: so many of them make one segment of the sum. Taps are a grid of even spacing,
// so if the first two are neighbours, so are all of a row.
std::size_t run_length(const std::vector<Tap>& taps) {
  std::size_t length = 1;
  while (length < taps.size() && taps[length].dy == taps[0].dy && taps[length].dx == taps[length - 1].dx + 1) length++;
  return length;
}

// Input that one strip of output rows reads should share the second-level cache with the weights.
constexpr std::size_t kStripBytes = 256 << 10;

template <class T>
class Correlation {
 public:
  Correlation(const KernelTable& table, const Images<const T>& in, const Weights<T>& weights, const T* bias,
              std::size_t groups, const Lattice& lattice, const Images<T>& out, const Finish* finish)
      : kernels_(table),
        in_(in),
        weights_(weights),
        bias_(bias),
        groups_(groups),
        lattice_(lattice),
        out_(out),
        finish_(finish),
        reach_(lattice.taps),
        run_(groups == 1 ? run_length(lattice.taps) : 1),
        packing_(kernels_, weights, groups, lattice.taps) {}

  void run() {
    const std::size_t rows = rows_of_strip(), strips = ceil_div(lattice_.rows, rows);
    constexpr std::size_t kFew = 2;
    if (in_.count * strips <= kFew) return run_by_panels(strips);
    run_by_strips(strips, 2 * packing_.depth() * weights_.out_channels * groups_ * lattice_.cols * rows);
  }

 private:
  // Of a chunk. Whoever asks for few images waits for each.
  static constexpr std::size_t kLeastWork = 4000000, kLeastWorkOfPanels = 1000000;

  std::size_t rows_of_strip() const {
    // A double, because steps may be as large as no image is.
    const double row_bytes = static_cast<double>(lattice_.in_step_y * sizeof(T)) *
                             static_cast<double>(lattice_.in_step_x * lattice_.cols) *
                             static_cast<double>(in_.channels);
    return std::clamp<std::size_t>(
        static_cast<std::size_t>(static_cast<double>(kStripBytes) / std::max(1.0, row_bytes)), 1, lattice_.rows);
  }

  // All weights are packed, then read by every strip.
  void run_by_strips(std::size_t strips, std::size_t work) const {
    const std::size_t all = in_.count * strips;
    std::optional<Temporary> memory;
    const T* packed = weights_.packed;
    if (packed == nullptr) {
      T* const made = memory.emplace(packing_.elements() * sizeof(T)).template as<T>();
      packing_.pack_all(made);
      packed = made;
    }
    const std::size_t chunks = chunks_for(all, ceil_div(kLeastWork, std::max<std::size_t>(1, work)));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(all, chunks, chunk);
      for (std::size_t i = mine.begin; i < mine.end; i++) {
        const Range rows = chunk_range(lattice_.rows, strips, i % strips);
        add_strip(i / strips, rows, {0, packing_.panels()}, packed);
        out_.finish_rows(finish_, i / strips, rows, {0, lattice_.cols});
      }
    });
  }

  // Few pixels: weights are most of what is read, so each panel is used as soon as it is packed.
  void run_by_panels(std::size_t strips) const {
    const std::size_t panels = packing_.panels();
    const std::size_t work = 2 * packing_.panel_size() * in_.count * lattice_.rows * lattice_.cols;
    const std::size_t chunks =
        std::min(panels, chunks_for(panels, ceil_div(kLeastWorkOfPanels, std::max<std::size_t>(1, work))));
    const auto for_strips = [&](const auto& body) {
      for (std::size_t i = 0; i < in_.count * strips; i++)
        body(i / strips, chunk_range(lattice_.rows, strips, i % strips));
    };
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(panels, chunks, chunk);
      for (std::size_t panel = mine.begin; panel < mine.end; panel++) {
        const T* const packed = panel_at(panel);
        for_strips([&](std::size_t index, Range rows) { add_strip(index, rows, {panel, panel + 1}, packed); });
      }
    });
    for_strips([&](std::size_t index, Range rows) { out_.finish_rows(finish_, index, rows, {0, lattice_.cols}); });
  }

  // A panel of weights, as they have been packed or in this thread's scratch.
  const T* panel_at(std::size_t panel) const {
    if (weights_.packed != nullptr) return weights_.packed + panel * packing_.panel_size();
    T* const packed = scratch<T>(Scratch::kPackB, packing_.panel_size());
    packing_.pack(panel, packed);
    return packed;
  }

  // Rows [rows.begin, rows.end) of the lattice in image `index`, with panels of weights that lie one behind the other.
  void add_strip(std::size_t index, Range rows, Range panels, const T* packed) const {
    std::vector<std::ptrdiff_t> segments(lattice_.taps.size() / run_);
    const auto step = static_cast<std::ptrdiff_t>(lattice_.in_step_y);
    const std::ptrdiff_t top = static_cast<std::ptrdiff_t>(rows.begin) * step + reach_.top;
    const std::ptrdiff_t bottom = static_cast<std::ptrdiff_t>(rows.end - 1) * step + reach_.bottom + 1;
    const std::ptrdiff_t right =
        static_cast<std::ptrdiff_t>((lattice_.cols - 1) * lattice_.in_step_x) + reach_.right + 1;
    const Window<T> window = window_of(in_, index, top, bottom, reach_.left, right);
    for (std::size_t i = 0; i < segments.size(); i++) {
      const Tap& tap = lattice_.taps[i * run_];
      segments[i] =
          (tap.dy - reach_.top) * window.row + (tap.dx - reach_.left) * static_cast<std::ptrdiff_t>(in_.channels);
    }
    for (std::size_t panel = panels.begin; panel < panels.end; panel++, packed += packing_.panel_size()) {
      add_panel(index, rows, window, segments, panel, packed);
    }
  }

  // The columns of one panel of weights, row by row.
  void add_panel(std::size_t index, Range rows, const Window<T>& window, const std::vector<std::ptrdiff_t>& segments,
                 std::size_t panel, const T* packed) const {
    const std::size_t group = packing_.group(panel), column = packing_.column(panel);
    const std::size_t channel = group * weights_.out_channels + column;
    GemmPanel<T> call{};
    call.a_row = static_cast<std::ptrdiff_t>(lattice_.in_step_x * in_.channels);
    call.a_k = 1;
    call.a_segments = segments.data();
    call.segments = segments.size();
    call.k = run_ * weights_.in_channels;
    call.b = packed;
    call.b_k = static_cast<std::ptrdiff_t>(packing_.width());
    call.b_padded = true;
    call.c_row = static_cast<std::ptrdiff_t>(lattice_.step_x * out_.channels);
    call.rows = lattice_.cols;
    call.cols = packing_.columns(panel);
    call.alpha = 1;
    call.bias = bias_ == nullptr ? nullptr : bias_ + channel;
    call.fetch_c = true;
    for (std::size_t i = rows.begin; i < rows.end; i++) {
      call.a = input_row(window, i - rows.begin) + group * weights_.in_channels;
      call.c = output_row(index, i) + channel;
      kernels_.panel(call);
    }
  }

  const T* input_row(const Window<T>& window, std::size_t i) const {
    return window.data + static_cast<std::ptrdiff_t>(i * lattice_.in_step_y) * window.row;
  }
  T* output_row(std::size_t index, std::size_t i) const {
    return out_.at(index, lattice_.first_y + i * lattice_.step_y, lattice_.first_x);
  }

  const GemmKernels<T> kernels_;
  const Images<const T>& in_;
  const Weights<T>& weights_;
  const T* bias_;
  const std::size_t groups_;
  const Lattice& lattice_;
  const Images<T>& out_;
  const Finish* finish_;
  const Reach reach_;
  const std::size_t run_;
  const TapWeights<T> packing_;
};

}  // namespace

template <class T>
Window<T> window_of(const Images<const T>& images, std::size_t index, std::ptrdiff_t top, std::ptrdiff_t bottom,
                    std::ptrdiff_t left, std::ptrdiff_t right) {
  const auto height = static_cast<std::ptrdiff_t>(images.height), width = static_cast<std::ptrdiff_t>(images.width);
  const auto channels = static_cast<std::ptrdiff_t>(images.channels);
  if (top >= 0 && bottom <= height && left >= 0 && right <= width) {
    return {images.at(index, 0, 0) + top * images.row + left * channels, images.row};
  }
  const std::ptrdiff_t row = (right - left) * channels;
  T* copy = scratch<T>(Scratch::kRows, static_cast<std::size_t>((bottom - top) * row));
  const std::ptrdiff_t first = std::clamp<std::ptrdiff_t>(left, 0, width),
                       last = std::clamp<std::ptrdiff_t>(right, first, width);
  for (std::ptrdiff_t y = top; y < bottom; y++) {
    T* to = copy + (y - top) * row;
    if (y < 0 || y >= height || first == last) {
      std::fill(to, to + row, T(0));
      continue;
    }
    T* inside = to + (first - left) * channels;
    T* after = inside + (last - first) * channels;
    std::fill(to, inside, T(0));
    std::copy_n(images.at(index, static_cast<std::size_t>(y), static_cast<std::size_t>(first)), after - inside, inside);
    std::fill(after, to + row, T(0));
  }
  return {copy, row};
}

Lattice forward_lattice(const ConvShape& shape) {
  Lattice lattice{shape.out_height, shape.out_width, 0, 0, 1, 1, shape.stride_y, shape.stride_x, {}};
  if (shape.empty_kernel()) return lattice;
  for (std::size_t ky = 0; ky < shape.kernel_height; ky++) {
    for (std::size_t kx = 0; kx < shape.kernel_width; kx++) {
      lattice.taps.push_back(
          {static_cast<std::ptrdiff_t>(ky * shape.dilation_y) - static_cast<std::ptrdiff_t>(shape.top),
           static_cast<std::ptrdiff_t>(kx * shape.dilation_x) - static_cast<std::ptrdiff_t>(shape.left), ky, kx});
    }
  }
  return lattice;
}

// Input pixel i receives from output pixel o through kernel position k when i = o * stride - pad + k * dilation. For
// i = remainder + j * stride that is o = j + (remainder + pad - k * dilation) / stride, if the division is exact.
Lattice gradient_lattice(const ConvShape& shape, std::size_t remainder_y, std::size_t remainder_x) {
  Lattice lattice{ceil_div(shape.height - remainder_y, shape.stride_y),
                  ceil_div(shape.width - remainder_x, shape.stride_x),
                  remainder_y,
                  remainder_x,
                  shape.stride_y,
                  shape.stride_x,
                  1,
                  1,
                  {}};
  if (shape.empty_kernel()) return lattice;
  const auto step_y = static_cast<std::ptrdiff_t>(shape.stride_y), step_x = static_cast<std::ptrdiff_t>(shape.stride_x);
  for (std::size_t ky = 0; ky < shape.kernel_height; ky++) {
    const auto y =
        static_cast<std::ptrdiff_t>(remainder_y + shape.top) - static_cast<std::ptrdiff_t>(ky * shape.dilation_y);
    if (y % step_y != 0) continue;
    for (std::size_t kx = 0; kx < shape.kernel_width; kx++) {
      const auto x =
          static_cast<std::ptrdiff_t>(remainder_x + shape.left) - static_cast<std::ptrdiff_t>(kx * shape.dilation_x);
      if (x % step_x == 0) lattice.taps.push_back({y / step_y, x / step_x, ky, kx});
    }
  }
  sort_taps(lattice.taps);
  return lattice;
}

template <class T>
void correlate(const KernelTable& kernels, const Images<const T>& in, const Weights<T>& weights, const T* bias,
               std::size_t groups, const Lattice& lattice, const Images<T>& out, const Finish* finish) {
  if (out.count == 0 || lattice.rows == 0 || lattice.cols == 0) return;
  if (groups > 1 && weights.in_channels == 1 && weights.out_channels == 1) {
    return depthwise_correlate(kernels, in, weights, bias, lattice, out, finish);
  }
  Correlation<T>(kernels, in, weights, bias, groups, lattice, out, finish).run();
}

template Window<float> window_of(const Images<const float>&, std::size_t, std::ptrdiff_t, std::ptrdiff_t,
                                 std::ptrdiff_t, std::ptrdiff_t);
template Window<double> window_of(const Images<const double>&, std::size_t, std::ptrdiff_t, std::ptrdiff_t,
                                  std::ptrdiff_t, std::ptrdiff_t);
template void correlate(const KernelTable&, const Images<const float>&, const Weights<float>&, const float*,
                        std::size_t, const Lattice&, const Images<float>&, const Finish*);
template void correlate(const KernelTable&, const Images<const double>&, const Weights<double>&, const double*,
                        std::size_t, const Lattice&, const Images<double>&, const Finish*);

}  // namespace myelin
