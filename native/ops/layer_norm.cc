#include "core/registry.h"
#include "ops/channels.h"
#include "ops/support.h"

namespace myelin {
namespace {

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

void register_layer_norm(OpList& ops) {
  ops.push_back({"layerNorm", 3, 3, layer_norm});
  ops.push_back({"layerNormBackward", 5, 3, layer_norm_backward});
}

}  // namespace myelin
