// Weighted sums of rows that lie anywhere: what resampling of images and bags of embeddings come down to.

// What the sum of `count` terms begins with. Unlike 0, -0 leaves the sign of the first: a row that weighs 1 is copied.
template <class T>
MYELIN_INLINE Vec<T> before_terms(std::size_t count) {
  return count == 0 ? T(0) : -T(0);
}

template <class T, int width, class At>
MYELIN_INLINE void weighted_strip(const WeightedRows<T>& w, std::size_t r, std::size_t j, At at, Strip<T, width>) {
  const std::size_t begin = w.starts[r], end = w.starts[r + 1];
  Strip<T, width> sum;
  for (Vec<T>& v : sum.v) v = before_terms<T>(w.lines);
  for (std::size_t l = 0; l < w.lines; l++) {
    const T* const x = w.x + w.line_offsets[l] + j;
    Strip<T, width> line;
    for (Vec<T>& v : line.v) v = before_terms<T>(end - begin);
    for (std::size_t t = begin; t < end; t++) {
      const T* const row = x + w.offsets[t];
      const Vec<T> weight(w.weights[t]);
      for (int k = 0; k < width; k++) line.v[k] = fma(at.load_from(row + k * kLanes<T>), weight, line.v[k]);
    }
    const Vec<T> weight(w.line_weights[l]);
    for (int k = 0; k < width; k++) sum.v[k] = fma(line.v[k], weight, sum.v[k]);
  }
  T* const out = w.out + std::ptrdiff_t(r) * w.out_stride + j;
  for (int k = 0; k < width; k++) at.store_to(out + k * kLanes<T>, sum.v[k]);
}

template <class T>
MYELIN_INLINE void weighted_rows(const WeightedRows<T>& w) {
  // Rows 2 KB on are on their way while others are summed: between short runs the hardware does not foresee them.
  constexpr std::size_t kLine = 64 / sizeof(T), kElements = 2048 / sizeof(T);
  const std::ptrdiff_t ahead = w.n == 0 || w.n > kElements ? 1 : std::ptrdiff_t(kElements / w.n);
  for (std::size_t r = 0; r < w.rows; r++) {
    const T* const later = w.out + (std::ptrdiff_t(r) + ahead) * w.out_stride;
    for (std::size_t j = 0; j < w.n; j += kLine) __builtin_prefetch(later + j, 1);
    each_strip<T>(w.n, [&](std::size_t j, auto at, auto strip) { weighted_strip(w, r, j, at, strip); });
  }
}

void f32_weighted_rows(const WeightedRows<float>& sums) { weighted_rows(sums); }
void f64_weighted_rows(const WeightedRows<double>& sums) { weighted_rows(sums); }
