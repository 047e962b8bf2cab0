#include <cmath>
#include <cstring>

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
};

// Elements drawn at a time.
constexpr std::size_t kBlocks = 16;
constexpr std::size_t kTile = 4 * kBlocks;
constexpr std::size_t kRandomGrain = 4096;

template <class T>
using Tile = std::array<T, kTile>;

// Calls body(first, count) for every tile of elements [first, first + count), in parallel.
template <class F>
void for_each_tile(std::size_t size, const F& body) {
  const std::size_t chunks = chunks_for(size, kRandomGrain);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(size, chunks, chunk, kTile);
    for (std::size_t i = range.begin; i < range.end; i += kTile) body(i, std::min(kTile, range.end - i));
  });
}

void draw(const Source& source, std::size_t first, std::uint64_t stream, Tile<std::uint32_t>& words) {
  std::uint32_t blocks[4][kBlocks];
  philox(source.key, source.counter + first / 4, stream, blocks);
  for (std::size_t i = 0; i < kTile; i++) words[i] = blocks[i % 4][i / 4];
}

void units(const Source& source, std::size_t first, Tile<float>& values) {
  Tile<std::uint32_t> words;
  draw(source, first, 0, words);
  for (std::size_t i = 0; i < kTile; i++) values[i] = unit_float(words[i]);
}

void units(const Source& source, std::size_t first, Tile<double>& values) {
  Tile<std::uint32_t> high, low;
  draw(source, first, 0, high);
  draw(source, first, 1, low);
  for (std::size_t i = 0; i < kTile; i++) values[i] = unit_double(high[i], low[i]);
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

// Own code instead of libm's, whose variants for different CPUs differ in the last bit: a seed means the same numbers
// everywhere. Polynomials are Taylor's, evaluated at compile-time constants.

// Natural logarithm of a normal x in (0, 1]: x = 2^e m with m near 1, and ln((1 + s) / (1 - s)) = 2 (s + s^3/3 + ...)
// for s = (m - 1) / (m + 1), |s| < 0.172.
double log_of(double x) {
  constexpr double kOdd[] = {1. / 21, 1. / 19, 1. / 17, 1. / 15, 1. / 13, 1. / 11, 1. / 9, 1. / 7, 1. / 5, 1. / 3, 1.};
  constexpr std::uint64_t kHalfSqrt = 0x3FE6A09E667F3BCDu;  // the bits of sqrt(1/2): m lies between it and its double
  std::uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const std::int64_t exponent = (static_cast<std::int64_t>(bits) - static_cast<std::int64_t>(kHalfSqrt)) >> 52;
  bits -= static_cast<std::uint64_t>(exponent) << 52;
  double m;
  std::memcpy(&m, &bits, sizeof m);
  const double s = (m - 1) / (m + 1), z = s * s;
  double series = 0;
  for (const double coefficient : kOdd) series = series * z + coefficient;
  return 2 * s * series + static_cast<double>(exponent) * 0.69314718055994531;
}

struct SinCos {
  double sin, cos;
};

constexpr double inverse_factorial(int n) { return n < 2 ? 1. : inverse_factorial(n - 1) / n; }

// Sine and cosine of 2 pi u for u in [0, 1), from their series within an eighth of a turn of the nearest quarter.
SinCos turn(double u) {
  constexpr double kSine[] = {inverse_factorial(17),  -inverse_factorial(15), inverse_factorial(13),
                              -inverse_factorial(11), inverse_factorial(9),   -inverse_factorial(7),
                              inverse_factorial(5),   -inverse_factorial(3),  1.};
  constexpr double kCosine[] = {inverse_factorial(16),  -inverse_factorial(14), inverse_factorial(12),
                                -inverse_factorial(10), inverse_factorial(8),   -inverse_factorial(6),
                                inverse_factorial(4),   -inverse_factorial(2),  1.};
  const int quarter = static_cast<int>(4 * u + 0.5);
  const double angle = (u - quarter * 0.25) * 6.2831853071795865, z = angle * angle;
  double sine = 0, cosine = 0;
  for (const double coefficient : kSine) sine = sine * z + coefficient;
  for (const double coefficient : kCosine) cosine = cosine * z + coefficient;
  sine *= angle;
  const double y = quarter & 1 ? cosine : sine, x = quarter & 1 ? sine : cosine;
  return {quarter & 2 ? -y : y, ((quarter + 1) & 2) != 0 ? -x : x};
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

// float32 does with 32 random bits, of which no rounding makes a 1.
void uniforms(const Source& source, std::size_t first, TypeTag<float>, Tile<double>& values) {
  Tile<std::uint32_t> words;
  draw(source, first, 0, words);
  for (std::size_t i = 0; i < kTile; i++) values[i] = words[i] * 0x1p-32;
}

void uniforms(const Source& source, std::size_t first, TypeTag<double>, Tile<double>& values) {
  units(source, first, values);
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
void dropout(OpCall& call) {
  const View& mask = call.out[1];
  const double p = probability(call.attrs);
  const Source source(call.attrs);
  require(mask.same_shape(call.out[0]) && mask.dense(), "the mask differs in shape");
  require(mask.dtype == DType::kBool, "the mask is not bool");
  std::uint8_t* keep = mask.as<std::uint8_t>();
  for_each_tile(static_cast<std::size_t>(mask.size()), [&](std::size_t first, std::size_t n) {
    Tile<float> unit;
    units(source, first, unit);
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
