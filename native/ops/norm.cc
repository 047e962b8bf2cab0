#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "core/registry.h"
#include "ops/channels.h"
#include "ops/support.h"

namespace myelin {
namespace {

void check_batch_norm(const View& x, const View& out, std::initializer_list<const View*> vectors) {
  require(x.rank >= 2 && out.same_shape(x) && out.dtype == x.dtype, "batch norm keeps shape and dtype");
  for (const View* view : vectors) require_vector(*view, x.shape[1], x.dtype);
}

// Batch norm of one channel after another, as scale and shift.
template <class T>
struct ChannelFactors {
  T *scale, *shift;
  const View &weight, &bias;
  double eps;

  void set(std::size_t j, double mean, double variance) const {
    const double factor = value_at<T>(weight, j) / std::sqrt(variance + eps);
    scale[j] = static_cast<T>(factor);
    shift[j] = static_cast<T>(value_at<T>(bias, j) - mean * factor);
  }
};

// Statistics of a batch, and the factors that follow from them.
template <class T>
void batch_statistics(const KernelTable& kernels, const Pixels<const T>& x, const ChannelFactors<T>& factors,
                      View& mean, View& variance) {
  const std::size_t n = x.channels;
  const Temporary statistics(2 * n * sizeof(double));
  double *const means = statistics.as<double>(), *const squares = means + n;
  const Temporary parts(parts_of(x) * sizeof(T));
  channel_moments<T>(kernels, x, parts.as<T>(), means, squares);
  for (std::size_t j = 0; j < n; j++) {
    const double of_channel = squares[j] / static_cast<double>(x.rows);
    factors.set(j, means[j], of_channel);
    value_at<T>(mean, j) = static_cast<T>(means[j]);
    value_at<T>(variance, j) = static_cast<T>(of_channel);
  }
}

template <class T>
void batch_norm_of(OpCall& call, double eps) {
  const PixelInput<T> input(call.in[0], call.kernels);
  const Pixels<const T> x = input.pixels();
  const Temporary memory(2 * x.channels * sizeof(T));
  T* const scale = memory.as<T>();
  const ChannelFactors<T> factors{scale, scale + x.channels, call.in[1], call.in[2], eps};
  batch_statistics(call.kernels, x, factors, call.out[1], call.out[2]);
  const PixelOutput<T> output(call.out[0]);
  scale_shift_pixels<T>(call.kernels, x, factors.scale, factors.shift, output.pixels());
  output.finish(call.kernels);
}

void batch_norm(OpCall& call) {
  const double eps = call.attrs.number();
  check_batch_norm(call.in[0], call.out[0], {&call.in[1], &call.in[2], &call.out[1], &call.out[2]});
  visit_float(call.in[0].dtype, [&](auto tag) { batch_norm_of<typename decltype(tag)::type>(call, eps); });
}

template <class T>
void set_inference_factors(const View* statistics, const ChannelFactors<T>& factors) {
  for (std::int64_t j = 0; j < statistics[0].shape[0]; j++) {
    const auto channel = static_cast<std::size_t>(j);
    factors.set(channel, value_at<T>(statistics[0], channel), value_at<T>(statistics[1], channel));
  }
}

template <class T>
void batch_norm_inference_of(OpCall& call, double eps) {
  const PixelInput<T> input(call.in[0], call.kernels);
  const Pixels<const T> x = input.pixels();
  const Temporary memory(2 * x.channels * sizeof(T));
  T* const scale = memory.as<T>();
  const ChannelFactors<T> factors{scale, scale + x.channels, call.in[1], call.in[2], eps};
  set_inference_factors(call.in + 3, factors);
  const PixelOutput<T> output(call.out[0]);
  scale_shift_pixels<T>(call.kernels, x, factors.scale, factors.shift, output.pixels());
  output.finish(call.kernels);
}

void batch_norm_inference(OpCall& call) {
  const double eps = call.attrs.number();
  check_batch_norm(call.in[0], call.out[0], {&call.in[1], &call.in[2], &call.in[3], &call.in[4]});
  visit_float(call.in[0].dtype, [&](auto tag) { batch_norm_inference_of<typename decltype(tag)::type>(call, eps); });
}

// The two halves of batch norm in plans: what is computed for each channel here, and scaleShiftBy for each pixel, which may run
// together with the ops behind it.
void batch_norm_statistics(OpCall& call) {
  const double eps = call.attrs.number();
  const View& x = call.in[0];
  check_batch_norm(x, x, {&call.in[1], &call.in[2], &call.out[0], &call.out[1], &call.out[2], &call.out[3]});
  require(call.out[0].contiguous() && call.out[1].contiguous(), "factors lie one behind the other");
  visit_float(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const PixelInput<T> input(x, call.kernels);
    const ChannelFactors<T> factors{call.out[0].as<T>(), call.out[1].as<T>(), call.in[1], call.in[2], eps};
    batch_statistics(call.kernels, input.pixels(), factors, call.out[2], call.out[3]);
  });
}

void batch_norm_factors(OpCall& call) {
  const double eps = call.attrs.number();
  const View& weight = call.in[0];
  require(weight.rank == 1, "weight must be a vector");
  for (int i = 1; i < call.inputs; i++) require_vector(call.in[i], weight.shape[0], weight.dtype);
  for (int i = 0; i < call.outputs; i++) require_vector(call.out[i], weight.shape[0], weight.dtype);
  require(call.out[0].contiguous() && call.out[1].contiguous(), "factors lie one behind the other");
  visit_float(weight.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    set_inference_factors<T>(call.in + 2, {call.out[0].as<T>(), call.out[1].as<T>(), weight, call.in[1], eps});
  });
}

// Weight and bias of a map that is linear in them, so that it does what batch norm by given statistics does behind it. Inputs: the
// weight, whose first axis are the channels; the norm's weight, bias, mean and variance; and the bias, if there is one.
template <class T>
void fold_norm_of(OpCall& call, double eps) {
  const Contiguous weight(call.in[0], call.kernels);
  const View &scale = call.in[1], &shift = call.in[2], &mean = call.in[3], &variance = call.in[4];
  T* const out = call.out[0].as<T>();
  const std::size_t channels = static_cast<std::size_t>(call.in[0].shape[0]);
  const std::size_t all = static_cast<std::size_t>(call.in[0].size()), size = channels == 0 ? 0 : all / channels;
  const std::size_t chunks = chunks_for(all, kGrain);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(channels, chunks, chunk);
    for (std::size_t j = range.begin; j < range.end; j++) {
      const double factor = value_at<T>(scale, j) / std::sqrt(value_at<T>(variance, j) + eps);
      const double bias = call.inputs == 6 ? value_at<T>(call.in[5], j) : T(0);
      value_at<T>(call.out[1], j) = static_cast<T>(value_at<T>(shift, j) + (bias - value_at<T>(mean, j)) * factor);
      const T* const from = weight.as<T>() + j * size;
      for (std::size_t i = 0; i < size; i++) out[j * size + i] = static_cast<T>(from[i] * factor);
    }
  });
}

void fold_norm(OpCall& call) {
  const double eps = call.attrs.number();
  require(call.inputs == 5 || call.inputs == 6, "a norm is folded with five or six inputs");
  const View &weight = call.in[0], &out = call.out[0];
  require(weight.rank >= 1 && out.same_shape(weight) && out.dtype == weight.dtype && out.contiguous(),
          "a folded weight is row-major and as the weight is");
  for (int i = 1; i < call.inputs; i++) require_vector(call.in[i], weight.shape[0], weight.dtype);
  require_vector(call.out[1], weight.shape[0], weight.dtype);
  visit_float(weight.dtype, [&](auto tag) { fold_norm_of<typename decltype(tag)::type>(call, eps); });
}

template <class T>
void batch_norm_backward_of(OpCall& call, double eps) {
  const View &weight = call.in[2], &dweight = call.out[1], &dbias = call.out[2];
  const PixelInput<T> gradient(call.in[0], call.kernels), input(call.in[1], call.kernels);
  const Pixels<const T> dout = gradient.pixels(), x = input.pixels();
  const std::size_t n = x.channels;
  const Temporary statistics(2 * n * sizeof(T));
  T *const mean = statistics.as<T>(), *const rstd = mean + n;
  for (std::size_t j = 0; j < n; j++) {
    mean[j] = value_at<T>(call.in[3], j);
    rstd[j] = reciprocal_deviation<T>(value_at<T>(call.in[4], j), eps);
  }
  const Temporary sums(2 * n * sizeof(double)), memory(3 * n * sizeof(T));
  double *const sum = sums.as<double>(), *const sum_xhat = sum + n;
  const Temporary parts(parts_of(x) * sizeof(T));
  channel_gradient_sums<T>(call.kernels, x, dout, mean, rstd, parts.as<T>(), sum, sum_xhat);
  const DxFactors<T> factors{memory.as<T>(), memory.as<T>() + n, memory.as<T>() + 2 * n};
  const double rows = static_cast<double>(x.rows);
  for (std::size_t j = 0; j < n; j++) {
    factors.set(j, value_at<T>(weight, j), mean[j], rstd[j], sum[j] / rows, sum_xhat[j] / rows);
    value_at<T>(dweight, j) = static_cast<T>(sum_xhat[j]);
    value_at<T>(dbias, j) = static_cast<T>(sum[j]);
  }
  const PixelOutput<T> output(call.out[0]);
  combine_pixels<T>(call.kernels, x, dout, factors, output.pixels());
  output.finish(call.kernels);
}

void batch_norm_backward(OpCall& call) {
  const double eps = call.attrs.number();
  const View &dout = call.in[0], &x = call.in[1];
  require(dout.same_shape(x) && dout.dtype == x.dtype, "a gradient has the shape of its tensor");
  check_batch_norm(x, call.out[0], {&call.in[2], &call.in[3], &call.in[4], &call.out[1], &call.out[2]});
  visit_float(x.dtype, [&](auto tag) { batch_norm_backward_of<typename decltype(tag)::type>(call, eps); });
}

// Layer norm over the last `count` axes: rows of n elements each.
struct LayerShape {
  std::size_t rows = 1;
  std::size_t n = 1;
  int lead;
  LayerShape(const View& x, std::int64_t count) : lead(x.rank - static_cast<int>(count)) {
    require(count >= 1 && count <= x.rank, "layer norm normalizes at least one axis");
    for (int axis = 0; axis < x.rank; axis++) (axis < lead ? rows : n) *= static_cast<std::size_t>(x.shape[axis]);
  }
  void require_features(const View& x, const View& view) const {
    bool same = view.rank == x.rank - lead && view.dtype == x.dtype;
    for (int i = 0; same && i < view.rank; i++) same = view.shape[i] == x.shape[lead + i];
    require(same, "layer norm needs one value a feature");
  }
  void require_statistics(const View& x, const View& view) const {
    bool same = view.rank == lead && view.dtype == x.dtype;
    for (int i = 0; same && i < lead; i++) same = view.shape[i] == x.shape[i];
    require(same, "layer norm needs one statistic a row");
  }
};

template <class T>
void layer_norm_of(OpCall& call, const LayerShape& shape, double eps) {
  const auto moments = pick<T>(call.kernels.f32_moments, call.kernels.f64_moments);
  const auto normalize = pick<T>(call.kernels.f32_normalize, call.kernels.f64_normalize);
  const Contiguous x(call.in[0], call.kernels), weight(call.in[1], call.kernels), bias(call.in[2], call.kernels);
  const T* const input = x.as<T>();
  T *const out = call.out[0].as<T>(), *const means = call.out[1].as<T>(), *const variances = call.out[2].as<T>();
  const std::size_t n = shape.n, chunks = chunks_for(shape.rows * n, kGrain);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(shape.rows, chunks, chunk);
    for (std::size_t row = range.begin; row < range.end; row++) {
      T squares;
      moments(input + row * n, n, &means[row], &squares);
      const double variance = static_cast<double>(squares) / static_cast<double>(n);
      variances[row] = static_cast<T>(variance);
      normalize(input + row * n, means[row], reciprocal_deviation<T>(variance, eps), weight.as<T>(), bias.as<T>(),
                out + row * n, n);
    }
  });
}

void layer_norm(OpCall& call) {
  const View& x = call.in[0];
  const LayerShape shape(x, call.attrs.integer());
  const double eps = call.attrs.number();
  require(call.out[0].same_shape(x) && call.out[0].dtype == x.dtype, "layer norm keeps shape and dtype");
  for (const int i : {0, 1, 2}) require(call.out[i].contiguous(), "layer norm writes row-major");
  for (const int i : {1, 2}) {
    shape.require_features(x, call.in[i]);
    shape.require_statistics(x, call.out[i]);
  }
  visit_float(x.dtype, [&](auto tag) { layer_norm_of<typename decltype(tag)::type>(call, shape, eps); });
}

// Adds up partial rows: out[j] = sum over parts of parts[i * stride + j].
template <class T>
void add_parts(const T* parts, std::size_t stride, std::size_t count, std::size_t n, T* out) {
  for (std::size_t j = 0; j < n; j++) {
    double sum = 0;
    for (std::size_t i = 0; i < count; i++) sum += parts[i * stride + j];
    out[j] = static_cast<T>(sum);
  }
}

template <class T>
void layer_norm_backward_of(OpCall& call, const LayerShape& shape, double eps) {
  const auto kernel = pick<T>(call.kernels.f32_normalize_backward, call.kernels.f64_normalize_backward);
  const Contiguous dout(call.in[0], call.kernels), x(call.in[1], call.kernels), weight(call.in[2], call.kernels);
  const Contiguous means(call.in[3], call.kernels), variances(call.in[4], call.kernels);
  const T *const gradient = dout.as<T>(), *const input = x.as<T>();
  const T *const mean = means.as<T>(), *const variance = variances.as<T>();
  T* const dx = call.out[0].as<T>();
  // At most 256 rows, because the kernel adds them up one after the other.
  const Blocks blocks(shape.rows, std::max<std::size_t>(64, shape.n));
  const std::size_t n = shape.n;
  const Temporary memory(blocks.count * 2 * n * sizeof(T));
  T* const parts = memory.as<T>();
  parallel_for(blocks.count, [&](std::size_t block) {
    T* const dweight = parts + block * 2 * n;
    T* const dbias = dweight + n;
    std::fill_n(dweight, 2 * n, T{0});
    const Range range = blocks.range(block);
    for (std::size_t row = range.begin; row < range.end; row++) {
      const std::size_t at = row * n;
      kernel(gradient + at, input + at, mean[row], reciprocal_deviation<T>(variance[row], eps), weight.as<T>(), dx + at,
             dweight, dbias, n);
    }
  });
  add_parts(parts, 2 * n, blocks.count, n, call.out[1].as<T>());
  add_parts(parts + n, 2 * n, blocks.count, n, call.out[2].as<T>());
}

void layer_norm_backward(OpCall& call) {
  const View& x = call.in[1];
  const LayerShape shape(x, call.attrs.integer());
  const double eps = call.attrs.number();
  const View &dout = call.in[0], &dx = call.out[0];
  for (const View* view : {&dout, &dx}) {
    require(view->same_shape(x) && view->dtype == x.dtype, "a gradient has the shape of its tensor");
  }
  for (const int i : {0, 1, 2}) require(call.out[i].contiguous(), "layer norm writes row-major");
  shape.require_features(x, call.in[2]);
  for (const int i : {1, 2}) shape.require_features(x, call.out[i]);
  for (const View* view : {&call.in[3], &call.in[4]}) shape.require_statistics(x, *view);
  visit_float(x.dtype, [&](auto tag) { layer_norm_backward_of<typename decltype(tag)::type>(call, shape, eps); });
}

}  // namespace

void register_norm(OpList& ops) {
  ops.push_back({"batchNorm", 3, 3, batch_norm});
  ops.push_back({"batchNormInference", 5, 1, batch_norm_inference});
  ops.push_back({"batchNormStatistics", 3, 4, batch_norm_statistics});
  ops.push_back({"batchNormFactors", 4, 2, batch_norm_factors});
  ops.push_back({"foldNorm", kVariadic, 2, fold_norm});
  ops.push_back({"batchNormBackward", 5, 3, batch_norm_backward});
  ops.push_back({"layerNorm", 3, 3, layer_norm});
  ops.push_back({"layerNormBackward", 5, 3, layer_norm_backward});
}

}  // namespace myelin
