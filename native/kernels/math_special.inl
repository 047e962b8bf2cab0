// float32: hyperbolic tangent, error function, powers. Rules as in math_float.inl.

// 3 ulp. tanh |x| = -e / (2 + e) with e = expm1(-2 |x|): no cancellation, and exact for tiny x.
MYELIN_INLINE Vec<float> tanh(Vec<float> x) {
  const Vec<float> e = expm1(-2.0f * abs(x));
  return copy_sign(e / (2.0f + e), x);
}

// e^(t^2 / 2) Phi(-t), the upper tail of the normal distribution without its exponential, for 0 <= t <= 14.5:
// Q(u) / (t + 3) with u = (t - 3) / (t + 3), which maps that range to [-1, 0.66].
MYELIN_INLINE Vec<float> scaled_normal_tail(Vec<float> t) {
  static constexpr float kQ[] = {0.7290837168693542f,    -0.5093321800231934f,    0.23001770675182343f,
                                 -0.04725819081068039f,  -0.010462445206940174f,  0.006937465164810419f,
                                 0.0010171295143663883f, -0.0009467510390095413f, -0.00020389932615216821f,
                                 5.1856502977898344e-05f};
  const Vec<float> inverse = 1.0f / (t + 3.0f);
  return polynomial((t - 3.0f) * inverse, kQ) * inverse;
}

// y exp(-scale x^2) for scale x^2 <= 105, scale a power of two.
MYELIN_INLINE Vec<float> times_gaussian(Vec<float> y, Vec<float> x, float scale) {
  const Vec<float> square = x * x;
  // exp magnifies the rounding of scale x^2 by that number: put back what was lost.
  const Vec<float> lost = scale * square_error(x, square);
  const ReducedExp e = reduce_exp(-scale * square);
  const Vec<float> power = fma(-lost, e.expm1 + 1.0f, e.expm1 + 1.0f);
  return scale_by_power(y * power, e.n);
}

constexpr double kNormalDensity = 0.39894228040143267794;  // at 0: 1 / sqrt(2 pi)

// The normal distribution at a place: the integral up to it, and the density there.
template <class T>
struct Normal {
  Vec<T> cdf, density;
};

// Phi(-t) for t >= 0: relative error 6 ulp until it underflows.
MYELIN_INLINE Vec<float> normal_tail(Vec<float> t) {
  const Vec<float> bounded = min(Vec<float>(14.5f), t);
  return times_gaussian(scaled_normal_tail(bounded), bounded, 0.5f);
}

// Phi(x) = (1 + erf(x / sqrt 2)) / 2. 6 ulp.
MYELIN_INLINE Vec<float> normal_cdf(Vec<float> x) {
  const Vec<float> tail = normal_tail(abs(x));
  return select(x < Vec<float>(0.0f), tail, 1.0f - tail);
}

// Phi(x) and phi(x) from one exponential, to 2^-22 of their largest values.
MYELIN_INLINE Normal<float> normal_at(Vec<float> x) {
  const Vec<float> t = min(Vec<float>(14.5f), abs(x));
  const ReducedExp e = reduce_exp(-0.5f * (t * t));
  const Vec<float> power = scale_by_power(e.expm1 + 1.0f, e.n), tail = scaled_normal_tail(t) * power;
  return {select(x < Vec<float>(0.0f), tail, 1.0f - tail), float(kNormalDensity) * power};
}

// 4 ulp.
MYELIN_INLINE Vec<float> erf(Vec<float> x) {
  // erf(x) / x - 1 in x^2 on [0, 1], absolute error 2^-29.
  static constexpr float kP[] = {0.12837916612625122f,   -0.3761262595653534f,  0.11283600330352783f,
                                 -0.026854444295167923f, 0.005189535208046436f, -0.0008020841050893068f,
                                 7.889119297033176e-05f};
  const Vec<float> magnitude = abs(x);
  const Vec<float> near = fma(polynomial(x * x, kP), x, x);
  const Vec<float> far = copy_sign(1.0f - 2.0f * normal_tail(magnitude * 1.41421356237309505f), x);
  return select(magnitude < Vec<float>(1.0f), near, far);
}

// 8 ulp. erfc |x| = 2 Phi(-sqrt 2 |x|); the exponential is that of x^2, which rounding sqrt 2 |x| would spoil.
MYELIN_INLINE Vec<float> erfc(Vec<float> x) {
  const Vec<float> bounded = min(Vec<float>(10.125f), abs(x));
  const Vec<float> tail = times_gaussian(2.0f * scaled_normal_tail(bounded * 1.41421356237309505f), bounded, 1.0f);
  return select(x < Vec<float>(0.0f), 2.0f - tail, tail);
}

// Powers, in double.

// log2 of x >= 0, relative error 2^-43; x must come from a float.
MYELIN_INLINE Vec<double> log2_of_float(Vec<double> x) {
  // log2((1 + s) / (1 - s)) / s in s^2.
  static constexpr double kL[] = {2.885390081777849,   0.9617966941149898,  0.5770779418747853,
                                  0.41220930312596077, 0.31990356463721964, 0.2829313448852014};
  constexpr std::uint64_t kRootHalf = 0x3fe6a09e667f3bcd, kOne = 0x3ff0000000000000;
  const Vec<std::uint64_t> bits = bitcast<std::uint64_t>(x);
  const Vec<std::uint64_t> biased = (bits - (kRootHalf - kOne)) >> 52;  // k + 1023
  const Vec<double> m = bitcast<double>(bits - (biased << 52) + kOne);
  // An integer below 2^52 in the mantissa of 2^52.
  const Vec<double> k = bitcast<double>(biased | 0x4330000000000000) - (0x1p52 + 1023);
  const Vec<double> s = (m - 1.0) / (m + 1.0);
  const Vec<double> finite = fma(s, polynomial(s * s, kL), k);
  const Vec<double> positive = select(x < Vec<double>(kInfinity<double>), finite, x);
  return select(x == Vec<double>(0.0), Vec<double>(-kInfinity<double>), positive);
}

// 2^t, relative error 2^-40 for |t| <= 200, beyond as there.
MYELIN_INLINE Vec<double> exp2_to_float_range(Vec<double> t) {
  static constexpr double kE[] = {1.0000000000000273,     0.6931471805459075,     0.2402265069546642,
                                  0.055504109413069457,   0.009618129228722155,   0.0013333450472485992,
                                  0.00015403411469081668, 1.5310104582062236e-05, 1.326410499421192e-06};
  const Vec<double> bounded = min(Vec<double>(200.0), max(Vec<double>(-200.0), t));
  const Vec<double> n = round_even(bounded);
  // n in the low bits of 1.5 * 2^52, shifted into the exponent.
  const Vec<std::uint64_t> power = (bitcast<std::uint64_t>(n + 0x1.8p52) << 52) + 0x3ff0000000000000;
  return polynomial(bounded - n, kE) * bitcast<double>(power);
}

// |x|^y, where |x| = 1 or y = 0 also against an infinity.
MYELIN_INLINE Vec<double> power_of_magnitude(Vec<double> magnitude, Vec<double> y) {
  const Vec<double> t = y * log2_of_float(magnitude);
  const Mask<double> one = ((magnitude == Vec<double>(1.0)) & (y == y)) | (y == Vec<double>(0.0));
  return exp2_to_float_range(select(one, Vec<double>(0.0), t));
}

// 1 ulp. Special cases as in IEEE 754 section 9.2.1.
MYELIN_INLINE Vec<float> pow(Vec<float> x, Vec<float> y) {
  const Halves wide_x = widen(abs(x)), wide_y = widen(y);
  const Vec<float> magnitude =
      narrow({power_of_magnitude(wide_x.low, wide_y.low), power_of_magnitude(wide_x.high, wide_y.high)});
  const Vec<float> half = 0.5f * y;
  const Mask<float> whole = floor(y) == y, odd = whole & (floor(half) != half);
  const Vec<float> r = select(odd, copy_sign(magnitude, x), magnitude);
  const Mask<float> root_of_negative = (x < Vec<float>(0.0f)) & (x > Vec<float>(-kInfinity<float>)) & !whole & (y == y);
  return select(x == Vec<float>(1.0f), Vec<float>(1.0f), select(root_of_negative, Vec<float>(kNaN<float>), r));
}
