// Depthwise convolutions, channels-last: lanes are channels, so every load is a whole vector and no sum crosses lanes.
// Every sum takes its products by ascending rows and columns of the kernel, however many pixels are computed together.

// A form is what of a loop is known to the compiler: the extents of the kernel (height 0 stands for any), and how many rows
// and neighbouring pixels of the output share what they read. Tall forms of single pixels suit the cache best, because
// they read and write memory in order; wide ones do where rows share no lines. Sums and weights stay in registers.
template <std::size_t height, std::size_t width, std::size_t stride, std::size_t rows, std::size_t pixels>
struct DepthwiseForm {
  static constexpr std::size_t kHeight = height, kWidth = width, kStride = stride, kRows = rows, kPixels = pixels;
  static constexpr std::size_t kTall = height > 0 ? height : 1;  // rows of the kernel taken at a time

  template <class T>
  static MYELIN_INLINE std::size_t height_of(const DepthwiseInput<T>& in) {
    return height > 0 ? height : in.kernel_height;
  }
};
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr std::size_t kDepthwisePixels = 4;  // of a wide form
#else
constexpr std::size_t kDepthwisePixels = 2;
#endif

template <std::size_t count>
struct Pixels {
  static constexpr std::size_t kCount = count;
};

template <class T>
MYELIN_INLINE std::ptrdiff_t column_of(const DepthwiseInput<T>& in, std::size_t pixel, std::size_t x) {
  return std::ptrdiff_t(pixel * in.stride + x * in.spacing) - in.left;
}

template <class T>
MYELIN_INLINE bool is_inside(const DepthwiseInput<T>& in, std::size_t pixel, std::size_t x) {
  return std::size_t(column_of(in, pixel, x)) < in.width;
}

// Calls together(Pixels, pixel) for neighbours that read no column beyond the lines, one(pixel) for all others.
template <std::size_t kMost, class T, class Together, class One>
MYELIN_INLINE void each_depthwise_pixel(const DepthwiseInput<T>& in, Together together, One one) {
  const std::size_t last = in.kernel_width == 0 ? 0 : in.kernel_width - 1;
  std::size_t pixel = 0, end = in.pixels;
  while (pixel < end && !is_inside(in, pixel, 0)) one(pixel++);
  while (end > pixel && !is_inside(in, end - 1, last)) end--;
  for (; pixel + kMost <= end; pixel += kMost) together(Pixels<kMost>(), pixel);
  if constexpr (kMost > 2) {
    for (; pixel + 2 <= end; pixel += 2) together(Pixels<2>(), pixel);
  }
  for (; pixel < in.pixels; pixel++) one(pixel);
}

// Where weights, or their gradient, of channel c begin; those of the next tap are a block further.
template <class T>
MYELIN_INLINE std::size_t block_of(const DepthwiseInput<T>& in, std::size_t c) {
  return c / kDepthwiseBlock<T> * in.kernel_height * in.kernel_width * kDepthwiseBlock<T> + c % kDepthwiseBlock<T>;
}

// Columns [begin, end) of the kernel read inside the lines.
struct KernelColumns {
  std::size_t begin, end;

  template <class T>
  MYELIN_INLINE KernelColumns(const DepthwiseInput<T>& in, std::size_t pixel) : begin(0), end(in.kernel_width) {
    while (begin < end && !is_inside(in, pixel, begin)) begin++;
    while (begin < end && !is_inside(in, pixel, end - 1)) end--;
  }
};

// Forward.

template <class T, class At>
MYELIN_INLINE Vec<T> depthwise_start(At at, const DepthwiseRows<T>& call, std::size_t c) {
  return call.bias == nullptr ? Vec<T>(0) : at.load_from(call.bias + c);
}

// Any kernel, channels from `first` on; columns of the kernel beyond a line's ends are left out, for all pixels alike.
template <class T, std::size_t kPixels>
void depthwise_pixels(const DepthwiseRows<T>& call, std::size_t row, std::size_t pixel, std::size_t first = 0) {
  const DepthwiseInput<T>& in = call.in;
  const KernelColumns columns(in, pixel);
  const std::ptrdiff_t step = std::ptrdiff_t(in.stride * in.channels);
  T* const out = call.out + std::ptrdiff_t(row) * call.out_row + std::ptrdiff_t(pixel) * call.out_step;
  each_vector<T>(in.channels - first, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE {
    const std::size_t c = first + i;
    const T* const weights = call.weights + block_of(in, c);
    Vec<T> sums[kPixels];
    MYELIN_UNROLL for (std::size_t p = 0; p < kPixels; p++) sums[p] = depthwise_start(at, call, c);
    for (std::size_t y = 0; y < in.kernel_height; y++) {
      const T* const line = in.lines[row + y];
      if (line == nullptr) continue;
      for (std::size_t x = columns.begin; x < columns.end; x++) {
        const Vec<T> weight = load(weights + (y * in.kernel_width + x) * kDepthwiseBlock<T>);
        const T* const from = line + column_of(in, pixel, x) * std::ptrdiff_t(in.channels) + c;
        MYELIN_UNROLL for (std::size_t p = 0; p < kPixels; p++) {
          sums[p] = fma(at.load_from(from + std::ptrdiff_t(p) * step), weight, sums[p]);
        }
      }
    }
    MYELIN_UNROLL for (std::size_t p = 0; p < kPixels; p++) {
      at.store_to(out + std::ptrdiff_t(p) * call.out_step + c, sums[p]);
    }
  });
}

// The weights of some rows of the kernel, or their gradient.
template <std::size_t kTall, class Form, class T>
MYELIN_INLINE void load_taps(const T* from, Vec<T> (&taps)[kTall][Form::kWidth]) {
  MYELIN_UNROLL for (std::size_t y = 0; y < kTall; y++) {
    MYELIN_UNROLL for (std::size_t x = 0; x < Form::kWidth; x++) {
      taps[y][x] = load(from + (y * Form::kWidth + x) * kDepthwiseBlock<T>);
    }
  }
}

// Calls body(value, row of the output, pixel, row of the kernel, column) for all products with pixels of a line, which is
// line i for the first row of the output. Each pixel is loaded once.
template <std::size_t kTall, class Form, std::size_t kPixels, class T, class F>
MYELIN_INLINE void each_product(const T* line, std::ptrdiff_t channels, std::size_t i, F body) {
  MYELIN_UNROLL for (std::size_t j = 0; j < Form::kWidth + (kPixels - 1) * Form::kStride; j++) {
    Vec<T> value = load(line + std::ptrdiff_t(j) * channels);
    keep_in_register(value);
    MYELIN_UNROLL for (std::size_t r = 0; r < Form::kRows; r++) {
      MYELIN_UNROLL for (std::size_t p = 0; p < kPixels; p++) {
        const std::size_t y = i - r, x = j - p * Form::kStride;
        if (y < kTall && x < Form::kWidth) body(value, r, p, y, x);
      }
    }
  }
}

template <class Form, std::size_t kPixels, class T>
MYELIN_INLINE void depthwise_together(const DepthwiseRows<T>& call, std::size_t row, std::size_t pixel) {
  const DepthwiseInput<T>& in = call.in;
  const std::ptrdiff_t channels = std::ptrdiff_t(in.channels), begin = column_of(in, pixel, 0) * channels;
  T* const out = call.out + std::ptrdiff_t(row) * call.out_row + std::ptrdiff_t(pixel) * call.out_step;
  constexpr std::size_t kTall = Form::kTall;
  std::size_t c = 0;
  for (; c + kLanes<T> <= in.channels; c += kLanes<T>) {
    const T* weights = call.weights + block_of(in, c);
    Vec<T> sums[Form::kRows][kPixels], taps[kTall][Form::kWidth];
    MYELIN_UNROLL for (std::size_t r = 0; r < Form::kRows; r++) {
      MYELIN_UNROLL for (std::size_t p = 0; p < kPixels; p++) sums[r][p] = depthwise_start(WholeVector(), call, c);
    }
    for (std::size_t top = 0; top < Form::height_of(in); top += kTall) {
      load_taps<kTall, Form>(weights, taps);
      weights += kTall * Form::kWidth * kDepthwiseBlock<T>;
      MYELIN_UNROLL for (std::size_t i = 0; i < kTall + Form::kRows - 1; i++) {
        const T* const line = in.lines[row + top + i];
        if (line == nullptr) continue;
        each_product<kTall, Form, kPixels>(
            line + begin + c, channels, i,
            [&](Vec<T> value, std::size_t r, std::size_t p, std::size_t y, std::size_t x)
                MYELIN_FORCE_INLINE { sums[r][p] = fma(value, taps[y][x], sums[r][p]); });
      }
    }
    MYELIN_UNROLL for (std::size_t r = 0; r < Form::kRows; r++) {
      MYELIN_UNROLL for (std::size_t p = 0; p < kPixels; p++) {
        store(out + std::ptrdiff_t(r) * call.out_row + std::ptrdiff_t(p) * call.out_step + c, sums[r][p]);
      }
    }
  }
  if (c == in.channels) return;
  for (std::size_t r = 0; r < Form::kRows; r++) depthwise_pixels<T, kPixels>(call, row + r, pixel, c);
}

template <class Form, class T>
void depthwise_rows_of(const DepthwiseRows<T>& call) {
  for (std::size_t row = 0; row < call.in.rows; row += Form::kRows) {
    each_depthwise_pixel<Form::kPixels>(
        call.in,
        [&](auto pixels, std::size_t pixel)
            MYELIN_FORCE_INLINE { depthwise_together<Form, decltype(pixels)::kCount>(call, row, pixel); },
        [&](std::size_t pixel) {
          for (std::size_t r = 0; r < Form::kRows; r++) depthwise_pixels<T, 1>(call, row + r, pixel);
        });
  }
}

template <class T>
void depthwise_rows_of_any(const DepthwiseRows<T>& call) {
  for (std::size_t row = 0; row < call.in.rows; row++) {
    each_depthwise_pixel<kDepthwisePixels>(
        call.in,
        [&](auto pixels, std::size_t pixel)
            MYELIN_FORCE_INLINE { depthwise_pixels<T, decltype(pixels)::kCount>(call, row, pixel); },
        [&](std::size_t pixel) { depthwise_pixels<T, 1>(call, row, pixel); });
  }
}

// Gradient of the weights.

template <class T, std::size_t kPixels>
void depthwise_gradient_pixels(const DepthwiseGradient<T>& call, std::size_t row, std::size_t pixel,
                               std::size_t first = 0) {
  const DepthwiseInput<T>& in = call.in;
  const KernelColumns columns(in, pixel);
  const std::ptrdiff_t step = std::ptrdiff_t(in.stride * in.channels);
  const T* const dout = call.dout + std::ptrdiff_t(row) * call.dout_row + pixel * in.channels;
  each_vector<T>(in.channels - first, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE {
    const std::size_t c = first + i;
    T* const gradient = call.gradient + block_of(in, c);
    Vec<T> factors[kPixels];
    MYELIN_UNROLL for (std::size_t p = 0; p < kPixels; p++) factors[p] = at.load_from(dout + p * in.channels + c);
    for (std::size_t y = 0; y < in.kernel_height; y++) {
      const T* const line = in.lines[row + y];
      if (line == nullptr) continue;
      for (std::size_t x = columns.begin; x < columns.end; x++) {
        const T* const from = line + column_of(in, pixel, x) * std::ptrdiff_t(in.channels) + c;
        T* const to = gradient + (y * in.kernel_width + x) * kDepthwiseBlock<T>;
        Vec<T> sum = load(to);
        MYELIN_UNROLL for (std::size_t p = 0; p < kPixels; p++) {
          sum = fma(at.load_from(from + std::ptrdiff_t(p) * step), factors[p], sum);
        }
        store(to, sum);
      }
    }
  });
}

template <class Form, std::size_t kPixels, class T>
MYELIN_INLINE void depthwise_gradient_together(const DepthwiseGradient<T>& call, std::size_t row, std::size_t pixel) {
  const DepthwiseInput<T>& in = call.in;
  const std::ptrdiff_t channels = std::ptrdiff_t(in.channels), begin = column_of(in, pixel, 0) * channels;
  const T* const dout = call.dout + std::ptrdiff_t(row) * call.dout_row + pixel * in.channels;
  constexpr std::size_t kTall = Form::kTall;
  std::size_t c = 0;
  for (; c + kLanes<T> <= in.channels; c += kLanes<T>) {
    T* gradient = call.gradient + block_of(in, c);
    Vec<T> factors[Form::kRows][kPixels], sums[kTall][Form::kWidth];
    MYELIN_UNROLL for (std::size_t r = 0; r < Form::kRows; r++) {
      MYELIN_UNROLL for (std::size_t p = 0; p < kPixels; p++) {
        factors[r][p] = load(dout + std::ptrdiff_t(r) * call.dout_row + p * in.channels + c);
      }
    }
    for (std::size_t top = 0; top < Form::height_of(in); top += kTall) {
      load_taps<kTall, Form>(gradient, sums);
      MYELIN_UNROLL for (std::size_t i = 0; i < kTall + Form::kRows - 1; i++) {
        const T* const line = in.lines[row + top + i];
        if (line == nullptr) continue;
        each_product<kTall, Form, kPixels>(
            line + begin + c, channels, i,
            [&](Vec<T> value, std::size_t r, std::size_t p, std::size_t y, std::size_t x)
                MYELIN_FORCE_INLINE { sums[y][x] = fma(value, factors[r][p], sums[y][x]); });
      }
      MYELIN_UNROLL for (std::size_t y = 0; y < kTall; y++) {
        MYELIN_UNROLL for (std::size_t x = 0; x < Form::kWidth; x++, gradient += kDepthwiseBlock<T>) {
          store(gradient, sums[y][x]);
        }
      }
    }
  }
  if (c == in.channels) return;
  for (std::size_t r = 0; r < Form::kRows; r++) depthwise_gradient_pixels<T, kPixels>(call, row + r, pixel, c);
}

template <class Form, class T>
void depthwise_gradient_of(const DepthwiseGradient<T>& call) {
  for (std::size_t row = 0; row < call.in.rows; row += Form::kRows) {
    each_depthwise_pixel<Form::kPixels>(
        call.in,
        [&](auto pixels, std::size_t pixel)
            MYELIN_FORCE_INLINE { depthwise_gradient_together<Form, decltype(pixels)::kCount>(call, row, pixel); },
        [&](std::size_t pixel) {
          for (std::size_t r = 0; r < Form::kRows; r++) depthwise_gradient_pixels<T, 1>(call, row + r, pixel);
        });
  }
}

template <class T>
void depthwise_gradient_of_any(const DepthwiseGradient<T>& call) {
  for (std::size_t row = 0; row < call.in.rows; row++) {
    each_depthwise_pixel<kDepthwisePixels>(
        call.in,
        [&](auto pixels, std::size_t pixel)
            MYELIN_FORCE_INLINE { depthwise_gradient_pixels<T, decltype(pixels)::kCount>(call, row, pixel); },
        [&](std::size_t pixel) { depthwise_gradient_pixels<T, 1>(call, row, pixel); });
  }
}

// Kernels and strides with loops of their own: those in use, and those that gradients of stride 2 are cut into. float64
// does without, for there are many of them.
#define MYELIN_DEPTHWISE(name)                                                                             \
  const auto& in = call.in;                                                                                \
  if constexpr (sizeof(T) == 4) {                                                                          \
    const std::size_t height = in.kernel_height, width = in.spacing == 1 ? in.kernel_width : 0;            \
    if (in.stride == 1) {                                                                                  \
      if (width == 3 && height == 3 && in.rows == 4) return name##_of<DepthwiseForm<3, 3, 1, 4, 1>>(call); \
      if (width == 2) return name##_of<DepthwiseForm<0, 2, 1, 1, kDepthwisePixels>>(call);                 \
      if (width == 3) return name##_of<DepthwiseForm<0, 3, 1, 1, kDepthwisePixels>>(call);                 \
      if (width == 5) return name##_of<DepthwiseForm<0, 5, 1, 1, kDepthwisePixels>>(call);                 \
      if (width == 7) return name##_of<DepthwiseForm<0, 7, 1, 1, kDepthwisePixels>>(call);                 \
    } else if (in.stride == 2) {                                                                           \
      if (width == 3) return name##_of<DepthwiseForm<0, 3, 2, 1, kDepthwisePixels>>(call);                 \
      if (width == 5) return name##_of<DepthwiseForm<0, 5, 2, 1, kDepthwisePixels>>(call);                 \
    }                                                                                                      \
  }                                                                                                        \
  name##_of_any(call);

template <class T>
void depthwise_rows(const DepthwiseRows<T>& call) {
  MYELIN_DEPTHWISE(depthwise_rows)
}
template <class T>
void depthwise_gradient(const DepthwiseGradient<T>& call) {
  MYELIN_DEPTHWISE(depthwise_gradient)
}
#undef MYELIN_DEPTHWISE

void f32_depthwise_rows(const DepthwiseRows<float>& rows) { depthwise_rows(rows); }
void f64_depthwise_rows(const DepthwiseRows<double>& rows) { depthwise_rows(rows); }
void f32_depthwise_gradient(const DepthwiseGradient<float>& rows) { depthwise_gradient(rows); }
void f64_depthwise_gradient(const DepthwiseGradient<double>& rows) { depthwise_gradient(rows); }
