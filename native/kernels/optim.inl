// Optimizer steps: one pass over parameters, gradients and state. The formulas are torch.optim's.

// The gradient with L2 regularization added.
template <class T, class At>
MYELIN_INLINE Vec<T> decayed_gradient(const T* param, const T* grad, T decay, std::size_t i, At at) {
  const Vec<T> g = at.load_from(grad + i);
  return decay == T(0) ? g : fma(at.load_from(param + i), Vec<T>(decay), g);
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
MYELIN_INLINE void sgd(T* param, const T* grad, T* velocity, std::size_t n, const SgdStep& step) {
  const T decay = T(step.weight_decay), momentum = T(step.momentum), lr = T(step.lr);
  const T keep = step.first ? T(0) : momentum, take = step.first ? T(1) : T(1.0 - step.dampening);
  each_vector<T>(n, [&](std::size_t i, auto at) {
    Vec<T> direction = decayed_gradient(param, grad, decay, i, at);
    if (momentum != T(0)) {
      const Vec<T> g = direction, old = step.first ? Vec<T>(T(0)) : at.load_from(velocity + i);
      const Vec<T> v = fma(g, Vec<T>(take), old * keep);
      at.store_to(velocity + i, v);
      direction = step.nesterov ? fma(v, Vec<T>(momentum), g) : v;
    }
    at.store_to(param + i, fma(direction, Vec<T>(-lr), at.load_from(param + i)));
  });
}

template <class T>
MYELIN_INLINE void adam(T* param, const T* grad, T* mean, T* square, std::size_t n, const AdamStep& step) {
  const T coupled = step.decoupled ? T(0) : T(step.weight_decay);
  const T shrink = step.decoupled ? T(1.0 - step.lr * step.weight_decay) : T(1);
  const T size = T(step.lr / step.correction1), root = T(__builtin_sqrt(step.correction2)), eps = T(step.eps);
  each_vector<T>(n, [&](std::size_t i, auto at) {
    const Vec<T> g = decayed_gradient(param, grad, coupled, i, at);
    const Vec<T> m = lerp(at.load_from(mean + i), g, 1.0 - step.beta1);
    const Vec<T> v = decayed_square(at.load_from(square + i), g, step.beta2);
    at.store_to(mean + i, m);
    at.store_to(square + i, v);
    const Vec<T> denominator = sqrt(v) / root + eps;
    at.store_to(param + i, at.load_from(param + i) * shrink - size * m / denominator);
  });
}

template <class T>
MYELIN_INLINE void rmsprop(T* param, const T* grad, T* square, T* mean, T* velocity, std::size_t n,
                           const RmspropStep& step) {
  const T decay = T(step.weight_decay), lr = T(step.lr), eps = T(step.eps), momentum = T(step.momentum);
  each_vector<T>(n, [&](std::size_t i, auto at) {
    const Vec<T> g = decayed_gradient(param, grad, decay, i, at);
    Vec<T> variance = decayed_square(at.load_from(square + i), g, step.alpha);
    at.store_to(square + i, variance);
    if (step.centered) {
      const Vec<T> m = lerp(at.load_from(mean + i), g, 1.0 - step.alpha);
      at.store_to(mean + i, m);
      variance = fma(-m, m, variance);
    }
    Vec<T> direction = g / (sqrt(variance) + eps);
    if (momentum != T(0)) {
      direction = fma(at.load_from(velocity + i), Vec<T>(momentum), direction);
      at.store_to(velocity + i, direction);
    }
    at.store_to(param + i, fma(direction, Vec<T>(-lr), at.load_from(param + i)));
  });
}

template <class T>
MYELIN_INLINE void adagrad(T* param, const T* grad, T* square, std::size_t n, const AdagradStep& step) {
  const T decay = T(step.weight_decay), lr = T(step.lr), eps = T(step.eps);
  each_vector<T>(n, [&](std::size_t i, auto at) {
    const Vec<T> g = decayed_gradient(param, grad, decay, i, at);
    const Vec<T> s = fma(g, g, at.load_from(square + i));
    at.store_to(square + i, s);
    at.store_to(param + i, at.load_from(param + i) - lr * g / (sqrt(s) + eps));
  });
}

#define MYELIN_OPTIMIZERS(T, prefix)                                                                     \
  void prefix##_sgd(T* param, const T* grad, T* velocity, std::size_t n, const SgdStep& step) {          \
    sgd(param, grad, velocity, n, step);                                                                 \
  }                                                                                                      \
  void prefix##_adam(T* param, const T* grad, T* mean, T* square, std::size_t n, const AdamStep& step) { \
    adam(param, grad, mean, square, n, step);                                                            \
  }                                                                                                      \
  void prefix##_rmsprop(T* param, const T* grad, T* square, T* mean, T* velocity, std::size_t n,         \
                        const RmspropStep& step) {                                                       \
    rmsprop(param, grad, square, mean, velocity, n, step);                                               \
  }                                                                                                      \
  void prefix##_adagrad(T* param, const T* grad, T* square, std::size_t n, const AdagradStep& step) {    \
    adagrad(param, grad, square, n, step);                                                               \
  }
MYELIN_OPTIMIZERS(float, f32)
MYELIN_OPTIMIZERS(double, f64)
#undef MYELIN_OPTIMIZERS
