// sse2: what every x86-64 CPU has. It has no fused multiply-add, no rounding and no blend instruction; there the
// generic forms stand.

// g++ turns a > b ? a : b into a comparison and three bit operations; these are one instruction.
MYELIN_INLINE Vec<float> max(Vec<float> a, Vec<float> b) { return _mm_max_ps(a.raw, b.raw); }
MYELIN_INLINE Vec<float> min(Vec<float> a, Vec<float> b) { return _mm_min_ps(a.raw, b.raw); }
MYELIN_INLINE Vec<double> max(Vec<double> a, Vec<double> b) { return _mm_max_pd(a.raw, b.raw); }
MYELIN_INLINE Vec<double> min(Vec<double> a, Vec<double> b) { return _mm_min_pd(a.raw, b.raw); }
MYELIN_INLINE Vec<std::uint8_t> max(Vec<std::uint8_t> a, Vec<std::uint8_t> b) {
  return (Vec<std::uint8_t>::Raw)_mm_max_epu8((__m128i)a.raw, (__m128i)b.raw);
}
MYELIN_INLINE Vec<std::uint8_t> min(Vec<std::uint8_t> a, Vec<std::uint8_t> b) {
  return (Vec<std::uint8_t>::Raw)_mm_min_epu8((__m128i)a.raw, (__m128i)b.raw);
}
MYELIN_INLINE Vec<std::int16_t> max(Vec<std::int16_t> a, Vec<std::int16_t> b) {
  return (Vec<std::int16_t>::Raw)_mm_max_epi16((__m128i)a.raw, (__m128i)b.raw);
}
MYELIN_INLINE Vec<std::int16_t> min(Vec<std::int16_t> a, Vec<std::int16_t> b) {
  return (Vec<std::int16_t>::Raw)_mm_min_epi16((__m128i)a.raw, (__m128i)b.raw);
}

// GNU vectors have no square root.
MYELIN_INLINE Vec<float> sqrt(Vec<float> x) { return _mm_sqrt_ps(x.raw); }
MYELIN_INLINE Vec<double> sqrt(Vec<double> x) { return _mm_sqrt_pd(x.raw); }

// One instruction instead of a round trip through memory.
MYELIN_INLINE bool any(LaneMask<4> mask) { return _mm_movemask_ps((__m128)mask.raw) != 0; }
MYELIN_INLINE bool any(LaneMask<8> mask) { return _mm_movemask_pd((__m128d)mask.raw) != 0; }

MYELIN_INLINE Halves widen(Vec<float> v) { return {_mm_cvtps_pd(v.raw), _mm_cvtps_pd(_mm_movehl_ps(v.raw, v.raw))}; }
MYELIN_INLINE Vec<float> narrow(Halves v) { return _mm_movelh_ps(_mm_cvtpd_ps(v.low.raw), _mm_cvtpd_ps(v.high.raw)); }
