// float32: inverse trigonometric functions, hyperbolic functions and their inverses. Rules as in math_float.inl.

// pi/2 in two floats.
constexpr float kHalfPiHigh = 0x1.921fb6p+0f, kHalfPiLow = -0x1.777a5cp-25f;

// pi/2 - x.
MYELIN_INLINE Vec<float> complement(Vec<float> x) { return kHalfPiHigh - (x - kHalfPiLow); }

// asin for |x| <= 1/2.
MYELIN_INLINE Vec<float> asin_near_zero(Vec<float> x) {
  // (asin x - x) / x^3 in x^2, relative error 2^-31 in asin x.
  static constexpr float kP[] = {0.16666659712791443f, 0.0750051960349083f,   0.044514212757349014f,
                                 0.03182906657457352f, 0.014362824149429798f, 0.03761693835258484f};
  const Vec<float> z = x * x;
  return fma(polynomial(z, kP) * z, x, x);
}

// acos(a) / 2 for 1/2 <= a <= 1: asin of the sine of the half angle.
MYELIN_INLINE Vec<float> half_acos(Vec<float> a) { return asin_near_zero(sqrt(0.5f - 0.5f * a)); }

// 3 ulp.
MYELIN_INLINE Vec<float> asin(Vec<float> x) {
  const Vec<float> a = abs(x), far = copy_sign(complement(2.0f * half_acos(a)), x);
  return select(a < Vec<float>(0.5f), asin_near_zero(x), far);
}

// 3 ulp.
MYELIN_INLINE Vec<float> acos(Vec<float> x) {
  const Vec<float> a = abs(x), half = half_acos(a);
  const Vec<float> far = 2.0f * select(x < Vec<float>(0.0f), complement(half), half);
  return select(a < Vec<float>(0.5f), complement(asin_near_zero(x)), far);
}

// atan for 0 <= x <= 1.
MYELIN_INLINE Vec<float> atan_to_one(Vec<float> x) {
  // (atan x - x) / x^3 in x^2, relative error 2^-28 in atan x.
  static constexpr float kP[] = {-0.33333298563957214f,  0.1999853104352951f,   -0.14264051616191864f,
                                 0.10951174795627594f,   -0.08400475233793259f, 0.05790654569864273f,
                                 -0.031127002090215683f, 0.010887361131608486f, -0.0017875476041808724f};
  const Vec<float> z = x * x;
  return fma(polynomial(z, kP) * z, x, x);
}

// 3 ulp.
MYELIN_INLINE Vec<float> atan(Vec<float> x) {
  const Vec<float> a = abs(x);
  const Mask<float> large = a > Vec<float>(1.0f);
  const Vec<float> r = atan_to_one(select(large, 1.0f / a, a));
  return copy_sign(select(large, complement(r), r), x);
}

// The angle of the point (x, y). 4 ulp; zeros and infinities as in IEEE 754 section 9.2.1.
MYELIN_INLINE Vec<float> atan2(Vec<float> y, Vec<float> x) {
  const Vec<float> height = abs(y), width = abs(x), large = max(height, width), small = min(height, width);
  const Vec<float> same = select(large == Vec<float>(0.0f), Vec<float>(0.0f), Vec<float>(1.0f));
  const Vec<float> slope = atan_to_one(select(small == large, same, small / large));
  const Vec<float> right = select(height > width, complement(slope), slope);
  const Mask<float> left = bitcast<std::int32_t>(x) < Vec<std::int32_t>(0);
  // pi - right, pi being twice the half.
  const Vec<float> angle = select(left, 2.0f * kHalfPiHigh - (right - 2.0f * kHalfPiLow), right);
  return select((x != x) | (y != y), x + y, copy_sign(angle, y));
}

// e^a / 2 for 0 <= a, which is finite a little longer than e^a.
MYELIN_INLINE Vec<float> half_exp(Vec<float> a) {
  const ReducedExp e = reduce_exp(min(Vec<float>(90.0f), a));
  return scale_by_power(0.5f * (e.expm1 + 1.0f), e.n);
}

// 3 ulp.
MYELIN_INLINE Vec<float> sinh(Vec<float> x) {
  // (sinh x - x) / x^3 in x^2 on [0, 1].
  static constexpr float kP[] = {0.1666666716337204f, 0.00833331048488617f, 0.00019842895562760532f,
                                 2.7822131869470468e-06f};
  const Vec<float> a = abs(x), z = x * x, half = half_exp(a);
  const Vec<float> near = fma(polynomial(z, kP) * z, x, x), far = copy_sign(half - 0.25f / half, x);
  return select(a < Vec<float>(1.0f), near, far);
}

// 2 ulp.
MYELIN_INLINE Vec<float> cosh(Vec<float> x) {
  const Vec<float> half = half_exp(abs(x));
  return half + 0.25f / half;
}

// log(x + sqrt(x^2 +- 1)) from the argument of log1p where squares may overflow: there it is log(2 x).
MYELIN_INLINE Vec<float> log1p_or_log_of_twice(Vec<float> x, Vec<float> u) {
  const Mask<float> huge = x > Vec<float>(0x1p30f);
  const Vec<float> r = log1p(select(huge, x, u));
  return select(huge, r + kLn2, r);
}

// 4 ulp.
MYELIN_INLINE Vec<float> asinh(Vec<float> x) {
  const Vec<float> a = abs(x), square = a * a;
  return copy_sign(log1p_or_log_of_twice(a, a + square / (1.0f + sqrt(1.0f + square))), x);
}

// 4 ulp.
MYELIN_INLINE Vec<float> acosh(Vec<float> x) {
  const Vec<float> above = x - 1.0f, r = log1p_or_log_of_twice(x, above + sqrt(above * (above + 2.0f)));
  return select(x < Vec<float>(1.0f), Vec<float>(kNaN<float>), r);
}

// 4 ulp.
MYELIN_INLINE Vec<float> atanh(Vec<float> x) {
  const Vec<float> a = abs(x);
  return copy_sign(0.5f * log1p((a + a) / (1.0f - a)), x);
}

// 1 ulp.
MYELIN_INLINE Vec<float> hypot(Vec<float> x, Vec<float> y) {
  const Halves a = widen(x), b = widen(y);
  const Vec<float> r = narrow({sqrt(a.low * a.low + b.low * b.low), sqrt(a.high * a.high + b.high * b.high)});
  const Vec<float> infinity = kInfinity<float>;
  return select((abs(x) == infinity) | (abs(y) == infinity), infinity, r);
}
