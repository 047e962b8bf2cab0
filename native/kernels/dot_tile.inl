// Panels of products of bytes or bfloat16 (DotPanel), for any way of multiplying words of them. A way, `Dots`, says
//   Panel, Sums                      what is computed, and a vector of sums, one for each of kLanes columns
//   kRows                            the most rows of a tile of two vectors that fit the registers
//   columns(words), element(word)    kLanes words of B, and one word of A for all columns
//   multiply(sums, element, columns) the sums with the products of a group added
//   result(sum), excess(a, k)        what is stored of a sum, and what has to be taken off the sums of a row of A

constexpr std::size_t kDotVectors = 2;  // of a tile

#define MYELIN_DOT_UNROLL _Pragma("GCC unroll 16")

template <class Dots>
constexpr std::size_t kDotGroup = sizeof(std::uint32_t) / sizeof(*Dots::Panel::a);

template <class Dots>
constexpr DotBlocking kDotBlocking = {kDotVectors* Dots::kLanes, 192};

// The first `count` bytes of a word, zeros behind.
MYELIN_INLINE std::uint32_t partial_word(const void* p, std::size_t count) {
  std::uint8_t bytes[4] = {};
  for (std::size_t i = 0; i < count; i++) bytes[i] = static_cast<const std::uint8_t*>(p)[i];
  std::uint32_t word;
  __builtin_memcpy(&word, bytes, sizeof word);
  return word;
}

MYELIN_INLINE std::uint32_t whole_word(const void* p) {
  std::uint32_t word;
  __builtin_memcpy(&word, p, sizeof word);
  return word;
}

MYELIN_INLINE float plus(float a, float b) { return a + b; }
// Parts of an exact sum may wrap.
MYELIN_INLINE std::int32_t plus(std::int32_t a, std::int32_t b) {
  return std::int32_t(std::uint32_t(a) + std::uint32_t(b));
}

template <class Dots, std::size_t kVectors>
void finish_row(const typename Dots::Panel& p, const typename Dots::Sums (&sums)[kVectors], std::size_t row) {
  using Sum = typename Dots::Sum;
  const auto* a = p.a + static_cast<std::ptrdiff_t>(row) * p.a_row;
  auto* c = p.c + static_cast<std::ptrdiff_t>(row) * p.c_row;
  const Sum of_row = plus(p.row_terms == nullptr ? Sum(0) : p.row_terms[row], -Dots::excess(a, p.k));
  Sum values[kVectors * Dots::kLanes];
  __builtin_memcpy(values, sums, sizeof values);
  for (std::size_t j = 0; j < p.cols; j++) {
    const Sum sum = plus(plus(values[j], of_row), p.col_terms == nullptr ? Sum(0) : p.col_terms[j]);
    c[j] = Dots::result(p.relu && sum < 0 ? Sum(0) : sum);
  }
}

// Rows [first, first + kRows). As in gemm.inl, one pointer serves three rows, and the empty asm keeps g++ from making one
// for every row. What remains of k beyond whole groups is read from a copy, one word a row.
template <class Dots, std::size_t kRows, std::size_t kVectors>
__attribute__((noinline)) void dot_tile(const typename Dots::Panel& p, std::size_t first) {
  using A = typename Dots::Element;
  constexpr std::size_t kPointers = (kRows + 2) / 3, kGroup = kDotGroup<Dots>;
  constexpr std::size_t kBytes = Dots::kLanes * sizeof(std::uint32_t);
  const std::size_t rest = p.k % kGroup;
  // Lines of C are not in the cache: they are asked for now, while the sums are formed.
  constexpr std::size_t kLine = 64 / sizeof(*p.c);
  for (std::size_t i = first; i < first + kRows; i++) {
    const auto* c = p.c + static_cast<std::ptrdiff_t>(i) * p.c_row;
    for (std::size_t j = 0; j < p.cols; j += kLine) __builtin_prefetch(c + j, 1);
  }
  const A* a = p.a + static_cast<std::ptrdiff_t>(first) * p.a_row;
  std::uint32_t words[kRows];
  for (std::size_t i = 0; i < kRows && rest > 0; i++) {
    words[i] = partial_word(a + static_cast<std::ptrdiff_t>(i) * p.a_row + (p.k - rest), rest * sizeof(A));
  }
  typename Dots::Sums sums[kRows][kVectors];
  MYELIN_DOT_UNROLL for (std::size_t i = 0; i < kRows; i++) {
    MYELIN_DOT_UNROLL for (std::size_t j = 0; j < kVectors; j++) sums[i][j] = typename Dots::Sums{};
  }
  const char* b = reinterpret_cast<const char*>(p.b);
  const char* start = reinterpret_cast<const char*>(a);
  std::ptrdiff_t step = p.a_row * static_cast<std::ptrdiff_t>(sizeof(A));
  std::size_t groups = p.k / kGroup;
  for (int part = 0; part < 2; part++) {
    const char* rows[kPointers];
    MYELIN_DOT_UNROLL for (std::size_t i = 0; i < kPointers; i++) {
      rows[i] = start + static_cast<std::ptrdiff_t>(3 * i) * step;
    }
    for (; groups > 0; groups--, b += kDotVectors * kBytes) {
      MYELIN_DOT_UNROLL for (std::size_t i = 0; i < kPointers; i++) asm("" : "+r"(rows[i]));
      typename Dots::Columns columns[kVectors];
      MYELIN_DOT_UNROLL for (std::size_t j = 0; j < kVectors; j++) columns[j] = Dots::columns(b + j * kBytes);
      MYELIN_DOT_UNROLL for (std::size_t i = 0; i < kRows; i++) {
        const auto element = Dots::element(whole_word(rows[i / 3] + static_cast<std::ptrdiff_t>(i % 3) * step));
        MYELIN_DOT_UNROLL for (std::size_t j = 0; j < kVectors; j++) {
          sums[i][j] = Dots::multiply(sums[i][j], element, columns[j]);
        }
      }
      MYELIN_DOT_UNROLL for (std::size_t i = 0; i < kPointers; i++) rows[i] += sizeof(std::uint32_t);
    }
    start = reinterpret_cast<const char*>(words);
    step = sizeof(std::uint32_t);
    groups = rest > 0 ? 1 : 0;
  }
  MYELIN_DOT_UNROLL for (std::size_t i = 0; i < kRows; i++) {
    typename Dots::Sums row[kVectors];
    MYELIN_DOT_UNROLL for (std::size_t j = 0; j < kVectors; j++) row[j] = sums[i][j];
    finish_row<Dots>(p, row, first + i);
  }
}

template <class Dots, std::size_t kVectors, std::size_t kRows = Dots::kRows>
void run_dot_tile(const typename Dots::Panel& p, std::size_t first, std::size_t count) {
  if constexpr (kRows > 1) {
    if (count < kRows) return run_dot_tile<Dots, kVectors, kRows - 1>(p, first, count);
  }
  dot_tile<Dots, kRows, kVectors>(p, first);
}

// Tiles share the rows evenly.
template <class Dots, std::size_t kVectors>
void run_dot_tiles(const typename Dots::Panel& p) {
  const std::size_t tiles = (p.rows + Dots::kRows - 1) / Dots::kRows;
  for (std::size_t tile = 0, first = 0; tile < tiles; tile++) {
    const std::size_t count = p.rows / tiles + (tile < p.rows % tiles ? 1 : 0);
    run_dot_tile<Dots, kVectors>(p, first, count);
    first += count;
  }
}

template <class Dots>
void dot_panel(const typename Dots::Panel& p) {
  if (p.cols == 0) return;
  if (p.cols <= Dots::kLanes) return run_dot_tiles<Dots, 1>(p);
  run_dot_tiles<Dots, kDotVectors>(p);
}

// `pack` gives what is stored of an element. Words are put together as numbers: a loop that compilers vectorise.
template <class Dots, class From, class To, class Pack>
void dot_pack(const From* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, To* out, const Pack& pack) {
  constexpr std::size_t kGroup = kDotGroup<Dots>, kWidth = kDotVectors * Dots::kLanes;
  const auto part = [&](From v, std::size_t r)
                        MYELIN_FORCE_INLINE { return std::uint32_t(From(pack(v))) << (8 * sizeof(From) * r); };
  std::size_t i = 0;
  for (; i + kGroup <= k; i += kGroup, b += std::ptrdiff_t(kGroup) * b_k, out += kGroup * kWidth) {
    for (std::size_t j = 0; j < cols; j++) {
      std::uint32_t word = 0;
      MYELIN_DOT_UNROLL for (std::size_t r = 0; r < kGroup; r++) word |=
          part(b[std::ptrdiff_t(r) * b_k + std::ptrdiff_t(j)], r);
      __builtin_memcpy(out + j * kGroup, &word, sizeof word);
    }
    for (std::size_t j = cols * kGroup; j < kWidth * kGroup; j++) out[j] = 0;
  }
  if (i == k) return;
  for (std::size_t j = 0; j < kWidth * kGroup; j++) out[j] = 0;
  for (std::size_t r = 0; i + r < k; r++, b += b_k) {
    for (std::size_t j = 0; j < cols; j++) out[j * kGroup + r] = pack(b[j]);
  }
}

// The kernels of a way to multiply, as the table has them.
#define MYELIN_DOT_KERNELS(prefix, Dots, From, To, packed)                                              \
  const DotBlocking& prefix##_dot_blocking() { return kDotBlocking<Dots>; }                             \
  void prefix##_dot_panel(const Dots::Panel& panel) { dot_panel<Dots>(panel); }                         \
  void prefix##_dot_pack(const From* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, To* out) { \
    dot_pack<Dots>(b, b_k, k, cols, out, [](From v) { return To(packed); });                            \
  }
