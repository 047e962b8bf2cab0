// Max pooling of channels-last images: one output pixel, all its channels.

template <class T>
MYELIN_INLINE void max_pool_pixel(const T* const* pixels, std::size_t count, T* out, std::int32_t* winner,
                                  std::size_t n) {
  each_vector<T>(n, [&](std::size_t j, auto at) {
    // Indices ride along as T, which holds them exactly: windows are far smaller than 2^24 pixels.
    Vec<T> best = at.load_from(pixels[0] + j), index = T(0);
    for (std::size_t p = 1; p < count; p++) {
      const Vec<T> x = at.load_from(pixels[p] + j);
      const Mask<T> wins = (x > best) | (x != x);
      best = select(wins, x, best);
      index = select(wins, Vec<T>(T(p)), index);
    }
    at.store_to(out + j, best);
    if (!winner) return;
    T lanes[kLanes<T>];
    store(lanes, index);
    for (std::size_t l = 0; l < kLanes<T> && j + l < n; l++) winner[j + l] = std::int32_t(lanes[l]);
  });
}

void f32_max_pool_pixel(const float* const* pixels, std::size_t count, float* out, std::int32_t* winner,
                        std::size_t n) {
  max_pool_pixel(pixels, count, out, winner, n);
}
void f64_max_pool_pixel(const double* const* pixels, std::size_t count, double* out, std::int32_t* winner,
                        std::size_t n) {
  max_pool_pixel(pixels, count, out, winner, n);
}
