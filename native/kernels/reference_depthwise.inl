// Depthwise convolutions, one product after another.

template <class T>
std::size_t depthwise_place(const DepthwiseInput<T>& in, std::size_t tap, std::size_t c) {
  constexpr std::size_t kBlock = kDepthwiseBlock<T>;
  return (c / kBlock * in.kernel_height * in.kernel_width + tap) * kBlock + c % kBlock;
}

// Calls add(r, p, tap, line) for every product of the rows with a pixel that exists; its channels begin at `line`.
template <class T, class F>
void each_depthwise_product(const DepthwiseInput<T>& in, F add) {
  for (std::size_t r = 0; r < in.rows; r++)
    for (std::size_t p = 0; p < in.pixels; p++)
      for (std::size_t y = 0; y < in.kernel_height; y++)
        for (std::size_t x = 0; x < in.kernel_width; x++) {
          const std::ptrdiff_t column = static_cast<std::ptrdiff_t>(p * in.stride + x * in.spacing) - in.left;
          if (in.lines[r + y] == nullptr || column < 0 || column >= static_cast<std::ptrdiff_t>(in.width)) continue;
          add(r, p, y * in.kernel_width + x, in.lines[r + y] + column * static_cast<std::ptrdiff_t>(in.channels));
        }
}

template <class T>
void depthwise_rows(const DepthwiseRows<T>& rows) {
  const DepthwiseInput<T>& in = rows.in;
  const auto place = [&](std::size_t r, std::size_t p) {
    return rows.out + static_cast<std::ptrdiff_t>(r) * rows.out_row + static_cast<std::ptrdiff_t>(p) * rows.out_step;
  };
  for (std::size_t r = 0; r < in.rows; r++)
    for (std::size_t p = 0; p < in.pixels; p++)
      for (std::size_t c = 0; c < in.channels; c++) place(r, p)[c] = rows.bias ? rows.bias[c] : T(0);
  each_depthwise_product(in, [&](std::size_t r, std::size_t p, std::size_t tap, const T* x) {
    for (std::size_t c = 0; c < in.channels; c++) place(r, p)[c] += x[c] * rows.weights[depthwise_place(in, tap, c)];
  });
}

template <class T>
void depthwise_gradient(const DepthwiseGradient<T>& rows) {
  const DepthwiseInput<T>& in = rows.in;
  each_depthwise_product(in, [&](std::size_t r, std::size_t p, std::size_t tap, const T* x) {
    const T* dout = rows.dout + static_cast<std::ptrdiff_t>(r) * rows.dout_row + p * in.channels;
    for (std::size_t c = 0; c < in.channels; c++) rows.gradient[depthwise_place(in, tap, c)] += x[c] * dout[c];
  });
}

#define MYELIN_DEPTHWISE(T, prefix, unused)                                            \
  void prefix##_depthwise_rows(const DepthwiseRows<T>& rows) { depthwise_rows(rows); } \
  void prefix##_depthwise_gradient(const DepthwiseGradient<T>& rows) { depthwise_gradient(rows); }
MYELIN_FLOATS(MYELIN_DEPTHWISE, )
#undef MYELIN_DEPTHWISE
