// Attention, query by query.

inline double attention_shift(double greatest) { return std::isinf(greatest) && greatest < 0 ? 0 : greatest; }

template <class T>
void attention_softmax(const AttentionTile<T>& tile, T* greatest, T* sum, T* decay) {
  for (std::size_t query = 0; query < tile.queries; query++) {
    T* scores = tile.scores + query;
    double top = greatest[query], total = 0;
    for (std::size_t key = 0; key < tile.keys; key++) {
      const double score = at(scores, tile.row, key);
      top = top > score ? top : score;
    }
    const double shift = attention_shift(top);
    for (std::size_t key = 0; key < tile.keys; key++) {
      T& score = scores[static_cast<std::ptrdiff_t>(key) * tile.row];
      score = static_cast<T>(std::exp2(score - shift));
      total += score;
    }
    const double fading = std::exp2(greatest[query] - shift);
    sum[query] = static_cast<T>(sum[query] * fading + total);
    decay[query] = static_cast<T>(fading);
    greatest[query] = static_cast<T>(top);
  }
}

template <class T>
void attention_gradient(const AttentionTile<T>& tile, T* gradient, const T* log_sum, const T* delta) {
  for (std::size_t key = 0; key < tile.keys; key++) {
    T* scores = tile.scores + static_cast<std::ptrdiff_t>(key) * tile.row;
    T* slopes = gradient + static_cast<std::ptrdiff_t>(key) * tile.row;
    for (std::size_t query = 0; query < tile.queries; query++) {
      const double p = std::exp2(scores[query] - attention_shift(log_sum[query]));
      scores[query] = static_cast<T>(p);
      slopes[query] = static_cast<T>(p * (static_cast<double>(slopes[query]) - delta[query]));
    }
  }
}

#define MYELIN_ATTENTION(T, prefix, unused)                                                                       \
  void prefix##_attention_softmax(const AttentionTile<T>& tile, T* greatest, T* sum, T* decay) {                  \
    attention_softmax(tile, greatest, sum, decay);                                                                \
  }                                                                                                               \
  void prefix##_attention_gradient(const AttentionTile<T>& tile, T* gradient, const T* log_sum, const T* delta) { \
    attention_gradient(tile, gradient, log_sum, delta);                                                           \
  }
MYELIN_FLOATS(MYELIN_ATTENTION, )
#undef MYELIN_ATTENTION
