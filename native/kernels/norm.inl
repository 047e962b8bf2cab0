// Normalization: moments, the layers' forward passes and the pieces of their derivatives.

// Moments of `width` vectors of columns, or of one row as the lanes of one vector.
template <class T, int width>
struct Moments {
  T count;
  Vec<T> mean[width], squares[width];
};

template <class T, int width>
Moments<T, width> join_moments(Moments<T, width> a, const Moments<T, width>& b) {
  const T count = a.count + b.count, share = b.count / count, weight = a.count * share;
  for (int k = 0; k < width; k++) {
    const Vec<T> apart = b.mean[k] - a.mean[k];
    a.mean[k] = fma(apart, Vec<T>(share), a.mean[k]);
    a.squares[k] = a.squares[k] + fma(apart * apart, Vec<T>(weight), b.squares[k]);
  }
  a.count = count;
  return a;
}

template <class T>
MYELIN_INLINE void moments_of_row(const T* x, std::size_t n, T* mean, T* squares) {
  *mean = *squares = T(0);
  if (n == 0) return;
  // A leaf is read twice, the second time from L1: exact deviations at the price of one pass over memory.
  const auto leaf = [&](std::size_t begin, std::size_t count) {
    const T* from = x + begin;
    const auto element = [&](std::size_t i, auto at) MYELIN_FORCE_INLINE { return at.load_from(from + i); };
    const Vec<T> average = sum_lanes(fold_vectors<T>(count, Sum(), element)) / T(count);
    const T fill = first_lane(average);
    const auto deviation = [&](std::size_t i, auto at) MYELIN_FORCE_INLINE {
      const Vec<T> d = at.load_from(from + i, fill) - average;
      return d * d;
    };
    return Moments<T, 1>{T(count), {average}, {Vec<T>(sum_lanes(fold_vectors<T>(count, Sum(), deviation)))}};
  };
  const Moments<T, 1> m = fold_tree(0, n, kLeaf, leaf, join_moments<T, 1>);
  *mean = first_lane(m.mean[0]);
  *squares = first_lane(m.squares[0]);
}

// `before`: so many rows are in mean and squares already.
template <class T, int width, class At>
MYELIN_INLINE void moments_of_strip(const T* x, std::ptrdiff_t row_stride, std::size_t rows, std::size_t before,
                                    T* mean, T* squares, At at, Strip<T, width>) {
  const auto leaf = [&](std::size_t begin, std::size_t count) {
    Moments<T, width> m;
    m.count = T(count);
    for (int k = 0; k < width; k++) m.mean[k] = m.squares[k] = Vec<T>(T(0));
    const T* first = x + std::ptrdiff_t(begin) * row_stride;
    const T* row = first;
    for (std::size_t i = 0; i < count; i++, row += row_stride)
      for (int k = 0; k < width; k++) m.mean[k] = m.mean[k] + at.load_from(row + k * kLanes<T>);
    for (int k = 0; k < width; k++) m.mean[k] = m.mean[k] / m.count;
    row = first;
    for (std::size_t i = 0; i < count; i++, row += row_stride)
      for (int k = 0; k < width; k++) {
        const Vec<T> d = at.load_from(row + k * kLanes<T>) - m.mean[k];
        m.squares[k] = fma(d, d, m.squares[k]);
      }
    return m;
  };
  Moments<T, width> m = fold_tree(0, rows, kLeafRows, leaf, join_moments<T, width>);
  if (before > 0) {
    Moments<T, width> others;
    others.count = T(before);
    for (int k = 0; k < width; k++) {
      others.mean[k] = at.load_from(mean + k * kLanes<T>);
      others.squares[k] = at.load_from(squares + k * kLanes<T>);
    }
    m = join_moments(others, m);
  }
  for (int k = 0; k < width; k++) {
    at.store_to(mean + k * kLanes<T>, m.mean[k]);
    at.store_to(squares + k * kLanes<T>, m.squares[k]);
  }
}

template <class T>
MYELIN_INLINE void moments_of_rows(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* mean, T* squares,
                                   std::size_t n) {
  if (rows == 0) {
    for (std::size_t j = 0; j < n; j++) mean[j] = squares[j] = T(0);
    return;
  }
  each_run_of_rows(rows, [&](std::size_t first, std::size_t count) {
    const T* const run = x + std::ptrdiff_t(first) * row_stride;
    each_strip<T>(n, [&](std::size_t j, auto at, auto strip) {
      moments_of_strip(run + j, row_stride, count, first, mean + j, squares + j, at, strip);
    });
  });
}

// Rows: layer norm and its kin.

template <class T>
MYELIN_INLINE void normalize_row(const T* x, T mean, T rstd, const T* weight, const T* bias, T* out, std::size_t n) {
  each_vector<T>(n, [&](std::size_t i, auto at) {
    const Vec<T> xhat = (at.load_from(x + i) - mean) * rstd;
    const Vec<T> w = weight ? at.load_from(weight + i) : Vec<T>(T(1));
    const Vec<T> b = bias ? at.load_from(bias + i) : Vec<T>(T(0));
    at.store_to(out + i, fma(xhat, w, b));
  });
}

template <class T>
MYELIN_INLINE void normalize_backward_row(const T* dout, const T* x, T mean, T rstd, const T* weight, T* dx, T* dweight,
                                          T* dbias, std::size_t n) {
  const auto xhat = [&](std::size_t i, auto at) MYELIN_FORCE_INLINE { return (at.load_from(x + i) - mean) * rstd; };
  const auto g = [&](std::size_t i, auto at) MYELIN_FORCE_INLINE {
    return weight ? at.load_from(dout + i) * at.load_from(weight + i) : at.load_from(dout + i);
  };
  if (n == 0) return;
  const Vec<T> average_g = tree_sum<T>(n, g) / T(n);
  const Vec<T> average_gx =
      tree_sum<T>(n, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE { return g(i, at) * xhat(i, at); }) / T(n);
  each_vector<T>(n, [&](std::size_t i, auto at) {
    const Vec<T> d = at.load_from(dout + i), normal = xhat(i, at);
    if (dweight) at.store_to(dweight + i, fma(d, normal, at.load_from(dweight + i)));
    if (dbias) at.store_to(dbias + i, at.load_from(dbias + i) + d);
    at.store_to(dx + i, rstd * (g(i, at) - average_g - normal * average_gx));
  });
}

// Columns: channels-last batch norm.

template <class T>
MYELIN_INLINE void scale_shift_each_row(const T* x, std::ptrdiff_t x_stride, const T* scale, const T* shift, T* out,
                                        std::ptrdiff_t out_stride, std::size_t rows, std::size_t n) {
  for (std::size_t r = 0; r < rows; r++, x += x_stride, out += out_stride)
    each_vector<T>(n, [&](std::size_t j, auto at) {
      at.store_to(out + j, fma(at.load_from(x + j), at.load_from(scale + j), at.load_from(shift + j)));
    });
}

template <class T, int width, class At>
MYELIN_INLINE void batch_norm_sums_of_strip(const T* x, std::ptrdiff_t x_stride, const T* dout,
                                            std::ptrdiff_t dout_stride, std::size_t rows, const T* mean, const T* rstd,
                                            T* sum, T* sum_xhat, At at, Strip<T, width>) {
  struct Sums {
    Vec<T> d[width], dx[width];
  };
  const auto leaf = [&](std::size_t begin, std::size_t count) {
    Sums s;
    for (int k = 0; k < width; k++) s.d[k] = s.dx[k] = Vec<T>(T(0));
    for (std::size_t i = begin; i < begin + count; i++)
      for (int k = 0; k < width; k++) {
        const std::ptrdiff_t column = k * std::ptrdiff_t(kLanes<T>);
        const T* const from_dout = dout + std::ptrdiff_t(i) * dout_stride + column;
        const T* const from_x = x + std::ptrdiff_t(i) * x_stride + column;
        const Vec<T> d = at.load_from(from_dout);
        const Vec<T> centred = at.load_from(from_x) - at.load_from(mean + column);
        s.d[k] = s.d[k] + d;
        s.dx[k] = fma(d, centred, s.dx[k]);
      }
    return s;
  };
  const auto join = [&](Sums a, const Sums& b) {
    for (int k = 0; k < width; k++) {
      a.d[k] = a.d[k] + b.d[k];
      a.dx[k] = a.dx[k] + b.dx[k];
    }
    return a;
  };
  const Sums s = fold_tree(0, rows, kLeafRows, leaf, join);
  for (int k = 0; k < width; k++) {
    const std::size_t column = k * kLanes<T>;
    at.store_to(sum + column, at.load_from(sum + column) + s.d[k]);
    at.store_to(sum_xhat + column, fma(s.dx[k], at.load_from(rstd + column), at.load_from(sum_xhat + column)));
  }
}

template <class T>
MYELIN_INLINE void batch_norm_sums_of_rows(const T* x, std::ptrdiff_t x_stride, const T* dout,
                                           std::ptrdiff_t dout_stride, std::size_t rows, const T* mean, const T* rstd,
                                           T* sum, T* sum_xhat, std::size_t n) {
  each_run_of_rows(rows, [&](std::size_t first, std::size_t count) {
    const T* const from_x = x + std::ptrdiff_t(first) * x_stride;
    const T* const from_dout = dout + std::ptrdiff_t(first) * dout_stride;
    each_strip<T>(n, [&](std::size_t j, auto at, auto strip) {
      batch_norm_sums_of_strip(from_x + j, x_stride, from_dout + j, dout_stride, count, mean + j, rstd + j, sum + j,
                               sum_xhat + j, at, strip);
    });
  });
}

template <class T>
MYELIN_INLINE void batch_norm_dx_rows(const T* x, std::ptrdiff_t x_stride, const T* dout, std::ptrdiff_t dout_stride,
                                      const T* a, const T* b, const T* c, T* dx, std::ptrdiff_t dx_stride,
                                      std::size_t rows, std::size_t n) {
  for (std::size_t r = 0; r < rows; r++, x += x_stride, dout += dout_stride, dx += dx_stride)
    each_vector<T>(n, [&](std::size_t j, auto at) {
      const Vec<T> from_dout = fma(at.load_from(dout + j), at.load_from(b + j), at.load_from(c + j));
      at.store_to(dx + j, fma(at.load_from(x + j), at.load_from(a + j), from_dout));
    });
}

#define MYELIN_NORM(T, prefix)                                                                                        \
  void prefix##_moments(const T* x, std::size_t n, T* mean, T* squares) { moments_of_row(x, n, mean, squares); }      \
  void prefix##_moments_rows(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* mean, T* squares,            \
                             std::size_t n) {                                                                         \
    moments_of_rows(x, row_stride, rows, mean, squares, n);                                                           \
  }                                                                                                                   \
  void prefix##_normalize(const T* x, T mean, T rstd, const T* weight, const T* bias, T* out, std::size_t n) {        \
    normalize_row(x, mean, rstd, weight, bias, out, n);                                                               \
  }                                                                                                                   \
  void prefix##_normalize_backward(const T* dout, const T* x, T mean, T rstd, const T* weight, T* dx, T* dweight,     \
                                   T* dbias, std::size_t n) {                                                         \
    normalize_backward_row(dout, x, mean, rstd, weight, dx, dweight, dbias, n);                                       \
  }                                                                                                                   \
  void prefix##_scale_shift_rows(const T* x, std::ptrdiff_t x_stride, const T* scale, const T* shift, T* out,         \
                                 std::ptrdiff_t out_stride, std::size_t rows, std::size_t n) {                        \
    scale_shift_each_row(x, x_stride, scale, shift, out, out_stride, rows, n);                                        \
  }                                                                                                                   \
  void prefix##_batch_norm_sums(const T* x, std::ptrdiff_t x_stride, const T* dout, std::ptrdiff_t dout_stride,       \
                                std::size_t rows, const T* mean, const T* rstd, T* sum, T* sum_xhat, std::size_t n) { \
    batch_norm_sums_of_rows(x, x_stride, dout, dout_stride, rows, mean, rstd, sum, sum_xhat, n);                      \
  }                                                                                                                   \
  void prefix##_batch_norm_dx(const T* x, std::ptrdiff_t x_stride, const T* dout, std::ptrdiff_t dout_stride,         \
                              const T* a, const T* b, const T* c, T* dx, std::ptrdiff_t dx_stride, std::size_t rows,  \
                              std::size_t n) {                                                                        \
    batch_norm_dx_rows(x, x_stride, dout, dout_stride, a, b, c, dx, dx_stride, rows, n);                              \
  }
MYELIN_NORM(float, f32)
MYELIN_NORM(double, f64)
#undef MYELIN_NORM
