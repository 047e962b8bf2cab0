// Weighted sums of rows that lie anywhere: what resampling of images and bags of embeddings come down to.

template <class T, int width, class At>
MYELIN_INLINE void weighted_strip(const T* x, const std::ptrdiff_t* offsets, const T* weights, std::size_t count,
                                  T* out, At at, Strip<T, width>) {
  Vec<T> sum[width];
  for (int k = 0; k < width; k++) sum[k] = Vec<T>(T(0));
  for (std::size_t t = 0; t < count; t++) {
    const T* row = x + offsets[t];
    const Vec<T> weight(weights[t]);
    for (int k = 0; k < width; k++) sum[k] = fma(at.load_from(row + k * kLanes<T>), weight, sum[k]);
  }
  for (int k = 0; k < width; k++) at.store_to(out + k * kLanes<T>, sum[k]);
}

#define MYELIN_WEIGHTED_ROWS(T, prefix)                                                                               \
  void prefix##_weighted_rows(const T* x, const std::ptrdiff_t* offsets, const T* weights, std::size_t count, T* out, \
                              std::size_t n) {                                                                        \
    each_strip<T>(n, [&](std::size_t j, auto at, auto strip) {                                                        \
      weighted_strip(x + j, offsets, weights, count, out + j, at, strip);                                             \
    });                                                                                                               \
  }
MYELIN_WEIGHTED_ROWS(float, f32)
MYELIN_WEIGHTED_ROWS(double, f64)
#undef MYELIN_WEIGHTED_ROWS
