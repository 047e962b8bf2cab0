#pragma once
#include <cmath>
#include <cstring>

#include "core/rng.h"
#include "ops/support.h"

namespace myelin {

// Element i of a draw comes from word i % 4 of block counter + i / 4, so any chunk can be drawn on any thread. What
// needs 53 bits takes its lower word from the same place in a second stream.
struct Source {
  std::uint64_t key;
  std::uint64_t counter;

  explicit Source(Attrs& attrs) : key(whole(attrs)), counter(whole(attrs)) {}
  Source(std::uint64_t key, std::uint64_t counter) : key(key), counter(counter) {}
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

inline void draw(const Source& source, std::size_t first, std::uint64_t stream, Tile<std::uint32_t>& words) {
  std::uint32_t blocks[4][kBlocks];
  philox(source.key, source.counter + first / 4, stream, blocks);
  for (std::size_t i = 0; i < kTile; i++) words[i] = blocks[i % 4][i / 4];
}

inline void units(const Source& source, std::size_t first, Tile<float>& values) {
  Tile<std::uint32_t> words;
  draw(source, first, 0, words);
  for (std::size_t i = 0; i < kTile; i++) values[i] = unit_float(words[i]);
}

inline void units(const Source& source, std::size_t first, Tile<double>& values) {
  Tile<std::uint32_t> high, low;
  draw(source, first, 0, high);
  draw(source, first, 1, low);
  for (std::size_t i = 0; i < kTile; i++) values[i] = unit_double(high[i], low[i]);
}

// Own code instead of libm's, whose variants for different CPUs differ in the last bit: a seed means the same numbers
// everywhere. Polynomials are Taylor's, evaluated at compile-time constants.

// Natural logarithm of a normal x in (0, 1]: x = 2^e m with m near 1, and ln((1 + s) / (1 - s)) = 2 (s + s^3/3 + ...)
// for s = (m - 1) / (m + 1), |s| < 0.172.
inline double log_of(double x) {
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
inline SinCos turn(double u) {
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

// float32 does with 32 random bits, of which no rounding makes a 1.
inline void uniforms(const Source& source, std::size_t first, TypeTag<float>, Tile<double>& values) {
  Tile<std::uint32_t> words;
  draw(source, first, 0, words);
  for (std::size_t i = 0; i < kTile; i++) values[i] = words[i] * 0x1p-32;
}

inline void uniforms(const Source& source, std::size_t first, TypeTag<double>, Tile<double>& values) {
  units(source, first, values);
}

// e^x for x below 709: 2^k e^r with |r| < 0.35, and the series of e^r.
inline double exp_of(double x) {
  if (x < -745) return 0;
  const double k = std::floor(x * 1.4426950408889634 + 0.5);
  const double r = (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;  // ln 2 in two parts
  double series = 0;
  for (int n = 14; n >= 0; n--) series = series * r + inverse_factorial(n);
  return std::ldexp(series, static_cast<int>(k));
}

// A sequence of numbers for one element, however many it takes: block `counter` of stream after stream. What rejects and
// draws again stays a pure function of the seed.
class ElementDraws {
 public:
  ElementDraws(const Source& source, std::size_t element) : key_(source.key), counter_(source.counter + element) {}

  // Uniform in [0, 1) with 53 bits.
  double unit() {
    if (left_ == 0) {
      std::uint32_t words[4][1];
      philox(key_, counter_, stream_++, words);
      values_[1] = unit_double(words[0][0], words[1][0]);
      values_[0] = unit_double(words[2][0], words[3][0]);
      left_ = 2;
    }
    return values_[--left_];
  }
  double positive_unit() { return 1 - unit(); }  // in (0, 1]
  double normal() {
    const double radius = std::sqrt(-2 * log_of(positive_unit()));
    return radius * turn(unit()).cos;
  }
  double exponential() { return -log_of(positive_unit()); }

 private:
  std::uint64_t key_, counter_, stream_ = 0;
  double values_[2] = {0, 0};
  int left_ = 0;
};

}  // namespace myelin
