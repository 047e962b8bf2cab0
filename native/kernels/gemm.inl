// The arithmetic of matrix products: ops/gemm.cc cuts a product into panels of C, the kernel here computes one.

// The most rows a tile of 1, 2, ... vectors can have, so that its sums, one row of B and one broadcast element of A stay
// in registers; the length of the list is the widest tile. A multiply-add takes 4 cycles and two start in each, so 8 sums
// are the least that keep the units busy; beyond that a larger tile only loads less.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr std::size_t kTileRows[] = {14, 14, 9, 6};  // of 32 registers
#elif defined(__AVX2__)
constexpr std::size_t kTileRows[] = {12, 6, 4};  // of 16 registers
#else
constexpr std::size_t kTileRows[] = {8, 5};  // of 16, some of which hold products that are not fused
#endif
constexpr std::size_t kTileVectors = sizeof(kTileRows) / sizeof(kTileRows[0]);

// Stops the compiler from folding a broadcast load into each multiply-add that uses it: one load instead of kVectors.
template <class T>
MYELIN_INLINE void keep_in_register(Vec<T>& v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v.raw));
#elif defined(__SSE2__)
  asm("" : "+x"(v.raw));
#else
  asm("" : "+w"(v.raw));
#endif
}

#define MYELIN_UNROLL _Pragma("GCC unroll 16")

// Rows r of A at step k are rows[r / 3][r % 3 * a_row]: one pointer serves three rows, which the address forms of x86
// reach without an instruction of their own. One pointer a row would not fit the integer registers.
template <class T, std::size_t kRows>
struct RowPointers {
  static constexpr std::size_t kCount = (kRows + 2) / 3;
  const T* rows[kCount];

  MYELIN_INLINE RowPointers(const T* a, std::ptrdiff_t a_row) {
    MYELIN_UNROLL for (std::size_t i = 0; i < kCount; i++) rows[i] = a + std::ptrdiff_t(3 * i) * a_row;
  }
  // The empty asm hides where the pointers come from: g++ would otherwise keep one for every row, and spill.
  MYELIN_INLINE void pin() { MYELIN_UNROLL for (std::size_t i = 0; i < kCount; i++) asm("" : "+r"(rows[i])); }
  MYELIN_INLINE Vec<T> broadcast(std::size_t row, std::ptrdiff_t a_row) const {
    Vec<T> v = rows[row / 3][std::ptrdiff_t(row % 3) * a_row];
    keep_in_register(v);
    return v;
  }
  MYELIN_INLINE void advance(std::ptrdiff_t a_k) {
    MYELIN_UNROLL for (std::size_t i = 0; i < kCount; i++) rows[i] += a_k;
  }
};

template <class T>
MYELIN_INLINE Vec<T> load_columns(const T* p, std::size_t count) {
  return count == kLanes<T> ? load(p) : partial_load(p, count);
}

template <class T>
MYELIN_INLINE void store_columns(T* p, Vec<T> v, std::size_t count) {
  if (count == kLanes<T>) {
    store(p, v);
  } else {
    partial_store(p, v, count);
  }
}

// C = act(alpha sums [+ C] [+ bias]): what is asked for of a tile is asked once, not for each of its vectors.
template <class T, std::size_t kRows, std::size_t kVectors>
MYELIN_INLINE void finish_tile(const GemmPanel<T>& p, Vec<T> (&sums)[kRows][kVectors], T* c) {
  const std::size_t tail = p.cols - (kVectors - 1) * kLanes<T>;
  const auto width = [&](std::size_t j) { return j + 1 < kVectors ? kLanes<T> : tail; };
  const auto row = [&](std::size_t i) { return c + std::ptrdiff_t(i) * p.c_row; };
  const auto for_all = [&](const auto& body) {
    MYELIN_UNROLL for (std::size_t j = 0; j < kVectors; j++) {
      MYELIN_UNROLL for (std::size_t i = 0; i < kRows; i++) body(i, j);
    }
  };
  if (p.alpha != T(1)) for_all([&](std::size_t i, std::size_t j) { sums[i][j] = sums[i][j] * Vec<T>(p.alpha); });
  if (p.accumulate) {
    for_all([&](std::size_t i, std::size_t j) {
      sums[i][j] = sums[i][j] + load_columns(row(i) + j * kLanes<T>, width(j));
    });
  }
  if (p.bias != nullptr) {
    MYELIN_UNROLL for (std::size_t j = 0; j < kVectors; j++) {
      const Vec<T> bias = load_columns(p.bias + j * kLanes<T>, width(j));
      MYELIN_UNROLL for (std::size_t i = 0; i < kRows; i++) sums[i][j] = sums[i][j] + bias;
    }
  }
  if (p.relu) for_all([&](std::size_t i, std::size_t j) { sums[i][j] = max(Vec<T>(0), sums[i][j]); });
  if (tail == kLanes<T>) {
    for_all([&](std::size_t i, std::size_t j) { store(row(i) + j * kLanes<T>, sums[i][j]); });
  } else {
    for_all([&](std::size_t i, std::size_t j) { store_columns(row(i) + j * kLanes<T>, sums[i][j], width(j)); });
  }
}

// A row of B is on its way to the first-level cache while those before it are multiplied. Cores that start two multiply-adds
// of 64 bytes in a cycle wait for the second-level cache otherwise; a few rows ahead, for rows 2 KB apart share its sets.
// A tile of few sums is bound by loads, of which this would be one more.
template <class T, std::size_t kRows, std::size_t kVectors>
MYELIN_INLINE void fetch_columns(const T* b, std::ptrdiff_t b_k) {
  constexpr std::size_t kLine = 64 / sizeof(T), kLeastSums = 8;
  constexpr std::ptrdiff_t kStepsAhead = 8;
  if constexpr (kRows * kVectors >= kLeastSums) {
    MYELIN_UNROLL for (std::size_t j = 0; j < kVectors * kLanes<T>; j += kLine)
        __builtin_prefetch(b + kStepsAhead * b_k + j);
  }
}

// kMaskedB: the last vector of B's columns reaches beyond the panel and is read under a mask.
template <class T, std::size_t kRows, std::size_t kVectors, bool kMaskedB>
__attribute__((noinline)) void gemm_tile(const GemmPanel<T>& p, const T* a, T* c) {
  constexpr std::size_t kLast = kVectors - 1;
  const std::size_t tail = p.cols - kLast * kLanes<T>;
  const std::ptrdiff_t a_row = p.a_row, a_k = p.a_k, b_k = p.b_k;
  if (p.fetch_c) {
    MYELIN_UNROLL for (std::size_t i = 0; i < kRows; i++) {
      MYELIN_UNROLL for (std::size_t j = 0; j < kVectors; j++) {
        __builtin_prefetch(c + std::ptrdiff_t(i) * p.c_row + std::ptrdiff_t(j * kLanes<T>), 1);
      }
    }
  }
  Vec<T> sums[kRows][kVectors];
  MYELIN_UNROLL for (std::size_t i = 0; i < kRows; i++) {
    MYELIN_UNROLL for (std::size_t j = 0; j < kVectors; j++) sums[i][j] = Vec<T>(0);
  }
  const T* b = p.b;
  // Rows without gaps: kRows elements a step ask for all of the next tile's.
  const T* ahead = a + std::ptrdiff_t(kRows) * a_row;
  const std::ptrdiff_t ahead_step = p.fetch_a ? std::ptrdiff_t(kRows) : 0;
  for (std::size_t segment = 0; segment < p.segments; segment++) {
    RowPointers<T, kRows> rows(p.a_segments == nullptr ? a : a + p.a_segments[segment], a_row);
    for (std::size_t k = p.k; k > 0; k--) {
      rows.pin();
      Vec<T> columns[kVectors];
      MYELIN_UNROLL for (std::size_t j = 0; j < kVectors; j++) {
        const T* from = b + j * kLanes<T>;
        columns[j] = kMaskedB && j == kLast ? partial_load(from, tail) : load(from);
      }
      MYELIN_UNROLL for (std::size_t i = 0; i < kRows; i++) {
        const Vec<T> element = rows.broadcast(i, a_row);
        MYELIN_UNROLL for (std::size_t j = 0; j < kVectors; j++) sums[i][j] = fma(element, columns[j], sums[i][j]);
      }
      rows.advance(a_k);
      fetch_columns<T, kRows, kVectors>(b, b_k);
      __builtin_prefetch(ahead);
      ahead += ahead_step;
      b += b_k;
    }
  }
  finish_tile(p, sums, c);
}

template <class T, std::size_t kVectors, bool kMaskedB, std::size_t kRows = kTileRows[kVectors - 1]>
MYELIN_INLINE void run_tile(const GemmPanel<T>& p, const T* a, T* c, std::size_t rows) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return run_tile<T, kVectors, kMaskedB, kRows - 1>(p, a, c, rows);
  }
  gemm_tile<T, kRows, kVectors, kMaskedB>(p, a, c);
}

// The rows are shared out evenly: a last tile of one or two rows would wait for its own sums.
template <class T, std::size_t kVectors, bool kMaskedB>
void run_tiles(const GemmPanel<T>& p) {
  constexpr std::size_t kMost = kTileRows[kVectors - 1];
  const std::size_t tiles = (p.rows + kMost - 1) / kMost, rows = p.rows / tiles, longer = p.rows % tiles;
  const T* a = p.a;
  T* c = p.c;
  for (std::size_t tile = 0; tile < tiles; tile++) {
    const std::size_t count = rows + (tile < longer ? 1 : 0);
    run_tile<T, kVectors, kMaskedB>(p, a, c, count);
    a += std::ptrdiff_t(count) * p.a_row;
    c += std::ptrdiff_t(count) * p.c_row;
  }
}

template <class T, std::size_t kVectors = kTileVectors>
void gemm_panel(const GemmPanel<T>& p) {
  if constexpr (kVectors > 1) {
    if (p.cols <= (kVectors - 1) * kLanes<T>) return gemm_panel<T, kVectors - 1>(p);
  }
  if (p.rows == 0 || p.cols == 0) return;
  if (p.cols == kVectors * kLanes<T> || p.b_padded) {
    run_tiles<T, kVectors, false>(p);
  } else {
    run_tiles<T, kVectors, true>(p);
  }
}

// kc: a panel of B (kc rows of the widest tile, at most 128 KB) stays in the second-level cache while the rows of A pass
// it; longer sums cost more passes over C, which are cheap next to that. mc: so many rows of A (mc x kc, 384 KB) stay
// there as well, between panels. nc: what is packed of B at a time (kc x nc, 2 MB) stays in the third level.
template <class T>
constexpr GemmBlocking kGemmBlocking = {kLanes<T>, kTileVectors, 2048 / sizeof(T), 192, 1024};

const GemmBlocking& f32_gemm_blocking() { return kGemmBlocking<float>; }
const GemmBlocking& f64_gemm_blocking() { return kGemmBlocking<double>; }
void f32_gemm_panel(const GemmPanel<float>& panel) { gemm_panel(panel); }
void f64_gemm_panel(const GemmPanel<double>& panel) { gemm_panel(panel); }

template <class T>
void gemm_pack(const T* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, T* out, std::size_t width) {
  for (; k > 0; k--, b += b_k, out += width) {
    std::size_t j = 0;
    for (; j + kLanes<T> <= cols; j += kLanes<T>) store(out + j, load(b + j));
    if (j < width) store(out + j, j < cols ? partial_load(b + j, cols - j) : Vec<T>(0));
  }
}
void f32_gemm_pack(const float* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, float* out, std::size_t width) {
  gemm_pack(b, b_k, k, cols, out, width);
}
void f64_gemm_pack(const double* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, double* out,
                   std::size_t width) {
  gemm_pack(b, b_k, k, cols, out, width);
}

// Four rows a pass: enough sums to hide the latency of a multiply-add, few enough streams for the hardware to prefetch.
template <class T, std::size_t kRows>
MYELIN_INLINE void dot_rows(const T* a, std::ptrdiff_t a_row, const T* x, T* y, std::size_t n) {
  Vec<T> even[kRows], odd[kRows];
  MYELIN_UNROLL for (std::size_t r = 0; r < kRows; r++) even[r] = odd[r] = Vec<T>(0);
  std::size_t k = 0;
  for (; k + 2 * kLanes<T> <= n; k += 2 * kLanes<T>) {
    const Vec<T> x0 = load(x + k), x1 = load(x + k + kLanes<T>);
    MYELIN_UNROLL for (std::size_t r = 0; r < kRows; r++) {
      const T* row = a + std::ptrdiff_t(r) * a_row + k;
      even[r] = fma(x0, load(row), even[r]);
      odd[r] = fma(x1, load(row + kLanes<T>), odd[r]);
    }
  }
  for (; k < n; k += kLanes<T>) {
    const std::size_t count = n - k < kLanes<T> ? n - k : kLanes<T>;
    const Vec<T> x0 = load_columns(x + k, count);
    MYELIN_UNROLL for (std::size_t r = 0; r < kRows; r++) {
      even[r] = fma(x0, load_columns(a + std::ptrdiff_t(r) * a_row + k, count), even[r]);
    }
  }
  MYELIN_UNROLL for (std::size_t r = 0; r < kRows; r++) y[r] = sum_lanes(even[r] + odd[r]);
}

template <class T>
void gemv_dots(const T* a, std::ptrdiff_t a_row, const T* x, T* y, std::size_t rows, std::size_t n) {
  std::size_t r = 0;
  for (; r + 4 <= rows; r += 4) dot_rows<T, 4>(a + std::ptrdiff_t(r) * a_row, a_row, x, y + r, n);
  for (; r < rows; r++) dot_rows<T, 1>(a + std::ptrdiff_t(r) * a_row, a_row, x, y + r, n);
}
void f32_gemv_dots(const float* a, std::ptrdiff_t a_row, const float* x, float* y, std::size_t rows, std::size_t n) {
  gemv_dots(a, a_row, x, y, rows, n);
}
void f64_gemv_dots(const double* a, std::ptrdiff_t a_row, const double* x, double* y, std::size_t rows, std::size_t n) {
  gemv_dots(a, a_row, x, y, rows, n);
}

template <class T, std::size_t kRows>
MYELIN_INLINE void add_scaled_rows(const T* a, std::ptrdiff_t a_row, const T* x, T* y, std::size_t n) {
  Vec<T> scale[kRows];
  MYELIN_UNROLL for (std::size_t r = 0; r < kRows; r++) scale[r] = Vec<T>(x[r]);
  for (std::size_t j = 0; j < n; j += kLanes<T>) {
    const std::size_t count = n - j < kLanes<T> ? n - j : kLanes<T>;
    Vec<T> sum = load_columns(y + j, count);
    MYELIN_UNROLL for (std::size_t r = 0; r < kRows; r++) {
      sum = fma(scale[r], load_columns(a + std::ptrdiff_t(r) * a_row + j, count), sum);
    }
    store_columns(y + j, sum, count);
  }
}

// y is read and written once for eight rows; a block of 4096 columns of it stays in the first-level cache.
template <class T>
void gemv_sums(const T* a, std::ptrdiff_t a_row, const T* x, T* y, std::size_t rows, std::size_t n) {
  constexpr std::size_t kBlock = 4096;
  for (std::size_t j = 0; j < n; j += kBlock) {
    const std::size_t count = n - j < kBlock ? n - j : kBlock;
    for (std::size_t i = 0; i < count; i++) y[j + i] = 0;
    std::size_t r = 0;
    for (; r + 8 <= rows; r += 8) add_scaled_rows<T, 8>(a + std::ptrdiff_t(r) * a_row + j, a_row, x + r, y + j, count);
    for (; r < rows; r++) add_scaled_rows<T, 1>(a + std::ptrdiff_t(r) * a_row + j, a_row, x + r, y + j, count);
  }
}
void f32_gemv_sums(const float* a, std::ptrdiff_t a_row, const float* x, float* y, std::size_t rows, std::size_t n) {
  gemv_sums(a, a_row, x, y, rows, n);
}
void f64_gemv_sums(const double* a, std::ptrdiff_t a_row, const double* x, double* y, std::size_t rows, std::size_t n) {
  gemv_sums(a, a_row, x, y, rows, n);
}
