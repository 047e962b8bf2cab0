// Less common functions, element by element; see special.inl.

double log_add(double a, double b, double (*power)(double), double scale) {
  const double apart = a == b ? 0 : std::fabs(a - b);
  return (a > b ? a : b) + std::log1p(power(-apart)) * scale;
}

MYELIN_FLOATS(MYELIN_UNARY_WIDE, exp2, std::exp2(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, log10, std::log10(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, asin, std::asin(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, acos, std::acos(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, atan, std::atan(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, sinh, std::sinh(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, cosh, std::cosh(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, asinh, std::asinh(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, acosh, std::acosh(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, atanh, std::atanh(x))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, erfc, std::erfc(x))
MYELIN_FLOATS(MYELIN_BINARY_WIDE, atan2, std::atan2(a, b))
MYELIN_FLOATS(MYELIN_BINARY_WIDE, hypot, std::hypot(a, b))
MYELIN_FLOATS(MYELIN_BINARY, copysign, std::copysign(a, b))
MYELIN_FLOATS(MYELIN_BINARY_WIDE, log_add_exp, log_add(a, b, std::exp, 1.0))
MYELIN_FLOATS(MYELIN_BINARY_WIDE, log_add_exp2, log_add(a, b, std::exp2, 1.44269504088896340736))
MYELIN_FLOATS(MYELIN_BINARY_WIDE, x_log_y, a == 0 && b == b ? 0 : a * std::log(b))

double mish_gate(double x) { return std::tanh(std::log1p(std::exp(x))); }
double mish_derivative(double x) {
  const double t = mish_gate(x);
  return t + x * sigmoid(x) * (1 - t * t);
}
double hardswish_derivative(double x) { return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5; }

MYELIN_FLOATS(MYELIN_UNARY_WIDE, mish, (x * mish_gate(x)))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, hardswish, (x != x ? x : x * std::fmin(std::fmax(x + 3, 0), 6) / 6))
MYELIN_FLOATS(MYELIN_UNARY_WIDE, log_sigmoid, ((x > 0 ? 0 : x) - std::log1p(std::exp(-std::fabs(x)))))
MYELIN_FLOATS(MYELIN_BINARY_WIDE, mish_backward, (a * mish_derivative(bounded(b))))
MYELIN_FLOATS(MYELIN_BINARY_WIDE, hardswish_backward, b <= -3 ? 0 : a * hardswish_derivative(b))
