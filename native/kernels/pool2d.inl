// Pooling of channels-last images, a row of windows at a time. Lanes are channels; where there is one channel alone they
// are neighbouring windows.

// Windows as lanes.

// Lanes 0, 2, 4, ... of two vectors that share a lane: the last of `low` is the first of `high`.
template <class T, std::size_t... i>
MYELIN_INLINE Vec<T> every_second(Vec<T> low, Vec<T> high, Indices<i...>) {
  constexpr std::size_t L = kLanes<T>;
#if defined(__clang__)
  return __builtin_shufflevector(low.raw, high.raw, (2 * i + (i >= L / 2))...);
#else
  using I = IntFor<T>;
  return __builtin_shuffle(low.raw, high.raw, typename RawVec<I>::type{I(2 * i + (i >= L / 2))...});
#endif
}

// The first `count` elements, zeros after them.
template <class T>
MYELIN_INLINE Vec<T> load_first(const T* p, std::size_t count) {
  if (count == 0) return T(0);
  return count < kLanes<T> ? partial_load(p, count) : load(p);
}

// Elements p[0], p[step], ... in the first `count` lanes; reads nothing else but what lies between them.
template <class T>
MYELIN_INLINE Vec<T> load_steps(const T* p, std::ptrdiff_t step, std::size_t count) {
  constexpr std::size_t L = kLanes<T>;
  if (step == 1) return load_first(p, count);
  if (step == 2) {
    const std::size_t span = 2 * count - 1;
    const Vec<T> low = load_first(p, span), high = load_first(p + L - 1, span < L ? 0 : span - L + 1);
    return every_second(low, high, typename LaneIndices<L>::type());
  }
  T lanes[L] = {};
  for (std::size_t i = 0; i < count; i++) lanes[i] = p[std::ptrdiff_t(i) * step];
  return load(lanes);
}

// 0, step, 2 step, ...
template <class I>
MYELIN_INLINE Vec<I> multiples(I step) {
  I lanes[kLanes<I>];
  for (std::size_t i = 0; i < kLanes<I>; i++) lanes[i] = I(i) * step;
  return load(lanes);
}

// Places: int32 in memory, integers as wide as T in registers.

template <class T, class At>
MYELIN_INLINE void store_places(At at, std::int32_t* p, Vec<IntFor<T>> places, std::size_t count) {
  if constexpr (sizeof(T) == sizeof(std::int32_t)) {
    at.store_to(p, places);
  } else {
    IntFor<T> lanes[kLanes<T>];
    store(lanes, places);
    for (std::size_t i = 0; i < count; i++) p[i] = std::int32_t(lanes[i]);
  }
}

template <class T, class At>
MYELIN_INLINE Vec<IntFor<T>> load_places(At at, const std::int32_t* p, std::size_t count) {
  if constexpr (sizeof(T) == sizeof(std::int32_t)) {
    return at.load_from(p);
  } else {
    IntFor<T> lanes[kLanes<T>] = {};
    for (std::size_t i = 0; i < count; i++) lanes[i] = p[i];
    return load(lanes);
  }
}

// One vector of results.

template <class T>
struct Peak {
  Vec<T> value;
  Vec<IntFor<T>> place;  // from the window's first tap on
};

// load(place) gives the elements at a tap.
template <class T, class Load>
MYELIN_INLINE Peak<T> peak_of(const PoolRow& row, std::size_t lines, std::size_t columns, Load load) {
  using I = IntFor<T>;
  Peak<T> best = {Vec<T>(-kInfinity<T>), Vec<I>(I(0))};
  for (std::size_t i = 0; i < lines; i++) {
    for (std::size_t j = 0; j < columns; j++) {
      const std::ptrdiff_t place = std::ptrdiff_t(i) * row.line + std::ptrdiff_t(j) * row.column;
      const Vec<T> x = load(place);
      const Mask<T> wins = (x > best.value) | (x != x);
      best.value = select(wins, x, best.value);
      best.place = select(wins, Vec<I>(I(place)), best.place);
    }
  }
  return best;
}

// Line by line, so that errors grow with the sides of a window instead of its area.
template <class T, class Load>
MYELIN_INLINE Vec<T> sum_of(const PoolRow& row, std::size_t lines, std::size_t columns, Load load) {
  Vec<T> sum = T(0);
  for (std::size_t i = 0; i < lines; i++) {
    const std::ptrdiff_t line = std::ptrdiff_t(i) * row.line;
    Vec<T> line_sum = load(line);
    for (std::size_t j = 1; j < columns; j++) line_sum = line_sum + load(line + std::ptrdiff_t(j) * row.column);
    sum = sum + line_sum;
  }
  return sum;
}

// Rows of windows.

// Calls body(at, element, count, places, load) for every vector of results: `element` counts them over windows and
// channels, `places` are those of the windows' first taps, load(place) reads the image that much further on.
template <class T, class F>
MYELIN_INLINE void each_result(const PoolRow& row, const T* image, std::ptrdiff_t step, F body) {
  using I = IntFor<T>;
  if (row.channels == 1) {
    const Vec<I> lanes = multiples(I(row.window));
    const std::ptrdiff_t window = row.window * step;
    return each_vector<T>(row.windows, [&](std::size_t o, auto at) MYELIN_FORCE_INLINE {
      const std::size_t left = row.windows - o, count = left < kLanes<T> ? left : kLanes<T>;
      const std::ptrdiff_t place = row.first + std::ptrdiff_t(o) * row.window;
      const T* from = image + place * step;
      body(at, o, count, lanes + Vec<I>(I(place)),
           [=](std::ptrdiff_t tap) MYELIN_FORCE_INLINE { return load_steps(from + tap * step, window, count); });
    });
  }
  for (std::size_t o = 0; o < row.windows; o++) {
    const std::ptrdiff_t place = row.first + std::ptrdiff_t(o) * row.window;
    each_vector<T>(row.channels, [&](std::size_t c, auto at) MYELIN_FORCE_INLINE {
      const std::size_t left = row.channels - c, count = left < kLanes<T> ? left : kLanes<T>;
      const T* from = image + place * step + c;
      body(at, o * row.channels + c, count, Vec<I>(I(place)),
           [=](std::ptrdiff_t tap) MYELIN_FORCE_INLINE { return at.load_from(from + tap * step); });
    });
  }
}

template <class T>
MYELIN_INLINE void max_pool_windows(const PoolRow& row, std::size_t lines, std::size_t columns, const T* image,
                                    std::ptrdiff_t step, T* out, std::int32_t* winner) {
  each_result(row, image, step,
              [&](auto at, std::size_t i, std::size_t count, auto places, auto load) MYELIN_FORCE_INLINE {
                const Peak<T> best = peak_of<T>(row, lines, columns, load);
                at.store_to(out + i, best.value);
                store_places<T>(at, winner + i, places + best.place, count);
              });
}

template <class T>
MYELIN_INLINE void avg_pool_windows(const PoolRow& row, std::size_t lines, std::size_t columns, const T* image,
                                    std::ptrdiff_t step, T divisor, T* out) {
  each_result(row, image, step, [&](auto at, std::size_t i, std::size_t, auto, auto load) MYELIN_FORCE_INLINE {
    at.store_to(out + i, sum_of<T>(row, lines, columns, load) / Vec<T>(divisor));
  });
}

// Windows of 2 x 2, the most common, are unrolled.
template <class T>
MYELIN_INLINE void max_pool_row(const PoolRow& row, const T* image, std::ptrdiff_t step, T* out, std::int32_t* winner) {
  if (row.lines == 2 && row.columns == 2) return max_pool_windows(row, 2, 2, image, step, out, winner);
  max_pool_windows(row, row.lines, row.columns, image, step, out, winner);
}
template <class T>
MYELIN_INLINE void avg_pool_row(const PoolRow& row, const T* image, std::ptrdiff_t step, T divisor, T* out) {
  if (row.lines == 2 && row.columns == 2) return avg_pool_windows(row, 2, 2, image, step, divisor, out);
  avg_pool_windows(row, row.lines, row.columns, image, step, divisor, out);
}

template <bool kAdd, class T, class At>
MYELIN_INLINE void give(At at, T* p, Vec<T> share) {
  at.store_to(p, kAdd ? at.load_from(p) + share : share);
}

template <bool kAdd, class T>
MYELIN_INLINE void max_pool_shares(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step,
                                   const std::int32_t* winner, std::ptrdiff_t winner_step, T* dx) {
  using I = IntFor<T>;
  for (std::size_t o = 0; o < row.windows; o++, dout += dout_step, winner += winner_step) {
    const std::ptrdiff_t place = row.first + std::ptrdiff_t(o) * row.window;
    if (row.channels == 1) {
      for (std::size_t j = 0; j < row.columns; j++) {
        const std::ptrdiff_t tap = place + std::ptrdiff_t(j) * row.column;
        const T share = *winner == tap ? *dout : T(0);
        dx[tap] = kAdd ? dx[tap] + share : share;
      }
      continue;
    }
    each_vector<T>(row.channels, [&](std::size_t c, auto at) MYELIN_FORCE_INLINE {
      const std::size_t left = row.channels - c, count = left < kLanes<T> ? left : kLanes<T>;
      const Vec<T> share = at.load_from(dout + c);
      const Vec<I> won = load_places<T>(at, winner + c, count);
      for (std::size_t j = 0; j < row.columns; j++) {
        const std::ptrdiff_t tap = place + std::ptrdiff_t(j) * row.column;
        T* const to = dx + tap * std::ptrdiff_t(row.channels) + c;
        give<kAdd>(at, to, select(won == Vec<I>(I(tap)), share, Vec<T>(T(0))));
      }
    });
  }
}

template <bool kAdd, class T>
MYELIN_INLINE void avg_pool_shares(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step, T divisor, T* dx) {
  for (std::size_t o = 0; o < row.windows; o++, dout += dout_step) {
    T* const first = dx + (row.first + std::ptrdiff_t(o) * row.window) * std::ptrdiff_t(row.channels);
    if (row.channels == 1) {
      const T share = *dout / divisor;
      for (std::size_t j = 0; j < row.columns; j++) {
        T* const to = first + std::ptrdiff_t(j) * row.column;
        *to = kAdd ? *to + share : share;
      }
      continue;
    }
    each_vector<T>(row.channels, [&](std::size_t c, auto at) MYELIN_FORCE_INLINE {
      const Vec<T> share = at.load_from(dout + c) / Vec<T>(divisor);
      for (std::size_t j = 0; j < row.columns; j++) {
        give<kAdd>(at, first + std::ptrdiff_t(j) * row.column * std::ptrdiff_t(row.channels) + c, share);
      }
    });
  }
}

template <class T>
MYELIN_INLINE void max_pool_row_backward(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step,
                                         const std::int32_t* winner, std::ptrdiff_t winner_step, T* dx, bool add) {
  if (add) return max_pool_shares<true>(row, dout, dout_step, winner, winner_step, dx);
  max_pool_shares<false>(row, dout, dout_step, winner, winner_step, dx);
}
template <class T>
MYELIN_INLINE void avg_pool_row_backward(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step, T divisor, T* dx,
                                         bool add) {
  if (add) return avg_pool_shares<true>(row, dout, dout_step, divisor, dx);
  avg_pool_shares<false>(row, dout, dout_step, divisor, dx);
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
    max_pool_row_backward(row, dout, dout_step, winner, winner_step, dx, add);                                        \
  }                                                                                                                   \
  void prefix##_avg_pool_row_backward(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step, T divisor, T* dx,  \
                                      bool add) {                                                                     \
    avg_pool_row_backward(row, dout, dout_step, divisor, dx, add);                                                    \
  }
MYELIN_FLOATS(MYELIN_POOLS, )
#undef MYELIN_POOLS
