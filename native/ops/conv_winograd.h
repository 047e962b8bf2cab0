#pragma once
#include <optional>
#include <type_traits>
#include <vector>

#include "core/pool.h"
#include "ops/conv_phases.h"

namespace myelin {

// Convolutions by 3 x 3 kernels that move by single pixels, as Winograd's F(4 x 4, 3 x 3) (kernels/conv.h says which):
// the output is cut into tiles of 4 x 4 pixels, each of which needs 6 x 6 pixels of the input. Turned, both are 36 planes,
// and the convolution is a matrix product in each: a quarter of the multiplications.
namespace winograd {

constexpr std::size_t kTile = 4, kBlock = 6, kPlanes = kBlock * kBlock;

// So many elements are left free behind a plane: 36 streams of equal distance would fall into one set of the cache.
constexpr std::size_t kPlaneGap = 16;

// Sums over `taps` positions of kernels into `batch` images of height x width output pixels, without dilation, from each of so
// many sources to each of so many targets.
struct Work {
  std::size_t batch, height, width, in_channels, out_channels;
  bool turned;  // the weights have been turned beforehand
  std::size_t sources = 1, targets = 1;
  std::size_t taps = 9;  // of all sources and targets together
};

// Whether turning pays. Speeds are those of float32.
bool pays(const Work& work);

// The 3 x 3 kernel from one source to one target: which of its positions there are, and their weights, of which those of the
// first are at matrix(g, 0, 0).
struct Kernel {
  Weights<float> weights;
  Range rows = {0, 3}, cols = {0, 3};
};

// The sums of the correlations of all sources, each by its kernel, go to `out`.
struct Target {
  std::vector<Kernel> kernels;
  Images<float> out;
};

struct Tile {
  std::size_t image, y, x;  // its first pixel
};

// Images cut into tiles, row by row; the last ones of a row or an image may overreach.
struct Tiles {
  std::size_t rows, cols, count;

  Tiles(std::size_t batch, std::size_t height, std::size_t width)
      : rows(ceil_div(height, kTile)), cols(ceil_div(width, kTile)), count(batch * rows * cols) {}
  Tile at(std::size_t index) const {
    const std::size_t row = index / cols;
    return {row / rows, row % rows * kTile, index % cols * kTile};
  }
};

// What is turned lies in 36 planes, a row for each tile.
struct Planes {
  float* data;
  std::ptrdiff_t plane, row;

  float* at(std::size_t index, std::size_t tile) const {
    return data + static_cast<std::ptrdiff_t>(index) * plane + static_cast<std::ptrdiff_t>(tile) * row;
  }
};

// Input pixels under tiles: tile (y, x) begins `top` rows above row y and `left` columns before column x. Channels
// [first, first + channels) of tiles [range.begin, range.end) go to rows 0, 1, ... of the planes.
struct InputTiles {
  const Images<const float>& images;
  const Tiles& tiles;
  std::ptrdiff_t top, left;
  std::size_t first, channels;

  void turn(const KernelTable& kernels, Range range, const Planes& to) const;
  void prefetch(std::size_t index) const;
};

// Weights as the products read them: panels of output channels, group after group, each with a matrix for every plane, whose
// rows are the input channels of one source after another.
class TurnedWeights {
 public:
  TurnedWeights(const KernelTable& table, const std::vector<Kernel>& sources, std::size_t groups);

  std::size_t width() const { return width_; }
  std::size_t plane() const { return plane_; }
  std::size_t group_panels() const { return group_panels_; }
  std::size_t panel_size() const { return kPlanes * plane_; }
  std::size_t elements() const { return groups_ * group_panels_ * panel_size(); }

  // A panel, counted over all groups.
  void turn(std::size_t panel, float* to) const;
  void turn_all(float* to) const;

 private:
  void turn(std::size_t panel, std::size_t source, Range rows, float* to) const;

  const KernelTable& table_;
  const GemmKernels<float> kernels_;
  const std::vector<Kernel> sources_;
  const std::size_t groups_, depth_, width_, group_panels_, plane_;  // depth: of one source
};

// The correlations of all sources with all targets; tiles begin `top` rows and `left` columns before their first output pixel.
// Sources have as many channels as each other, and so have targets, whose outputs are of the same extents; bias and what follows
// are for a single target. Tells whether what follows has been done, if anything does.
bool correlate(const KernelTable& kernels, const std::vector<Images<const float>>& sources,
               const std::vector<Target>& targets, const float* bias, std::size_t groups, std::ptrdiff_t top,
               std::ptrdiff_t left, const Finish* finish);

}  // namespace winograd

// Whether Winograd's algorithm, which is float32 only, is the way to convolve into height x width pixels.
template <class T>
bool winograd_applies(const ConvShape& shape, std::size_t height, std::size_t width, bool turned = false) {
  const bool fits = shape.kernel_height == 3 && shape.kernel_width == 3 && shape.stride_y == 1 && shape.stride_x == 1;
  return std::is_same_v<T, float> && fits &&
         winograd::pays({shape.batch, ceil_div(height, shape.dilation_y), ceil_div(width, shape.dilation_x),
                         shape.group_channels(), shape.group_out_channels(), turned});
}

// out = bias + the correlation of `in` with 3 x 3 kernels. Tells whether it has done what follows, if anything does.
bool winograd_correlate(const KernelTable& kernels, const Images<const float>& in, const Weights<float>& weights,
                        const float* bias, std::size_t groups, const Reading& reading, const Images<float>& out,
                        const Finish* finish = nullptr);

// A convolution that moves by several pixels, as the sum of one correlation for the input pixels of each remainder of the stride.
// Nothing if `correlate` is the way, else whether it has done what follows, if anything does.
template <class T>
std::optional<bool> try_winograd_strided(const KernelTable&, const ConvShape&, const Images<const T>&,
                                         const Weights<T>&, const T*, const Images<T>&, const Finish*) {
  return std::nullopt;
}
template <>
std::optional<bool> try_winograd_strided(const KernelTable& kernels, const ConvShape& shape,
                                         const Images<const float>& in, const Weights<float>& weights,
                                         const float* bias, const Images<float>& out, const Finish* finish);

// Whether it is the way, in float32.
bool winograd_strides(const ConvShape& shape);

// The gradient of its input: the pixels of each remainder are a correlation of their own. `weights` are turned: their outputs
// are the channels of the input. False if `correlate` is the way.
template <class T>
bool try_winograd_back(const KernelTable&, const ConvShape&, const Images<const T>&, const Weights<T>&,
                       const Images<T>&) {
  return false;
}
template <>
bool try_winograd_back(const KernelTable& kernels, const ConvShape& shape, const Images<const float>& dout,
                       const Weights<float>& weights, const Images<float>& dx);

// As weight_gradient, but the row of channel c and tap t is c * 9 + t.
void winograd_weight_gradient(const KernelTable& kernels, const ConvShape& shape, const Images<const float>& x,
                              const Images<const float>& dout, float* gradient);

}  // namespace myelin
