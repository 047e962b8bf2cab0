// Element by element. The type in which the arithmetic of T is done is double for floats, so that rounding to T once
// gives the right result, and unsigned for integers, so that they wrap.
template <class T>
struct ArithmeticOf {
  using type = double;
};
template <>
struct ArithmeticOf<std::int8_t> {
  using type = std::uint32_t;
};
template <>
struct ArithmeticOf<std::int16_t> {
  using type = std::uint32_t;
};
template <>
struct ArithmeticOf<std::int32_t> {
  using type = std::uint32_t;
};
template <>
struct ArithmeticOf<std::int64_t> {
  using type = std::uint64_t;
};
template <>
struct ArithmeticOf<std::uint8_t> {
  using type = std::uint32_t;
};
template <class T>
using Arithmetic = typename ArithmeticOf<T>::type;

template <class T>
T at(const T* p, std::ptrdiff_t stride, std::size_t i) {
  return p[static_cast<std::ptrdiff_t>(i) * stride];
}

// The expression is written in terms of x, of a and b, or of x, p0 and p1; _WIDE ones see them in Arithmetic<T>.
#define MYELIN_UNARY(T, prefix, name, expression)                               \
  void prefix##_##name(const T* px, std::ptrdiff_t sx, T* out, std::size_t n) { \
    for (std::size_t i = 0; i < n; i++) {                                       \
      const T x = at(px, sx, i);                                                \
      out[i] = static_cast<T>(expression);                                      \
    }                                                                           \
  }
#define MYELIN_UNARY_WIDE(T, prefix, name, expression)                          \
  void prefix##_##name(const T* px, std::ptrdiff_t sx, T* out, std::size_t n) { \
    for (std::size_t i = 0; i < n; i++) {                                       \
      const auto x = static_cast<Arithmetic<T>>(at(px, sx, i));                 \
      out[i] = static_cast<T>(expression);                                      \
    }                                                                           \
  }
#define MYELIN_UNARY_PARAM(T, prefix, name, expression)                                            \
  void prefix##_##name(const T* px, std::ptrdiff_t sx, T first, T second, T* out, std::size_t n) { \
    [[maybe_unused]] const double p0 = first, p1 = second;                                         \
    for (std::size_t i = 0; i < n; i++) {                                                          \
      const double x = at(px, sx, i);                                                              \
      out[i] = static_cast<T>(expression);                                                         \
    }                                                                                              \
  }
#define MYELIN_BINARY_AS(Result, Operand, T, prefix, name, expression)                                               \
  void prefix##_##name(const T* pa, std::ptrdiff_t sa, const T* pb, std::ptrdiff_t sb, Result* out, std::size_t n) { \
    for (std::size_t i = 0; i < n; i++) {                                                                            \
      const auto a = static_cast<Operand>(at(pa, sa, i)), b = static_cast<Operand>(at(pb, sb, i));                   \
      out[i] = static_cast<Result>(expression);                                                                      \
    }                                                                                                                \
  }
#define MYELIN_BINARY(T, prefix, name, expression) MYELIN_BINARY_AS(T, T, T, prefix, name, expression)
#define MYELIN_BINARY_WIDE(T, prefix, name, expression) MYELIN_BINARY_AS(T, Arithmetic<T>, T, prefix, name, expression)
#define MYELIN_COMPARE(T, prefix, name, expression) MYELIN_BINARY_AS(std::uint8_t, T, T, prefix, name, expression)
#define MYELIN_PREDICATE(T, prefix, name, expression)                                      \
  void prefix##_##name(const T* px, std::ptrdiff_t sx, std::uint8_t* out, std::size_t n) { \
    for (std::size_t i = 0; i < n; i++) {                                                  \
      const T x = at(px, sx, i);                                                           \
      out[i] = expression;                                                                 \
    }                                                                                      \
  }

#define MYELIN_FLOATS(form, ...) form(float, f32, __VA_ARGS__) form(double, f64, __VA_ARGS__)
#define MYELIN_INTEGERS(form, ...)                                                                             \
  form(std::int8_t, i8, __VA_ARGS__) form(std::int16_t, i16, __VA_ARGS__) form(std::int32_t, i32, __VA_ARGS__) \
      form(std::int64_t, i64, __VA_ARGS__)
#define MYELIN_SIGNED(form, ...) MYELIN_FLOATS(form, __VA_ARGS__) MYELIN_INTEGERS(form, __VA_ARGS__)
#define MYELIN_NUMBERS(form, ...) MYELIN_SIGNED(form, __VA_ARGS__) form(std::uint8_t, u8, __VA_ARGS__)

MYELIN_NUMBERS(MYELIN_BINARY_WIDE, add, a + b)
MYELIN_NUMBERS(MYELIN_BINARY_WIDE, sub, a - b)
MYELIN_NUMBERS(MYELIN_BINARY_WIDE, mul, (a * b))
MYELIN_NUMBERS(MYELIN_BINARY, maximum, a > b || a != a ? a : b)
MYELIN_NUMBERS(MYELIN_BINARY, minimum, a < b || a != a ? a : b)
MYELIN_FLOATS(MYELIN_BINARY_WIDE, div, a / b)
MYELIN_FLOATS(MYELIN_BINARY_WIDE, pow, std::pow(a, b))

MYELIN_NUMBERS(MYELIN_COMPARE, eq, a == b)
MYELIN_NUMBERS(MYELIN_COMPARE, ne, a != b)
MYELIN_NUMBERS(MYELIN_COMPARE, lt, a < b)
MYELIN_NUMBERS(MYELIN_COMPARE, le, a <= b)
MYELIN_NUMBERS(MYELIN_COMPARE, gt, a > b)
MYELIN_NUMBERS(MYELIN_COMPARE, ge, a >= b)

MYELIN_BINARY(std::uint8_t, logical, and, a != 0 && b != 0)
MYELIN_BINARY(std::uint8_t, logical, or, a != 0 || b != 0)
MYELIN_BINARY(std::uint8_t, logical, xor, (a != 0) != (b != 0))
MYELIN_PREDICATE(std::uint8_t, logical, not, x == 0)
MYELIN_FLOATS(MYELIN_PREDICATE, isnan, std::isnan(x))
MYELIN_FLOATS(MYELIN_PREDICATE, isinf, std::isinf(x))
MYELIN_FLOATS(MYELIN_PREDICATE, isfinite, std::isfinite(x))

#define MYELIN_SELECT(T, name)                                                                                      \
  void name(const std::uint8_t* c, std::ptrdiff_t sc, const T* a, std::ptrdiff_t sa, const T* b, std::ptrdiff_t sb, \
            T* out, std::size_t n) {                                                                                \
    for (std::size_t i = 0; i < n; i++) out[i] = at(c, sc, i) != 0 ? at(a, sa, i) : at(b, sb, i);                   \
  }
MYELIN_SELECT(std::uint8_t, select_8)
MYELIN_SELECT(std::uint16_t, select_16)
MYELIN_SELECT(std::uint32_t, select_32)
MYELIN_SELECT(std::uint64_t, select_64)

MYELIN_FLOATS(MYELIN_UNARY, neg, -x)
MYELIN_INTEGERS(MYELIN_UNARY_WIDE, neg, 0 - x)
MYELIN_FLOATS(MYELIN_UNARY, abs, std::fabs(x))
MYELIN_INTEGERS(MYELIN_UNARY, abs, x < 0 ? 0 - static_cast<Arithmetic<decltype(-x)>>(x) : x)
MYELIN_SIGNED(MYELIN_UNARY, sign, (x > 0) - (x < 0))
MYELIN_SIGNED(MYELIN_UNARY_WIDE, square, (x * x))
MYELIN_SIGNED(MYELIN_UNARY, relu, x < 0 ? 0 : x)
MYELIN_FLOATS(MYELIN_UNARY, floor, std::floor(x))
MYELIN_FLOATS(MYELIN_UNARY, ceil, std::ceil(x))
MYELIN_FLOATS(MYELIN_UNARY, round, std::nearbyint(x))
MYELIN_FLOATS(MYELIN_UNARY, trunc, std::trunc(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, sqrt, std::sqrt(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, rsqrt, 1 / std::sqrt(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, reciprocal, 1 / x)
MYELIN_FLOATS(MYELIN_UNARY_WIDE, exp, std::exp(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, expm1, std::expm1(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, log, std::log(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, log1p, std::log1p(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, log2, std::log2(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, sin, std::sin(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, cos, std::cos(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, tan, std::tan(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, tanh, std::tanh(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, erf, std::erf(x))
MYELIN_FLOATS(MYELIN_UNARY_PARAM, clamp, x != x ? x : std::fmin(std::fmax(x, p0), p1))
MYELIN_FLOATS(MYELIN_UNARY_PARAM, scale_shift, (x * p0 + p1))
MYELIN_FLOATS(MYELIN_UNARY_PARAM, leaky_relu, x > 0 ? x : x * p0)
MYELIN_FLOATS(MYELIN_UNARY_PARAM, elu, x > 0 ? x : p0 * std::expm1(x * p1))

// Activations and their derivatives.

double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double normal_density(double x) { return std::exp(-0.5 * x * x) * 0.39894228040143267794; }
// Twice the argument of tanh, sqrt(2 / pi) (x + 0.044715 x^3), and its derivative: (1 + tanh y) / 2 is sigmoid(2 y).
constexpr double kTwiceRoot = 1.59576912160573071176;
double gelu_argument(double x) { return kTwiceRoot * (x + 0.044715 * x * x * x); }
double gelu_slope(double x) { return kTwiceRoot * (1 + 3 * 0.044715 * x * x); }
// Where the derivatives are 0 or 1 to the last bit.
double bounded(double x) { return x > 40 ? 40 : x < -40 ? -40 : x; }

double gelu_derivative(double x) { return normal_cdf(x) + x * normal_density(x); }
double gelu_tanh_derivative(double x) {
  const double y = gelu_argument(x);
  return sigmoid(y) + x * sigmoid(y) * sigmoid(-y) * gelu_slope(x);
}
double silu_derivative(double x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }

MYELIN_FLOATS(MYELIN_UNARY_WIDE, sigmoid, sigmoid(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, gelu, (x * normal_cdf(x)))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, gelu_tanh, (x * sigmoid(gelu_argument(x))))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, silu, (x * sigmoid(x)))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, softplus, x > 20 ? x : std::log1p(std::exp(x)))

MYELIN_FLOATS(MYELIN_BINARY_WIDE, relu_backward, b <= 0 ? 0 : a)
MYELIN_FLOATS(MYELIN_BINARY_WIDE, sigmoid_backward, (a * ((1 - b) * b)))
MYELIN_FLOATS(MYELIN_BINARY_WIDE, tanh_backward, (a * (1 - b * b)))
MYELIN_FLOATS(MYELIN_BINARY, gelu_backward, (a * static_cast<decltype(+a)>(gelu_derivative(bounded(b)))))
void f32_gelu_and_slope(float* out, float* slope, const float* x, std::size_t n) {
  f32_gelu(x, 1, out, n);
  for (std::size_t i = 0; i < n; i++) slope[i] = static_cast<float>(gelu_derivative(bounded(x[i])));
}
MYELIN_FLOATS(MYELIN_BINARY_WIDE, gelu_tanh_backward, (a * gelu_tanh_derivative(bounded(b))))
MYELIN_FLOATS(MYELIN_BINARY_WIDE, silu_backward, (a * silu_derivative(b)))
MYELIN_FLOATS(MYELIN_BINARY_WIDE, softplus_backward, b > 20 ? a : a * sigmoid(b))
