// Directions of L-BFGS: vectors that pass through the history of steps and changes, each of which is read where it lies.
#include <numeric>
#include <vector>

#include "core/registry.h"
#include "ops/support.h"

namespace myelin {
namespace {

// out = a x + b y, and the product of out with z.
template <class T>
class Blend {
 public:
  Blend(const KernelTable& kernels, std::int64_t n)
      : kernel_(pick<T>(kernels.f32_blend_dot, kernels.f64_blend_dot)),
        n_(static_cast<std::size_t>(n)),
        products_(chunks_for(n_, kGrain)) {}

  double operator()(const T* x, double a, const T* y, double b, T* out, const T* z) {
    parallel_for(products_.size(), [&](std::size_t chunk) {
      const auto [begin, end] = chunk_range(n_, products_.size(), chunk, 64);
      products_[chunk] =
          kernel_(x + begin, static_cast<T>(a), y + begin, static_cast<T>(b), out + begin, z + begin, end - begin);
    });
    return std::accumulate(products_.begin(), products_.end(), 0.0);
  }

 private:
  BlendDotFn<T>* kernel_;
  std::size_t n_;
  std::vector<T> products_;
};

void require_like(const View& view, const View& direction) {
  require(view.rank == 1 && view.contiguous() && view.same_shape(direction) && view.dtype == direction.dtype,
          "what a direction is made of is a vector as long as it");
}

// Backward and forward through the history (Nocedal & Wright 2006, "Numerical Optimization", algorithm 7.4): every pass
// changes the direction and forms the product that the next one waits for.
template <class T>
double turn(const OpCall& call, int remembered, double scale, const std::vector<double>& curvatures) {
  T* const direction = call.in[0].as<T>();
  const T* const gradient = call.in[2].as<T>();
  const auto step = [&](int i) { return call.in[3 + i].as<T>(); };
  const auto change = [&](int i) { return call.in[3 + remembered + i].as<T>(); };
  const auto curvature = [&](int i) { return curvatures[static_cast<std::size_t>(i)]; };
  Blend<T> blend(call.kernels, call.in[0].shape[0]);
  if (remembered == 0) return blend(gradient, -scale, gradient, 0, direction, gradient);
  std::vector<double> shares(curvatures.size());
  double product = blend(gradient, -1, gradient, 0, direction, step(remembered - 1));
  for (int i = remembered - 1; i >= 0; i--) {
    const double share = product / curvature(i), factor = i == 0 ? scale : 1;
    shares[static_cast<std::size_t>(i)] = share;
    product = blend(direction, factor, change(i), -factor * share, direction, i == 0 ? change(0) : step(i - 1));
  }
  for (int i = 0; i < remembered; i++) {
    const double share = shares[static_cast<std::size_t>(i)] - product / curvature(i);
    product = blend(direction, 1, step(i), share, direction, i + 1 < remembered ? change(i + 1) : gradient);
  }
  return product;
}

// Inputs: the direction and its slope, which are written, the gradient, steps and changes from the oldest on.
void lbfgs_direction(OpCall& call) {
  constexpr int kOthers = 3;
  require(call.inputs >= kOthers && (call.inputs - kOthers) % 2 == 0, "there is a change for each step");
  const int remembered = (call.inputs - kOthers) / 2;
  const View& direction = call.in[0];
  for (int i = 0; i < call.inputs; i++) {
    if (i != 1) require_like(call.in[i], direction);
  }
  require(call.in[1].rank == 0 && call.in[1].dtype == direction.dtype, "a slope is a single number");
  const double scale = call.attrs.number();
  require(call.attrs.integer() == remembered, "there is a curvature for each step");
  std::vector<double> curvatures;
  for (int i = 0; i < remembered; i++) curvatures.push_back(call.attrs.number());
  visit_float(direction.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    *call.in[1].as<T>() = static_cast<T>(turn<T>(call, remembered, scale, curvatures));
  });
}

// The last step, how the gradient has changed in it, and the products of the change with both.
void lbfgs_pair(OpCall& call) {
  const View &gradient = call.in[0], &previous = call.in[1], &direction = call.in[2];
  const View &step = call.out[0], &change = call.out[1], &products = call.out[2];
  for (const View* view : {&gradient, &previous, &direction, &step, &change}) require_like(*view, direction);
  require(products.rank == 1 && products.shape[0] == 2 && products.contiguous() && products.dtype == direction.dtype,
          "there are two products");
  const double length = call.attrs.number();
  visit_float(direction.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    Blend<T> blend(call.kernels, direction.shape[0]);
    const T *const way = direction.as<T>(), *const from = previous.as<T>();
    T *const changed = change.as<T>(), *const found = products.as<T>();
    found[1] = static_cast<T>(blend(gradient.as<T>(), 1, from, -1, changed, changed));
    found[0] = static_cast<T>(blend(way, length, way, 0, step.as<T>(), changed));
  });
}

}  // namespace

void register_lbfgs(OpList& ops) {
  ops.push_back({"lbfgsDirection", kVariadic, 0, lbfgs_direction});
  ops.push_back({"lbfgsPair", 3, 3, lbfgs_pair});
}

}  // namespace myelin
