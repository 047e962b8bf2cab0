#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "core/registry.h"
#include "ops/channels.h"
#include "ops/planes.h"
#include "ops/rows.h"
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

// Calls body(channel) for all of them on several threads.
template <class T, class Body>
void for_channels(const Planes<T>& x, const Body& body) {
  for_units(x.channels, x.elements(), body, kGrain);
}

// Statistics of one channel of a batch, and its factors.
template <class T>
void plane_statistics(const KernelTable& kernels, const Planes<const T>& x, std::size_t channel,
                      const ChannelFactors<T>& factors, View& mean, View& variance) {
  PlaneMoments<T> moments(kernels);
  for (std::size_t b = 0; b < x.samples; b++) moments.add(x.at(b, channel), x.size);
  factors.set(channel, moments.mean(), moments.variance());
  value_at<T>(mean, channel) = static_cast<T>(moments.mean());
  value_at<T>(variance, channel) = static_cast<T>(moments.variance());
}

// From the last plane to the first: what statistics were last taken of is still in the cache.
template <class T>
void scale_shift_planes(const KernelTable& kernels, const Planes<const T>& x, std::size_t channel,
                        const ChannelFactors<T>& factors, const Planes<T>& y) {
  const auto kernel = pick<T>(kernels.f32_scale_shift, kernels.f64_scale_shift);
  for (std::size_t b = x.samples; b-- > 0;) {
    kernel(x.at(b, channel), 1, factors.scale[channel], factors.shift[channel], y.at(b, channel), x.size);
  }
}

template <class T>
void batch_norm_of_planes(OpCall& call, const ChannelFactors<T>& factors) {
  const Planes<const T> x(call.in[0]);
  const Planes<T> y(call.out[0]);
  for_channels(x, [&](std::size_t channel) {
    plane_statistics(call.kernels, x, channel, factors, call.out[1], call.out[2]);
    scale_shift_planes(call.kernels, x, channel, factors, y);
  });
}

template <class T>
void batch_norm_of(OpCall& call, double eps) {
  const Temporary memory(2 * static_cast<std::size_t>(call.in[0].shape[1]) * sizeof(T));
  const ChannelFactors<T> factors{memory.as<T>(), memory.as<T>() + call.in[0].shape[1], call.in[1], call.in[2], eps};
  if (are_planes({&call.in[0], &call.out[0]})) return batch_norm_of_planes(call, factors);
  const PixelInput<T> input(call.in[0], call.kernels);
  const Pixels<const T> x = input.pixels();
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
  const Temporary memory(2 * static_cast<std::size_t>(call.in[0].shape[1]) * sizeof(T));
  const ChannelFactors<T> factors{memory.as<T>(), memory.as<T>() + call.in[0].shape[1], call.in[1], call.in[2], eps};
  set_inference_factors(call.in + 3, factors);
  if (are_planes({&call.in[0], &call.out[0]})) {
    const Planes<const T> planes(call.in[0]);
    const Planes<T> y(call.out[0]);
    return for_channels(planes,
                        [&](std::size_t channel) { scale_shift_planes(call.kernels, planes, channel, factors, y); });
  }
  const PixelInput<T> input(call.in[0], call.kernels);
  const Pixels<const T> x = input.pixels();
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
    const ChannelFactors<T> factors{call.out[0].as<T>(), call.out[1].as<T>(), call.in[1], call.in[2], eps};
    if (are_planes({&x})) {
      const Planes<const T> planes(x);
      return for_channels(planes, [&](std::size_t channel) {
        plane_statistics(call.kernels, planes, channel, factors, call.out[2], call.out[3]);
      });
    }
    const PixelInput<T> input(x, call.kernels);
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
void batch_norm_backward_of_planes(OpCall& call, double eps) {
  const Planes<const T> dout(call.in[0]), x(call.in[1]);
  const Planes<T> dx(call.out[0]);
  const double count = static_cast<double>(x.samples * x.size);
  for_channels(x, [&](std::size_t channel) {
    const T mean = value_at<T>(call.in[3], channel);
    const T rstd = reciprocal_deviation<T>(value_at<T>(call.in[4], channel), eps);
    double sum = 0, sum_xhat = 0;
    for (std::size_t b = 0; b < x.samples; b++) {
      add_plane_sums(call.kernels, x.at(b, channel), dout.at(b, channel), x.size, mean, rstd, &sum, &sum_xhat);
    }
    value_at<T>(call.out[1], channel) = static_cast<T>(sum_xhat);
    value_at<T>(call.out[2], channel) = static_cast<T>(sum);
    T factors[3];
    DxFactors<T>{factors, factors + 1, factors + 2}.set(0, value_at<T>(call.in[2], channel), mean, rstd, sum / count,
                                                        sum_xhat / count);
    for (std::size_t b = x.samples; b-- > 0;) {
      combine_plane(call.kernels, x.at(b, channel), dout.at(b, channel), x.size, factors[0], factors[1], factors[2],
                    dx.at(b, channel));
    }
  });
}

template <class T>
void batch_norm_backward_of(OpCall& call, double eps) {
  if (are_planes({&call.in[0], &call.in[1], &call.out[0]})) return batch_norm_backward_of_planes<T>(call, eps);
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

}  // namespace

void register_batch_norm(OpList& ops) {
  ops.push_back({"batchNorm", 3, 3, batch_norm});
  ops.push_back({"batchNormInference", 5, 1, batch_norm_inference});
  ops.push_back({"batchNormStatistics", 3, 4, batch_norm_statistics});
  ops.push_back({"batchNormFactors", 4, 2, batch_norm_factors});
  ops.push_back({"foldNorm", kVariadic, 2, fold_norm});
  ops.push_back({"batchNormBackward", 5, 3, batch_norm_backward});
}

}  // namespace myelin
