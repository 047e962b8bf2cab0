// avx512 (f, bw, dq, vl). Comparisons write mask registers; a detour through full lanes would cost an instruction each
// way.

template <std::size_t bytes>
struct MaskRegister;
template <>
struct MaskRegister<1> {
  using type = __mmask64;
};
template <>
struct MaskRegister<2> {
  using type = __mmask32;
};
template <>
struct MaskRegister<4> {
  using type = __mmask16;
};
template <>
struct MaskRegister<8> {
  using type = __mmask8;
};

MYELIN_INLINE __m512 blend(__mmask16 mask, __m512 a, __m512 b) { return _mm512_mask_blend_ps(mask, b, a); }
MYELIN_INLINE __m512d blend(__mmask8 mask, __m512d a, __m512d b) { return _mm512_mask_blend_pd(mask, b, a); }
MYELIN_INLINE __m512i blend(__mmask16 mask, __m512i a, __m512i b) { return _mm512_mask_blend_epi32(mask, b, a); }
MYELIN_INLINE __m512i blend(__mmask8 mask, __m512i a, __m512i b) { return _mm512_mask_blend_epi64(mask, b, a); }
MYELIN_INLINE __m512i blend(__mmask32 mask, __m512i a, __m512i b) { return _mm512_mask_blend_epi16(mask, b, a); }
MYELIN_INLINE __m512i blend(__mmask64 mask, __m512i a, __m512i b) { return _mm512_mask_blend_epi8(mask, b, a); }

// The intrinsics' register type for lanes of T.
template <class T>
struct Register {
  using type = __m512i;
};
template <>
struct Register<float> {
  using type = __m512;
};
template <>
struct Register<double> {
  using type = __m512d;
};

template <std::size_t bytes>
struct LaneMask {
  using Raw = typename MaskRegister<bytes>::type;
  Raw raw;

  LaneMask() = default;
  MYELIN_INLINE LaneMask(Raw r) : raw(r) {}

  friend MYELIN_INLINE LaneMask operator&(LaneMask a, LaneMask b) { return Raw(a.raw & b.raw); }
  friend MYELIN_INLINE LaneMask operator|(LaneMask a, LaneMask b) { return Raw(a.raw | b.raw); }
  friend MYELIN_INLINE LaneMask operator!(LaneMask a) { return Raw(~a.raw); }

  template <class T>
  MYELIN_INLINE Vec<T> select(Vec<T> a, Vec<T> b) const {
    using R = typename Register<T>::type;
    return (typename Vec<T>::Raw)blend(raw, (R)a.raw, (R)b.raw);
  }
};

template <std::size_t bytes>
MYELIN_INLINE bool any(LaneMask<bytes> mask) {
  return mask.raw != 0;
}

#define MYELIN_COMPARISONS(T, R, suffix, eq, ne, lt, le)                                                           \
  MYELIN_INLINE Mask<T> mask_eq(Vec<T> a, Vec<T> b) { return _mm512_cmp_##suffix##_mask((R)a.raw, (R)b.raw, eq); } \
  MYELIN_INLINE Mask<T> mask_ne(Vec<T> a, Vec<T> b) { return _mm512_cmp_##suffix##_mask((R)a.raw, (R)b.raw, ne); } \
  MYELIN_INLINE Mask<T> mask_lt(Vec<T> a, Vec<T> b) { return _mm512_cmp_##suffix##_mask((R)a.raw, (R)b.raw, lt); } \
  MYELIN_INLINE Mask<T> mask_le(Vec<T> a, Vec<T> b) { return _mm512_cmp_##suffix##_mask((R)a.raw, (R)b.raw, le); }
MYELIN_COMPARISONS(float, __m512, ps, _CMP_EQ_OQ, _CMP_NEQ_UQ, _CMP_LT_OQ, _CMP_LE_OQ)
MYELIN_COMPARISONS(double, __m512d, pd, _CMP_EQ_OQ, _CMP_NEQ_UQ, _CMP_LT_OQ, _CMP_LE_OQ)
MYELIN_COMPARISONS(std::int32_t, __m512i, epi32, _MM_CMPINT_EQ, _MM_CMPINT_NE, _MM_CMPINT_LT, _MM_CMPINT_LE)
MYELIN_COMPARISONS(std::uint32_t, __m512i, epu32, _MM_CMPINT_EQ, _MM_CMPINT_NE, _MM_CMPINT_LT, _MM_CMPINT_LE)
MYELIN_COMPARISONS(std::int64_t, __m512i, epi64, _MM_CMPINT_EQ, _MM_CMPINT_NE, _MM_CMPINT_LT, _MM_CMPINT_LE)
MYELIN_COMPARISONS(std::uint64_t, __m512i, epu64, _MM_CMPINT_EQ, _MM_CMPINT_NE, _MM_CMPINT_LT, _MM_CMPINT_LE)
MYELIN_COMPARISONS(std::int8_t, __m512i, epi8, _MM_CMPINT_EQ, _MM_CMPINT_NE, _MM_CMPINT_LT, _MM_CMPINT_LE)
MYELIN_COMPARISONS(std::int16_t, __m512i, epi16, _MM_CMPINT_EQ, _MM_CMPINT_NE, _MM_CMPINT_LT, _MM_CMPINT_LE)
MYELIN_COMPARISONS(std::uint8_t, __m512i, epu8, _MM_CMPINT_EQ, _MM_CMPINT_NE, _MM_CMPINT_LT, _MM_CMPINT_LE)
#undef MYELIN_COMPARISONS

template <class T>
MYELIN_INLINE Mask<T> load_mask(const std::uint8_t* p) {
  if constexpr (sizeof(T) == 1) {
    const __m512i bytes = _mm512_loadu_si512(p);
    return _mm512_test_epi8_mask(bytes, bytes);
  } else if constexpr (sizeof(T) == 2) {
    const __m256i bytes = _mm256_loadu_si256((const __m256i*)p);
    return _mm256_test_epi8_mask(bytes, bytes);
  } else if constexpr (sizeof(T) == 4) {
    const __m128i bytes = _mm_loadu_si128((const __m128i*)p);
    return _mm_test_epi8_mask(bytes, bytes);
  } else {
    const __m128i bytes = _mm_loadl_epi64((const __m128i*)p);
    return __mmask8(_mm_test_epi8_mask(bytes, bytes));
  }
}

template <class T>
MYELIN_INLINE void store_mask(std::uint8_t* p, Mask<T> mask) {
  if constexpr (sizeof(T) == 1)
    _mm512_storeu_si512(p, _mm512_maskz_set1_epi8(mask.raw, 1));
  else if constexpr (sizeof(T) == 2)
    _mm256_storeu_si256((__m256i*)p, _mm256_maskz_set1_epi8(mask.raw, 1));
  else if constexpr (sizeof(T) == 4)
    _mm_storeu_si128((__m128i*)p, _mm_maskz_set1_epi8(mask.raw, 1));
  else
    _mm_storel_epi64((__m128i*)p, _mm_maskz_set1_epi8(mask.raw, 1));
}

MYELIN_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return _mm512_fmadd_ps(a.raw, b.raw, c.raw); }
MYELIN_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
  return _mm512_fmadd_pd(a.raw, b.raw, c.raw);
}

// g++ turns a > b ? a : b into a comparison and a blend; these are one instruction.
#define MYELIN_EXTREMA(T, R, suffix)                                                                            \
  MYELIN_INLINE Vec<T> max(Vec<T> a, Vec<T> b) { return (Vec<T>::Raw)_mm512_max_##suffix((R)a.raw, (R)b.raw); } \
  MYELIN_INLINE Vec<T> min(Vec<T> a, Vec<T> b) { return (Vec<T>::Raw)_mm512_min_##suffix((R)a.raw, (R)b.raw); }
MYELIN_EXTREMA(float, __m512, ps)
MYELIN_EXTREMA(double, __m512d, pd)
MYELIN_EXTREMA(std::int32_t, __m512i, epi32)
MYELIN_EXTREMA(std::int64_t, __m512i, epi64)
MYELIN_EXTREMA(std::int8_t, __m512i, epi8)
MYELIN_EXTREMA(std::int16_t, __m512i, epi16)
MYELIN_EXTREMA(std::uint8_t, __m512i, epu8)
#undef MYELIN_EXTREMA

// GNU vectors have neither square root, rounding nor scaling by a power of two (which here saturates by itself).
MYELIN_INLINE Vec<float> sqrt(Vec<float> x) { return _mm512_sqrt_ps(x.raw); }
MYELIN_INLINE Vec<double> sqrt(Vec<double> x) { return _mm512_sqrt_pd(x.raw); }
MYELIN_INLINE Vec<float> round_even(Vec<float> x) { return _mm512_roundscale_ps(x.raw, _MM_FROUND_TO_NEAREST_INT); }
MYELIN_INLINE Vec<double> round_even(Vec<double> x) { return _mm512_roundscale_pd(x.raw, _MM_FROUND_TO_NEAREST_INT); }
MYELIN_INLINE Vec<float> trunc(Vec<float> x) { return _mm512_roundscale_ps(x.raw, _MM_FROUND_TO_ZERO); }
MYELIN_INLINE Vec<double> trunc(Vec<double> x) { return _mm512_roundscale_pd(x.raw, _MM_FROUND_TO_ZERO); }
MYELIN_INLINE Vec<float> floor(Vec<float> x) { return _mm512_roundscale_ps(x.raw, _MM_FROUND_TO_NEG_INF); }
MYELIN_INLINE Vec<double> floor(Vec<double> x) { return _mm512_roundscale_pd(x.raw, _MM_FROUND_TO_NEG_INF); }
MYELIN_INLINE Vec<float> ceil(Vec<float> x) { return _mm512_roundscale_ps(x.raw, _MM_FROUND_TO_POS_INF); }
MYELIN_INLINE Vec<double> ceil(Vec<double> x) { return _mm512_roundscale_pd(x.raw, _MM_FROUND_TO_POS_INF); }
MYELIN_INLINE Vec<float> scale_by_power(Vec<float> x, Vec<float> n) { return _mm512_scalef_ps(x.raw, n.raw); }

// Shuffles within registers instead of a round trip through memory; the same tree of additions.
MYELIN_INLINE float sum_lanes(Vec<float> v) { return _mm512_reduce_add_ps(v.raw); }
MYELIN_INLINE double sum_lanes(Vec<double> v) { return _mm512_reduce_add_pd(v.raw); }

// The same tree for any combination of vectors: each lane takes that of its half, quarter, pair.
template <class F>
MYELIN_INLINE float fold_lanes(Vec<float> v, F combine) {
  v = combine(v, Vec<float>(_mm512_shuffle_f32x4(v.raw, v.raw, 0x4E)));
  v = combine(v, Vec<float>(_mm512_shuffle_f32x4(v.raw, v.raw, 0xB1)));
  v = combine(v, Vec<float>(_mm512_permute_ps(v.raw, 0x4E)));
  return first_lane(combine(v, Vec<float>(_mm512_permute_ps(v.raw, 0xB1))));
}
template <class F>
MYELIN_INLINE double fold_lanes(Vec<double> v, F combine) {
  v = combine(v, Vec<double>(_mm512_shuffle_f64x2(v.raw, v.raw, 0x4E)));
  v = combine(v, Vec<double>(_mm512_shuffle_f64x2(v.raw, v.raw, 0xB1)));
  return first_lane(combine(v, Vec<double>(_mm512_permute_pd(v.raw, 0x55))));
}

// Masked moves touch only the lanes asked for: no loop and no round trip through memory.
#define MYELIN_PARTIAL(T, R, suffix, Bits)                                                             \
  MYELIN_INLINE Vec<T> partial_load(const T* p, std::size_t count) {                                   \
    return (Vec<T>::Raw)_mm512_maskz_loadu_##suffix(Bits((1ull << count) - 1), p);                     \
  }                                                                                                    \
  MYELIN_INLINE Vec<T> partial_load(const T* p, std::size_t count, T fill) {                           \
    return (Vec<T>::Raw)_mm512_mask_loadu_##suffix((R)Vec<T>(fill).raw, Bits((1ull << count) - 1), p); \
  }                                                                                                    \
  MYELIN_INLINE void partial_store(T* p, Vec<T> v, std::size_t count) {                                \
    _mm512_mask_storeu_##suffix(p, Bits((1ull << count) - 1), (R)v.raw);                               \
  }
MYELIN_PARTIAL(float, __m512, ps, __mmask16)
MYELIN_PARTIAL(double, __m512d, pd, __mmask8)
MYELIN_PARTIAL(std::int32_t, __m512i, epi32, __mmask16)
MYELIN_PARTIAL(std::uint32_t, __m512i, epi32, __mmask16)
MYELIN_PARTIAL(std::int64_t, __m512i, epi64, __mmask8)
MYELIN_PARTIAL(std::uint64_t, __m512i, epi64, __mmask8)
MYELIN_PARTIAL(std::int8_t, __m512i, epi8, __mmask64)
MYELIN_PARTIAL(std::int16_t, __m512i, epi16, __mmask32)
MYELIN_PARTIAL(std::uint16_t, __m512i, epi16, __mmask32)
MYELIN_PARTIAL(std::uint8_t, __m512i, epi8, __mmask64)
#undef MYELIN_PARTIAL

MYELIN_INLINE Halves widen(Vec<float> v) {
  return {_mm512_cvtps_pd(_mm512_castps512_ps256(v.raw)), _mm512_cvtps_pd(_mm512_extractf32x8_ps(v.raw, 1))};
}
MYELIN_INLINE Vec<float> narrow(Halves v) {
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(v.low.raw)), _mm512_cvtpd_ps(v.high.raw), 1);
}
