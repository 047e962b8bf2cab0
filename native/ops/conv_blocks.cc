// The gradient of an input whose windows lie side by side without gaps, as those of a kernel as large as its stride do; a
// transposed convolution that enlarges images is one. Each pixel of dout makes a block of pixels and no two blocks meet, so
// that all of it is one product, as wide as the kernel times the channels.
#include <algorithm>

#include "core/pool.h"
#include "ops/conv.h"
#include "ops/support.h"

namespace myelin {
namespace {

template <class T>
class Blocks {
 public:
  Blocks(const KernelTable& table, const ConvShape& shape, const Images<const T>& dout, const Weights<T>& weights,
         const Images<T>& dx)
      : kernels_(table),
        shape_(shape),
        dout_(dout),
        weights_(weights),
        dx_(dx),
        row_(shape.kernel_width * shape.channels),
        width_(kernels_.blocking.lanes * (row_ <= kernels_.blocking.lanes ? 1 : 2)),
        panels_(ceil_div(row_, width_)) {}

  void run() const {
    const Temporary memory(panels() * panel_size() * sizeof(T));
    pack_all(memory.as<T>());
    const std::size_t strips = ceil_div(dout_.height, lines_together()), all = dout_.count * strips;
    const std::size_t work = dout_.count * dout_.height * dout_.width * panels() * panel_size();
    const std::size_t chunks = std::min(all, chunks_for(work, kLeastWork));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(all, chunks, chunk);
      for (std::size_t i = mine.begin; i < mine.end; i++) {
        const Range lines = chunk_range(dout_.height, strips, i % strips);
        for (std::size_t panel = 0; panel < panels(); panel++) {
          multiply(i / strips, lines, panel, memory.as<T>() + panel * panel_size());
        }
      }
    });
  }

 private:
  static constexpr std::size_t kElements = 16 << 10;  // that a chunk packs
  static constexpr std::size_t kLeastWork = 2000000;  // multiply-adds of a chunk
  // Of dout: with what they make, and the weights, they stay cached.
  static constexpr std::size_t kStripBytes = 128 << 10;

  std::size_t panels() const { return shape_.kernel_height * panels_; }
  std::size_t panel_size() const { return shape_.out_channels * width_; }

  // Lines of dout that are multiplied by one panel of weights after the other.
  std::size_t lines_together() const {
    const std::size_t bytes = dout_.width * dout_.channels * sizeof(T);
    return std::clamp<std::size_t>(kStripBytes / bytes, 1, dout_.height);
  }

  void pack_all(T* packed) const {
    const std::size_t chunks = std::min(panels(), chunks_for(panels() * panel_size(), kElements));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(panels(), chunks, chunk);
      for (std::size_t panel = mine.begin; panel < mine.end; panel++) pack(panel, packed + panel * panel_size());
    });
  }

  // Columns of a row of the kernel are its positions, and the channels of each.
  void pack(std::size_t panel, T* to) const {
    const std::size_t ky = panel / panels_, first = panel % panels_ * width_, last = std::min(row_, first + width_);
    for (std::size_t k = 0; k < shape_.out_channels; k++, to += width_) {
      T* out = to;
      for (std::size_t column = first; column < last;) {
        const std::size_t kx = column / shape_.channels, c = column % shape_.channels;
        const std::size_t count = std::min(last - column, shape_.channels - c);
        const T* from = weights_.matrix(0, ky, kx).at(k, c);
        for (std::size_t i = 0; i < count; i++) *out++ = from[static_cast<std::ptrdiff_t>(i) * weights_.out];
        column += count;
      }
      std::fill(out, to + width_, T(0));
    }
  }

  void multiply(std::size_t image, Range lines, std::size_t panel, const T* packed) const {
    const std::size_t ky = panel / panels_, column = panel % panels_ * width_;
    GemmPanel<T> call{};
    call.a_row = static_cast<std::ptrdiff_t>(dout_.channels);
    call.a_k = 1;
    call.segments = 1;
    call.k = shape_.out_channels;
    call.b = packed;
    call.b_k = static_cast<std::ptrdiff_t>(width_);
    call.b_padded = true;
    call.c_row = static_cast<std::ptrdiff_t>(row_);
    call.rows = dout_.width;
    call.cols = std::min(width_, row_ - column);
    call.alpha = 1;
    call.fetch_a = true;
    call.fetch_c = true;
    for (std::size_t line = lines.begin; line < lines.end; line++) {
      call.a = dout_.at(image, line, 0);
      call.c = dx_.at(image, line * shape_.stride_y + ky, 0) + column;
      kernels_.panel(call);
    }
  }

  const GemmKernels<T> kernels_;
  const ConvShape& shape_;
  const Images<const T>& dout_;
  const Weights<T>& weights_;
  const Images<T>& dx_;
  const std::size_t row_, width_, panels_;  // elements, columns of a panel, and panels of a row of the kernel
};

}  // namespace

template <class T>
bool try_blocks(const KernelTable& kernels, const ConvShape& shape, const Images<const T>& dout,
                const Weights<T>& weights, const Images<T>& dx) {
  if (!shape.tiles_input() || dout.count == 0) return false;
  Blocks<T>(kernels, shape, dout, weights, dx).run();
  return true;
}

template bool try_blocks(const KernelTable&, const ConvShape&, const Images<const float>&, const Weights<float>&,
                         const Images<float>&);
template bool try_blocks(const KernelTable&, const ConvShape&, const Images<const double>&, const Weights<double>&,
                         const Images<double>&);

}  // namespace myelin
