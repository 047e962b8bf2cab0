// Steps of recurrent layers. Numbers between two loads and a store are double.

double gate(double x) { return 1 / (1 + std::exp(-x)); }

// Calls body(row, unit) for all of a step.
template <class Step, class F>
void each_unit(const Step& s, F body) {
  for (std::size_t r = 0; r < s.rows; r++)
    for (std::size_t u = 0; u < s.width; u++) body(r, u);
}

// Element u of a slot, in row r of so many slots.
template <class Step>
std::size_t slot_place(const Step& s, std::size_t r, std::size_t slots, std::size_t slot, std::size_t u) {
  return (r * slots + slot) * s.width + u;
}

inline std::ptrdiff_t row_place(std::size_t r, std::ptrdiff_t row, std::size_t u) {
  return static_cast<std::ptrdiff_t>(r) * row + static_cast<std::ptrdiff_t>(u);
}

template <class T>
void put_state(const RecurrentStep<T>& s, std::size_t r, std::size_t u, double state) {
  s.state[row_place(r, s.state_row, u)] = static_cast<T>(state);
  if (s.out != nullptr && u < s.units) s.out[row_place(r, s.out_row, u)] = static_cast<T>(state);
}

template <class T>
void keep_slots(const RecurrentStep<T>& s, std::size_t r, std::size_t u, std::size_t count, const double* slots) {
  for (std::size_t k = 0; k < count && s.kept != nullptr; k++)
    s.kept[slot_place(s, r, count, k, u)] = static_cast<T>(slots[k]);
}

template <class T>
void lstm_step(const RecurrentStep<T>& s) {
  each_unit(s, [&](std::size_t r, std::size_t u) {
    double v[4];
    for (std::size_t k = 0; k < 4; k++) {
      const std::size_t place = slot_place(s, r, 4, k, u);
      const double sum = static_cast<double>(s.x[place]) + s.h[place] + s.bias[k * s.width + u];
      v[k] = k == 2 ? std::tanh(sum) : gate(sum);
    }
    T& cell = s.cell[r * s.width + u];
    const double c = v[1] * cell + v[0] * v[2];
    const double slots[5] = {v[0], v[1], v[2], v[3], c};
    cell = static_cast<T>(c);
    put_state(s, r, u, v[3] * std::tanh(c));
    keep_slots(s, r, u, 5, slots);
  });
}

template <class T>
void gru_step(const RecurrentStep<T>& s) {
  each_unit(s, [&](std::size_t row, std::size_t u) {
    const auto x = [&](std::size_t k) { return static_cast<double>(s.x[slot_place(s, row, 3, k, u)]); };
    const auto h = [&](std::size_t k) { return static_cast<double>(s.h[slot_place(s, row, 3, k, u)]); };
    const auto bias = [&](std::size_t k) { return static_cast<double>(s.bias[k * s.width + u]); };
    const double r = gate(x(1) + h(0) + bias(1)), z = gate(x(2) + h(1) + bias(2)), q = h(2) + bias(3);
    const double n = std::tanh(x(0) + bias(0) + r * q);
    const double slots[4] = {n, r, z, q};
    put_state(s, row, u, n + z * (s.before[row_place(row, s.state_row, u)] - n));
    keep_slots(s, row, u, 4, slots);
  });
}

template <class T, class F>
void rnn_step(const RecurrentStep<T>& s, F activate) {
  each_unit(s, [&](std::size_t r, std::size_t u) {
    const std::size_t place = r * s.width + u;
    const double state = activate(static_cast<double>(s.x[place]) + s.h[place] + s.bias[u]);
    put_state(s, r, u, state);
    keep_slots(s, r, u, 1, &state);
  });
}
template <class T>
void rnn_tanh_step(const RecurrentStep<T>& s) {
  rnn_step(s, [](double x) { return std::tanh(x); });
}
template <class T>
void rnn_relu_step(const RecurrentStep<T>& s) {
  rnn_step(s, [](double x) { return x <= 0 ? 0 : x; });
}

template <class T>
double state_gradient(const RecurrentBack<T>& s, std::size_t r, std::size_t u) {
  const double d = s.dstate[row_place(r, s.dstate_row, u)];
  return s.dout == nullptr || u >= s.units ? d : d + s.dout[row_place(r, s.dout_row, u)];
}

template <class T>
void put_gradients(const RecurrentBack<T>& s, std::size_t r, std::size_t u, std::size_t count, const double* slots) {
  for (std::size_t k = 0; k < count; k++) {
    s.dgates[slot_place(s, r, count, k, u)] = static_cast<T>(slots[k]);
    s.dbias[k * s.width + u] += static_cast<T>(slots[k]);
  }
}

template <class T>
void lstm_back(const RecurrentBack<T>& s) {
  each_unit(s, [&](std::size_t r, std::size_t u) {
    const auto kept = [&](std::size_t k) { return static_cast<double>(s.kept[slot_place(s, r, 5, k, u)]); };
    const double i = kept(0), f = kept(1), g = kept(2), o = kept(3), c = std::tanh(kept(4));
    const double d = state_gradient(s, r, u), before = s.before[row_place(r, s.before_row, u)];
    T& dcell = s.dcell[r * s.width + u];
    const double dc = d * o * (1 - c * c) + dcell;
    const double slots[4] = {dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g),
                             d * c * o * (1 - o)};
    put_gradients(s, r, u, 4, slots);
    dcell = static_cast<T>(dc * f);
    s.dstate[row_place(r, s.dstate_row, u)] = 0;
    if (s.hidden != nullptr) s.hidden[row_place(r, s.hidden_row, u)] = static_cast<T>(o * c);
  });
}

template <class T>
void gru_back(const RecurrentBack<T>& s) {
  each_unit(s, [&](std::size_t row, std::size_t u) {
    const auto kept = [&](std::size_t k) { return static_cast<double>(s.kept[slot_place(s, row, 4, k, u)]); };
    const double n = kept(0), r = kept(1), z = kept(2), q = kept(3);
    const double d = state_gradient(s, row, u), before = s.before[row_place(row, s.before_row, u)];
    const double dn = d * (1 - z) * (1 - n * n);
    const double slots[4] = {dn, dn * q * r * (1 - r), d * (before - n) * z * (1 - z), dn * r};
    put_gradients(s, row, u, 4, slots);
    s.dstate[row_place(row, s.dstate_row, u)] = static_cast<T>(d * z);
  });
}

template <class T, class F>
void rnn_back(const RecurrentBack<T>& s, F derive) {
  each_unit(s, [&](std::size_t r, std::size_t u) {
    const double slot = derive(state_gradient(s, r, u), static_cast<double>(s.kept[r * s.width + u]));
    put_gradients(s, r, u, 1, &slot);
    s.dstate[row_place(r, s.dstate_row, u)] = 0;
  });
}
template <class T>
void rnn_tanh_back(const RecurrentBack<T>& s) {
  rnn_back(s, [](double d, double state) { return d * (1 - state * state); });
}
template <class T>
void rnn_relu_back(const RecurrentBack<T>& s) {
  rnn_back(s, [](double d, double state) { return state <= 0 ? 0 : d; });
}

#define MYELIN_RECURRENT(T, prefix, name)                                    \
  void prefix##_##name##_step(const RecurrentStep<T>& s) { name##_step(s); } \
  void prefix##_##name##_back(const RecurrentBack<T>& s) { name##_back(s); }
MYELIN_FLOATS(MYELIN_RECURRENT, lstm)
MYELIN_FLOATS(MYELIN_RECURRENT, gru)
MYELIN_FLOATS(MYELIN_RECURRENT, rnn_tanh)
MYELIN_FLOATS(MYELIN_RECURRENT, rnn_relu)
#undef MYELIN_RECURRENT
