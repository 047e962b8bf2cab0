// Vec<T>: as many T as fit a vector register, written over GNU vector extensions (g++, clang).
//
// Everything here is generic: right on every ISA, good on most. Where an ISA does better, its vec_<isa>.h adds an
// overload that is no template (`Vec<float> sqrt(Vec<float>)`), which the compiler prefers; each says why it exists.

#define MYELIN_FORCE_INLINE __attribute__((always_inline))  // for lambdas, which are inline already
#define MYELIN_INLINE inline MYELIN_FORCE_INLINE

#if defined(__AVX512F__)
constexpr std::size_t kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr std::size_t kVectorBytes = 32;
#else
constexpr std::size_t kVectorBytes = 16;
#endif

#if defined(__FMA__) || defined(__aarch64__)
constexpr bool kFusedMultiplyAdd = true;
#else
constexpr bool kFusedMultiplyAdd = false;
#endif

// The signed integer as wide as a lane of `bytes`, and the type in which lanes of T add without undefined overflow.
template <std::size_t bytes>
struct IntOfSize;
template <>
struct IntOfSize<1> {
  using type = std::int8_t;
};
template <>
struct IntOfSize<2> {
  using type = std::int16_t;
};
template <>
struct IntOfSize<4> {
  using type = std::int32_t;
};
template <>
struct IntOfSize<8> {
  using type = std::int64_t;
};
template <class T>
using IntFor = typename IntOfSize<sizeof(T)>::type;

template <class T>
struct Wrapping {
  using type = T;
};
template <>
struct Wrapping<std::int8_t> {
  using type = std::uint8_t;
};
template <>
struct Wrapping<std::int16_t> {
  using type = std::uint16_t;
};
template <>
struct Wrapping<std::int32_t> {
  using type = std::uint32_t;
};
template <>
struct Wrapping<std::int64_t> {
  using type = std::uint64_t;
};

template <class T>
constexpr bool kIsFloat = false;
template <>
constexpr bool kIsFloat<float> = true;
template <>
constexpr bool kIsFloat<double> = true;

// One truth value a lane of `bytes` bytes, shared by all types of that width. Two forms: registers of full lanes
// (vec_mask.h), or mask registers (vec_avx512.h).
template <std::size_t bytes>
struct LaneMask;
template <class T>
using Mask = LaneMask<sizeof(T)>;

template <class T>
struct RawVec {
  typedef T type __attribute__((vector_size(kVectorBytes)));
};

template <class T>
struct Vec {
  static constexpr std::size_t kLanes = kVectorBytes / sizeof(T);
  using Raw = typename RawVec<T>::type;
  using Sum = typename RawVec<typename Wrapping<T>::type>::type;
  Raw raw;

  Vec() = default;
  MYELIN_INLINE Vec(Raw r) : raw(r) {}
  MYELIN_INLINE Vec(T x) : raw(x - Raw{}) {}  // minus, because 0 + -0 is +0

  friend MYELIN_INLINE Vec operator+(Vec a, Vec b) { return (Raw)((Sum)a.raw + (Sum)b.raw); }
  friend MYELIN_INLINE Vec operator-(Vec a, Vec b) { return (Raw)((Sum)a.raw - (Sum)b.raw); }
  friend MYELIN_INLINE Vec operator*(Vec a, Vec b) { return (Raw)((Sum)a.raw * (Sum)b.raw); }
  friend MYELIN_INLINE Vec operator/(Vec a, Vec b) { return a.raw / b.raw; }
  friend MYELIN_INLINE Vec operator-(Vec a) { return (Raw)(-(Sum)a.raw); }
  friend MYELIN_INLINE Vec operator&(Vec a, Vec b) { return a.raw & b.raw; }
  friend MYELIN_INLINE Vec operator|(Vec a, Vec b) { return a.raw | b.raw; }
  friend MYELIN_INLINE Vec operator^(Vec a, Vec b) { return a.raw ^ b.raw; }
  friend MYELIN_INLINE Vec operator<<(Vec a, int bits) { return a.raw << bits; }
  friend MYELIN_INLINE Vec operator>>(Vec a, int bits) { return a.raw >> bits; }
  friend MYELIN_INLINE Mask<T> operator==(Vec a, Vec b) { return mask_eq(a, b); }
  friend MYELIN_INLINE Mask<T> operator!=(Vec a, Vec b) { return mask_ne(a, b); }
  friend MYELIN_INLINE Mask<T> operator<(Vec a, Vec b) { return mask_lt(a, b); }
  friend MYELIN_INLINE Mask<T> operator<=(Vec a, Vec b) { return mask_le(a, b); }
  friend MYELIN_INLINE Mask<T> operator>(Vec a, Vec b) { return mask_lt(b, a); }
  friend MYELIN_INLINE Mask<T> operator>=(Vec a, Vec b) { return mask_le(b, a); }
};

template <class T>
constexpr std::size_t kLanes = Vec<T>::kLanes;

template <class To, class From>
MYELIN_INLINE Vec<To> bitcast(Vec<From> v) {
  return (typename Vec<To>::Raw)v.raw;
}

// Memory.

template <class T>
MYELIN_INLINE Vec<T> load(const T* p) {
  Vec<T> v;
  __builtin_memcpy(&v.raw, p, kVectorBytes);
  return v;
}

template <class T>
MYELIN_INLINE void store(T* p, Vec<T> v) {
  __builtin_memcpy(p, &v.raw, kVectorBytes);
}

// The first count < kLanes elements, zeros after them. Touches no other memory.
template <class T>
MYELIN_INLINE Vec<T> partial_load(const T* p, std::size_t count) {
  T lanes[kLanes<T>] = {};
  for (std::size_t i = 0; i < count; i++) lanes[i] = p[i];
  return load(lanes);
}

// The same with `fill` instead of zeros.
template <class T>
MYELIN_INLINE Vec<T> partial_load(const T* p, std::size_t count, T fill) {
  T lanes[kLanes<T>];
  store(lanes, Vec<T>(fill));
  for (std::size_t i = 0; i < count; i++) lanes[i] = p[i];
  return load(lanes);
}

template <class T>
MYELIN_INLINE void partial_store(T* p, Vec<T> v, std::size_t count) {
  T lanes[kLanes<T>];
  store(lanes, v);
  for (std::size_t i = 0; i < count; i++) p[i] = lanes[i];
}

// Arithmetic.

// a * b + c, rounded once where the ISA has fused multiply-add (avx2, avx512, neon) and twice on sse2. It is never left
// to the compiler's contraction: the same source gives the same bits with every compiler.
template <class T>
MYELIN_INLINE Vec<T> fma(Vec<T> a, Vec<T> b, Vec<T> c) {
  return a * b + c;
}

// The rounding error of square = x * x: x * x - square, exact.
template <class T>
MYELIN_INLINE Vec<T> square_error(Vec<T> x, Vec<T> square) {
  if constexpr (kFusedMultiplyAdd) return fma(x, x, -square);
  // Dekker's product: halves of at most half the bits multiply exactly.
  constexpr int kLowBits = sizeof(T) == 4 ? 12 : 27;
  using I = IntFor<T>;
  const Vec<T> high = bitcast<T>(bitcast<I>(x) & Vec<I>(-(I(1) << kLowBits))), low = x - high;
  return ((high * high - square) + T(2) * high * low) + low * low;
}

template <class T>
MYELIN_INLINE Vec<T> select(Mask<T> mask, Vec<T> a, Vec<T> b) {
  return mask.select(a, b);
}

// b if either is NaN, and if they are equal: the semantics of x86's vminps and vmaxps.
template <class T>
MYELIN_INLINE Vec<T> max(Vec<T> a, Vec<T> b) {
  return select(a > b, a, b);
}

template <class T>
MYELIN_INLINE Vec<T> min(Vec<T> a, Vec<T> b) {
  return select(a < b, a, b);
}

// NaN if either is NaN.
template <class T>
MYELIN_INLINE Vec<T> maximum(Vec<T> a, Vec<T> b) {
  if constexpr (kIsFloat<T>) return select(a != a, a, max(a, b));
  return max(a, b);
}

template <class T>
MYELIN_INLINE Vec<T> minimum(Vec<T> a, Vec<T> b) {
  if constexpr (kIsFloat<T>) return select(a != a, a, min(a, b));
  return min(a, b);
}

template <class T>
constexpr IntFor<T> kSignBit = IntFor<T>(1) << (sizeof(T) * 8 - 1);

template <class T>
MYELIN_INLINE Vec<T> abs(Vec<T> x) {
  if constexpr (kIsFloat<T>) return bitcast<T>(bitcast<IntFor<T>>(x) & Vec<IntFor<T>>(~kSignBit<T>));
  return max(x, -x);
}

template <class T>
MYELIN_INLINE Vec<T> copy_sign(Vec<T> magnitude, Vec<T> sign) {
  using I = IntFor<T>;
  return bitcast<T>((bitcast<I>(magnitude) & Vec<I>(~kSignBit<T>)) | (bitcast<I>(sign) & Vec<I>(kSignBit<T>)));
}

template <class T, class F>
MYELIN_INLINE Vec<T> map_lanes(Vec<T> x, F f) {
  T lanes[kLanes<T>];
  store(lanes, x);
  for (std::size_t i = 0; i < kLanes<T>; i++) lanes[i] = f(lanes[i]);
  return load(lanes);
}

template <class T>
MYELIN_INLINE Vec<T> sqrt(Vec<T> x) {
  return map_lanes(x, [](T v) { return T(__builtin_sqrt(v)); });
}

// From 2^(mantissa bits) on, every float is an integer; adding and subtracting that rounds to nearest even below it.
template <class T>
constexpr T kAllIntegers = sizeof(T) == 4 ? T(0x1p23) : T(0x1p52);

template <class T>
MYELIN_INLINE Vec<T> round_even(Vec<T> x) {
  const Vec<T> magnitude = abs(x), big = kAllIntegers<T>;
  return select(magnitude < big, copy_sign((magnitude + big) - big, x), x);
}

template <class T>
MYELIN_INLINE Vec<T> trunc(Vec<T> x) {
  const Vec<T> magnitude = abs(x), near = round_even(magnitude);
  return copy_sign(select(near > magnitude, near - T(1), near), x);
}

template <class T>
MYELIN_INLINE Vec<T> floor(Vec<T> x) {
  const Vec<T> near = round_even(x);
  return select(near > x, near - T(1), near);
}

template <class T>
MYELIN_INLINE Vec<T> ceil(Vec<T> x) {
  return -floor(-x);
}

// x * 2^n for whole n, |n| <= 250; overflows to infinity and underflows gradually. Two factors, because 2^n alone need
// not be a float.
template <class T>
MYELIN_INLINE Vec<T> scale_by_power(Vec<T> x, Vec<T> n) {
  static_assert(sizeof(T) == 4, "only float32 needs it");
  const Vec<std::int32_t> whole = __builtin_convertvector(n.raw, RawVec<std::int32_t>::type), half = whole >> 1;
  return x * bitcast<float>((half + 127) << 23) * bitcast<float>((whole - half + 127) << 23);
}

// Lanes.

// Combines all lanes pairwise in a fixed order.
template <class T, class F>
MYELIN_INLINE T fold_lanes(Vec<T> v, F combine) {
  T lanes[kLanes<T>];
  store(lanes, v);
  for (std::size_t width = kLanes<T> / 2; width > 0; width /= 2)
    for (std::size_t i = 0; i < width; i++) lanes[i] = combine(lanes[i], lanes[i + width]);
  return lanes[0];
}

template <class T>
MYELIN_INLINE T first_lane(Vec<T> v) {
  return v.raw[0];
}

template <class T>
MYELIN_INLINE T sum_lanes(Vec<T> v) {
  return fold_lanes(v, [](T a, T b) { return T(a + b); });
}

// The two halves of a float vector as doubles. Every ISA defines widen(Vec<float>) and its inverse narrow(Halves):
// written generically, both go through memory, where the load waits for two stores.
struct Halves {
  Vec<double> low, high;
};
