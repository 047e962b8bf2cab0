// Less common functions, element by element: inverse trigonometric and hyperbolic ones, powers of 2, sums of logarithms.

// log(e^a + e^b) without overflow. Where both are equal, infinities too, a - b need not be a number.
template <class T>
MYELIN_INLINE Vec<T> log_add_exp(Vec<T> a, Vec<T> b) {
  const Vec<T> larger = max(a, b), apart = select(a == b, Vec<T>(T(0)), abs(a - b));
  return larger + log1p(exp(-apart));
}

template <class T>
MYELIN_INLINE Vec<T> log_add_exp2(Vec<T> a, Vec<T> b) {
  const Vec<T> larger = max(a, b), apart = select(a == b, Vec<T>(T(0)), abs(a - b));
  return larger + log1p(exp2(-apart)) * T(1.44269504088896340736);
}

// 0 where a is, unless b is NaN.
template <class T>
MYELIN_INLINE Vec<T> x_log_y(Vec<T> a, Vec<T> b) {
  const Vec<T> zero = T(0);
  return select((a == zero) & (b == b), zero, a * log(b));
}

MYELIN_FLOATS(MYELIN_UNARY, exp2, exp2(x))
MYELIN_FLOATS(MYELIN_UNARY, log10, log10(x))
MYELIN_FLOATS(MYELIN_UNARY, asin, asin(x))
MYELIN_FLOATS(MYELIN_UNARY, acos, acos(x))
MYELIN_FLOATS(MYELIN_UNARY, atan, atan(x))
MYELIN_FLOATS(MYELIN_UNARY, sinh, sinh(x))
MYELIN_FLOATS(MYELIN_UNARY, cosh, cosh(x))
MYELIN_FLOATS(MYELIN_UNARY, asinh, asinh(x))
MYELIN_FLOATS(MYELIN_UNARY, acosh, acosh(x))
MYELIN_FLOATS(MYELIN_UNARY, atanh, atanh(x))
MYELIN_FLOATS(MYELIN_UNARY, erfc, erfc(x))
MYELIN_FLOATS(MYELIN_BINARY, atan2, atan2(a, b))
MYELIN_FLOATS(MYELIN_BINARY, hypot, hypot(a, b))
MYELIN_FLOATS(MYELIN_BINARY, copysign, copy_sign(a, b))
MYELIN_FLOATS(MYELIN_BINARY, log_add_exp, log_add_exp(a, b))
MYELIN_FLOATS(MYELIN_BINARY, log_add_exp2, log_add_exp2(a, b))
MYELIN_FLOATS(MYELIN_BINARY, x_log_y, x_log_y(a, b))

// Activations.

// tanh(log(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2), and what its derivative needs.
template <class T>
struct MishGate {
  Vec<T> power, n;
};

template <class T>
MYELIN_INLINE MishGate<T> mish_gate(Vec<T> x) {
  // Above 40 the gate is 1 to the last bit, and its terms are still finite.
  const Vec<T> power = exp(min(Vec<T>(T(40)), x));
  return {power, power * (power + T(2))};
}

// 4 ulp.
template <class T>
MYELIN_INLINE Vec<T> mish(Vec<T> x) {
  const MishGate<T> gate = mish_gate(x);
  return x * (gate.n / (gate.n + T(2)));
}

// t + x s (1 - t^2) with the gate t and s = sigmoid(x).
template <class T>
MYELIN_INLINE Vec<T> mish_backward(Vec<T> dout, Vec<T> unbounded) {
  const Vec<T> x = bounded(unbounded);
  const MishGate<T> gate = mish_gate(x);
  const Vec<T> scale = T(1) / (gate.n + T(2)), t = gate.n * scale;
  const Vec<T> slope = T(4) * ((gate.n + T(1)) * scale) * scale, s = gate.power / (gate.power + T(1));
  return dout * fma(x * s, slope, t);
}

// x min(max(x + 3, 0), 6) / 6. 2 ulp.
template <class T>
MYELIN_INLINE Vec<T> hardswish(Vec<T> x) {
  return x * (min(Vec<T>(T(6)), max(Vec<T>(T(0)), x + T(3))) / T(6));
}

template <class T>
MYELIN_INLINE Vec<T> hardswish_backward(Vec<T> dout, Vec<T> x) {
  const Vec<T> three = T(3), inside = dout * fma(x, Vec<T>(T(1) / T(3)), Vec<T>(T(0.5)));
  return select(x <= -three, Vec<T>(T(0)), select(x >= three, dout, inside));
}

// -log(1 + e^-x). 4 ulp.
template <class T>
MYELIN_INLINE Vec<T> log_sigmoid(Vec<T> x) {
  return min(Vec<T>(T(0)), x) - log1p(exp(-abs(x)));
}

MYELIN_FLOATS(MYELIN_UNARY, mish, mish(x))
MYELIN_FLOATS(MYELIN_UNARY, hardswish, hardswish(x))
MYELIN_FLOATS(MYELIN_UNARY, log_sigmoid, log_sigmoid(x))
MYELIN_FLOATS(MYELIN_BINARY, mish_backward, mish_backward(a, b))
MYELIN_FLOATS(MYELIN_BINARY, hardswish_backward, hardswish_backward(a, b))
