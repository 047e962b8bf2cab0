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

// Panels of bytes and bfloat16.
constexpr std::size_t kDotWidth = 32;  // as wide as the widest, so that all can be compared
constexpr DotBlocking kDotBlocking = {kDotWidth, 64};
const DotBlocking& u8_dot_blocking() { return kDotBlocking; }
const DotBlocking& bf16_dot_blocking() { return kDotBlocking; }

float value_of(std::uint16_t bfloat16) {
  const std::uint32_t bits = std::uint32_t{bfloat16} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class From, class To, class F>
void dot_pack(const From* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, To* out, const F& packed) {
  constexpr std::size_t kGroup = 4 / sizeof(To);
  for (std::size_t i = 0; i < (k + kGroup - 1) / kGroup * kGroup; i++)
    for (std::size_t j = 0; j < kDotWidth; j++)
      out[(i / kGroup * kDotWidth + j) * kGroup + i % kGroup] = i < k && j < cols ? packed(at(b + j, b_k, i)) : To(0);
}

void u8_dot_pack(const std::uint8_t* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, std::int8_t* out) {
  dot_pack(b, b_k, k, cols, out, [](std::uint8_t v) { return static_cast<std::int8_t>(v - 128); });
}
void bf16_dot_pack(const std::uint16_t* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, std::uint16_t* out) {
  dot_pack(b, b_k, k, cols, out, [](std::uint16_t v) { return v; });
}

// `term` gives the product of two elements, `store` puts a sum into its place.
template <class Sum, class Panel, class Term, class Store>
void dot_panel(const Panel& p, const Term& term, const Store& store) {
  constexpr std::size_t kGroup = 4 / sizeof(*p.a);
  for (std::size_t i = 0; i < p.rows; i++)
    for (std::size_t j = 0; j < p.cols; j++) {
      Sum sum = 0;
      for (std::size_t k = 0; k < p.k; k++)
        sum += term(p.a[static_cast<std::ptrdiff_t>(i) * p.a_row + static_cast<std::ptrdiff_t>(k)],
                    p.b[(k / kGroup * kDotWidth + j) * kGroup + k % kGroup]);
      sum += (p.row_terms ? p.row_terms[i] : 0) + (p.col_terms ? p.col_terms[j] : 0);
      store(p.c[static_cast<std::ptrdiff_t>(i) * p.c_row + static_cast<std::ptrdiff_t>(j)],
            p.relu && sum < 0 ? Sum(0) : sum);
    }
}

void u8_dot_panel(const BytePanel& p) {
  dot_panel<std::int64_t>(
      p, [](std::uint8_t a, std::int8_t b) { return a * b; },
      [](std::int32_t& c, std::int64_t sum) { c = static_cast<std::int32_t>(sum); });
}
void bf16_dot_panel(const BFloat16Panel& p) {
  dot_panel<double>(
      p, [](std::uint16_t a, std::uint16_t b) { return static_cast<double>(value_of(a)) * value_of(b); },
      [](std::uint16_t& c, double sum) {
        const float rounded = static_cast<float>(sum);
        f32_to_bf16(&rounded, &c, 1);
      });
}
