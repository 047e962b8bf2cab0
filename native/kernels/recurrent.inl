// Steps of recurrent layers: all gates of a unit at once, while the products they are made of are in the first-level cache.

// 3 ulp while the result is no denormal; below that 0.
template <class T>
MYELIN_INLINE Vec<T> gate(Vec<T> x) {
  return T(1) / (T(1) + exp(-x));
}

// Calls body(column, at) for each vector of a slot; `at` moves the lanes of units that exist.
template <class T, class F>
MYELIN_INLINE void each_column(std::size_t width, std::size_t units, F body) {
  for (std::size_t u = 0; u < width; u += kLanes<T>) {
    if (u + kLanes<T> <= units) {
      body(u, WholeVector{});
    } else {
      body(u, PartOfVector{units > u ? units - u : 0});
    }
  }
}

// The vectors of one column of slots, in a row of gates.
template <class T>
struct Slots {
  const T* row;
  std::size_t width;

  MYELIN_INLINE Vec<T> operator[](std::size_t slot) const { return load(row + slot * width); }
};

template <class T, std::size_t kCount>
MYELIN_INLINE void store_slots(T* row, std::size_t width, const Vec<T> (&slots)[kCount]) {
  MYELIN_UNROLL for (std::size_t k = 0; k < kCount; k++) store(row + k * width, slots[k]);
}

template <class T>
void lstm_step(const RecurrentStep<T>& s) {
  each_column<T>(s.width, s.units, [&](std::size_t u, auto at) MYELIN_FORCE_INLINE {
    const Slots<T> bias{s.bias + u, s.width};
    const Vec<T> bi = bias[0], bf = bias[1], bg = bias[2], bo = bias[3];
    for (std::size_t r = 0; r < s.rows; r++) {
      const Slots<T> x{s.x + r * 4 * s.width + u, s.width}, h{s.h + r * 4 * s.width + u, s.width};
      const Vec<T> i = gate(x[0] + h[0] + bi), f = gate(x[1] + h[1] + bf);
      const Vec<T> g = tanh(x[2] + h[2] + bg), o = gate(x[3] + h[3] + bo);
      T* cell = s.cell + r * s.width + u;
      const Vec<T> c = fma(f, load(cell), i * g), state = o * tanh(c);
      store(cell, c);
      store(s.state + std::ptrdiff_t(r) * s.state_row + u, state);
      if (s.out != nullptr) at.store_to(s.out + std::ptrdiff_t(r) * s.out_row + u, state);
      if (s.kept == nullptr) continue;
      store_slots(s.kept + r * 5 * s.width + u, s.width, {i, f, g, o, c});
    }
  });
}

template <class T>
void gru_step(const RecurrentStep<T>& s) {
  each_column<T>(s.width, s.units, [&](std::size_t u, auto at) MYELIN_FORCE_INLINE {
    const Slots<T> bias{s.bias + u, s.width};
    const Vec<T> bn = bias[0], br = bias[1], bz = bias[2], bq = bias[3];
    for (std::size_t row = 0; row < s.rows; row++) {
      const Slots<T> x{s.x + row * 3 * s.width + u, s.width}, h{s.h + row * 3 * s.width + u, s.width};
      const std::ptrdiff_t place = std::ptrdiff_t(row) * s.state_row + std::ptrdiff_t(u);
      const Vec<T> r = gate(x[1] + h[0] + br), z = gate(x[2] + h[1] + bz), q = h[2] + bq;
      const Vec<T> n = tanh(fma(r, q, x[0] + bn)), state = fma(z, load(s.before + place) - n, n);
      store(s.state + place, state);
      if (s.out != nullptr) at.store_to(s.out + std::ptrdiff_t(row) * s.out_row + u, state);
      if (s.kept == nullptr) continue;
      store_slots(s.kept + row * 4 * s.width + u, s.width, {n, r, z, q});
    }
  });
}

template <class T, class F>
MYELIN_INLINE void rnn_step(const RecurrentStep<T>& s, F activate) {
  each_column<T>(s.width, s.units, [&](std::size_t u, auto at) MYELIN_FORCE_INLINE {
    const Vec<T> bias = load(s.bias + u);
    for (std::size_t r = 0; r < s.rows; r++) {
      const std::size_t place = r * s.width + u;
      const Vec<T> state = activate(load(s.x + place) + load(s.h + place) + bias);
      store(s.state + std::ptrdiff_t(r) * s.state_row + u, state);
      if (s.out != nullptr) at.store_to(s.out + std::ptrdiff_t(r) * s.out_row + u, state);
      if (s.kept != nullptr) store(s.kept + place, state);
    }
  });
}

// NaN stays NaN, as in relu.
template <class T>
MYELIN_INLINE Vec<T> rectified(Vec<T> x) {
  return max(Vec<T>(T(0)), x);
}

template <class T>
void rnn_tanh_step(const RecurrentStep<T>& s) {
  rnn_step(s, [](Vec<T> x) MYELIN_FORCE_INLINE { return tanh(x); });
}
template <class T>
void rnn_relu_step(const RecurrentStep<T>& s) {
  rnn_step(s, [](Vec<T> x) MYELIN_FORCE_INLINE { return rectified(x); });
}

// The way back.

// The gradient of the new state in row r.
template <class T, class At>
MYELIN_INLINE Vec<T> state_gradient(const RecurrentBack<T>& s, std::size_t r, std::size_t u, At at) {
  const Vec<T> d = load(s.dstate + std::ptrdiff_t(r) * s.dstate_row + u);
  return s.dout == nullptr ? d : d + at.load_from(s.dout + std::ptrdiff_t(r) * s.dout_row + u);
}

template <class T>
MYELIN_INLINE void add_to(T* sum, Vec<T> v) {
  store(sum, load(sum) + v);
}

template <class T>
void lstm_back(const RecurrentBack<T>& s) {
  const Vec<T> one = T(1);
  each_column<T>(s.width, s.units, [&](std::size_t u, auto at) MYELIN_FORCE_INLINE {
    Vec<T> sums[4] = {T(0), T(0), T(0), T(0)};
    for (std::size_t r = 0; r < s.rows; r++) {
      const Slots<T> kept{s.kept + r * 5 * s.width + u, s.width};
      const Vec<T> i = kept[0], f = kept[1], g = kept[2], o = kept[3], c = tanh(kept[4]);
      const Vec<T> d = state_gradient(s, r, u, at), before = load(s.before + std::ptrdiff_t(r) * s.before_row + u);
      T* dcell = s.dcell + r * s.width + u;
      const Vec<T> dc = fma(d * o, one - c * c, load(dcell));
      const Vec<T> gradients[4] = {dc * g * (i * (one - i)), dc * before * (f * (one - f)), dc * i * (one - g * g),
                                   d * c * (o * (one - o))};
      store_slots(s.dgates + r * 4 * s.width + u, s.width, gradients);
      MYELIN_UNROLL for (std::size_t k = 0; k < 4; k++) sums[k] = sums[k] + gradients[k];
      store(dcell, dc * f);
      store(s.dstate + std::ptrdiff_t(r) * s.dstate_row + u, Vec<T>(T(0)));
      if (s.hidden != nullptr) store(s.hidden + std::ptrdiff_t(r) * s.hidden_row + u, o * c);
    }
    MYELIN_UNROLL for (std::size_t k = 0; k < 4; k++) add_to(s.dbias + k * s.width + u, sums[k]);
  });
}

template <class T>
void gru_back(const RecurrentBack<T>& s) {
  const Vec<T> one = T(1);
  each_column<T>(s.width, s.units, [&](std::size_t u, auto at) MYELIN_FORCE_INLINE {
    Vec<T> sums[4] = {T(0), T(0), T(0), T(0)};
    for (std::size_t row = 0; row < s.rows; row++) {
      const Slots<T> kept{s.kept + row * 4 * s.width + u, s.width};
      const Vec<T> n = kept[0], r = kept[1], z = kept[2], q = kept[3];
      const Vec<T> d = state_gradient(s, row, u, at), before = load(s.before + std::ptrdiff_t(row) * s.before_row + u);
      const Vec<T> dn = d * (one - z) * (one - n * n);
      const Vec<T> gradients[4] = {dn, dn * q * (r * (one - r)), d * (before - n) * (z * (one - z)), dn * r};
      store_slots(s.dgates + row * 4 * s.width + u, s.width, gradients);
      MYELIN_UNROLL for (std::size_t k = 0; k < 4; k++) sums[k] = sums[k] + gradients[k];
      store(s.dstate + std::ptrdiff_t(row) * s.dstate_row + u, d * z);
    }
    MYELIN_UNROLL for (std::size_t k = 0; k < 4; k++) add_to(s.dbias + k * s.width + u, sums[k]);
  });
}

template <class T, class F>
MYELIN_INLINE void rnn_back(const RecurrentBack<T>& s, F derive) {
  each_column<T>(s.width, s.units, [&](std::size_t u, auto at) MYELIN_FORCE_INLINE {
    Vec<T> sum = T(0);
    for (std::size_t r = 0; r < s.rows; r++) {
      const std::size_t place = r * s.width + u;
      const Vec<T> gradient = derive(state_gradient(s, r, u, at), load(s.kept + place));
      store(s.dgates + place, gradient);
      sum = sum + gradient;
      store(s.dstate + std::ptrdiff_t(r) * s.dstate_row + u, Vec<T>(T(0)));
    }
    add_to(s.dbias + u, sum);
  });
}

template <class T>
void rnn_tanh_back(const RecurrentBack<T>& s) {
  rnn_back(s, [](Vec<T> d, Vec<T> state) MYELIN_FORCE_INLINE { return tanh_backward(d, state); });
}
template <class T>
void rnn_relu_back(const RecurrentBack<T>& s) {
  rnn_back(s, [](Vec<T> d, Vec<T> state) MYELIN_FORCE_INLINE { return relu_backward(d, state); });
}

#define MYELIN_RECURRENT(T, prefix, name)                                    \
  void prefix##_##name##_step(const RecurrentStep<T>& s) { name##_step(s); } \
  void prefix##_##name##_back(const RecurrentBack<T>& s) { name##_back(s); }
MYELIN_FLOATS(MYELIN_RECURRENT, lstm)
MYELIN_FLOATS(MYELIN_RECURRENT, gru)
MYELIN_FLOATS(MYELIN_RECURRENT, rnn_tanh)
MYELIN_FLOATS(MYELIN_RECURRENT, rnn_relu)
#undef MYELIN_RECURRENT
