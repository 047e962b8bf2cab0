// float64 functions: libm's, lane by lane, so their errors are libm's (below 1 ulp for glibc's exp, log, pow, sin, cos;
// 2 for the rest). float64 is for gradient checks and statistics, where exactness counts more than speed.

#define MYELIN_LIBM(name)                                              \
  MYELIN_INLINE Vec<double> name(Vec<double> x) {                      \
    return map_lanes(x, [](double v) { return __builtin_##name(v); }); \
  }
MYELIN_LIBM(exp)
MYELIN_LIBM(expm1)
MYELIN_LIBM(log)
MYELIN_LIBM(log1p)
MYELIN_LIBM(log2)
MYELIN_LIBM(sin)
MYELIN_LIBM(cos)
MYELIN_LIBM(tan)
MYELIN_LIBM(tanh)
MYELIN_LIBM(erf)
#undef MYELIN_LIBM

// x^2 / 2 ulp far below zero, where erfc magnifies the rounding of its argument.
MYELIN_INLINE Vec<double> normal_cdf(Vec<double> x) {
  return map_lanes(x, [](double v) { return 0.5 * __builtin_erfc(v * -0.70710678118654752440); });
}

MYELIN_INLINE Vec<double> pow(Vec<double> x, Vec<double> y) {
  double base[kLanes<double>], exponent[kLanes<double>];
  store(base, x);
  store(exponent, y);
  for (std::size_t i = 0; i < kLanes<double>; i++) base[i] = __builtin_pow(base[i], exponent[i]);
  return load(base);
}
