// The kernels that instructions for dot products of bytes and of bfloat16 make faster. The includer names the ISA in
// MYELIN_ISA; all other kernels of this ISA are those of the one it extends. See all.inl for what such a file may include
// and define.
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

#define MYELIN_FORCE_INLINE __attribute__((always_inline))
#define MYELIN_INLINE inline MYELIN_FORCE_INLINE

#include "kernels/bfloat16.inl"
#include "kernels/dot_tile.inl"

#if defined(__AVX512VNNI__)

struct ByteDots {
  using Panel = BytePanel;
  using Element = std::uint8_t;
  using Sum = std::int32_t;
  using Sums = __m512i;
  using Columns = __m512i;
  static constexpr std::size_t kLanes = 16, kRows = 14;

  static MYELIN_INLINE Columns columns(const char* p) { return _mm512_loadu_si512(p); }
  static MYELIN_INLINE Columns element(std::uint32_t word) { return _mm512_set1_epi32(int(word)); }
  static MYELIN_INLINE Sums multiply(Sums sums, Columns element, Columns columns) {
    return _mm512_dpbusd_epi32(sums, element, columns);
  }
  static MYELIN_INLINE Sum excess(const std::uint8_t*, std::size_t) { return 0; }
  static MYELIN_INLINE std::int32_t result(Sum sum) { return sum; }
};

#elif defined(__ARM_FEATURE_DOTPROD)

// The instruction multiplies bytes of one signedness: b is read as b + 128, and 128 times the sum of a is taken off. All
// of it is modulo 2^32, and the true result fits.
struct ByteDots {
  using Panel = BytePanel;
  using Element = std::uint8_t;
  using Sum = std::int32_t;
  using Sums = uint32x4_t;
  using Columns = uint8x16_t;
  static constexpr std::size_t kLanes = 4, kRows = 14;

  static MYELIN_INLINE Columns columns(const char* p) {
    return veorq_u8(vld1q_u8(reinterpret_cast<const std::uint8_t*>(p)), vdupq_n_u8(128));
  }
  static MYELIN_INLINE Columns element(std::uint32_t word) { return vreinterpretq_u8_u32(vdupq_n_u32(word)); }
  static MYELIN_INLINE Sums multiply(Sums sums, Columns element, Columns columns) {
    return vdotq_u32(sums, element, columns);
  }
  static MYELIN_INLINE Sum excess(const std::uint8_t* a, std::size_t k) {
    Sum sum = 0;
    for (std::size_t i = 0; i < k; i++) sum += a[i];
    return 128 * sum;
  }
  static MYELIN_INLINE std::int32_t result(Sum sum) { return sum; }
};

#endif

MYELIN_DOT_KERNELS(u8, ByteDots, std::uint8_t, std::int8_t, v ^ 0x80)

#if defined(__AVX512BF16__)

struct BFloat16Dots {
  using Panel = BFloat16Panel;
  using Element = std::uint16_t;
  using Sum = float;
  using Sums = __m512;
  using Columns = __m512i;
  static constexpr std::size_t kLanes = 16, kRows = 14;

  static MYELIN_INLINE Columns columns(const char* p) { return _mm512_loadu_si512(p); }
  // In a register: g++ would read it anew for each vector of columns.
  static MYELIN_INLINE Columns element(std::uint32_t word) {
    Columns all = _mm512_set1_epi32(int(word));
    asm("" : "+v"(all));
    return all;
  }
  static MYELIN_INLINE Sums multiply(Sums sums, Columns element, Columns columns) {
    return _mm512_dpbf16_ps(sums, (__m512bh)element, (__m512bh)columns);
  }
  static MYELIN_INLINE Sum excess(const std::uint16_t*, std::size_t) { return 0; }
  static MYELIN_INLINE std::uint16_t result(Sum sum) { return to_bf16(sum); }
};

MYELIN_DOT_KERNELS(bf16, BFloat16Dots, std::uint16_t, std::uint16_t, v)

#endif

}  // namespace

#define MYELIN_STRING(text) #text
#define MYELIN_NAME(isa) MYELIN_STRING(isa)

// Makes a table of the ISA that this one extends its own.
void specialize(KernelTable& table) {
  table.isa = MYELIN_NAME(MYELIN_ISA);
  table.u8_dot_blocking = u8_dot_blocking;
  table.u8_dot_pack = u8_dot_pack;
  table.u8_dot_panel = u8_dot_panel;
#if defined(__AVX512BF16__)
  table.bf16_dot_blocking = bf16_dot_blocking;
  table.bf16_dot_pack = bf16_dot_pack;
  table.bf16_dot_panel = bf16_dot_panel;
#endif
}

}  // namespace MYELIN_ISA
}  // namespace myelin
