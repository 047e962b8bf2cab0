// The kernels that instructions for dot products of bytes make faster. The includer names the ISA in MYELIN_ISA; all other
// kernels of this ISA are those of the one it extends. See all.inl for what such a file may include and define.
#include <cstddef>
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "kernels/kernels.h"

namespace myelin {
namespace MYELIN_ISA {
namespace {

#if defined(__AVX512VNNI__)

using Sums = __m512i;
constexpr std::size_t kBytes = 64;

// The last step reads no byte beyond k: masked ones are 0 on both sides.
template <std::size_t kRows>
inline void dots(const std::uint8_t* a, const std::int8_t* b, std::ptrdiff_t b_stride, std::int32_t* out,
                 std::size_t k) {
  Sums sums[kRows];
  for (std::size_t row = 0; row < kRows; row++) sums[row] = _mm512_setzero_si512();
  const auto step = [&](std::size_t i, __mmask64 mask) __attribute__((always_inline)) {
    const __m512i bytes = _mm512_maskz_loadu_epi8(mask, a + i);
    for (std::size_t row = 0; row < kRows; row++) {
      const std::int8_t* other = b + static_cast<std::ptrdiff_t>(row) * b_stride;
      sums[row] = _mm512_dpbusd_epi32(sums[row], bytes, _mm512_maskz_loadu_epi8(mask, other + i));
    }
  };
  std::size_t i = 0;
  for (; i + kBytes <= k; i += kBytes) step(i, ~__mmask64{0});
  if (i < k) step(i, ~__mmask64{0} >> (kBytes - (k - i)));
  for (std::size_t row = 0; row < kRows; row++) out[row] = _mm512_reduce_add_epi32(sums[row]);
}

#elif defined(__ARM_FEATURE_DOTPROD)

using Sums = uint32x4_t;
constexpr std::size_t kBytes = 16;

// The first bytes of an unfinished vector, 0 beyond.
template <class T>
inline uint8x16_t partial_load(const T* p, std::size_t count) {
  std::uint8_t bytes[kBytes] = {};
  for (std::size_t i = 0; i < count; i++) bytes[i] = static_cast<std::uint8_t>(p[i]);
  return vld1q_u8(bytes);
}

inline uint8x16_t whole_load(const std::uint8_t* p) { return vld1q_u8(p); }
inline uint8x16_t whole_load(const std::int8_t* p) { return vreinterpretq_u8_s8(vld1q_s8(p)); }

// The instruction multiplies bytes of one signedness: b is read as b + 128, and 128 times the sum of a is taken off. All
// of it is modulo 2^32, and the true result fits.
template <std::size_t kRows>
inline void dots(const std::uint8_t* a, const std::int8_t* b, std::ptrdiff_t b_stride, std::int32_t* out,
                 std::size_t k) {
  const uint8x16_t offset = vdupq_n_u8(128), ones = vdupq_n_u8(1);
  Sums sums[kRows], sum_a = vdupq_n_u32(0);
  for (std::size_t row = 0; row < kRows; row++) sums[row] = vdupq_n_u32(0);
  const auto step = [&](uint8x16_t bytes, auto load_other) __attribute__((always_inline)) {
    sum_a = vdotq_u32(sum_a, bytes, ones);
    for (std::size_t row = 0; row < kRows; row++) {
      const uint8x16_t other = load_other(b + static_cast<std::ptrdiff_t>(row) * b_stride);
      sums[row] = vdotq_u32(sums[row], bytes, veorq_u8(other, offset));
    }
  };
  std::size_t i = 0;
  for (; i + kBytes <= k; i += kBytes) {
    step(whole_load(a + i), [i](const std::int8_t* other) { return whole_load(other + i); });
  }
  if (i < k) {
    step(partial_load(a + i, k - i), [i, k](const std::int8_t* other) { return partial_load(other + i, k - i); });
  }
  const std::uint32_t excess = 128 * vaddvq_u32(sum_a);
  for (std::size_t row = 0; row < kRows; row++) {
    out[row] = static_cast<std::int32_t>(vaddvq_u32(sums[row]) - excess);
  }
}

#endif

// Four rows at a time share one read of a, and their sums hide the latency of each other.
void u8_dots(const std::uint8_t* a, const std::int8_t* b, std::ptrdiff_t b_stride, std::int32_t* out, std::size_t n,
             std::size_t k) {
  std::size_t j = 0;
  for (; j + 4 <= n; j += 4, b += 4 * b_stride) dots<4>(a, b, b_stride, out + j, k);
  for (; j < n; j++, b += b_stride) dots<1>(a, b, b_stride, out + j, k);
}

}  // namespace

#define MYELIN_STRING(text) #text
#define MYELIN_NAME(isa) MYELIN_STRING(isa)

// Makes a table of the ISA that this one extends its own.
void specialize(KernelTable& table) {
  table.isa = MYELIN_NAME(MYELIN_ISA);
  table.u8_dots = u8_dots;
}

}  // namespace MYELIN_ISA
}  // namespace myelin
