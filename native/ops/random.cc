#include <cmath>

#include "core/rng.h"
#include "ops/support.h"

namespace myelin {
namespace {

// Element i of a draw comes from word i % 4 of block counter + i / 4, so any chunk can be drawn on any thread. What
// needs 53 bits takes its lower word from the same place in a second stream.
struct Source {
  std::uint64_t key;
  std::uint64_t counter;

  explicit Source(Attrs& attrs) : key(whole(attrs)), counter(whole(attrs)) {}
  static std::uint64_t whole(Attrs& attrs) {
    const std::int64_t value = attrs.integer();
    require(value >= 0, "a generator has a negative key or counter");
    return static_cast<std::uint64_t>(value);
  }
  std::array<std::uint32_t, 4> block(std::size_t index, std::uint64_t stream = 0) const {
    return philox(key, counter + index, stream);
  }
};

constexpr std::size_t kBlock = 4;
constexpr std::size_t kRandomGrain = 4096;

// Calls body(block, first, count) for elements [first, first + count) that block `block` covers, in parallel.
template <class F>
void for_each_block(std::size_t size, const F& body) {
  const std::size_t chunks = chunks_for(size, kRandomGrain);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(size, chunks, chunk, kBlock);
    for (std::size_t i = range.begin; i < range.end; i += kBlock) {
      body(i / kBlock, i, std::min(kBlock, range.end - i));
    }
  });
}

void units(const Source& source, std::size_t block, std::array<float, 4>& values) {
  const auto words = source.block(block);
  for (std::size_t i = 0; i < kBlock; i++) values[i] = unit_float(words[i]);
}

void units(const Source& source, std::size_t block, std::array<double, 4>& values) {
  const auto high = source.block(block), low = source.block(block, 1);
  for (std::size_t i = 0; i < kBlock; i++) values[i] = unit_double(high[i], low[i]);
}

const View& contiguous_output(const OpCall& call) {
  require(call.out[0].contiguous(), "a random tensor is contiguous");
  return call.out[0];
}

void uniform(OpCall& call) {
  const View& out = contiguous_output(call);
  const double low = call.attrs.number(), high = call.attrs.number();
  const Source source(call.attrs);
  visit_float(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* data = out.as<T>();
    const T from = static_cast<T>(low), to = static_cast<T>(high), span = static_cast<T>(high - low);
    for_each_block(static_cast<std::size_t>(out.size()), [&](std::size_t block, std::size_t first, std::size_t n) {
      std::array<T, 4> unit;
      units(source, block, unit);
      for (std::size_t i = 0; i < n; i++) {
        const T value = from + unit[i] * span;
        data[first + i] = value < to ? value : from;  // rounding must not reach `high`
      }
    });
  });
}

// Natural logarithm of x in (0, 1], by ln((1 + s) / (1 - s)) = 2 (s + s^3/3 + s^5/5 + ...), |s| < 0.172. Own code, not
// libm's, whose variants for different CPUs differ in the last bit: a seed means the same numbers everywhere.
double log_of(double x) {
  int exponent;
  double m = std::frexp(x, &exponent);
  if (m < 0.70710678118654752) {
    m *= 2;
    exponent--;
  }
  const double s = (m - 1) / (m + 1), z = s * s;
  double series = 0;
  for (int k = 21; k >= 1; k -= 2) series = series * z + 1.0 / k;
  return 2 * s * series + exponent * 0.69314718055994531;
}

struct SinCos {
  double sin, cos;
};

// Sine and cosine of 2 pi u for u in [0, 1): Taylor series within an eighth of a turn of the nearest quarter.
SinCos turn(double u) {
  const double quarter = std::floor(4 * u + 0.5);
  const double angle = (u - quarter * 0.25) * 6.2831853071795865, z = angle * angle;
  double sine = 0, cosine = 0;
  for (int k = 17; k >= 1; k -= 2) sine = 1 - sine * z / ((k + 1) * (k + 2));
  for (int k = 16; k >= 0; k -= 2) cosine = 1 - cosine * z / ((k + 1) * (k + 2));
  sine *= angle;
  switch (static_cast<int>(quarter) & 3) {
    case 0:
      return {sine, cosine};
    case 1:
      return {cosine, -sine};
    case 2:
      return {-sine, -cosine};
    default:
      return {-cosine, sine};
  }
}

// Two normal numbers from two uniform ones, the first in (0, 1]. Source: Box, Muller, "A note on the generation of
// random normal deviates", 1958.
SinCos box_muller(double u1, double u2) {
  const double radius = std::sqrt(-2 * log_of(u1));
  const SinCos at = turn(u2);
  return {radius * at.sin, radius * at.cos};
}

void uniform_pairs(const Source& source, std::size_t block, TypeTag<float>, std::array<double, 4>& values) {
  const auto words = source.block(block);
  for (std::size_t i = 0; i < kBlock; i++) values[i] = words[i] * 0x1p-32;
}

void uniform_pairs(const Source& source, std::size_t block, TypeTag<double>, std::array<double, 4>& values) {
  units(source, block, values);
}

void normal(OpCall& call) {
  const View& out = contiguous_output(call);
  const double mean = call.attrs.number(), std = call.attrs.number();
  const Source source(call.attrs);
  visit_float(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* data = out.as<T>();
    for_each_block(static_cast<std::size_t>(out.size()), [&](std::size_t block, std::size_t first, std::size_t n) {
      std::array<double, 4> u;
      uniform_pairs(source, block, tag, u);
      const SinCos a = box_muller(1 - u[0], u[1]), b = box_muller(1 - u[2], u[3]);
      const std::array<double, 4> values{a.cos, a.sin, b.cos, b.sin};
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
    for_each_block(static_cast<std::size_t>(out.size()), [&](std::size_t block, std::size_t first, std::size_t n) {
      std::array<float, 4> unit;
      units(source, block, unit);
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
  std::array<double, 4> unit{};
  for (std::size_t step = 0; step + 1 < size; step++) {
    if (step % kBlock == 0) units(source, step / kBlock, unit);
    const std::size_t left = size - step;
    std::swap(data[left - 1], data[static_cast<std::size_t>(unit[step % kBlock] * static_cast<double>(left))]);
  }
}

// What survives is scaled so that sums keep their expectation; when nothing survives there is nothing to scale.
double survivor_scale(double p) { return p < 1 ? 1 / (1 - p) : 0; }

template <class T>
void run_scaled_mask(const View& out, const View& x, const View& mask, double p) {
  x.as<T>();
  out.as<T>();
  const T scale = static_cast<T>(survivor_scale(p));
  for_each_run<3>({&out, &x, &mask}, [scale](const auto& at, const auto& strides, std::size_t n) {
    T* to = reinterpret_cast<T*>(at[0]);
    const T* from = reinterpret_cast<const T*>(at[1]);
    const std::uint8_t* keep = reinterpret_cast<const std::uint8_t*>(at[2]);
    for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(n); i++) {
      to[i] = keep[i * strides[2]] != 0 ? from[i * strides[1]] * scale : 0;
    }
  });
}

void scaled_mask(const View& out, const View& x, const View& mask, double p) {
  require(mask.dtype == DType::kBool, "the mask is not bool");
  visit_float(out.dtype, [&](auto tag) { run_scaled_mask<typename decltype(tag)::type>(out, x, mask, p); });
}

// The mask is drawn in order of its memory.
void dropout(OpCall& call) {
  const View& mask = call.out[1];
  const double p = probability(call.attrs);
  const Source source(call.attrs);
  require(mask.same_shape(call.out[0]) && mask.dense(), "the mask differs in shape");
  require(mask.dtype == DType::kBool, "the mask is not bool");
  std::uint8_t* keep = mask.as<std::uint8_t>();
  for_each_block(static_cast<std::size_t>(mask.size()), [&](std::size_t block, std::size_t first, std::size_t n) {
    std::array<float, 4> unit;
    units(source, block, unit);
    for (std::size_t i = 0; i < n; i++) keep[first + i] = unit[i] >= p;
  });
  scaled_mask(call.out[0], call.in[0], mask, p);
}

void dropout_backward(OpCall& call) { scaled_mask(call.out[0], call.in[0], call.in[1], probability(call.attrs)); }

}  // namespace

void register_random(OpList& ops) {
  ops.push_back({"uniform", 0, 1, uniform});
  ops.push_back({"normal", 0, 1, normal});
  ops.push_back({"bernoulli", 0, 1, bernoulli});
  ops.push_back({"permutation", 0, 1, permutation});
  ops.push_back({"dropout", 1, 2, dropout});
  ops.push_back({"dropoutBackward", 2, 1, dropout_backward});
}

}  // namespace myelin
