#include "core/registry.h"
#include "ops/planes.h"
#include "ops/rows.h"

namespace myelin {
namespace {

// What a group norm of [B, C, ...] is made of: every sample has statistics of its own for each group of channels.
struct Groups {
  std::size_t samples, channels, count, size;

  Groups(const View& x, std::int64_t groups) {
    require(x.rank >= 2 && groups >= 1 && x.shape[1] % groups == 0,
            "group norm needs channels that divide into groups");
    samples = static_cast<std::size_t>(x.shape[0]);
    channels = static_cast<std::size_t>(x.shape[1]);
    count = static_cast<std::size_t>(groups);
    size = channels / count;
  }
  void require_statistics(const View& view, DType dtype) const {
    require(view.rank == 2 && view.dtype == dtype && view.shape[0] == static_cast<std::int64_t>(samples) &&
                view.shape[1] == static_cast<std::int64_t>(count),
            "group norm has one statistic a sample and group");
  }
  template <class T>
  Pixels<T> sample(const Pixels<T>& x, std::size_t b) const {
    const std::size_t rows = x.rows / samples;
    return {x.row(b * rows), x.stride, rows, x.channels};
  }
};

// Calls body(sample) for all of them: several at a time when there are enough for all threads, else one after the other, so
// that each is shared among the threads.
template <class Body>
void for_samples(std::size_t samples, std::size_t work, const Body& body) {
  constexpr std::size_t kEnough = 8;
  const std::size_t chunks = samples < kEnough ? 1 : std::min(samples, chunks_for(work, kGrain));
  const auto run = [&](std::size_t chunk) {
    const Range range = chunk_range(samples, chunks, chunk);
    for (std::size_t b = range.begin; b < range.end; b++) body(b);
  };
  if (chunks == 1) return run(0);
  parallel_for(chunks, run);
}

template <class T>
T& statistic(const View& view, std::size_t b, std::size_t group) {
  return view
      .as<T>()[static_cast<std::int64_t>(b) * view.strides[0] + static_cast<std::int64_t>(group) * view.strides[1]];
}

// Numbers of one kind for each sample, so that samples can be worked on at the same time.
template <class T>
class PerSample {
 public:
  PerSample(std::size_t samples, std::size_t count) : memory_(samples * count * sizeof(T)), count_(count) {}
  T* of(std::size_t b) const { return memory_.template as<T>() + b * count_; }

 private:
  Temporary memory_;
  std::size_t count_;
};

struct Moments {
  double mean, variance;
};

// Mean and variance of all channels of a group, each of which has as many elements.
Moments group_moments(const double* means, const double* squares, std::size_t channels, double rows) {
  double mean = 0, sum = 0;
  for (std::size_t j = 0; j < channels; j++) mean += means[j] / static_cast<double>(channels);
  for (std::size_t j = 0; j < channels; j++) sum += squares[j] + rows * (means[j] - mean) * (means[j] - mean);
  return {mean, sum / (rows * static_cast<double>(channels))};
}

// Calls body(sample, group, first channel) for all groups on several threads.
template <class T, class Body>
void for_groups(const Groups& groups, const Planes<T>& x, const Body& body) {
  for_units(
      groups.samples * groups.count, x.elements(),
      [&](std::size_t unit) {
        const std::size_t group = unit % groups.count;
        body(unit / groups.count, group, group * groups.size);
      },
      kGrain);
}

template <class T>
void group_norm_of_planes(OpCall& call, const Groups& groups, double eps) {
  const auto scale_shift = pick<T>(call.kernels.f32_scale_shift, call.kernels.f64_scale_shift);
  const Planes<const T> x(call.in[0]);
  const Planes<T> y(call.out[0]);
  for_groups(groups, x, [&](std::size_t b, std::size_t group, std::size_t first) {
    PlaneMoments<T> moments(call.kernels);
    for (std::size_t j = first; j < first + groups.size; j++) moments.add(x.at(b, j), x.size);
    statistic<T>(call.out[1], b, group) = static_cast<T>(moments.mean());
    statistic<T>(call.out[2], b, group) = static_cast<T>(moments.variance());
    // Upwards, though what was read last would be nearest: memory is read and written faster in its order.
    for (std::size_t j = first; j < first + groups.size; j++) {
      const double factor = value_at<T>(call.in[1], j) / std::sqrt(moments.variance() + eps);
      const double shift = value_at<T>(call.in[2], j) - moments.mean() * factor;
      scale_shift(x.at(b, j), 1, static_cast<T>(factor), static_cast<T>(shift), y.at(b, j), x.size);
    }
  });
}

template <class T>
void group_norm_of(OpCall& call, const Groups& groups, double eps) {
  if (are_planes({&call.in[0], &call.out[0]})) return group_norm_of_planes<T>(call, groups, eps);
  const View &weight = call.in[1], &bias = call.in[2];
  const PixelInput<T> input(call.in[0], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const Pixels<const T> x = input.pixels();
  const Pixels<T> y = output.pixels();
  const std::size_t n = groups.channels;
  const PerSample<T> parts(groups.samples, parts_of(groups.sample(x, 0))), factors(groups.samples, 2 * n);
  const PerSample<double> moments(groups.samples, 2 * n);
  for_samples(groups.samples, x.rows * n, [&](std::size_t b) {
    const Pixels<const T> rows = groups.sample(x, b);
    double *const mean = moments.of(b), *const squares = mean + n;
    T *const scale = factors.of(b), *const shift = scale + n;
    channel_moments<T>(call.kernels, rows, parts.of(b), mean, squares);
    for (std::size_t g = 0; g < groups.count; g++) {
      const std::size_t first = g * groups.size;
      const Moments found = group_moments(mean + first, squares + first, groups.size, static_cast<double>(rows.rows));
      statistic<T>(call.out[1], b, g) = static_cast<T>(found.mean);
      statistic<T>(call.out[2], b, g) = static_cast<T>(found.variance);
      for (std::size_t j = first; j < first + groups.size; j++) {
        const double factor = value_at<T>(weight, j) / std::sqrt(found.variance + eps);
        scale[j] = static_cast<T>(factor);
        shift[j] = static_cast<T>(value_at<T>(bias, j) - found.mean * factor);
      }
    }
    scale_shift_pixels<T>(call.kernels, rows, scale, shift, groups.sample(y, b));
  });
  output.finish(call.kernels);
}

void require_channels(const Groups& groups, const View& view, DType dtype) {
  require_vector(view, static_cast<std::int64_t>(groups.channels), dtype);
}

void group_norm(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  const Groups groups(x, call.attrs.integer());
  const double eps = call.attrs.number();
  require(out.same_shape(x) && out.dtype == x.dtype, "group norm keeps shape and dtype");
  for (const int i : {1, 2}) {
    require_channels(groups, call.in[i], x.dtype);
    groups.require_statistics(call.out[i], x.dtype);
  }
  if (x.size() == 0) {
    for (const int i : {1, 2}) fill_view(call.out[i], 0);
    return;
  }
  visit_float(x.dtype, [&](auto tag) { group_norm_of<typename decltype(tag)::type>(call, groups, eps); });
}

// With N elements in a group and g = w dout: dx = rstd (g - avg(g) - xhat avg(g xhat)).
template <class T>
void set_factors(const DxFactors<T>& factors, const Groups& groups, std::size_t first, const View& weight,
                 const T* mean, const T* rstd, const double* sum, const double* sum_xhat, double rows) {
  double average = 0, slope = 0;
  for (std::size_t j = first; j < first + groups.size; j++) {
    average += value_at<T>(weight, j) * sum[j];
    slope += value_at<T>(weight, j) * sum_xhat[j];
  }
  const double n = rows * static_cast<double>(groups.size);
  for (std::size_t j = first; j < first + groups.size; j++) {
    const double a = -static_cast<double>(rstd[j]) * rstd[j] * slope / n;
    factors.a[j] = static_cast<T>(a);
    factors.b[j] = static_cast<T>(value_at<T>(weight, j) * static_cast<double>(rstd[j]));
    factors.c[j] = static_cast<T>(-rstd[j] * average / n - a * mean[j]);
  }
}

// Sums over the samples of what each of them has for each channel: of dout, then of dout * xhat.
template <class T>
void set_parameter_gradients(OpCall& call, const Groups& groups, const PerSample<double>& sums) {
  for (std::size_t j = 0; j < groups.channels; j++) {
    double dweight = 0, dbias = 0;
    for (std::size_t b = 0; b < groups.samples; b++) {
      dweight += sums.of(b)[groups.channels + j];
      dbias += sums.of(b)[j];
    }
    value_at<T>(call.out[1], j) = static_cast<T>(dweight);
    value_at<T>(call.out[2], j) = static_cast<T>(dbias);
  }
}

template <class T>
void group_norm_backward_of_planes(OpCall& call, const Groups& groups, double eps) {
  const Planes<const T> dout(call.in[0]), x(call.in[1]);
  const Planes<T> dx(call.out[0]);
  const std::size_t n = groups.channels;
  const PerSample<T> statistics(groups.samples, 5 * n);
  const PerSample<double> sums(groups.samples, 2 * n);
  for_groups(groups, x, [&](std::size_t b, std::size_t group, std::size_t first) {
    T *const mean = statistics.of(b), *const rstd = mean + n;
    double *const sum = sums.of(b), *const sum_xhat = sum + n;
    for (std::size_t j = first; j < first + groups.size; j++) {
      mean[j] = statistic<T>(call.in[3], b, group);
      rstd[j] = reciprocal_deviation<T>(statistic<T>(call.in[4], b, group), eps);
      sum[j] = sum_xhat[j] = 0;
      add_plane_sums(call.kernels, x.at(b, j), dout.at(b, j), x.size, mean[j], rstd[j], &sum[j], &sum_xhat[j]);
    }
    const DxFactors<T> factors{rstd + n, rstd + 2 * n, rstd + 3 * n};
    set_factors<T>(factors, groups, first, call.in[2], mean, rstd, sum, sum_xhat, static_cast<double>(x.size));
    for (std::size_t j = first; j < first + groups.size; j++) {
      combine_plane(call.kernels, x.at(b, j), dout.at(b, j), x.size, factors.a[j], factors.b[j], factors.c[j],
                    dx.at(b, j));
    }
  });
  set_parameter_gradients<T>(call, groups, sums);
}

template <class T>
void group_norm_backward_of(OpCall& call, const Groups& groups, double eps) {
  if (are_planes({&call.in[0], &call.in[1], &call.out[0]})) {
    return group_norm_backward_of_planes<T>(call, groups, eps);
  }
  const View& weight = call.in[2];
  const PixelInput<T> gradient(call.in[0], call.kernels), input(call.in[1], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const Pixels<const T> dout = gradient.pixels(), x = input.pixels();
  const Pixels<T> dx = output.pixels();
  const std::size_t n = groups.channels;
  const PerSample<T> parts(groups.samples, parts_of(groups.sample(x, 0))), statistics(groups.samples, 5 * n);
  const PerSample<double> sums(groups.samples, 2 * n);
  for_samples(groups.samples, x.rows * n, [&](std::size_t b) {
    T *const mean = statistics.of(b), *const rstd = mean + n;
    for (std::size_t j = 0; j < n; j++) {
      mean[j] = statistic<T>(call.in[3], b, j / groups.size);
      rstd[j] = reciprocal_deviation<T>(statistic<T>(call.in[4], b, j / groups.size), eps);
    }
    const Pixels<const T> rows = groups.sample(x, b), drows = groups.sample(dout, b);
    double *const sum = sums.of(b), *const sum_xhat = sum + n;
    channel_gradient_sums<T>(call.kernels, rows, drows, mean, rstd, parts.of(b), sum, sum_xhat);
    const DxFactors<T> factors{rstd + n, rstd + 2 * n, rstd + 3 * n};
    for (std::size_t g = 0; g < groups.count; g++) {
      set_factors<T>(factors, groups, g * groups.size, weight, mean, rstd, sum, sum_xhat,
                     static_cast<double>(rows.rows));
    }
    combine_pixels<T>(call.kernels, rows, drows, factors, groups.sample(dx, b));
  });
  output.finish(call.kernels);
  set_parameter_gradients<T>(call, groups, sums);
}

void group_norm_backward(OpCall& call) {
  const View &dout = call.in[0], &x = call.in[1], &dx = call.out[0];
  const Groups groups(x, call.attrs.integer());
  const double eps = call.attrs.number();
  require(dout.same_shape(x) && dout.dtype == x.dtype && dx.same_shape(x) && dx.dtype == x.dtype,
          "a gradient has the shape of its tensor");
  require_channels(groups, call.in[2], x.dtype);
  for (const int i : {3, 4}) groups.require_statistics(call.in[i], x.dtype);
  for (const int i : {1, 2}) require_channels(groups, call.out[i], x.dtype);
  if (x.size() == 0) {
    for (const int i : {1, 2}) fill_view(call.out[i], 0);
    return;
  }
  visit_float(x.dtype, [&](auto tag) { group_norm_backward_of<typename decltype(tag)::type>(call, groups, eps); });
}

}  // namespace

void register_group_norm(OpList& ops) {
  ops.push_back({"groupNorm", 3, 3, group_norm});
  ops.push_back({"groupNormBackward", 5, 3, group_norm_backward});
}

}  // namespace myelin
