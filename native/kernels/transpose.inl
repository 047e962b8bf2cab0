// Transposition in square blocks that fit the registers.

template <std::size_t... i>
struct Indices {};

template <std::size_t lanes>
struct LaneIndices;
template <>
struct LaneIndices<2> {
  using type = Indices<0, 1>;
};
template <>
struct LaneIndices<4> {
  using type = Indices<0, 1, 2, 3>;
};
template <>
struct LaneIndices<8> {
  using type = Indices<0, 1, 2, 3, 4, 5, 6, 7>;
};
template <>
struct LaneIndices<16> {
  using type = Indices<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15>;
};

template <class T>
using LanesOf = typename LaneIndices<kLanes<T>>::type;

// a0 b0 a1 b1 ... from the lanes of a and b that start at `from`.
template <std::size_t from, class T, std::size_t... i>
MYELIN_INLINE Vec<T> zip(Vec<T> a, Vec<T> b, Indices<i...>) {
  constexpr std::size_t L = kLanes<T>;
#if defined(__clang__)
  return __builtin_shufflevector(a.raw, b.raw, (from + i / 2 + i % 2 * L)...);
#else
  return __builtin_shuffle(a.raw, b.raw, typename RawVec<T>::type{T(from + i / 2 + i % 2 * L)...});
#endif
}

// Every second lane of two vectors that follow one another, from lane `from` on.
template <std::size_t from, class T, std::size_t... i>
MYELIN_INLINE Vec<T> every_second(Vec<T> low, Vec<T> high, Indices<i...>) {
#if defined(__clang__)
  return __builtin_shufflevector(low.raw, high.raw, (2 * i + from)...);
#else
  using I = typename RawVec<IntFor<T>>::type;
  return __builtin_shuffle(low.raw, high.raw, I{IntFor<T>(2 * i + from)...});
#endif
}

// Zipping row i with row i + L/2 moves one bit of the row number into the column number; after log2 L rounds the two
// have changed places, which is transposition.
template <class T>
MYELIN_INLINE void transpose_block(const T* src, std::ptrdiff_t lds, T* dst, std::ptrdiff_t ldd) {
  constexpr std::size_t L = kLanes<T>;
  using Lanes = LanesOf<T>;
  Vec<T> rows[L], zipped[L];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < L; i++) rows[i] = load(src + std::ptrdiff_t(i) * lds);
#pragma GCC unroll 4
  for (std::size_t round = 1; round < L; round *= 2) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < L / 2; i++) {
      zipped[2 * i] = zip<0>(rows[i], rows[i + L / 2], Lanes());
      zipped[2 * i + 1] = zip<L / 2>(rows[i], rows[i + L / 2], Lanes());
    }
#pragma GCC unroll 16
    for (std::size_t i = 0; i < L; i++) rows[i] = zipped[i];
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < L; i++) store(dst + std::ptrdiff_t(i) * ldd, rows[i]);
}

template <class T>
MYELIN_INLINE void transpose_elements(const T* src, std::ptrdiff_t lds, T* dst, std::ptrdiff_t ldd, std::size_t m,
                                      std::size_t n) {
  for (std::size_t i = 0; i < m; i++)
    for (std::size_t k = 0; k < n; k++) dst[std::ptrdiff_t(k) * ldd + i] = src[std::ptrdiff_t(i) * lds + k];
}

template <class T>
MYELIN_INLINE void transpose(const T* src, std::ptrdiff_t lds, T* dst, std::ptrdiff_t ldd, std::size_t m,
                             std::size_t n) {
  constexpr std::size_t L = kLanes<T>;
  const std::size_t whole_m = m / L * L, whole_n = n / L * L;
  for (std::size_t i = 0; i < whole_m; i += L) {
    const T* from = src + std::ptrdiff_t(i) * lds;
    for (std::size_t k = 0; k < whole_n; k += L) transpose_block(from + k, lds, dst + std::ptrdiff_t(k) * ldd + i, ldd);
    transpose_elements(from + whole_n, lds, dst + std::ptrdiff_t(whole_n) * ldd + i, ldd, L, n - whole_n);
  }
  transpose_elements(src + std::ptrdiff_t(whole_m) * lds, lds, dst + whole_m, ldd, m - whole_m, n);
}

void transpose_32(const std::uint32_t* src, std::ptrdiff_t lds, std::uint32_t* dst, std::ptrdiff_t ldd, std::size_t m,
                  std::size_t n) {
  transpose(src, lds, dst, ldd, m, n);
}
void transpose_64(const std::uint64_t* src, std::ptrdiff_t lds, std::uint64_t* dst, std::ptrdiff_t ldd, std::size_t m,
                  std::size_t n) {
  transpose(src, lds, dst, ldd, m, n);
}
