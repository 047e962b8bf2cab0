// Products of bytes and of bfloat16 for CPUs without instructions of their own for them.

typedef std::int32_t Ints __attribute__((vector_size(kLanes<float> * 4)));
typedef std::uint32_t Words __attribute__((vector_size(kLanes<float> * 4)));
typedef std::int16_t Shorts __attribute__((vector_size(kLanes<float> * 4)));

// Sums of neighbouring products.
MYELIN_INLINE Ints multiply_pairs(Shorts a, Shorts b) {
#if defined(__AVX512F__)
  return (Ints)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Ints)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Ints)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
  return (Ints)vpaddq_s32(vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
#endif
}

MYELIN_INLINE Words load_words(const char* p) {
  Words words;
  __builtin_memcpy(&words, p, sizeof words);
  return words;
}

// Rows of a tile of two vectors, beside four registers of columns and two of an element.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr std::size_t kDotTileRows = 12;
#else
constexpr std::size_t kDotTileRows = 4;
#endif

// Bytes at even and at odd places as 16 bits each: products of neighbours are what the instruction adds up.
struct ByteDots {
  using Panel = BytePanel;
  using Element = std::uint8_t;
  using Sum = std::int32_t;
  using Sums = Ints;
  struct Columns {
    Shorts even, odd;
  };
  static constexpr std::size_t kLanes = sizeof(Ints) / 4, kRows = kDotTileRows;

  static MYELIN_INLINE Columns columns(const char* p) {
    const Words words = load_words(p);
    return {(Shorts)(words << 8) >> 8, (Shorts)words >> 8};
  }
  static MYELIN_INLINE Columns element(std::uint32_t word) {
    return {(Shorts)(Words{} + (word & 0x00FF00FF)), (Shorts)(Words{} + (word >> 8 & 0x00FF00FF))};
  }
  static MYELIN_INLINE Sums multiply(Sums sums, const Columns& element, const Columns& columns) {
    return sums + multiply_pairs(element.even, columns.even) + multiply_pairs(element.odd, columns.odd);
  }
  static MYELIN_INLINE Sum excess(const std::uint8_t*, std::size_t) { return 0; }
  static MYELIN_INLINE std::int32_t result(Sum sum) { return sum; }
};

// The lower and the upper half of each word, widened.
struct BFloat16Dots {
  using Panel = BFloat16Panel;
  using Element = std::uint16_t;
  using Sum = float;
  using Sums = typename Vec<float>::Raw;
  struct Columns {
    Vec<float> low, high;
  };
  static constexpr std::size_t kLanes = sizeof(Ints) / 4, kRows = kDotTileRows;

  static MYELIN_INLINE Columns columns(const char* p) { return halves(load_words(p)); }
  static MYELIN_INLINE Columns element(std::uint32_t word) { return halves(Words{} + word); }
  static MYELIN_INLINE Sums multiply(Sums sums, const Columns& element, const Columns& columns) {
    return fma(element.high, columns.high, fma(element.low, columns.low, Vec<float>(sums))).raw;
  }
  static MYELIN_INLINE Sum excess(const std::uint16_t*, std::size_t) { return 0; }
  static MYELIN_INLINE std::uint16_t result(Sum sum) { return to_bf16(sum); }

 private:
  static MYELIN_INLINE Columns halves(Words words) {
    return {Vec<float>((Sums)(words << 16)), Vec<float>((Sums)(words & 0xFFFF0000))};
  }
};

MYELIN_DOT_KERNELS(u8, ByteDots, std::uint8_t, std::int8_t, v ^ 0x80)
MYELIN_DOT_KERNELS(bf16, BFloat16Dots, std::uint16_t, std::uint16_t, v)
