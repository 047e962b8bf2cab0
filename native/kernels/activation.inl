// Activations and their derivatives, for float and double alike. Errors are for float32; float64's are libm's plus one
// or two roundings. Derivatives promise 8 ulp (gelu_tanh: 16) of the gradient they are given, not of their result: near
// a zero of the derivative its terms cancel.

// s and 1 - s, each to 3 ulp.
template <class T>
struct Sigmoid {
  Vec<T> s, rest;
};

template <class T>
MYELIN_INLINE Sigmoid<T> sigmoid_and_rest(Vec<T> x) {
  const Vec<T> e = exp_not_positive(-abs(x)), large = T(1) / (T(1) + e), small = e * large;
  const Mask<T> negative = x < Vec<T>(T(0));
  return {select(negative, small, large), select(negative, large, small)};
}

template <class T>
MYELIN_INLINE Vec<T> sigmoid(Vec<T> x) {
  return sigmoid_and_rest(x).s;
}

// x Phi(x). 8 ulp.
template <class T>
MYELIN_INLINE Vec<T> gelu(Vec<T> x) {
  return x * normal_cdf(x);
}

// The argument of tanh in x (1 + tanh(...)) / 2 (Hendrycks, Gimpel: "Gaussian error linear units", section 2).
constexpr double kGeluScale = 0.79788456080286535588;  // sqrt(2 / pi)
constexpr double kGeluCubic = 0.044715;

// 2 y: (1 + tanh y) / 2 is sigmoid(2 y), without its cancellation.
template <class T>
MYELIN_INLINE Vec<T> gelu_argument(Vec<T> x) {
  return x * fma(x * x, Vec<T>(T(2 * kGeluScale * kGeluCubic)), Vec<T>(T(2 * kGeluScale)));
}

// 16 ulp while the result exceeds x / 256; farther down the exponential magnifies the rounding of its argument.
template <class T>
MYELIN_INLINE Vec<T> gelu_tanh(Vec<T> x) {
  return x * sigmoid(gelu_argument(x));
}

// x sigmoid(x). 4 ulp.
template <class T>
MYELIN_INLINE Vec<T> silu(Vec<T> x) {
  return x * sigmoid(x);
}

// log(1 + e^x), and x itself above 20, as PyTorch. 4 ulp.
template <class T>
MYELIN_INLINE Vec<T> softplus(Vec<T> x) {
  const Vec<T> r = max(Vec<T>(T(0)), x) + log1p(exp(-abs(x)));
  return select(x > Vec<T>(T(20)), x, r);
}

template <class T>
MYELIN_INLINE Vec<T> leaky_relu(Vec<T> x, Vec<T> slope) {
  return select(x > Vec<T>(T(0)), x, x * slope);
}

template <class T>
MYELIN_INLINE Vec<T> elu(Vec<T> x, Vec<T> alpha, Vec<T> scale) {
  return select(x > Vec<T>(T(0)), x, alpha * expm1(x * scale));
}

MYELIN_FLOATS(MYELIN_UNARY, sigmoid, sigmoid(x))
MYELIN_FLOATS(MYELIN_UNARY, gelu, gelu(x))
MYELIN_FLOATS(MYELIN_UNARY, gelu_tanh, gelu_tanh(x))
MYELIN_FLOATS(MYELIN_UNARY, silu, silu(x))
MYELIN_FLOATS(MYELIN_UNARY, softplus, softplus(x))
MYELIN_FLOATS(MYELIN_UNARY_PARAM, leaky_relu, leaky_relu(x, p0))
MYELIN_FLOATS(MYELIN_UNARY_PARAM, elu, elu(x, p0, p1))

// Derivatives.

// 0 where x is not positive; a NaN of x lets the gradient through.
template <class T>
MYELIN_INLINE Vec<T> relu_backward(Vec<T> dout, Vec<T> x) {
  return select(x <= Vec<T>(T(0)), Vec<T>(T(0)), dout);
}

template <class T>
MYELIN_INLINE Vec<T> sigmoid_backward(Vec<T> dout, Vec<T> out) {
  return dout * ((T(1) - out) * out);
}

template <class T>
MYELIN_INLINE Vec<T> tanh_backward(Vec<T> dout, Vec<T> out) {
  return dout * (T(1) - out * out);
}

// Beyond these arguments the derivative is 0 or 1; without the bound x = infinity would give infinity * 0.
template <class T>
MYELIN_INLINE Vec<T> bounded(Vec<T> x) {
  return min(Vec<T>(T(40)), max(Vec<T>(T(-40)), x));
}

// Phi(x) + x phi(x).
template <class T>
MYELIN_INLINE Vec<T> gelu_slope(Vec<T> x) {
  const Normal<T> normal = normal_at(x);
  return fma(bounded(x), normal.density, normal.cdf);
}

template <class T>
MYELIN_INLINE Vec<T> gelu_backward(Vec<T> dout, Vec<T> x) {
  return dout * gelu_slope(x);
}

// Most of both is the same exponential and polynomial, which the compiler sees.
void f32_gelu_and_slope(float* out, float* slope, const float* px, std::size_t n) {
  each_vector<float>(n, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE {
    const Vec<float> x = at.load_from(px + i);
    at.store_to(out + i, gelu(x));
    at.store_to(slope + i, gelu_slope(x));
  });
}

// s + x s (1 - s) y' with s = sigmoid(y) and y' the derivative of its argument.
template <class T>
MYELIN_INLINE Vec<T> gelu_tanh_backward(Vec<T> dout, Vec<T> unbounded) {
  const Vec<T> x = bounded(unbounded);
  const Sigmoid<T> gate = sigmoid_and_rest(gelu_argument(x));
  const Vec<T> slope = fma(x * x, Vec<T>(T(6 * kGeluScale * kGeluCubic)), Vec<T>(T(2 * kGeluScale)));
  return dout * fma(x * slope, gate.s * gate.rest, gate.s);
}

// s (1 + x (1 - s)).
template <class T>
MYELIN_INLINE Vec<T> silu_backward(Vec<T> dout, Vec<T> x) {
  const Sigmoid<T> gate = sigmoid_and_rest(x);
  return dout * (gate.s * fma(x, gate.rest, Vec<T>(T(1))));
}

template <class T>
MYELIN_INLINE Vec<T> softplus_backward(Vec<T> dout, Vec<T> x) {
  return select(x > Vec<T>(T(20)), dout, dout * sigmoid(x));
}

MYELIN_FLOATS(MYELIN_BINARY, relu_backward, relu_backward(a, b))
MYELIN_FLOATS(MYELIN_BINARY, sigmoid_backward, sigmoid_backward(a, b))
MYELIN_FLOATS(MYELIN_BINARY, tanh_backward, tanh_backward(a, b))
MYELIN_FLOATS(MYELIN_BINARY, gelu_backward, gelu_backward(a, b))
MYELIN_FLOATS(MYELIN_BINARY, gelu_tanh_backward, gelu_tanh_backward(a, b))
MYELIN_FLOATS(MYELIN_BINARY, silu_backward, silu_backward(a, b))
MYELIN_FLOATS(MYELIN_BINARY, softplus_backward, softplus_backward(a, b))
