// Softmax of attention scores, on a tile whose rows are keys and whose columns are queries: greatest score and sum of a
// query are then lanes of a vector, and nothing is ever added across lanes.

// 2^n x for whole n of at least -126, and 0 for less.
MYELIN_INLINE Vec<float> scale_or_vanish(Vec<float> x, Vec<float> n) {
#if defined(__AVX512F__)
  // One instruction instead of a conversion, an addition, a shift and a multiplication.
  return _mm512_maskz_scalef_ps(_mm512_cmp_ps_mask(n.raw, Vec<float>(-127.0f).raw, _CMP_NEQ_UQ), x.raw, n.raw);
#else
  const Vec<std::int32_t> whole = __builtin_convertvector(n.raw, RawVec<std::int32_t>::type);
  return x * bitcast<float>((whole + 127) << 23);
#endif
}

// 2^x for x <= 0, or just above for rounding; what would be denormal is 0. 2 ulp. The polynomial is our own minimax fit
// on [-1/2, 1/2].
MYELIN_INLINE Vec<float> exp2_of_negative(Vec<float> x) {
  static constexpr float kP[] = {1.0000001f, 0.69314694f, 0.24022120f, 0.055507131f, 0.0096755410f, 0.0013276470f};
  const Vec<float> bounded = max(Vec<float>(-127.0f), x), n = round_even(bounded);  // this order lets NaN pass
  return scale_or_vanish(polynomial(bounded - n, kP), n);
}
MYELIN_INLINE Vec<double> exp2_of_negative(Vec<double> x) { return exp2(x); }

// What is subtracted from scores before they are exponents: 0 where every score is -infinity, whose powers are 0 then.
template <class T>
MYELIN_INLINE Vec<T> shift_of(Vec<T> greatest) {
  return select(greatest == Vec<T>(-kInfinity<T>), Vec<T>(0), greatest);
}

template <class T, std::size_t kVectors, class At>
MYELIN_INLINE void softmax_columns(const AttentionTile<T>& tile, std::size_t column, T* greatest, T* sum, T* decay,
                                   At at) {
  Vec<T> top[kVectors], total[kVectors];
  T* scores = tile.scores + column;
  MYELIN_UNROLL for (std::size_t v = 0; v < kVectors; v++) {
    top[v] = at.load_from(greatest + column + v * kLanes<T>);
    total[v] = Vec<T>(0);
  }
  for (std::size_t key = 0; key < tile.keys; key++) {
    const T* row = scores + std::ptrdiff_t(key) * tile.row;
    MYELIN_UNROLL for (std::size_t v = 0; v < kVectors; v++) top[v] = max(top[v], at.load_from(row + v * kLanes<T>));
  }
  Vec<T> shift[kVectors];
  MYELIN_UNROLL for (std::size_t v = 0; v < kVectors; v++) shift[v] = shift_of(top[v]);
  for (std::size_t key = 0; key < tile.keys; key++) {
    T* row = scores + std::ptrdiff_t(key) * tile.row;
    MYELIN_UNROLL for (std::size_t v = 0; v < kVectors; v++) {
      const Vec<T> power = exp2_of_negative(at.load_from(row + v * kLanes<T>) - shift[v]);
      at.store_to(row + v * kLanes<T>, power);
      total[v] = total[v] + power;
    }
  }
  MYELIN_UNROLL for (std::size_t v = 0; v < kVectors; v++) {
    const std::size_t i = column + v * kLanes<T>;
    const Vec<T> fading = exp2_of_negative(at.load_from(greatest + i) - shift[v]);
    at.store_to(sum + i, fma(at.load_from(sum + i), fading, total[v]));
    at.store_to(decay + i, fading);
    at.store_to(greatest + i, top[v]);
  }
}

template <class T, std::size_t kVectors, class At>
MYELIN_INLINE void attention_gradient_columns(const AttentionTile<T>& tile, std::size_t column, T* gradient,
                                              const T* log_sum, const T* delta, At at) {
  Vec<T> shift[kVectors], mean[kVectors];
  MYELIN_UNROLL for (std::size_t v = 0; v < kVectors; v++) {
    shift[v] = shift_of(at.load_from(log_sum + column + v * kLanes<T>));
    mean[v] = at.load_from(delta + column + v * kLanes<T>);
  }
  for (std::size_t key = 0; key < tile.keys; key++) {
    T* row = tile.scores + std::ptrdiff_t(key) * tile.row + column;
    T* slope = gradient + std::ptrdiff_t(key) * tile.row + column;
    MYELIN_UNROLL for (std::size_t v = 0; v < kVectors; v++) {
      const std::size_t i = v * kLanes<T>;
      const Vec<T> p = exp2_of_negative(at.load_from(row + i) - shift[v]);
      at.store_to(row + i, p);
      at.store_to(slope + i, p * (at.load_from(slope + i) - mean[v]));
    }
  }
}

template <std::size_t n>
struct Count {
  static constexpr std::size_t kValue = n;
};

// Calls body(column, vectors, at): four vectors at a time hide latencies, and then one, the last perhaps in part.
template <class T, class F>
MYELIN_INLINE void each_group(std::size_t n, F body) {
  std::size_t i = 0;
  for (; i + 4 * kLanes<T> <= n; i += 4 * kLanes<T>) body(i, Count<4>(), WholeVector());
  for (; i + kLanes<T> <= n; i += kLanes<T>) body(i, Count<1>(), WholeVector());
  if (i < n) body(i, Count<1>(), PartOfVector{n - i});
}

template <class T>
MYELIN_INLINE void softmax_tile(const AttentionTile<T>& tile, T* greatest, T* sum, T* decay) {
  each_group<T>(tile.queries, [&](std::size_t column, auto vectors, auto at) MYELIN_FORCE_INLINE {
    softmax_columns<T, decltype(vectors)::kValue>(tile, column, greatest, sum, decay, at);
  });
}

template <class T>
MYELIN_INLINE void gradient_tile(const AttentionTile<T>& tile, T* gradient, const T* log_sum, const T* delta) {
  each_group<T>(tile.queries, [&](std::size_t column, auto vectors, auto at) MYELIN_FORCE_INLINE {
    attention_gradient_columns<T, decltype(vectors)::kValue>(tile, column, gradient, log_sum, delta, at);
  });
}

#define MYELIN_ATTENTION(T, prefix)                                                                               \
  void prefix##_attention_softmax(const AttentionTile<T>& tile, T* greatest, T* sum, T* decay) {                  \
    softmax_tile(tile, greatest, sum, decay);                                                                     \
  }                                                                                                               \
  void prefix##_attention_gradient(const AttentionTile<T>& tile, T* gradient, const T* log_sum, const T* delta) { \
    gradient_tile(tile, gradient, log_sum, delta);                                                                \
  }
MYELIN_ATTENTION(float, f32)
MYELIN_ATTENTION(double, f64)
#undef MYELIN_ATTENTION
