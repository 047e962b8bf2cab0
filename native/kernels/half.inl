// float32 from and to the floats of two bytes: float16 (IEEE 754 binary16) and bfloat16 (the upper half of a float32).
// Rounding is to nearest, ties to even. A NaN stays one, made quiet, with the leading bits of its payload; that is what
// the instructions do, so every ISA gives the same bits. Plain loops, which compilers vectorise: all cases are computed
// and one is chosen.

constexpr std::uint32_t kRebias = 127 - 15;  // between the exponents of float32 and float16

MYELIN_INLINE float from_f16(std::uint16_t half) {
  const std::uint32_t magnitude = std::uint32_t(half & 0x7FFF) << 13, sign = std::uint32_t(half & 0x8000) << 16;
  const std::uint32_t normal = magnitude + (kRebias << 23), special = normal + (kRebias << 23);
  // A denormal m 2^-24 is read as the mantissa of 2^-14 (1 + m 2^-10), and its 1 is taken off again.
  const std::uint32_t denormal = bits_of(float_of(magnitude + ((kRebias + 1) << 23)) - 0x1p-14f);
  const std::uint32_t quiet = special > kInfinityBits ? kQuietBit : 0;
  const std::uint32_t large = magnitude >= (31u << 23) ? special | quiet : normal;
  return float_of((magnitude < (1u << 23) ? denormal : large) | sign);
}

MYELIN_INLINE std::uint16_t to_f16(float x) {
  const std::uint32_t bits = bits_of(x), magnitude = bits & 0x7FFFFFFF, sign = (bits >> 16) & 0x8000;
  const std::uint32_t rounded = ((magnitude + 0xFFF + ((magnitude >> 13) & 1)) >> 13) - (kRebias << 10);
  // Floats from 1/2 on are 2^-24 apart, as float16's denormals are: the sum is rounded to those.
  const std::uint32_t denormal = bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f);
  const std::uint32_t finite = magnitude < ((kRebias + 1) << 23) ? denormal : rounded < 0x7C00 ? rounded : 0x7C00;
  const std::uint32_t nan = 0x7E00 | ((magnitude >> 13) & 0x3FF);
  return std::uint16_t((magnitude > kInfinityBits ? nan : finite) | sign);
}

void f16_to_f32(const std::uint16_t* x, float* out, std::size_t n) {
  std::size_t i = 0;
#if defined(__AVX512F__)
  for (; i + 16 <= n; i += 16) _mm512_storeu_ps(out + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)(x + i))));
#elif defined(__F16C__)
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)(x + i))));
#elif defined(__aarch64__)
  for (; i + 4 <= n; i += 4) vst1q_f32(out + i, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(x + i))));
#endif
  for (; i < n; i++) out[i] = from_f16(x[i]);
}

void f32_to_f16(const float* x, std::uint16_t* out, std::size_t n) {
  std::size_t i = 0;
#if defined(__AVX512F__)
  for (; i + 16 <= n; i += 16)
    _mm256_storeu_si256((__m256i*)(out + i), _mm512_cvtps_ph(_mm512_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
#elif defined(__F16C__)
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128((__m128i*)(out + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
#elif defined(__aarch64__)
  for (; i + 4 <= n; i += 4) vst1_u16(out + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(x + i))));
#endif
  for (; i < n; i++) out[i] = to_f16(x[i]);
}

void bf16_to_f32(const std::uint16_t* x, float* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i++) out[i] = float_of(std::uint32_t(x[i]) << 16);
}

void f32_to_bf16(const float* x, std::uint16_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i++) out[i] = to_bf16(x[i]);
}
