// Matrix products.

template <class T>
void gemm_panel(const GemmPanel<T>& p) {
  for (std::size_t i = 0; i < p.rows; i++)
    for (std::size_t j = 0; j < p.cols; j++) {
      double sum = 0;
      const T* b = p.b + j;
      for (std::size_t s = 0; s < p.segments; s++) {
        const T* a = p.a + (p.a_segments ? p.a_segments[s] : 0) + static_cast<std::ptrdiff_t>(i) * p.a_row;
        for (std::size_t k = 0; k < p.k; k++, b += p.b_k) sum += static_cast<double>(at(a, p.a_k, k)) * *b;
      }
      T& c = p.c[static_cast<std::ptrdiff_t>(i) * p.c_row + static_cast<std::ptrdiff_t>(j)];
      const double out = sum * p.alpha + (p.accumulate ? c : T(0)) + (p.bias ? p.bias[j] : T(0));
      c = static_cast<T>(p.relu && out < 0 ? 0 : out);
    }
}

template <class T>
void gemm_pack(const T* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, T* out, std::size_t width) {
  for (std::size_t i = 0; i < k; i++)
    for (std::size_t j = 0; j < width; j++) out[i * width + j] = j < cols ? at(b + j, b_k, i) : T(0);
}

void u8_dots(const std::uint8_t* a, const std::int8_t* b, std::ptrdiff_t b_stride, std::int32_t* out, std::size_t n,
             std::size_t k) {
  for (std::size_t j = 0; j < n; j++) {
    out[j] = 0;
    for (std::size_t i = 0; i < k; i++) out[j] += a[i] * at(b + i, b_stride, j);
  }
}

constexpr GemmBlocking kGemmBlocking = {4, 2, 256, 64, 512};

#define MYELIN_GEMM(T, prefix, unused)                                                                           \
  void prefix##_gemm_panel(const GemmPanel<T>& panel) { gemm_panel(panel); }                                     \
  const GemmBlocking& prefix##_gemm_blocking() { return kGemmBlocking; }                                         \
  void prefix##_gemm_pack(const T* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, T* out,               \
                          std::size_t width) {                                                                   \
    gemm_pack(b, b_k, k, cols, out, width);                                                                      \
  }                                                                                                              \
  void prefix##_gemv_dots(const T* a, std::ptrdiff_t a_row, const T* x, T* y, std::size_t rows, std::size_t n) { \
    for (std::size_t i = 0; i < rows; i++, a += a_row) y[i] = static_cast<T>(dot(a, x, n));                      \
  }                                                                                                              \
  void prefix##_gemv_sums(const T* a, std::ptrdiff_t a_row, const T* x, T* y, std::size_t rows, std::size_t n) { \
    for (std::size_t j = 0; j < n; j++) {                                                                        \
      double sum = 0;                                                                                            \
      for (std::size_t i = 0; i < rows; i++) sum += static_cast<double>(at(a + j, a_row, i)) * x[i];             \
      y[j] = static_cast<T>(sum);                                                                                \
    }                                                                                                            \
  }                                                                                                              \
  void prefix##_gemm_dots(const GemmDots<T>& p) {                                                                \
    for (std::size_t i = 0; i < p.rows; i++)                                                                     \
      prefix##_gemv_dots(p.b, p.b_row, p.a + static_cast<std::ptrdiff_t>(i) * p.a_row,                           \
                         p.c + static_cast<std::ptrdiff_t>(i) * p.c_row, p.cols, p.k);                           \
  }
MYELIN_FLOATS(MYELIN_GEMM, )
