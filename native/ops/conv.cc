// conv2d and its gradients: shapes are checked and the way is chosen here, sums are in the other files.
#include "ops/conv_images.h"
#include "ops/conv_packed.h"
#include "ops/conv_shape.h"
#include "ops/conv_winograd.h"
#include "ops/gemm_packed.h"

#include <algorithm>

#include "core/pool.h"
#include "core/registry.h"
#include "ops/support.h"

namespace myelin {
namespace {

template <class T>
Weights<T> forward_weights(const View& kernel, const ConvShape& shape) {
  const Dims& s = kernel.strides;
  return {kernel.as<T>(),
          s[1],
          s[0],
          s[2],
          s[3],
          static_cast<std::ptrdiff_t>(shape.group_out_channels()) * s[0],
          shape.group_channels(),
          shape.group_out_channels()};
}

template <class T>
Weights<T> turned(const Weights<T>& w) {
  return {w.data, w.out, w.in, w.y, w.x, w.group, w.out_channels, w.in_channels};
}

// A 1 x 1 kernel that moves by single pixels is one product over all pixels. If there are gaps between the rows of images, a
// lattice has the better way, but none that reads weights packed for a product: each row is one then.
template <class T>
bool try_product(const KernelTable& kernels, const ConvShape& shape, const Images<const T>& in,
                 const Weights<T>& weights, const T* bias, const Images<T>& out, const Finish* finish = nullptr) {
  const bool dense = in.dense() && out.dense(), packed = weights.packed != nullptr;
  if (!shape.pointwise() || (!dense && !packed)) return false;
  const std::size_t rows = dense ? 1 : in.count * in.height;
  Gemm<T> product{};
  product.m = in.count * in.height * in.width / rows;
  product.n = out.channels;
  product.k = in.channels;
  product.b = weights.matrix(0, 0, 0);
  product.bias = bias;
  product.finish = finish;
  for (std::size_t row = 0; row < rows; row++) {
    const std::size_t image = row / in.height, y = row % in.height;
    product.a = {in.at(image, y, 0), static_cast<std::ptrdiff_t>(in.channels), 1};
    product.c = {out.at(image, y, 0), static_cast<std::ptrdiff_t>(out.channels), 1};
    packed ? gemm_packed(kernels, product, weights.packed) : gemm(kernels, product);
    if (packed) product.finish_rows({0, product.m});
  }
  return true;
}

template <class T>
std::vector<T> values_of(const View& vector) {
  std::vector<T> values(static_cast<std::size_t>(vector.shape[0]));
  const T* from = vector.as<T>();
  for (std::size_t i = 0; i < values.size(); i++) values[i] = from[static_cast<std::int64_t>(i) * vector.strides[0]];
  return values;
}

template <class T>
void forward_of(OpCall& call, const ConvShape& shape, const Weights<T>& weights, const View& bias_values) {
  const std::vector<T> values = values_of<T>(bias_values);
  const T* bias = values.empty() ? nullptr : values.data();
  const ImageInput<T> x(call.kernels, call.in[0]);
  const ImageOutput<T> out(call.kernels, call.out[0]);
  const Finish* const finish = out.in_place() ? call.finish : nullptr;
  call.finished = finish != nullptr;
  if (winograd_applies<T>(shape, shape.out_height, shape.out_width, weights.packed != nullptr)) {
    if constexpr (std::is_same_v<T, float>) {
      call.finished = winograd_correlate(call.kernels, x.images(), weights, bias, shape.groups, reading_of(shape),
                                         out.images(), finish);
    }
  } else if (const auto finished =
                 try_winograd_strided(call.kernels, shape, x.images(), weights, bias, out.images(), finish)) {
    call.finished = *finished;
  } else if (!try_product(call.kernels, shape, x.images(), weights, bias, out.images(), finish)) {
    correlate(call.kernels, x.images(), weights, bias, shape.groups, forward_lattice(shape), out.images(), finish);
  }
  out.store();
}

// The kernel from its last element to its first.
template <class T>
Weights<T> flipped(const Weights<T>& w, const ConvShape& shape) {
  const T* last = w.matrix(0, shape.kernel_height - 1, shape.kernel_width - 1).data;
  return {last, w.in, w.out, -w.y, -w.x, w.group, w.in_channels, w.out_channels};
}

// Each pixel receives from those output pixels whose windows it lies in: a correlation for each remainder of the stride.
template <class T>
void correlate_back(const KernelTable& kernels, const ConvShape& shape, const Images<const T>& dout,
                    const Weights<T>& weights, const Images<T>& dx) {
  const T* no_bias = nullptr;
  for (std::size_t y = 0; y < std::min(shape.stride_y, shape.height); y++) {
    for (std::size_t x = 0; x < std::min(shape.stride_x, shape.width); x++) {
      correlate(kernels, dout, weights, no_bias, shape.groups, gradient_lattice(shape, y, x), dx);
    }
  }
}

template <class T>
void input_gradient_of(OpCall& call, const ConvShape& shape) {
  const Weights<T> forward = forward_weights<T>(call.in[1], shape), weights = turned(forward);
  const ImageInput<T> dout(call.kernels, call.in[0]);
  const ImageOutput<T> dx(call.kernels, call.out[0]);
  const T* no_bias = nullptr;
  if (winograd_applies<T>(shape, shape.height, shape.width)) {
    if constexpr (std::is_same_v<T, float>) {
      const Reading forward_reading = reading_of(shape);
      const Reading reading{2 * static_cast<std::ptrdiff_t>(shape.dilation_y) - forward_reading.top,
                            2 * static_cast<std::ptrdiff_t>(shape.dilation_x) - forward_reading.left, shape.dilation_y,
                            shape.dilation_x};
      winograd_correlate(call.kernels, dout.images(), flipped(weights, shape), no_bias, shape.groups, reading,
                         dx.images());
    }
  } else if (!try_product(call.kernels, shape, dout.images(), weights, no_bias, dx.images()) &&
             !try_scatter(call.kernels, shape, dout.images(), forward, dx.images()) &&
             !try_blocks(call.kernels, shape, dout.images(), weights, dx.images()) &&
             !try_winograd_back(call.kernels, shape, dout.images(), weights, dx.images())) {
    correlate_back(call.kernels, shape, dout.images(), weights, dx.images());
  }
  dx.store();
}

// How rows of a gradient's matrix follow one another: channels of one tap after another, or taps of channels.
enum class RowOrder { kByTap, kByChannel };

// Brings columns `columns` of the matrix to the kernel's own layout.
template <class T>
void store_weights(const KernelTable& kernels, const T* gradient, RowOrder order, const ConvShape& shape, Range columns,
                   const View& out) {
  const std::size_t channels = shape.group_channels(), taps = shape.kernel_height * shape.kernel_width;
  const auto kernel_width = static_cast<std::int64_t>(shape.kernel_width);
  const auto step = static_cast<std::ptrdiff_t>(shape.out_channels);
  const bool row_major =
      out.strides[3] == 1 && out.strides[2] == kernel_width && out.strides[1] == static_cast<std::int64_t>(taps);
  if (order == RowOrder::kByChannel && row_major) {
    using Bits = typename GemmKernels<T>::Bits;
    T* to = out.as<T>() + static_cast<std::int64_t>(columns.begin) * out.strides[0];
    GemmKernels<T>(kernels).transpose(reinterpret_cast<const Bits*>(gradient + columns.begin), step,
                                      reinterpret_cast<Bits*>(to), static_cast<std::ptrdiff_t>(out.strides[0]),
                                      channels * taps, columns.end - columns.begin);
    return;
  }
  // One cache line of columns at a time: it is read once, and as many rows of the kernel are written side by side.
  constexpr std::size_t kTogether = 64 / sizeof(T);
  for (std::size_t first = columns.begin; first < columns.end; first += kTogether) {
    const std::size_t last = std::min(columns.end, first + kTogether);
    for (std::size_t c = 0; c < channels; c++) {
      for (std::size_t t = 0; t < taps; t++) {
        const T* row = gradient + (order == RowOrder::kByTap ? t * channels + c : c * taps + t) * shape.out_channels;
        const auto tap = static_cast<std::int64_t>(t);
        T* to = out.as<T>() + static_cast<std::int64_t>(c) * out.strides[1] + tap / kernel_width * out.strides[2] +
                tap % kernel_width * out.strides[3];
        for (std::size_t o = first; o < last; o++) to[static_cast<std::int64_t>(o) * out.strides[0]] = row[o];
      }
    }
  }
}

template <class T>
void weight_gradient_of(OpCall& call, const ConvShape& shape) {
  const ImageInput<T> x(call.kernels, call.in[0]);
  const ImageInput<T> dout(call.kernels, call.in[1]);
  const View& out = call.out[0];
  const std::size_t channels = shape.group_channels(), taps = shape.kernel_height * shape.kernel_width;
  const Temporary gradient(taps * channels * shape.out_channels * sizeof(T));
  RowOrder order = RowOrder::kByTap;
  if (winograd_applies<T>(shape, shape.out_height, shape.out_width)) {
    if constexpr (std::is_same_v<T, float>) {
      order = RowOrder::kByChannel;
      winograd_weight_gradient(call.kernels, shape, x.images(), dout.images(), gradient.as<T>());
    }
  } else {
    weight_gradient(call.kernels, shape, x.images(), dout.images(), gradient.as<T>());
  }
  constexpr std::size_t kGrain = 32 << 10;
  const std::size_t chunks = chunks_for(static_cast<std::size_t>(out.size()), kGrain);
  parallel_for(chunks, [&](std::size_t chunk) {
    store_weights(call.kernels, gradient.as<T>(), order, shape, chunk_range(shape.out_channels, chunks, chunk), out);
  });
}

void require_floats(const OpCall& call) {
  const DType dtype = call.out[0].dtype;
  require(is_float(dtype), "conv2d: dtype must be float32 or float64");
  for (int i = 0; i < call.inputs; i++) require(call.in[i].dtype == dtype, "conv2d: dtypes differ");
}

void require_forward(const OpCall& call, const ConvShape& shape, const View& bias) {
  require(bias.rank == 1, "conv2d: an operand has another rank than expected");
  require(bias.shape[0] == 0 || bias.shape[0] == static_cast<std::int64_t>(shape.out_channels),
          "conv2d: bias must have one element for each output channel");
  require_output(call.out[0], shape);
}

void conv2d(OpCall& call) {
  require_floats(call);
  const View &x = call.in[0], &weight = call.in[1];
  require(x.rank == 4 && weight.rank == 4, "conv2d: an operand has another rank than expected");
  const ConvShape shape = conv_shape(x.shape, weight.shape, call.attrs);
  require_forward(call, shape, call.in[2]);
  if (call.out[0].size() == 0) return;
  visit_float(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    forward_of(call, shape, forward_weights<T>(weight, shape), call.in[2]);
  });
}

// x, bias, and the weights as `packConv2d` has packed them.
void conv2d_packed(OpCall& call) {
  require_floats(call);
  const View& x = call.in[0];
  require(x.rank == 4, "conv2d: an operand has another rank than expected");
  const Dims kernel = conv_extents(call.attrs);
  const ConvShape shape = conv_shape(x.shape, kernel, call.attrs);
  require_forward(call, shape, call.in[1]);
  if (call.out[0].size() == 0) return;
  visit_float(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    forward_of(call, shape, packed_weights<T>(call.kernels, shape, call.in[2]), call.in[1]);
  });
}

// weight -> the third input of `conv2dPacked`, for images of the shape that the attributes begin with.
void pack_conv2d(OpCall& call) {
  require_floats(call);
  const View& weight = call.in[0];
  require(weight.rank == 4, "conv2d: an operand has not four axes");
  const Dims input = conv_extents(call.attrs);
  const ConvShape shape = conv_shape(input, weight.shape, call.attrs);
  visit_float(weight.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    pack_weights(call.kernels, shape, forward_weights<T>(weight, shape), call.out[0]);
  });
}

void conv2d_d_input(OpCall& call) {
  require_floats(call);
  const View& weight = call.in[1];
  require(weight.rank == 4, "conv2d: an operand has not four axes");
  const Dims input = conv_extents(call.attrs);
  const ConvShape shape = conv_shape(input, weight.shape, call.attrs);
  require_output(call.in[0], shape);
  require_input(call.out[0], shape);
  if (call.out[0].size() == 0) return;
  if (weight.dtype == DType::kFloat32) return input_gradient_of<float>(call, shape);
  input_gradient_of<double>(call, shape);
}

void conv2d_d_weight(OpCall& call) {
  require_floats(call);
  const View& x = call.in[0];
  require(x.rank == 4, "conv2d: an operand has not four axes");
  const Dims kernel = conv_extents(call.attrs);
  const ConvShape shape = conv_shape(x.shape, kernel, call.attrs);
  require_output(call.in[1], shape);
  require_kernel(call.out[0], shape);
  if (call.out[0].size() == 0) return;
  if (x.dtype == DType::kFloat32) return weight_gradient_of<float>(call, shape);
  weight_gradient_of<double>(call, shape);
}

}  // namespace

void register_conv(OpList& ops) {
  ops.push_back({"conv2d", 3, 1, conv2d});
  ops.push_back({"conv2dPacked", 3, 1, conv2d_packed});
  ops.push_back({"packConv2d", 1, 1, pack_conv2d});
  ops.push_back({"conv2dDInput", 2, 1, conv2d_d_input});
  ops.push_back({"conv2dDWeight", 2, 1, conv2d_d_weight});
}

}  // namespace myelin
