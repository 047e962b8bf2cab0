// Polynomials and the parts of functions that do not depend on the element type.

// c[0] + c[1] x + ... by Horner's rule.
template <class T, std::size_t n>
MYELIN_INLINE Vec<T> polynomial(Vec<T> x, const T (&c)[n]) {
  Vec<T> sum = c[n - 1];
#pragma GCC unroll 16
  for (std::size_t i = n - 1; i > 0; i--) sum = fma(sum, x, Vec<T>(c[i - 1]));
  return sum;
}

template <class T>
constexpr T kInfinity = T(__builtin_inf());
template <class T>
constexpr T kNaN = T(__builtin_nan(""));

// log of u, given r = log u where u is positive and finite.
template <class T>
MYELIN_INLINE Vec<T> with_log_limits(Vec<T> u, Vec<T> r) {
  const Vec<T> limit = select(u == Vec<T>(T(0)), Vec<T>(-kInfinity<T>), Vec<T>(kNaN<T>));
  const Vec<T> infinite_or_not = select(u == Vec<T>(kInfinity<T>), u, limit);
  return select((u > Vec<T>(T(0))) & (u < Vec<T>(kInfinity<T>)), r, infinite_or_not);
}
