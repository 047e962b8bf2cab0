#include "ops/conv_packed.h"

#include <algorithm>

#include "core/cpu.h"
#include "ops/conv_shape.h"
#include "ops/conv_taps.h"
#include "ops/conv_winograd.h"
#include "ops/gemm_packed.h"
#include "ops/support.h"

namespace myelin {
namespace {

template <class T>
bool by_winograd(const ConvShape& shape) {
  return winograd_applies<T>(shape, shape.out_height, shape.out_width, true);
}

// Calls one of three with what packs the weights in question: for Winograd's algorithm, one product, or a sum over taps.
template <class T, class A, class B, class C>
auto visit_packing(const KernelTable& kernels, const ConvShape& shape, const Weights<T>& weights, const A& winograd,
                   const B& product, const C& taps) {
  if constexpr (std::is_same_v<T, float>) {
    if (by_winograd<T>(shape)) return winograd(winograd::TurnedWeights(kernels, {{weights}}, shape.groups));
  }
  const GemmKernels<T> own(kernels);
  if (shape.pointwise()) return product(own, PackedMatrix<T>{weights.in_channels, weights.out_channels});
  const Lattice lattice = forward_lattice(shape);
  return taps(TapWeights<T>(own, weights, shape.groups, lattice.taps));
}

// Weights that nobody reads where they lie: row-major, should it matter.
template <class T>
Weights<T> described(const ConvShape& shape) {
  const std::size_t channels = shape.group_channels(), taps = shape.kernel_height * shape.kernel_width;
  const auto distance = [](std::size_t elements) { return static_cast<std::ptrdiff_t>(elements); };
  return {nullptr,
          distance(taps),
          distance(channels * taps),
          distance(shape.kernel_width),
          1,
          distance(shape.group_out_channels() * channels * taps),
          channels,
          shape.group_out_channels()};
}

template <class T>
std::size_t elements(const KernelTable& kernels, const ConvShape& shape) {
  return visit_packing(
      kernels, shape, described<T>(shape), [](const auto& turning) { return turning.elements(); },
      [](const auto&, const auto& matrix) { return matrix.elements(); },
      [](const auto& taps) { return taps.elements(); });
}

// Where a weight meets few pixels, reading it in the order that it lies in costs as much as what is done with it.
template <class T>
bool packing_pays(const ConvShape& shape) {
  constexpr std::size_t kMostTiles = 512, kMostPixels = 2048;
  constexpr double kMostWeights = 0x1p36;  // no memory holds so many, and packed they can still be counted
  const double weights = static_cast<double>(shape.group_channels()) * static_cast<double>(shape.out_channels) *
                         static_cast<double>(shape.kernel_height * shape.kernel_width);
  if (weights > kMostWeights) return false;
  if (shape.empty_kernel() || (shape.group_channels() == 1 && shape.group_out_channels() == 1)) return false;
  // Convolutions across strides by tiles read no packed weights.
  if (std::is_same_v<T, float> && winograd_strides(shape)) return false;
  if (by_winograd<T>(shape)) {
    return winograd::Tiles(shape.batch, shape.out_height, shape.out_width).count <= kMostTiles;
  }
  const std::size_t pixels = shape.batch * shape.out_height * shape.out_width;
  return pixels <= kMostPixels && pixels > (shape.pointwise() ? 1 : 0);
}

template <class T>
void require_packed(const KernelTable& kernels, const ConvShape& shape, const View& packed) {
  const bool fits = packing_pays<T>(shape) && packed.rank == 1 && packed.contiguous() &&
                    packed.shape[0] >= static_cast<std::int64_t>(elements<T>(kernels, shape));
  require(fits, "conv2d: what is packed has a wrong shape");
}

}  // namespace

std::size_t packed_conv_elements(DType dtype, Attrs attrs) {
  const Dims kernel = conv_extents(attrs), input = conv_extents(attrs);
  const ConvShape shape = conv_shape(input, kernel, attrs);
  std::size_t most = 0;
  visit_float(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (!packing_pays<T>(shape)) return;
    for (const KernelTable* kernels : supported_kernels()) most = std::max(most, elements<T>(*kernels, shape));
  });
  return most;
}

template <class T>
void pack_weights(const KernelTable& kernels, const ConvShape& shape, const Weights<T>& weights, const View& packed) {
  require_packed<T>(kernels, shape, packed);
  T* const to = packed.as<T>();
  visit_packing(
      kernels, shape, weights, [&](const auto& turning) { turning.turn_all(to); },
      [&](const auto& own, const auto& matrix) { matrix.pack_all(own, weights.matrix(0, 0, 0), to); },
      [&](const auto& taps) { taps.pack_all(to); });
}

template <class T>
Weights<T> packed_weights(const KernelTable& kernels, const ConvShape& shape, const View& packed) {
  require_packed<T>(kernels, shape, packed);
  Weights<T> weights = described<T>(shape);
  weights.packed = packed.as<T>();
  return weights;
}

template void pack_weights(const KernelTable&, const ConvShape&, const Weights<float>&, const View&);
template void pack_weights(const KernelTable&, const ConvShape&, const Weights<double>&, const View&);
template Weights<float> packed_weights(const KernelTable&, const ConvShape&, const View&);
template Weights<double> packed_weights(const KernelTable&, const ConvShape&, const View&);

}  // namespace myelin
