// float32 functions in vectors. Each states its largest error in units in the last place (ulp) over all floats of its
// range; the kernel test samples them. NaN in gives NaN out, infinities and denormals are handled unless it says so.
// The polynomials are our own minimax fits (iteratively reweighted least squares, coefficients rounded to float).

constexpr float kLog2E = 1.44269504088896341f;
constexpr float kLn2 = 0.693147180559945309f;
// ln 2 in two floats; the first has so few bits that its product with a whole number below 2^15 is exact.
constexpr float kLn2High = 0.693359375f;
constexpr float kLn2Low = -2.12194440054690583e-4f;

// x = n ln 2 + r with whole n and |r| <= ln 2 / 2; returns e^r - 1.
struct ReducedExp {
  Vec<float> n, expm1;
};

// e^r - 1 for |r| <= ln 2 / 2.
MYELIN_INLINE Vec<float> expm1_near_zero(Vec<float> r) {
  // (e^r - 1 - r) / r^2, relative error 2^-28 in e^r.
  static constexpr float kQ[] = {0.5f, 0.166665181517601f, 0.04166620597243309f, 0.008368889801204205f,
                                 0.0013950489228591323f};
  return fma(polynomial(r, kQ) * r, r, r);
}

MYELIN_INLINE ReducedExp reduce_exp(Vec<float> x) {
  const Vec<float> n = round_even(x * kLog2E);
  return {n, expm1_near_zero(fma(n, Vec<float>(-kLn2Low), fma(n, Vec<float>(-kLn2High), x)))};
}

// 1 ulp.
MYELIN_INLINE Vec<float> exp(Vec<float> x) {
  // Beyond these bounds the result is 0 or infinity. The order of arguments lets NaN pass.
  const Vec<float> bounded = min(Vec<float>(89.0f), max(Vec<float>(-104.0f), x));
  const ReducedExp e = reduce_exp(bounded);
  return scale_by_power(e.expm1 + 1.0f, e.n);
}

// exp of x <= 0 or NaN, with a bound less.
MYELIN_INLINE Vec<float> exp_not_positive(Vec<float> x) {
  const ReducedExp e = reduce_exp(max(Vec<float>(-104.0f), x));
  return scale_by_power(e.expm1 + 1.0f, e.n);
}

// 1 ulp, and exact for whole x.
MYELIN_INLINE Vec<float> exp2(Vec<float> x) {
  const Vec<float> bounded = min(Vec<float>(129.0f), max(Vec<float>(-151.0f), x)), n = round_even(bounded);
  return scale_by_power(expm1_near_zero((bounded - n) * kLn2) + 1.0f, n);
}

// 2 ulp.
MYELIN_INLINE Vec<float> expm1(Vec<float> x) {
  const Vec<float> bounded = min(Vec<float>(89.0f), max(Vec<float>(-30.0f), x));
  const ReducedExp e = reduce_exp(bounded);
  // 2^n (1 + p) - 1 with 2^(n-1), because 2^128 is no float.
  const Vec<float> half = scale_by_power(Vec<float>(0.5f), e.n);
  const Vec<float> r = 2.0f * fma(half, e.expm1, half - 0.5f);
  return select(e.n == Vec<float>(0.0f), copy_sign(e.expm1, x), r);
}

// u = 2^k m with m in [sqrt 1/2, sqrt 2), for normal positive u.
struct PowerAndMantissa {
  Vec<std::int32_t> k;
  Vec<float> m;
};

MYELIN_INLINE PowerAndMantissa split_power(Vec<float> u) {
  const Vec<std::int32_t> bits = bitcast<std::int32_t>(u), from_root = bits - 0x3f3504f3;  // the bits of sqrt 1/2
  return {from_root >> 23, bitcast<float>(bits - (from_root & ~0x7fffff))};
}

MYELIN_INLINE Vec<float> to_float(Vec<std::int32_t> n) { return __builtin_convertvector(n.raw, RawVec<float>::type); }

// log(1 + f) - f for 1 + f in [sqrt 1/2, sqrt 2).
MYELIN_INLINE Vec<float> log_correction(Vec<float> f) {
  // (log(1 + f) - f + f^2 / 2) / f^3, absolute error 2^-30 f.
  static constexpr float kP[] = {0.3333331048488617f,   -0.24999986588954926f, 0.20002226531505585f,
                                 -0.16669249534606934f, 0.14218655228614807f,  -0.12384369969367981f,
                                 0.11873016506433487f,  -0.11789695173501968f, 0.06915146857500076f};
  const Vec<float> f2 = f * f;
  return fma(polynomial(f, kP) * f, f2, -0.5f * f2);
}

MYELIN_INLINE Vec<float> log_of_parts(Vec<float> k, Vec<float> f) {
  return fma(k, Vec<float>(kLn2High), f + fma(k, Vec<float>(kLn2Low), log_correction(f)));
}

struct Logarithm {
  Vec<float> k, f;  // log x = k ln 2 + log(1 + f)
};

MYELIN_INLINE Logarithm split_log(Vec<float> x) {
  const Mask<float> denormal = x < Vec<float>(0x1p-126f);
  const PowerAndMantissa parts = split_power(select(denormal, x * 0x1p23f, x));
  const Vec<float> k = to_float(parts.k);
  return {select(denormal, k - 23.0f, k), parts.m - 1.0f};
}

// 1 ulp.
MYELIN_INLINE Vec<float> log(Vec<float> x) {
  const Logarithm l = split_log(x);
  return with_log_limits(x, log_of_parts(l.k, l.f));
}

// 2 ulp.
MYELIN_INLINE Vec<float> log2(Vec<float> x) {
  const Logarithm l = split_log(x);
  const Vec<float> y = log_correction(l.f), rest = kLog2E - 1.0f;
  // (f + y) log2 e, smallest parts first; f itself is added unrounded.
  return with_log_limits(x, l.k + (l.f + (y + fma(y, rest, l.f * rest))));
}

// 2 ulp.
MYELIN_INLINE Vec<float> log10(Vec<float> x) {
  // log10 2 and log10 e in two floats each; the first of log10 2 has seven bits, so that its product with k is exact.
  constexpr float kTwoHigh = 0x1.34p-2f, kTwoLow = 2.48745663981195e-4f;
  constexpr float kEHigh = 0x1.bcb7b2p-2f, kELow = -1.0108649e-8f;
  const Logarithm l = split_log(x);
  const Vec<float> small = fma(log_correction(l.f), Vec<float>(kEHigh), l.f * kELow);
  const Vec<float> rest = fma(l.f, Vec<float>(kEHigh), fma(l.k, Vec<float>(kTwoLow), small));
  return with_log_limits(x, fma(l.k, Vec<float>(kTwoHigh), rest));
}

// 2 ulp.
MYELIN_INLINE Vec<float> log1p(Vec<float> x) {
  const Vec<float> u = x + 1.0f, lost = x - (u - 1.0f);
  const PowerAndMantissa parts = split_power(u);
  const Vec<std::int32_t> exponent = 127 - min(parts.k, Vec<std::int32_t>(126));  // beyond, nothing was lost
  const Vec<float> f = fma(lost, bitcast<float>(exponent << 23), parts.m - 1.0f);
  const Vec<float> r = with_log_limits(u, log_of_parts(to_float(parts.k), f));
  return select(x == Vec<float>(0.0f), x, r);
}

// Trigonometry.

// |x| = q pi/2 + r with |r| <= pi/4, for |x| <= kTrigLimit.
struct Quadrant {
  Vec<std::int32_t> q;
  Vec<float> r;
};

// Up to here q < 2^20, so that q times the upper part of pi/2 is exact in double.
constexpr float kTrigLimit = 0x1p20f;

struct ReducedAngle {
  Vec<double> q, r;
};

MYELIN_INLINE ReducedAngle reduce_angle(Vec<double> x) {
  // pi/2 in two doubles, the first of 33 bits.
  constexpr double kHigh = 0x1.921fb544p+0, kLow = 0x1.0b4611a626331p-34;
  const Vec<double> q = round_even(x * 0.63661977236758134308);
  return {q, fma(q, Vec<double>(-kLow), fma(q, Vec<double>(-kHigh), x))};
}

MYELIN_INLINE Quadrant reduce_angle(Vec<float> x) {
  const Halves wide = widen(abs(x));
  const ReducedAngle low = reduce_angle(wide.low), high = reduce_angle(wide.high);
  const Vec<float> q = narrow({low.q, high.q});
  return {__builtin_convertvector(q.raw, RawVec<std::int32_t>::type), narrow({low.r, high.r})};
}

MYELIN_INLINE Vec<float> sin_near_zero(Vec<float> r) {
  static constexpr float kS[] = {-0.1666666716337204f, 0.008333329111337662f, -0.00019839330343529582f,
                                 2.7182743451703573e-06f};
  const Vec<float> z = r * r;
  return fma(polynomial(z, kS) * z, r, r);
}

MYELIN_INLINE Vec<float> cos_near_zero(Vec<float> r) {
  static constexpr float kC[] = {0.04166664555668831f, -0.0013887364184483886f, 2.4438089894829318e-05f};
  const Vec<float> z = r * r;
  return fma(polynomial(z, kC) * z, z, fma(z, Vec<float>(-0.5f), Vec<float>(1.0f)));
}

MYELIN_INLINE Vec<float> flip_sign(Vec<float> x, Vec<std::int32_t> odd_flips) {
  return bitcast<float>(bitcast<std::int32_t>(x) ^ (odd_flips << 31));
}

// Lanes beyond kTrigLimit are computed one by one; which ones the others are makes no difference to a lane.
template <class F>
MYELIN_INLINE Vec<float> beyond_trig_limit(Vec<float> x, Vec<float> r, F f) {
  const Mask<float> huge = abs(x) > Vec<float>(kTrigLimit);
  if (__builtin_expect(!any(huge), 1)) return r;
  return select(huge, map_lanes(x, f), r);
}

MYELIN_INLINE Vec<float> sine_of(Quadrant a) {
  const Mask<float> swapped = (a.q & 1) != Vec<std::int32_t>(0);
  return flip_sign(select(swapped, cos_near_zero(a.r), sin_near_zero(a.r)), a.q >> 1);
}

// 2 ulp.
MYELIN_INLINE Vec<float> sin(Vec<float> x) {
  const Vec<float> positive = sine_of(reduce_angle(x));
  const Vec<float> r = bitcast<float>(bitcast<std::int32_t>(positive) ^ (bitcast<std::int32_t>(x) & kSignBit<float>));
  return beyond_trig_limit(x, r, [](float v) { return float(__builtin_sin(double(v))); });
}

// 2 ulp.
MYELIN_INLINE Vec<float> cos(Vec<float> x) {
  const Quadrant a = reduce_angle(x);
  return beyond_trig_limit(x, sine_of({a.q + 1, a.r}), [](float v) { return float(__builtin_cos(double(v))); });
}

// 4 ulp.
MYELIN_INLINE Vec<float> tan(Vec<float> x) {
  const Quadrant a = reduce_angle(x);
  const Vec<float> s = sin_near_zero(a.r), c = cos_near_zero(a.r);
  const Mask<float> swapped = (a.q & 1) != Vec<std::int32_t>(0);
  const Vec<float> positive = select(swapped, -c, s) / select(swapped, s, c);
  const Vec<float> r = bitcast<float>(bitcast<std::int32_t>(positive) ^ (bitcast<std::int32_t>(x) & kSignBit<float>));
  return beyond_trig_limit(x, r, [](float v) { return float(__builtin_tan(double(v))); });
}
