// Optimizer steps in plain loops.

// One element of a parameter; what its formula does not change stays as it is.
template <class T>
struct StepElement {
  const StepArrays<T>& arrays;
  const StepTerms& terms;
  std::size_t i;

  double param() const { return arrays.param[i]; }
  double gradient() const {
    const double p = param(), side = p > 0 ? 1 : p < 0 ? -1 : p;
    return terms.sign * arrays.grad[i] + terms.l2 * p + terms.l1 * side;
  }
  double state(int which) const { return arrays.state[which][i]; }
  double keep(int which, double value) const {
    arrays.state[which][i] = static_cast<T>(value);
    return value;
  }
  double average(int which, double value, double beta) const {
    return keep(which, beta * state(which) + (1 - beta) * value);
  }
  void move(double direction) const { arrays.param[i] = static_cast<T>(terms.shrink * param() - terms.lr * direction); }
};

template <class T, class F>
void each_element(const StepArrays<T>& arrays, std::size_t n, const StepTerms& terms, const F& body) {
  for (std::size_t i = 0; i < n; i++) body(StepElement<T>{arrays, terms, i});
}

template <class T>
void sgd(const StepArrays<T>& arrays, std::size_t n, const SgdStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient();
    if (step.momentum == 0) return x.move(g);
    const double v = x.keep(0, step.first ? g : step.momentum * x.state(0) + (1 - step.dampening) * g);
    x.move(step.nesterov ? g + step.momentum * v : v);
  });
}

template <class T>
void adam(const StepArrays<T>& arrays, std::size_t n, const AdamStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient(), m = x.average(0, g, step.beta1);
    double v = x.average(1, g * g, step.beta2);
    if (step.amsgrad) v = x.keep(2, v > x.state(2) ? v : x.state(2));
    x.move(m / step.correction1 / (std::sqrt(v / step.correction2) + step.eps));
  });
}

template <class T>
void rmsprop(const StepArrays<T>& arrays, std::size_t n, const RmspropStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient();
    double variance = x.average(0, g * g, step.alpha);
    if (step.centered) variance -= std::pow(x.average(1, g, step.alpha), 2);
    const double direction = g / (std::sqrt(variance) + step.eps);
    x.move(step.momentum == 0 ? direction : x.keep(2, step.momentum * x.state(2) + direction));
  });
}

template <class T>
void adagrad(const StepArrays<T>& arrays, std::size_t n, const AdagradStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient();
    x.move(g / (std::sqrt(x.keep(0, x.state(0) + g * g)) + step.eps));
  });
}

template <class T>
void adadelta(const StepArrays<T>& arrays, std::size_t n, const AdadeltaStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient(), s = x.average(0, g * g, step.rho);
    const double direction = std::sqrt((x.state(1) + step.eps) / (s + step.eps)) * g;
    x.average(1, direction * direction, step.rho);
    x.move(direction);
  });
}

template <class T>
void adamax(const StepArrays<T>& arrays, std::size_t n, const AdamaxStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient(), m = x.average(0, g, step.beta1);
    const double faded = step.beta2 * x.state(1), size = std::abs(g) + step.eps;
    x.move(m / x.keep(1, size > faded ? size : faded));
  });
}

template <class T>
void nadam(const StepArrays<T>& arrays, std::size_t n, const NadamStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient(), m = x.average(0, g, step.beta1), v = x.average(1, g * g, step.beta2);
    x.move((step.of_gradient * g + step.of_mean * m) / (std::sqrt(v / step.correction2) + step.eps));
  });
}

template <class T>
void radam(const StepArrays<T>& arrays, std::size_t n, const RadamStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient(), m = x.average(0, g, step.beta1), v = x.average(1, g * g, step.beta2);
    x.move(step.size * (step.rectified ? m / (std::sqrt(v) + step.eps) : m));
  });
}

template <class T>
void lion(const StepArrays<T>& arrays, std::size_t n, const LionStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient(), blend = step.beta1 * x.state(0) + (1 - step.beta1) * g;
    x.average(0, g, step.beta2);
    x.move(blend > 0 ? 1 : blend < 0 ? -1 : blend);
  });
}

template <class T>
void rprop(const StepArrays<T>& arrays, std::size_t n, const RpropStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient(), sides = g * x.state(0);
    const double size = x.state(1) * (sides < 0 ? step.eta_minus : sides > 0 ? step.eta_plus : 1);
    const double bounded = x.keep(1, size < step.min_size   ? step.min_size
                                     : size > step.max_size ? step.max_size
                                                            : size);
    const double kept = x.keep(0, sides < 0 ? 0 : g);
    x.move(kept > 0 ? bounded : kept < 0 ? -bounded : 0);
  });
}

template <class T>
void asgd(const StepArrays<T>& arrays, std::size_t n, const AsgdStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    x.move(x.gradient());
    x.average(0, x.param(), 1 - step.weight);
  });
}

double lamb_direction(double param, double m, double v, const LambStep& step) {
  return m / step.correction1 / (std::sqrt(v / step.correction2) + step.eps) + step.decay * param;
}

template <class T>
void lamb_moments(const StepArrays<T>& arrays, std::size_t n, const LambStep& step, SquaredLengths* lengths) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double g = x.gradient(), m = x.average(0, g, step.beta1), v = x.average(1, g * g, step.beta2);
    lengths->param += std::pow(x.param(), 2);
    lengths->direction += std::pow(lamb_direction(x.param(), m, v, step), 2);
  });
}

template <class T>
void lamb_apply(const StepArrays<T>& arrays, std::size_t n, const LambStep& step) {
  each_element(arrays, n, step.terms,
               [&](const auto& x) { x.move(lamb_direction(x.param(), x.state(0), x.state(1), step)); });
}

template <class T>
void adafactor_squares(const StepArrays<T>& arrays, std::size_t n, const AdafactorStep& step, SquaredLengths* lengths) {
  each_element(arrays, n, step.terms, [&](const auto& x) {
    const double square = std::pow(x.gradient(), 2);
    x.keep(0, x.state(0) + square);
    lengths->param += std::pow(x.param(), 2);
    lengths->direction += square;
  });
}

template <class Element>
double adafactor_direction(const Element& x, const AdafactorStep& step) {
  const double variance = step.row * x.state(0), least = step.eps * step.eps;
  return x.gradient() / std::sqrt(variance < least ? least : variance);
}

template <class T>
void adafactor_length(const StepArrays<T>& arrays, std::size_t n, const AdafactorStep& step, SquaredLengths* lengths) {
  each_element(arrays, n, step.terms,
               [&](const auto& x) { lengths->direction += std::pow(adafactor_direction(x, step), 2); });
}

template <class T>
void adafactor_apply(const StepArrays<T>& arrays, std::size_t n, const AdafactorStep& step) {
  each_element(arrays, n, step.terms, [&](const auto& x) { x.move(adafactor_direction(x, step)); });
}

template <class T>
T blend_dot(const T* x, T a, const T* y, T b, T* out, const T* z, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; i++) {
    out[i] = static_cast<T>(static_cast<double>(x[i]) * a + static_cast<double>(y[i]) * b);
    sum += static_cast<double>(out[i]) * z[i];
  }
  return static_cast<T>(sum);
}

#define MYELIN_STEP_OF(T, prefix, verb, Step) \
  void prefix##_##verb(const StepArrays<T>& arrays, std::size_t n, const Step& step) { verb(arrays, n, step); }
#define MYELIN_SUMS_OF(T, prefix, verb, Step)                                                                   \
  void prefix##_##verb(const StepArrays<T>& arrays, std::size_t n, const Step& step, SquaredLengths* lengths) { \
    verb(arrays, n, step, lengths);                                                                             \
  }
#define MYELIN_OPTIMIZERS(T, prefix, unused)                                                  \
  MYELIN_STEP_OF(T, prefix, sgd, SgdStep)                                                     \
  MYELIN_STEP_OF(T, prefix, adam, AdamStep)                                                   \
  MYELIN_STEP_OF(T, prefix, rmsprop, RmspropStep)                                             \
  MYELIN_STEP_OF(T, prefix, adagrad, AdagradStep)                                             \
  MYELIN_STEP_OF(T, prefix, adadelta, AdadeltaStep)                                           \
  MYELIN_STEP_OF(T, prefix, adamax, AdamaxStep)                                               \
  MYELIN_STEP_OF(T, prefix, nadam, NadamStep)                                                 \
  MYELIN_STEP_OF(T, prefix, radam, RadamStep)                                                 \
  MYELIN_STEP_OF(T, prefix, lion, LionStep)                                                   \
  MYELIN_STEP_OF(T, prefix, lamb_apply, LambStep)                                             \
  MYELIN_STEP_OF(T, prefix, rprop, RpropStep)                                                 \
  MYELIN_STEP_OF(T, prefix, asgd, AsgdStep)                                                   \
  MYELIN_STEP_OF(T, prefix, adafactor_apply, AdafactorStep)                                   \
  MYELIN_SUMS_OF(T, prefix, lamb_moments, LambStep)                                           \
  MYELIN_SUMS_OF(T, prefix, adafactor_squares, AdafactorStep)                                 \
  MYELIN_SUMS_OF(T, prefix, adafactor_length, AdafactorStep)                                  \
  T prefix##_blend_dot(const T* x, T a, const T* y, T b, T* out, const T* z, std::size_t n) { \
    return blend_dot(x, a, y, b, out, z, n);                                                  \
  }
MYELIN_FLOATS(MYELIN_OPTIMIZERS, )
#undef MYELIN_OPTIMIZERS
#undef MYELIN_SUMS_OF
#undef MYELIN_STEP_OF
