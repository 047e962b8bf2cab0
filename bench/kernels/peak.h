#pragma once
// What a core can do at most: independent chains of multiply-adds in registers. Each function returns how many operations
// it did. Functions carry their instruction set as an attribute, so that one file holds them all.
#include <cstdint>
#include <cstring>
#include <string>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace peak {

constexpr int kSteps = 20000;
constexpr int kChains = 12;
inline volatile float sink;
inline volatile std::int32_t integer_sink;

#define MYELIN_CHAINS _Pragma("GCC unroll 12") for (int i = 0; i < kChains; i++)

// Operations of all chains: two (multiply, add) for each of `products` products of an instruction.
constexpr double operations(int products) { return 2.0 * products * kChains * kSteps; }

#if defined(__x86_64__)

__attribute__((target("avx512f"))) inline double fma_avx512() {
  __m512 chain[kChains];
  MYELIN_CHAINS chain[i] = _mm512_set1_ps(1.0f + static_cast<float>(i));
  const __m512 factor = _mm512_set1_ps(0.999f), term = _mm512_set1_ps(1e-3f);
  for (int step = 0; step < kSteps; step++) MYELIN_CHAINS chain[i] = _mm512_fmadd_ps(chain[i], factor, term);
  MYELIN_CHAINS sink = _mm512_cvtss_f32(chain[i]);
  return operations(16);
}

__attribute__((target("avx2,fma"))) inline double fma_avx2() {
  __m256 chain[kChains];
  MYELIN_CHAINS chain[i] = _mm256_set1_ps(1.0f + static_cast<float>(i));
  const __m256 factor = _mm256_set1_ps(0.999f), term = _mm256_set1_ps(1e-3f);
  for (int step = 0; step < kSteps; step++) MYELIN_CHAINS chain[i] = _mm256_fmadd_ps(chain[i], factor, term);
  MYELIN_CHAINS sink = _mm256_cvtss_f32(chain[i]);
  return operations(8);
}

inline double fma_sse2() {
  __m128 chain[kChains];
  MYELIN_CHAINS chain[i] = _mm_set1_ps(1.0f + static_cast<float>(i));
  const __m128 factor = _mm_set1_ps(0.999f), term = _mm_set1_ps(1e-3f);
  for (int step = 0; step < kSteps; step++) MYELIN_CHAINS chain[i] = _mm_add_ps(_mm_mul_ps(chain[i], factor), term);
  MYELIN_CHAINS sink = _mm_cvtss_f32(chain[i]);
  return operations(4);
}

// Peak of float32 on an instruction set, by the name of its kernels.
inline double fma(const std::string& isa) {
  if (isa.rfind("avx512", 0) == 0) return fma_avx512();
  return isa == "avx2" ? fma_avx2() : fma_sse2();
}

// Dot products of pairs of bfloat16. The compiler could compute them beforehand, hence the empty asm.
__attribute__((target("avx512f,avx512bf16"))) inline double bfloat16_dot() {
  __m512 chain[kChains];
  MYELIN_CHAINS chain[i] = _mm512_set1_ps(static_cast<float>(i));
  __m512i bits = _mm512_set1_epi16(0x3c00);
  asm volatile("" : "+v"(bits));
  __m512bh factor;
  std::memcpy(&factor, &bits, sizeof factor);
  for (int step = 0; step < kSteps; step++) {
    MYELIN_CHAINS chain[i] = _mm512_dpbf16_ps(chain[i], factor, factor);
    MYELIN_CHAINS asm volatile("" : "+v"(chain[i]));
  }
  MYELIN_CHAINS sink = _mm512_cvtss_f32(chain[i]);
  return operations(32);
}

// Dot products of four bytes.
__attribute__((target("avx512f,avx512vnni"))) inline double int8_dot() {
  __m512i chain[kChains];
  MYELIN_CHAINS chain[i] = _mm512_set1_epi32(i);
  __m512i factor = _mm512_set1_epi8(1);
  asm volatile("" : "+v"(factor));
  for (int step = 0; step < kSteps; step++) {
    MYELIN_CHAINS chain[i] = _mm512_dpbusd_epi32(chain[i], factor, factor);
    MYELIN_CHAINS asm volatile("" : "+v"(chain[i]));
  }
  MYELIN_CHAINS integer_sink = _mm512_cvtsi512_si32(chain[i]);
  return operations(64);
}

#elif defined(__aarch64__)

inline double fma(const std::string&) {
  float32x4_t chain[kChains];
  MYELIN_CHAINS chain[i] = vdupq_n_f32(1.0f + static_cast<float>(i));
  const float32x4_t factor = vdupq_n_f32(0.999f), term = vdupq_n_f32(1e-3f);
  for (int step = 0; step < kSteps; step++) MYELIN_CHAINS chain[i] = vfmaq_f32(term, chain[i], factor);
  MYELIN_CHAINS sink = vgetq_lane_f32(chain[i], 0);
  return operations(4);
}

#endif

#undef MYELIN_CHAINS

}  // namespace peak
