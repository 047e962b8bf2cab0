// Depthwise convolutions, channels-last: lanes are channels, so every load is a whole vector and no sum crosses lanes.

// kPixels neighbours share each load of a weight, and their sums are independent of one another.
template <class T, std::size_t kPixels>
MYELIN_INLINE void depthwise_pixels(const DepthwiseRow<T>& row, const T* x, T* out, std::size_t channel,
                                    std::size_t count) {
  Vec<T> sums[kPixels];
  const Vec<T> start = row.bias == nullptr ? Vec<T>(0) : load_columns(row.bias + channel, count);
  MYELIN_UNROLL for (std::size_t i = 0; i < kPixels; i++) sums[i] = start;
  for (std::size_t t = 0; t < row.taps; t++) {
    const Vec<T> weight = load_columns(row.weights + t * row.channels + channel, count);
    const T* from = x + row.offsets[t] + channel;
    MYELIN_UNROLL for (std::size_t i = 0; i < kPixels; i++) {
      sums[i] = fma(load_columns(from + std::ptrdiff_t(i) * row.x_step, count), weight, sums[i]);
    }
  }
  MYELIN_UNROLL for (std::size_t i = 0; i < kPixels; i++) {
    store_columns(out + std::ptrdiff_t(i) * row.out_step + channel, sums[i], count);
  }
}

template <class T>
void depthwise_row(const DepthwiseRow<T>& row) {
  constexpr std::size_t kTogether = 4;
  for (std::size_t channel = 0; channel < row.channels; channel += kLanes<T>) {
    const std::size_t left = row.channels - channel, count = left < kLanes<T> ? left : kLanes<T>;
    const T* x = row.x;
    T* out = row.out;
    std::size_t pixel = 0;
    for (; pixel + kTogether <= row.pixels; pixel += kTogether) {
      depthwise_pixels<T, kTogether>(row, x, out, channel, count);
      x += std::ptrdiff_t(kTogether) * row.x_step;
      out += std::ptrdiff_t(kTogether) * row.out_step;
    }
    for (; pixel < row.pixels; pixel++, x += row.x_step, out += row.out_step) {
      depthwise_pixels<T, 1>(row, x, out, channel, count);
    }
  }
}
void f32_depthwise_row(const DepthwiseRow<float>& row) { depthwise_row(row); }
void f64_depthwise_row(const DepthwiseRow<double>& row) { depthwise_row(row); }

template <class T, std::size_t kTaps>
MYELIN_INLINE void add_tap_gradients(const DepthwiseGradient<T>& row, std::size_t tap, std::size_t channel,
                                     std::size_t count) {
  Vec<T> sums[kTaps];
  MYELIN_UNROLL for (std::size_t i = 0; i < kTaps; i++) {
    sums[i] = load_columns(row.gradient + (tap + i) * row.channels + channel, count);
  }
  for (std::size_t pixel = 0; pixel < row.pixels; pixel++) {
    const Vec<T> dout = load_columns(row.dout + pixel * row.channels + channel, count);
    const T* from = row.x + std::ptrdiff_t(pixel) * row.x_step + channel;
    MYELIN_UNROLL for (std::size_t i = 0; i < kTaps; i++) {
      sums[i] = fma(load_columns(from + row.offsets[tap + i], count), dout, sums[i]);
    }
  }
  MYELIN_UNROLL for (std::size_t i = 0; i < kTaps; i++) {
    store_columns(row.gradient + (tap + i) * row.channels + channel, sums[i], count);
  }
}

template <class T>
void depthwise_gradient(const DepthwiseGradient<T>& row) {
  constexpr std::size_t kTogether = 3;  // most kernels are 3 or 5 wide
  for (std::size_t channel = 0; channel < row.channels; channel += kLanes<T>) {
    const std::size_t left = row.channels - channel, count = left < kLanes<T> ? left : kLanes<T>;
    std::size_t tap = 0;
    for (; tap + kTogether <= row.taps; tap += kTogether) add_tap_gradients<T, kTogether>(row, tap, channel, count);
    for (; tap < row.taps; tap++) add_tap_gradients<T, 1>(row, tap, channel, count);
  }
}
void f32_depthwise_gradient(const DepthwiseGradient<float>& row) { depthwise_gradient(row); }
void f64_depthwise_gradient(const DepthwiseGradient<double>& row) { depthwise_gradient(row); }
