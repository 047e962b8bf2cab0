// float64 functions: libm's, lane by lane, so their errors are libm's (below 1 ulp for glibc's exp, log, pow, sin, cos;
// 2 for the rest). float64 is for gradient checks and statistics, where exactness counts more than speed.

#define MYELIN_LIBM(name)                                              \
  MYELIN_INLINE Vec<double> name(Vec<double> x) {                      \
    return map_lanes(x, [](double v) { return __builtin_##name(v); }); \
  }
MYELIN_LIBM(exp)
MYELIN_LIBM(exp2)
MYELIN_LIBM(expm1)
MYELIN_LIBM(log)
MYELIN_LIBM(log1p)
MYELIN_LIBM(log2)
MYELIN_LIBM(log10)
MYELIN_LIBM(sin)
MYELIN_LIBM(cos)
MYELIN_LIBM(tan)
MYELIN_LIBM(asin)
MYELIN_LIBM(acos)
MYELIN_LIBM(atan)
MYELIN_LIBM(sinh)
MYELIN_LIBM(cosh)
MYELIN_LIBM(tanh)
MYELIN_LIBM(asinh)
MYELIN_LIBM(acosh)
MYELIN_LIBM(atanh)
MYELIN_LIBM(erf)
MYELIN_LIBM(erfc)
#undef MYELIN_LIBM

MYELIN_INLINE Vec<double> exp_not_positive(Vec<double> x) { return exp(x); }

// x^2 / 2 ulp far below zero, where erfc magnifies the rounding of its argument.
MYELIN_INLINE Vec<double> normal_cdf(Vec<double> x) {
  return map_lanes(x, [](double v) { return 0.5 * __builtin_erfc(v * -0.70710678118654752440); });
}

MYELIN_INLINE Normal<double> normal_at(Vec<double> x) { return {normal_cdf(x), kNormalDensity * exp(-0.5 * x * x)}; }

#define MYELIN_LIBM(name)                                                                              \
  MYELIN_INLINE Vec<double> name(Vec<double> x, Vec<double> y) {                                       \
    double first[kLanes<double>], second[kLanes<double>];                                              \
    store(first, x);                                                                                   \
    store(second, y);                                                                                  \
    for (std::size_t i = 0; i < kLanes<double>; i++) first[i] = __builtin_##name(first[i], second[i]); \
    return load(first);                                                                                \
  }
MYELIN_LIBM(pow)
MYELIN_LIBM(atan2)
MYELIN_LIBM(hypot)
#undef MYELIN_LIBM
