#include "core/cpu.h"

#include <atomic>
#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace myelin {

#if defined(__x86_64__)
namespace sse2 {
extern const KernelTable table;
}
namespace avx2 {
extern const KernelTable table;
}
namespace avx512 {
extern const KernelTable table;
}
namespace avx512_dot {
void specialize(KernelTable& table);
}
#elif defined(__aarch64__)
namespace neon {
extern const KernelTable table;
}
namespace neon_dot {
void specialize(KernelTable& table);
}
#endif
namespace reference {
extern const KernelTable table;
}

namespace {

// The table of an ISA that extends another one and replaces some of its kernels. Calls code of that ISA, so only a CPU
// that has it may build the table: never when the library is loaded.
[[maybe_unused]] KernelTable inherit(KernelTable table, void (*specialize)(KernelTable&)) {
  specialize(table);
  return table;
}

#if defined(__x86_64__)

struct Features {
  bool avx2 = false;
  bool avx512 = false;
  bool avx512_dot = false;
};

constexpr bool bit(std::uint32_t word, int index) { return ((word >> index) & 1u) != 0; }

// Which register files the operating system saves: an instruction set is of use only when it does.
std::uint32_t saved_registers() {
  std::uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

// Bits as in Intel's Software Developer's Manual, volume 2, CPUID leaves 1 and 7.
Features detect() {
  Features features;
  std::uint32_t a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return features;
  const bool osxsave = bit(c, 27), fma = bit(c, 12), f16c = bit(c, 29), avx = bit(c, 28);
  if (!osxsave || !avx) return features;
  const std::uint32_t saved = saved_registers();
  const bool ymm = (saved & 0x06u) == 0x06u, zmm = (saved & 0xE6u) == 0xE6u;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return features;
  features.avx2 = ymm && bit(b, 5) && fma && f16c;
  features.avx512 = features.avx2 && zmm && bit(b, 16) && bit(b, 17) && bit(b, 30) && bit(b, 31);
  const bool vnni = bit(c, 11);
  std::uint32_t a1, b1, c1, d1;
  const bool bf16 = __get_cpuid_count(7, 1, &a1, &b1, &c1, &d1) != 0 && bit(a1, 5);
  features.avx512_dot = features.avx512 && vnni && bf16;
  return features;
}

std::vector<const KernelTable*> detect_tables() {
  const Features features = detect();
  std::vector<const KernelTable*> tables;
  if (features.avx512_dot) {
    static const KernelTable table = inherit(avx512::table, avx512_dot::specialize);
    tables.push_back(&table);
  }
  if (features.avx512) tables.push_back(&avx512::table);
  if (features.avx2) tables.push_back(&avx2::table);
  tables.push_back(&sse2::table);
  tables.push_back(&reference::table);
  return tables;
}

#elif defined(__aarch64__)

bool has_dot_products() {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__APPLE__)
  return true;  // every Apple CPU that runs macOS on AArch64 has them
#else
  return false;
#endif
}

std::vector<const KernelTable*> detect_tables() {
  std::vector<const KernelTable*> tables;
  if (has_dot_products()) {
    static const KernelTable table = inherit(neon::table, neon_dot::specialize);
    tables.push_back(&table);
  }
  tables.push_back(&neon::table);
  tables.push_back(&reference::table);
  return tables;
}

#else

std::vector<const KernelTable*> detect_tables() { return {&reference::table}; }

#endif

std::atomic<const KernelTable*>& active() {
  static std::atomic<const KernelTable*> table{supported_kernels().front()};
  return table;
}

}  // namespace

const std::vector<const KernelTable*>& supported_kernels() {
  static const std::vector<const KernelTable*> tables = detect_tables();
  return tables;
}

const KernelTable& active_kernels() { return *active().load(std::memory_order_relaxed); }

bool select_kernels(std::string_view isa) {
  for (const KernelTable* table : supported_kernels()) {
    if (isa == table->isa) {
      active().store(table, std::memory_order_relaxed);
      return true;
    }
  }
  return false;
}

}  // namespace myelin
