// Products of few rows of A with rows of B, as those of a linear layer's weights: B is read once and where it lies.

// Rows and columns of a tile. Its sums, and a vector of each, stay in registers.
constexpr std::size_t kDotRows = 4;
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr std::size_t kDotCols = 4;
#else
constexpr std::size_t kDotCols = 2;
#endif

// The sum of the lanes of each of kLanes<T> vectors, in their order.
template <class T>
MYELIN_INLINE Vec<T> sums_of_lanes(Vec<T>* v) {
  MYELIN_UNROLL for (std::size_t n = kLanes<T> / 2; n > 0; n /= 2) {
    MYELIN_UNROLL for (std::size_t i = 0; i < n; i++) {
      v[i] =
          every_second<0>(v[2 * i], v[2 * i + 1], LanesOf<T>()) + every_second<1>(v[2 * i], v[2 * i + 1], LanesOf<T>());
    }
  }
  return v[0];
}

template <class T, std::size_t kRows, std::size_t kCols>
MYELIN_INLINE void dot_tile(const GemmDots<T>& p, const T* a, const T* b, T* c) {
  constexpr std::size_t L = kLanes<T>, kSums = (kRows * kCols + L - 1) / L * L;
  Vec<T> sums[kSums];
  MYELIN_UNROLL for (std::size_t i = 0; i < kSums; i++) sums[i] = Vec<T>(0);
  const auto step = [&](std::size_t k, auto at) MYELIN_FORCE_INLINE {
    Vec<T> rows[kRows];
    MYELIN_UNROLL for (std::size_t i = 0; i < kRows; i++) rows[i] = at.load_from(a + std::ptrdiff_t(i) * p.a_row + k);
    MYELIN_UNROLL for (std::size_t j = 0; j < kCols; j++) {
      const Vec<T> column = at.load_from(b + std::ptrdiff_t(j) * p.b_row + k);
      MYELIN_UNROLL for (std::size_t i = 0; i < kRows; i++) {
        sums[i * kCols + j] = fma(rows[i], column, sums[i * kCols + j]);
      }
    }
  };
  std::size_t k = 0;
  for (; k + L <= p.k; k += L) step(k, WholeVector{});
  if (k < p.k) step(k, PartOfVector{p.k - k});
  T totals[kSums];
  MYELIN_UNROLL for (std::size_t i = 0; i < kSums; i += L) store(totals + i, sums_of_lanes<T>(sums + i));
  for (std::size_t i = 0; i < kRows; i++) {
    for (std::size_t j = 0; j < kCols; j++) c[std::ptrdiff_t(i) * p.c_row + std::ptrdiff_t(j)] = totals[i * kCols + j];
  }
}

template <class T, std::size_t kRows = kDotRows>
MYELIN_INLINE void dot_rows_of(const GemmDots<T>& p, std::size_t first, std::size_t rows) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return dot_rows_of<T, kRows - 1>(p, first, rows);
  }
  const T *a = p.a + std::ptrdiff_t(first) * p.a_row, *b = p.b;
  T* c = p.c + std::ptrdiff_t(first) * p.c_row;
  std::size_t j = 0;
  for (; j + kDotCols <= p.cols; j += kDotCols, b += std::ptrdiff_t(kDotCols) * p.b_row) {
    dot_tile<T, kRows, kDotCols>(p, a, b, c + j);
  }
  for (; j < p.cols; j++, b += p.b_row) dot_tile<T, kRows, 1>(p, a, b, c + j);
}

// Rows beyond a tile's read B once more: the caller takes so few columns at a time that it is still near.
template <class T>
void gemm_dots(const GemmDots<T>& p) {
  for (std::size_t i = 0; i < p.rows; i += kDotRows) {
    dot_rows_of<T>(p, i, p.rows - i < kDotRows ? p.rows - i : kDotRows);
  }
}
void f32_gemm_dots(const GemmDots<float>& product) { gemm_dots(product); }
void f64_gemm_dots(const GemmDots<double>& product) { gemm_dots(product); }
