// Rows and columns: reductions, softmax, normalization, data movement, optimizers.

template <class T, class Acc, class F>
Acc fold(const T* x, std::size_t n, Acc acc, F combine) {
  for (std::size_t i = 0; i < n; i++) acc = combine(acc, static_cast<Acc>(x[i]));
  return acc;
}
template <class T, class Acc, class F>
void fold_rows(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* acc, std::size_t n, Acc, F combine) {
  for (std::size_t j = 0; j < n; j++) {
    Acc a = static_cast<Acc>(acc[j]);
    for (std::size_t i = 0; i < rows; i++) a = combine(a, static_cast<Acc>(at(x + j, row_stride, i)));
    acc[j] = static_cast<T>(a);
  }
}

constexpr auto kSum = [](auto a, auto b) { return a + b; };
constexpr auto kProduct = [](auto a, auto b) { return a * b; };
constexpr auto kGreatest = [](auto a, auto b) { return a > b || a != a ? a : b; };
constexpr auto kLeast = [](auto a, auto b) { return a < b || a != a ? a : b; };

template <class T>
constexpr T kHighest = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                            : std::numeric_limits<T>::max();
template <class T>
constexpr T kLowest = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                           : std::numeric_limits<T>::lowest();

#define MYELIN_REDUCE(T, prefix, name, Acc, identity, combine) \
  T prefix##_##name(const T* x, std::size_t n) { return static_cast<T>(fold<T, Acc>(x, n, identity, combine)); }
#define MYELIN_REDUCE_WIDE(T, prefix, name, identity, combine)                         \
  std::int64_t prefix##_##name(const T* x, std::size_t n) {                            \
    return static_cast<std::int64_t>(fold<T, std::uint64_t>(x, n, identity, combine)); \
  }
#define MYELIN_REDUCE_ROWS(T, prefix, name, Acc, combine)                                                \
  void prefix##_##name(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* acc, std::size_t n) { \
    fold_rows(x, row_stride, rows, acc, n, Acc{}, combine);                                              \
  }
#define MYELIN_EXTREMES(T, prefix, unused)                \
  MYELIN_REDUCE(T, prefix, max, T, kLowest<T>, kGreatest) \
  MYELIN_REDUCE(T, prefix, min, T, kHighest<T>, kLeast)
MYELIN_FLOATS(MYELIN_REDUCE, sum, long double, 0, kSum)
MYELIN_FLOATS(MYELIN_REDUCE, prod, long double, 1, kProduct)
MYELIN_SIGNED(MYELIN_EXTREMES, )
MYELIN_INTEGERS(MYELIN_REDUCE_WIDE, sum, 0, kSum)
MYELIN_INTEGERS(MYELIN_REDUCE_WIDE, prod, 1, kProduct)
MYELIN_REDUCE_WIDE(std::uint8_t, u8, sum, 0, kSum)
MYELIN_FLOATS(MYELIN_REDUCE_ROWS, sum_rows, double, kSum)
MYELIN_FLOATS(MYELIN_REDUCE_ROWS, prod_rows, double, kProduct)
MYELIN_FLOATS(MYELIN_REDUCE_ROWS, max_rows, double, kGreatest)
MYELIN_FLOATS(MYELIN_REDUCE_ROWS, min_rows, double, kLeast)
MYELIN_REDUCE_ROWS(std::int64_t, i64, sum_rows, std::uint64_t, kSum)

template <class T>
void moments(const T* x, std::ptrdiff_t stride, std::size_t n, T* mean, T* squares) {
  long double sum = 0, deviations = 0;
  for (std::size_t i = 0; i < n; i++) sum += at(x, stride, i);
  const long double average = n == 0 ? 0 : sum / static_cast<long double>(n);
  for (std::size_t i = 0; i < n; i++) deviations += (at(x, stride, i) - average) * (at(x, stride, i) - average);
  *mean = static_cast<T>(average);
  *squares = static_cast<T>(deviations);
}

template <class T>
long double log_sum_exp(const T* x, std::size_t n) {
  const T greatest = fold<T, T>(x, n, kLowest<T>, kGreatest);
  const long double shift = std::isinf(greatest) ? T(0) : greatest;
  long double sum = 0;
  for (std::size_t i = 0; i < n; i++) sum += std::exp(x[i] - shift);
  return shift + std::log(sum);
}

// An infinite logarithm leaves nothing to divide: the row is NaN.
template <class T>
long double log_probability(T x, long double log_sum) {
  return std::isinf(log_sum) ? std::numeric_limits<long double>::quiet_NaN() : x - log_sum;
}

template <class T>
double dot(const T* a, const T* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; i++) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

template <class T>
void normalize_backward(const T* dout, const T* x, double mean, double rstd, const T* weight, T* dx, T* dweight,
                        T* dbias, std::size_t n) {
  const auto xhat = [&](std::size_t i) { return (x[i] - mean) * rstd; };
  const auto g = [&](std::size_t i) { return static_cast<double>(dout[i]) * (weight ? weight[i] : T(1)); };
  double sum_g = 0, sum_gx = 0;
  for (std::size_t i = 0; i < n; i++) {
    sum_g += g(i);
    sum_gx += g(i) * xhat(i);
  }
  const double count = static_cast<double>(n);
  for (std::size_t i = 0; i < n; i++) {
    const double d = dout[i];
    if (dweight) dweight[i] = static_cast<T>(dweight[i] + d * xhat(i));
    if (dbias) dbias[i] = static_cast<T>(dbias[i] + d);
    dx[i] = static_cast<T>(rstd * (g(i) - sum_g / count - xhat(i) * sum_gx / count));
  }
}

template <class T>
void batch_norm_sums(const T* x, std::ptrdiff_t x_stride, const T* dout, std::ptrdiff_t dout_stride, std::size_t rows,
                     const T* mean, const T* rstd, T* sum, T* sum_xhat, std::size_t n) {
  for (std::size_t j = 0; j < n; j++) {
    long double d_sum = sum[j], dx_sum = sum_xhat[j];
    for (std::size_t i = 0; i < rows; i++) {
      const double d = at(dout + j, dout_stride, i), centred = static_cast<double>(at(x + j, x_stride, i)) - mean[j];
      d_sum += d;
      dx_sum += d * centred * rstd[j];
    }
    sum[j] = static_cast<T>(d_sum);
    sum_xhat[j] = static_cast<T>(dx_sum);
  }
}

template <class T>
void transpose(const T* src, std::ptrdiff_t lds, T* dst, std::ptrdiff_t ldd, std::size_t m, std::size_t n) {
  for (std::size_t i = 0; i < m; i++)
    for (std::size_t k = 0; k < n; k++) dst[static_cast<std::ptrdiff_t>(k) * ldd + i] = at(src + k, lds, i);
}

// A sum that begins with -0 keeps the sign of its first term; that of nothing is 0.
constexpr double before_terms(std::size_t count) { return count == 0 ? 0.0 : -0.0; }

template <class T>
void weighted_rows(const WeightedRows<T>& w) {
  const auto weighted = [&](std::size_t r, const T* x) {
    double sum = before_terms(w.starts[r + 1] - w.starts[r]);
    for (std::size_t t = w.starts[r]; t < w.starts[r + 1]; t++)
      sum += static_cast<double>(x[w.offsets[t]]) * w.weights[t];
    return sum;
  };
  for (std::size_t r = 0; r < w.rows; r++) {
    for (std::size_t j = 0; j < w.n; j++) {
      double sum = before_terms(w.lines);
      for (std::size_t l = 0; l < w.lines; l++) sum += weighted(r, w.x + w.line_offsets[l] + j) * w.line_weights[l];
      w.out[static_cast<std::ptrdiff_t>(r) * w.out_stride + static_cast<std::ptrdiff_t>(j)] = static_cast<T>(sum);
    }
  }
}

// The table's names.

#define MYELIN_ROWS(T, prefix, unused)                                                                                 \
  void prefix##_softmax(const T* x, T* out, std::size_t n) {                                                           \
    const long double log_sum = log_sum_exp(x, n);                                                                     \
    for (std::size_t i = 0; i < n; i++) out[i] = static_cast<T>(std::exp(log_probability(x[i], log_sum)));             \
  }                                                                                                                    \
  void prefix##_log_softmax(const T* x, T* out, std::size_t n) {                                                       \
    const long double log_sum = log_sum_exp(x, n);                                                                     \
    for (std::size_t i = 0; i < n; i++) out[i] = static_cast<T>(log_probability(x[i], log_sum));                       \
  }                                                                                                                    \
  T prefix##_log_sum_exp(const T* x, std::size_t n) { return static_cast<T>(log_sum_exp(x, n)); }                      \
  void prefix##_softmax_backward(const T* dout, const T* out, T* dx, std::size_t n) {                                  \
    const double d = dot(dout, out, n);                                                                                \
    for (std::size_t i = 0; i < n; i++) dx[i] = static_cast<T>(out[i] * (dout[i] - d));                                \
  }                                                                                                                    \
  void prefix##_log_softmax_backward(const T* dout, const T* out, T* dx, std::size_t n) {                              \
    const double sum = fold<T, double>(dout, n, 0, kSum);                                                              \
    for (std::size_t i = 0; i < n; i++) dx[i] = static_cast<T>(dout[i] - std::exp(static_cast<double>(out[i])) * sum); \
  }                                                                                                                    \
  void prefix##_moments(const T* x, std::size_t n, T* mean, T* squares) { moments(x, 1, n, mean, squares); }           \
  void prefix##_moments_rows(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* mean, T* squares,             \
                             std::size_t n) {                                                                          \
    for (std::size_t j = 0; j < n; j++) moments(x + j, row_stride, rows, mean + j, squares + j);                       \
  }                                                                                                                    \
  void prefix##_normalize(const T* x, T mean, T rstd, const T* weight, const T* bias, T* out, std::size_t n) {         \
    for (std::size_t i = 0; i < n; i++)                                                                                \
      out[i] = static_cast<T>((static_cast<double>(x[i]) - mean) * rstd * (weight ? weight[i] : T(1)) +                \
                              (bias ? bias[i] : T(0)));                                                                \
  }                                                                                                                    \
  void prefix##_normalize_backward(const T* dout, const T* x, T mean, T rstd, const T* weight, T* dx, T* dweight,      \
                                   T* dbias, std::size_t n) {                                                          \
    normalize_backward<T>(dout, x, mean, rstd, weight, dx, dweight, dbias, n);                                         \
  }                                                                                                                    \
  void prefix##_scale_shift_rows(const T* x, std::ptrdiff_t x_stride, const T* scale, const T* shift, T* out,          \
                                 std::ptrdiff_t out_stride, std::size_t rows, std::size_t n) {                         \
    for (std::size_t i = 0; i < rows; i++, x += x_stride, out += out_stride)                                           \
      for (std::size_t j = 0; j < n; j++) out[j] = static_cast<T>(static_cast<double>(x[j]) * scale[j] + shift[j]);    \
  }                                                                                                                    \
  void prefix##_batch_norm_sums(const T* x, std::ptrdiff_t x_stride, const T* dout, std::ptrdiff_t dout_stride,        \
                                std::size_t rows, const T* mean, const T* rstd, T* sum, T* sum_xhat, std::size_t n) {  \
    batch_norm_sums(x, x_stride, dout, dout_stride, rows, mean, rstd, sum, sum_xhat, n);                               \
  }                                                                                                                    \
  void prefix##_weighted_rows(const WeightedRows<T>& sums) { weighted_rows(sums); }                                    \
  void prefix##_batch_norm_dx(const T* x, std::ptrdiff_t x_stride, const T* dout, std::ptrdiff_t dout_stride,          \
                              const T* a, const T* b, const T* c, T* dx, std::ptrdiff_t dx_stride, std::size_t rows,   \
                              std::size_t n) {                                                                         \
    for (std::size_t i = 0; i < rows; i++, x += x_stride, dout += dout_stride, dx += dx_stride)                        \
      for (std::size_t j = 0; j < n; j++)                                                                              \
        dx[j] = static_cast<T>(static_cast<double>(x[j]) * a[j] + static_cast<double>(dout[j]) * b[j] + c[j]);         \
  }
MYELIN_FLOATS(MYELIN_ROWS, )

#define MYELIN_TRANSPOSE(T, name)                                                                         \
  void name(const T* src, std::ptrdiff_t lds, T* dst, std::ptrdiff_t ldd, std::size_t m, std::size_t n) { \
    transpose(src, lds, dst, ldd, m, n);                                                                  \
  }
MYELIN_TRANSPOSE(std::uint32_t, transpose_32)
MYELIN_TRANSPOSE(std::uint64_t, transpose_64)
