#include <cmath>

#include "ops/draws.h"

namespace myelin {
namespace {

const View& contiguous_output(const OpCall& call) {
  require(call.out[0].contiguous(), "a random tensor is contiguous");
  return call.out[0];
}

// Draws as many bits as a half holds, so that rounding seldom reaches `high`; where it does, `low` stands instead.
void uniform_halves(const View& out, const Source& source, float low, float high, const KernelTable& kernels) {
  const bool wide = out.dtype == DType::kFloat16;
  NarrowFn* const narrow = wide ? kernels.f32_to_f16 : kernels.f32_to_bf16;
  WidenFn* const widen = wide ? kernels.f16_to_f32 : kernels.bf16_to_f32;
  const float steps = wide ? 0x1p11f : 0x1p8f;
  std::uint16_t* const data = reinterpret_cast<std::uint16_t*>(out.data);
  std::uint16_t least;
  narrow(&low, &least, 1);
  for_each_tile(static_cast<std::size_t>(out.size()), [&](std::size_t first, std::size_t n) {
    Tile<float> values;
    units(source, first, values);
    for (float& value : values) value = low + std::floor(value * steps) / steps * (high - low);
    narrow(values.data(), data + first, n);
    widen(data + first, values.data(), n);
    for (std::size_t i = 0; i < n; i++) data[first + i] = values[i] < high ? data[first + i] : least;
  });
}

void uniform(OpCall& call) {
  const View& out = contiguous_output(call);
  const double low = call.attrs.number(), high = call.attrs.number();
  const Source source(call.attrs);
  if (is_half(out.dtype)) {
    return uniform_halves(out, source, static_cast<float>(low), static_cast<float>(high), call.kernels);
  }
  visit_float(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* data = out.as<T>();
    const T from = static_cast<T>(low), to = static_cast<T>(high), span = static_cast<T>(high - low);
    for_each_tile(static_cast<std::size_t>(out.size()), [&](std::size_t first, std::size_t n) {
      Tile<T> unit;
      units(source, first, unit);
      for (std::size_t i = 0; i < n; i++) {
        const T value = from + unit[i] * span;
        data[first + i] = value < to ? value : from;  // rounding must not reach `high`
      }
    });
  });
}

// Normal numbers from uniform ones, pair by pair. Source: Box, Muller, "A note on the generation of random normal
// deviates", 1958.
void box_muller(Tile<double>& values) {
  for (std::size_t i = 0; i < kTile; i += 2) {
    const double radius = std::sqrt(-2 * log_of(1 - values[i]));
    const SinCos at = turn(values[i + 1]);
    values[i] = radius * at.cos;
    values[i + 1] = radius * at.sin;
  }
}

void normal(OpCall& call) {
  const View& out = contiguous_output(call);
  const double mean = call.attrs.number(), std = call.attrs.number();
  const Source source(call.attrs);
  visit_float(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* data = out.as<T>();
    for_each_tile(static_cast<std::size_t>(out.size()), [&](std::size_t first, std::size_t n) {
      Tile<double> values;
      uniforms(source, first, tag, values);
      box_muller(values);
      for (std::size_t i = 0; i < n; i++) data[first + i] = static_cast<T>(mean + std * values[i]);
    });
  });
}

double probability(Attrs& attrs) {
  const double p = attrs.number();
  require(p >= 0 && p <= 1, "a probability lies outside [0, 1]");
  return p;
}

void bernoulli(OpCall& call) {
  const View& out = contiguous_output(call);
  const double p = probability(call.attrs);
  const Source source(call.attrs);
  visit_dtype(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* data = out.as<T>();
    for_each_tile(static_cast<std::size_t>(out.size()), [&](std::size_t first, std::size_t n) {
      Tile<float> unit;
      units(source, first, unit);
      for (std::size_t i = 0; i < n; i++) data[first + i] = static_cast<T>(unit[i] < p);
    });
  });
}

// Fisher and Yates, from the end: each step exchanges with one of the places not yet settled.
void permutation(OpCall& call) {
  const View& out = contiguous_output(call);
  const Source source(call.attrs);
  require(out.rank == 1, "a permutation has one axis");
  std::int64_t* data = out.as<std::int64_t>();
  const std::size_t size = static_cast<std::size_t>(out.size());
  for (std::size_t i = 0; i < size; i++) data[i] = static_cast<std::int64_t>(i);
  Tile<double> unit{};
  for (std::size_t step = 0; step + 1 < size; step++) {
    if (step % kTile == 0) units(source, step, unit);
    const std::size_t left = size - step;
    std::swap(data[left - 1], data[static_cast<std::size_t>(unit[step % kTile] * static_cast<double>(left))]);
  }
}

// What survives is scaled so that sums keep their expectation; when nothing survives there is nothing to scale.
double survivor_scale(double p) { return p < 1 ? 1 / (1 - p) : 0; }

// Chosen without a branch: nothing predicts a mask.
template <class T>
inline void scale_kept(const T* x, std::ptrdiff_t sx, const std::uint8_t* keep, std::ptrdiff_t sk, T scale, T* out,
                       std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; i++) {
    const T scaled = x[i * sx] * scale;
    out[i] = keep[i * sk] != 0 ? scaled : T{0};
  }
}

template <class T>
void run_scaled_mask(const View& out, const View& x, const View& mask, double p) {
  x.as<T>();
  out.as<T>();
  const T scale = static_cast<T>(survivor_scale(p));
  for_each_run<3>({&out, &x, &mask}, [scale](const auto& at, const auto& strides, std::size_t n) {
    T* to = reinterpret_cast<T*>(at[0]);
    const T* from = reinterpret_cast<const T*>(at[1]);
    const std::uint8_t* keep = reinterpret_cast<const std::uint8_t*>(at[2]);
    const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(n);
    if (strides[1] == 1 && strides[2] == 1) {
      scale_kept(from, 1, keep, 1, scale, to, count);
    } else {
      scale_kept(from, strides[1], keep, strides[2], scale, to, count);
    }
  });
}

void scaled_mask(const View& out, const View& x, const View& mask, double p) {
  require(mask.dtype == DType::kBool, "the mask is not bool");
  visit_float(out.dtype, [&](auto tag) { run_scaled_mask<typename decltype(tag)::type>(out, x, mask, p); });
}

// The mask is drawn in order of its memory.
void draw_mask(const View& mask, double p, const Source& source) {
  std::uint8_t* keep = mask.as<std::uint8_t>();
  for_each_tile(static_cast<std::size_t>(mask.size()), [&](std::size_t first, std::size_t n) {
    Tile<float> unit;
    units(source, first, unit);
    for (std::size_t i = 0; i < n; i++) keep[first + i] = unit[i] >= p;
  });
}

void dropout(OpCall& call) {
  const View& mask = call.out[1];
  const double p = probability(call.attrs);
  const Source source(call.attrs);
  require(mask.same_shape(call.out[0]) && mask.dense(), "the mask differs in shape");
  require(mask.dtype == DType::kBool, "the mask is not bool");
  draw_mask(mask, p, source);
  scaled_mask(call.out[0], call.in[0], mask, p);
}

// The mask alone, from the key and the counter in a tensor.
void dropout_mask(OpCall& call) {
  const View &drawn = call.in[0], &mask = call.out[0];
  const double p = probability(call.attrs);
  require(drawn.dtype == DType::kInt64 && drawn.rank == 1 && drawn.shape[0] == 2, "key and counter are two integers");
  require(mask.dtype == DType::kBool && mask.dense(), "the mask is not bool");
  const std::int64_t* words = drawn.as<std::int64_t>();
  draw_mask(mask, p, Source(static_cast<std::uint64_t>(words[0]), static_cast<std::uint64_t>(words[drawn.strides[0]])));
}

void dropout_backward(OpCall& call) { scaled_mask(call.out[0], call.in[0], call.in[1], probability(call.attrs)); }

}  // namespace

void register_random(OpList& ops) {
  ops.push_back({"uniform", 0, 1, uniform, true});
  ops.push_back({"normal", 0, 1, normal});
  ops.push_back({"bernoulli", 0, 1, bernoulli});
  ops.push_back({"permutation", 0, 1, permutation});
  ops.push_back({"dropout", 1, 2, dropout});
  ops.push_back({"dropoutMask", 1, 1, dropout_mask});
  ops.push_back({"dropoutBackward", 2, 1, dropout_backward});
}

}  // namespace myelin
