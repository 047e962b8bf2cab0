// Rows of windows over channels-last images.

// Calls body(o, c, taps) for every window and channel; taps(f) calls f(place) for the window's taps in order.
template <class F>
void each_window(const PoolRow& row, F body) {
  for (std::size_t o = 0; o < row.windows; o++)
    for (std::size_t c = 0; c < row.channels; c++)
      body(o, c, [&](auto f) {
        for (std::size_t i = 0; i < row.lines; i++)
          for (std::size_t j = 0; j < row.columns; j++)
            f(row.first + static_cast<std::ptrdiff_t>(o) * row.window + static_cast<std::ptrdiff_t>(i) * row.line +
              static_cast<std::ptrdiff_t>(j) * row.column);
      });
}

template <class T>
void max_pool_row(const PoolRow& row, const T* image, std::ptrdiff_t step, T* out, std::int32_t* winner) {
  each_window(row, [&](std::size_t o, std::size_t c, auto taps) {
    std::ptrdiff_t best = -1;
    taps([&](std::ptrdiff_t place) {
      const T x = image[place * step + c];
      if (best < 0 || x > image[best * step + c] || x != x) best = place;
    });
    out[o * row.channels + c] = image[best * step + c];
    winner[o * row.channels + c] = static_cast<std::int32_t>(best);
  });
}

template <class T>
void avg_pool_row(const PoolRow& row, const T* image, std::ptrdiff_t step, T divisor, T* out) {
  each_window(row, [&](std::size_t o, std::size_t c, auto taps) {
    double sum = 0;
    taps([&](std::ptrdiff_t place) { sum += image[place * step + c]; });
    out[o * row.channels + c] = static_cast<T>(sum / divisor);
  });
}

// share(o, c, place) is what window o gives to a tap.
template <class T, class F>
void give_shares(const PoolRow& row, T* dx, bool add, F share) {
  each_window(row, [&](std::size_t o, std::size_t c, auto taps) {
    taps([&](std::ptrdiff_t place) {
      T& to = dx[place * static_cast<std::ptrdiff_t>(row.channels) + c];
      to = add ? to + share(o, c, place) : share(o, c, place);
    });
  });
}

#define MYELIN_POOLS(T, prefix, unused)                                                                               \
  void prefix##_max_pool_row(const PoolRow& row, const T* image, std::ptrdiff_t step, T* out, std::int32_t* winner) { \
    max_pool_row(row, image, step, out, winner);                                                                      \
  }                                                                                                                   \
  void prefix##_avg_pool_row(const PoolRow& row, const T* image, std::ptrdiff_t step, T divisor, T* out) {            \
    avg_pool_row(row, image, step, divisor, out);                                                                     \
  }                                                                                                                   \
  void prefix##_max_pool_row_backward(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step,                    \
                                      const std::int32_t* winner, std::ptrdiff_t winner_step, T* dx, bool add) {      \
    give_shares(row, dx, add, [&](std::size_t o, std::size_t c, std::ptrdiff_t place) {                               \
      return at(winner + c, winner_step, o) == place ? at(dout + c, dout_step, o) : T(0);                             \
    });                                                                                                               \
  }                                                                                                                   \
  void prefix##_avg_pool_row_backward(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step, T divisor, T* dx,  \
                                      bool add) {                                                                     \
    give_shares(row, dx, add,                                                                                         \
                [&](std::size_t o, std::size_t c, std::ptrdiff_t) { return at(dout + c, dout_step, o) / divisor; });  \
  }
MYELIN_FLOATS(MYELIN_POOLS, )
