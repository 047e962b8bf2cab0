// avx2, with fma and f16c: x86-64 since 2013.

MYELIN_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return _mm256_fmadd_ps(a.raw, b.raw, c.raw); }
MYELIN_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
  return _mm256_fmadd_pd(a.raw, b.raw, c.raw);
}

// g++ turns a > b ? a : b into a comparison and a blend; these are one instruction.
#define MYELIN_EXTREMA(T, R, suffix)                                                                            \
  MYELIN_INLINE Vec<T> max(Vec<T> a, Vec<T> b) { return (Vec<T>::Raw)_mm256_max_##suffix((R)a.raw, (R)b.raw); } \
  MYELIN_INLINE Vec<T> min(Vec<T> a, Vec<T> b) { return (Vec<T>::Raw)_mm256_min_##suffix((R)a.raw, (R)b.raw); }
MYELIN_EXTREMA(float, __m256, ps)
MYELIN_EXTREMA(double, __m256d, pd)
MYELIN_EXTREMA(std::int8_t, __m256i, epi8)
MYELIN_EXTREMA(std::int16_t, __m256i, epi16)
MYELIN_EXTREMA(std::int32_t, __m256i, epi32)
MYELIN_EXTREMA(std::uint8_t, __m256i, epu8)
#undef MYELIN_EXTREMA

// GNU vectors have neither square root nor rounding.
MYELIN_INLINE Vec<float> sqrt(Vec<float> x) { return _mm256_sqrt_ps(x.raw); }
MYELIN_INLINE Vec<double> sqrt(Vec<double> x) { return _mm256_sqrt_pd(x.raw); }
constexpr int kRoundEven = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
constexpr int kRoundToZero = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;
MYELIN_INLINE Vec<float> round_even(Vec<float> x) { return _mm256_round_ps(x.raw, kRoundEven); }
MYELIN_INLINE Vec<double> round_even(Vec<double> x) { return _mm256_round_pd(x.raw, kRoundEven); }
MYELIN_INLINE Vec<float> trunc(Vec<float> x) { return _mm256_round_ps(x.raw, kRoundToZero); }
MYELIN_INLINE Vec<double> trunc(Vec<double> x) { return _mm256_round_pd(x.raw, kRoundToZero); }
MYELIN_INLINE Vec<float> floor(Vec<float> x) { return _mm256_floor_ps(x.raw); }
MYELIN_INLINE Vec<double> floor(Vec<double> x) { return _mm256_floor_pd(x.raw); }
MYELIN_INLINE Vec<float> ceil(Vec<float> x) { return _mm256_ceil_ps(x.raw); }
MYELIN_INLINE Vec<double> ceil(Vec<double> x) { return _mm256_ceil_pd(x.raw); }

// One instruction instead of a round trip through memory.
MYELIN_INLINE bool any(LaneMask<4> mask) { return _mm256_movemask_ps((__m256)mask.raw) != 0; }
MYELIN_INLINE bool any(LaneMask<8> mask) { return _mm256_movemask_pd((__m256d)mask.raw) != 0; }

// Masked moves touch only the lanes asked for: no loop and no round trip through memory.
MYELIN_INLINE __m256i first_lanes_32(std::size_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(int(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
MYELIN_INLINE __m256i first_lanes_64(std::size_t count) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)(count)), _mm256_setr_epi64x(0, 1, 2, 3));
}
MYELIN_INLINE Vec<float> partial_load(const float* p, std::size_t count) {
  return _mm256_maskload_ps(p, first_lanes_32(count));
}
MYELIN_INLINE Vec<double> partial_load(const double* p, std::size_t count) {
  return _mm256_maskload_pd(p, first_lanes_64(count));
}
MYELIN_INLINE Vec<float> partial_load(const float* p, std::size_t count, float fill) {
  const __m256i mask = first_lanes_32(count);
  return _mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask));
}
MYELIN_INLINE Vec<double> partial_load(const double* p, std::size_t count, double fill) {
  const __m256i mask = first_lanes_64(count);
  return _mm256_blendv_pd(_mm256_set1_pd(fill), _mm256_maskload_pd(p, mask), _mm256_castsi256_pd(mask));
}
MYELIN_INLINE void partial_store(float* p, Vec<float> v, std::size_t count) {
  _mm256_maskstore_ps(p, first_lanes_32(count), v.raw);
}
MYELIN_INLINE void partial_store(double* p, Vec<double> v, std::size_t count) {
  _mm256_maskstore_pd(p, first_lanes_64(count), v.raw);
}

MYELIN_INLINE Halves widen(Vec<float> v) {
  return {_mm256_cvtps_pd(_mm256_castps256_ps128(v.raw)), _mm256_cvtps_pd(_mm256_extractf128_ps(v.raw, 1))};
}
MYELIN_INLINE Vec<float> narrow(Halves v) {
  return _mm256_set_m128(_mm256_cvtpd_ps(v.high.raw), _mm256_cvtpd_ps(v.low.raw));
}
