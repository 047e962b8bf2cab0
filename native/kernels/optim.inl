// Optimizer steps: one pass over parameters, gradients and state. The formulas are torch.optim's; Lion's and LAMB's are
// those of their papers. Steps are passed by value: a store through T* could otherwise change what is read of them.

// What a step does with a parameter and its gradient before and after its own formula.
template <class T, class At>
struct Element {
  const StepArrays<T>& arrays;
  const StepTerms& terms;
  std::size_t i;
  At at;
  Vec<T> param = at.load_from(arrays.param + i);

  MYELIN_INLINE Vec<T> gradient() const {
    Vec<T> g = at.load_from(arrays.grad + i);
    if (terms.sign < 0) g = -g;
    if (terms.l2 != 0) g = fma(param, Vec<T>(T(terms.l2)), g);
    if (terms.l1 != 0) g = fma(sign(param), Vec<T>(T(terms.l1)), g);
    return g;
  }
  MYELIN_INLINE Vec<T> state(int which) const { return at.load_from(arrays.state[which] + i); }
  // The same with `fill` beyond the end, where nothing may divide by zero.
  MYELIN_INLINE Vec<T> state(int which, T fill) const { return at.load_from(arrays.state[which] + i, fill); }
  MYELIN_INLINE Vec<T> keep(int which, Vec<T> value) const {
    at.store_to(arrays.state[which] + i, value);
    return value;
  }
  MYELIN_INLINE Vec<T> move(Vec<T> direction, T size) const {
    const Vec<T> from = terms.shrink == 1 ? param : param * T(terms.shrink);
    const Vec<T> to = fma(direction, Vec<T>(-size), from);
    at.store_to(arrays.param + i, to);
    return to;
  }
};

// Calls body(element) for all vectors of a parameter.
template <class T, class F>
MYELIN_INLINE void each_element(const StepArrays<T>& arrays, std::size_t n, const StepTerms& terms, F body) {
  const StepArrays<T> own = arrays;
  each_vector<T>(n, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE {
    body(Element<T, decltype(at)>{own, terms, i, at});
  });
}

// from + weight (to - from), from the nearer end, so that weight 1 gives `to` exactly.
template <class T>
MYELIN_INLINE Vec<T> lerp(Vec<T> from, Vec<T> to, double weight) {
  const Vec<T> apart = to - from;
  return weight < 0.5 ? fma(Vec<T>(T(weight)), apart, from) : fma(-apart, Vec<T>(T(1.0 - weight)), to);
}

// square * beta + g^2 (1 - beta).
template <class T>
MYELIN_INLINE Vec<T> decayed_square(Vec<T> square, Vec<T> g, double beta) {
  return fma(T(1.0 - beta) * g, g, square * T(beta));
}

template <class T>
MYELIN_INLINE void sgd(const StepArrays<T>& arrays, std::size_t n, SgdStep step) {
  const T momentum = T(step.momentum), lr = T(step.terms.lr);
  const T keep = step.first ? T(0) : momentum, take = step.first ? T(1) : T(1.0 - step.dampening);
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    Vec<T> direction = x.gradient();
    if (momentum != T(0)) {
      const Vec<T> g = direction, old = step.first ? Vec<T>(T(0)) : x.state(0);
      const Vec<T> v = x.keep(0, fma(g, Vec<T>(take), old * keep));
      direction = step.nesterov ? fma(v, Vec<T>(momentum), g) : v;
    }
    x.move(direction, lr);
  });
}

template <class T>
MYELIN_INLINE void adam(const StepArrays<T>& arrays, std::size_t n, AdamStep step) {
  const T size = T(step.terms.lr / step.correction1), eps = T(step.eps);
  const T root = T(1 / __builtin_sqrt(step.correction2));
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> g = x.gradient();
    const Vec<T> m = x.keep(0, lerp(x.state(0), g, 1.0 - step.beta1));
    Vec<T> v = x.keep(1, decayed_square(x.state(1), g, step.beta2));
    if (step.amsgrad) v = x.keep(2, maximum(x.state(2), v));
    x.move(m / fma(sqrt(v), Vec<T>(root), Vec<T>(eps)), size);
  });
}

template <class T>
MYELIN_INLINE void rmsprop(const StepArrays<T>& arrays, std::size_t n, RmspropStep step) {
  const T lr = T(step.terms.lr), eps = T(step.eps), momentum = T(step.momentum);
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> g = x.gradient();
    Vec<T> variance = x.keep(0, decayed_square(x.state(0), g, step.alpha));
    if (step.centered) {
      const Vec<T> m = x.keep(1, lerp(x.state(1), g, 1.0 - step.alpha));
      variance = fma(-m, m, variance);
    }
    Vec<T> direction = g / (sqrt(variance) + eps);
    if (momentum != T(0)) direction = x.keep(2, fma(x.state(2), Vec<T>(momentum), direction));
    x.move(direction, lr);
  });
}

template <class T>
MYELIN_INLINE void adagrad(const StepArrays<T>& arrays, std::size_t n, AdagradStep step) {
  const T lr = T(step.terms.lr), eps = T(step.eps);
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> g = x.gradient();
    const Vec<T> s = x.keep(0, fma(g, g, x.state(0)));
    x.move(g / (sqrt(s) + eps), lr);
  });
}

template <class T>
MYELIN_INLINE void adadelta(const StepArrays<T>& arrays, std::size_t n, AdadeltaStep step) {
  const T lr = T(step.terms.lr), eps = T(step.eps);
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> g = x.gradient(), moved = x.state(1);
    const Vec<T> s = x.keep(0, decayed_square(x.state(0), g, step.rho));
    const Vec<T> direction = sqrt((moved + eps) / (s + eps)) * g;
    x.keep(1, decayed_square(moved, direction, step.rho));
    x.move(direction, lr);
  });
}

template <class T>
MYELIN_INLINE void adamax(const StepArrays<T>& arrays, std::size_t n, AdamaxStep step) {
  const T lr = T(step.terms.lr), eps = T(step.eps), beta2 = T(step.beta2);
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> g = x.gradient();
    const Vec<T> m = x.keep(0, lerp(x.state(0), g, 1.0 - step.beta1));
    const Vec<T> largest = x.keep(1, maximum(x.state(1) * beta2, abs(g) + eps));
    x.move(m / largest, lr);
  });
}

template <class T>
MYELIN_INLINE void nadam(const StepArrays<T>& arrays, std::size_t n, NadamStep step) {
  const T of_gradient = T(step.of_gradient), of_mean = T(step.of_mean), lr = T(step.terms.lr), eps = T(step.eps);
  const T root = T(1 / __builtin_sqrt(step.correction2));
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> g = x.gradient();
    const Vec<T> m = x.keep(0, lerp(x.state(0), g, 1.0 - step.beta1));
    const Vec<T> v = x.keep(1, decayed_square(x.state(1), g, step.beta2));
    x.move(fma(g, Vec<T>(of_gradient), m * of_mean) / fma(sqrt(v), Vec<T>(root), Vec<T>(eps)), lr);
  });
}

template <class T>
MYELIN_INLINE void radam(const StepArrays<T>& arrays, std::size_t n, RadamStep step) {
  const T size = T(step.terms.lr * step.size), eps = T(step.eps);
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> g = x.gradient();
    const Vec<T> m = x.keep(0, lerp(x.state(0), g, 1.0 - step.beta1));
    const Vec<T> v = x.keep(1, decayed_square(x.state(1), g, step.beta2));
    x.move(step.rectified ? m / (sqrt(v) + eps) : m, size);
  });
}

template <class T>
MYELIN_INLINE void lion(const StepArrays<T>& arrays, std::size_t n, LionStep step) {
  const T lr = T(step.terms.lr);
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> g = x.gradient(), m = x.state(0);
    x.keep(0, lerp(m, g, 1.0 - step.beta2));
    x.move(sign(lerp(m, g, 1.0 - step.beta1)), lr);
  });
}

template <class T>
MYELIN_INLINE void rprop(const StepArrays<T>& arrays, std::size_t n, RpropStep step) {
  const T lr = T(step.terms.lr);
  const Vec<T> zero(T(0)), one(T(1)), eta_minus(T(step.eta_minus)), eta_plus(T(step.eta_plus));
  const Vec<T> min_size(T(step.min_size)), max_size(T(step.max_size));
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> g = x.gradient(), sides = g * x.state(0);
    const Mask<T> turned = sides < zero;
    const Vec<T> factor = select(turned, eta_minus, select(sides > zero, eta_plus, one));
    const Vec<T> size = x.keep(1, min(max(x.state(1) * factor, min_size), max_size));
    x.move(sign(x.keep(0, select(turned, zero, g))) * size, lr);
  });
}

template <class T>
MYELIN_INLINE void asgd(const StepArrays<T>& arrays, std::size_t n, AsgdStep step) {
  const T lr = T(step.terms.lr);
  const Vec<T> weight(T(step.weight));
  const bool begins = step.weight == 1;
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> param = x.move(x.gradient(), lr), average = x.state(0);
    x.keep(0, begins ? param : fma(param - average, weight, average));
  });
}

// Where LAMB goes, before its length is set.
template <class T>
MYELIN_INLINE Vec<T> lamb_direction(Vec<T> param, Vec<T> m, Vec<T> v, const LambStep& step) {
  const Vec<T> size(T(1 / step.correction1)), root(T(1 / __builtin_sqrt(step.correction2)));
  return fma(param, Vec<T>(T(step.decay)), m * size / fma(sqrt(v), root, Vec<T>(T(step.eps))));
}

template <class T>
MYELIN_INLINE void lamb_moments(const StepArrays<T>& arrays, std::size_t n, LambStep step, SquaredLengths* lengths) {
  Vec<T> param(T(0)), direction(T(0));
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> g = x.gradient();
    const Vec<T> m = x.keep(0, lerp(x.state(0), g, 1.0 - step.beta1));
    const Vec<T> v = x.keep(1, decayed_square(x.state(1, T(1)), g, step.beta2));
    const Vec<T> r = lamb_direction(x.param, m, v, step);
    param = fma(x.param, x.param, param);
    direction = fma(r, r, direction);
  });
  lengths->param += double(sum_lanes(param));
  lengths->direction += double(sum_lanes(direction));
}

template <class T>
MYELIN_INLINE void lamb_apply(const StepArrays<T>& arrays, std::size_t n, LambStep step) {
  const T lr = T(step.terms.lr);
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    x.move(lamb_direction(x.param, x.state(0), x.state(1), step), lr);
  });
}

template <class T>
MYELIN_INLINE void adafactor_squares(const StepArrays<T>& arrays, std::size_t n, AdafactorStep step,
                                     SquaredLengths* lengths) {
  Vec<T> param(T(0)), gradient(T(0));
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    const Vec<T> square = x.gradient() * x.gradient();
    x.keep(0, x.state(0) + square);
    gradient = gradient + square;
    param = fma(x.param, x.param, param);
  });
  lengths->param += double(sum_lanes(param));
  lengths->direction += double(sum_lanes(gradient));
}

// Calls body(element, direction) for all vectors of a row.
template <class T, class F>
MYELIN_INLINE void each_direction(const StepArrays<T>& arrays, std::size_t n, const AdafactorStep& step, F body) {
  const Vec<T> row(T(step.row)), least(T(step.eps * step.eps));
  each_element(arrays, n, step.terms, [&](const auto& x) MYELIN_FORCE_INLINE {
    body(x, x.gradient() / sqrt(maximum(x.state(0, T(1)) * row, least)));
  });
}

template <class T>
MYELIN_INLINE void adafactor_length(const StepArrays<T>& arrays, std::size_t n, AdafactorStep step,
                                    SquaredLengths* lengths) {
  Vec<T> sum(T(0));
  each_direction(arrays, n, step,
                 [&](const auto&, Vec<T> direction) MYELIN_FORCE_INLINE { sum = fma(direction, direction, sum); });
  lengths->direction += double(sum_lanes(sum));
}

template <class T>
MYELIN_INLINE void adafactor_apply(const StepArrays<T>& arrays, std::size_t n, AdafactorStep step) {
  const T lr = T(step.terms.lr);
  each_direction(arrays, n, step, [&](const auto& x, Vec<T> direction) MYELIN_FORCE_INLINE { x.move(direction, lr); });
}

// Directions of L-BFGS: a vector changes, and the product that decides the next change is formed on the way.
template <class T>
MYELIN_INLINE T blend_dot(const T* x, T a, const T* y, T b, T* out, const T* z, std::size_t n) {
  return tree_sum<T>(n, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE {
    const Vec<T> blend = fma(at.load_from(y + i), Vec<T>(b), at.load_from(x + i) * Vec<T>(a));
    at.store_to(out + i, blend);
    return blend * at.load_from(z + i);
  });
}

#define MYELIN_STEP_OF(T, prefix, verb, Step) \
  void prefix##_##verb(const StepArrays<T>& arrays, std::size_t n, const Step& step) { verb(arrays, n, step); }
#define MYELIN_SUMS_OF(T, prefix, verb, Step)                                                                   \
  void prefix##_##verb(const StepArrays<T>& arrays, std::size_t n, const Step& step, SquaredLengths* lengths) { \
    verb(arrays, n, step, lengths);                                                                             \
  }
#define MYELIN_OPTIMIZERS(T, prefix)                                                          \
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
MYELIN_OPTIMIZERS(float, f32)
MYELIN_OPTIMIZERS(double, f64)
#undef MYELIN_OPTIMIZERS
#undef MYELIN_SUMS_OF
#undef MYELIN_STEP_OF
