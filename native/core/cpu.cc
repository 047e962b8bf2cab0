#include "core/cpu.h"

#include <atomic>
#include <cstdint>
#include <utility>

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

// Named as in native/sources.json.
struct Features {
  bool avx2 = false, fma = false, f16c = false;
  bool avx512f = false, avx512bw = false, avx512dq = false, avx512vl = false;
  bool avx512vnni = false, avx512bf16 = false;
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
  const bool osxsave = bit(c, 27), avx = bit(c, 28), fma = bit(c, 12), f16c = bit(c, 29);
  if (!osxsave || !avx) return features;
  const std::uint32_t saved = saved_registers();
  const bool ymm = (saved & 0x06u) == 0x06u, zmm = (saved & 0xE6u) == 0xE6u;
  features.fma = ymm && fma;
  features.f16c = ymm && f16c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return features;
  features.avx2 = ymm && bit(b, 5);
  features.avx512f = zmm && bit(b, 16);
  features.avx512bw = zmm && bit(b, 30);
  features.avx512dq = zmm && bit(b, 17);
  features.avx512vl = zmm && bit(b, 31);
  features.avx512vnni = zmm && bit(c, 11);
  features.avx512bf16 = zmm && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && bit(a, 5);
  return features;
}

const Features& features() {
  static const Features found = detect();
  return found;
}

std::vector<const KernelTable*> detect_tables() {
  std::vector<const KernelTable*> tables;
#if !defined(MYELIN_BASELINE_ONLY)
  const Features& has = features();
  const bool avx2 = has.avx2 && has.fma && has.f16c;
  const bool avx512 = avx2 && has.avx512f && has.avx512bw && has.avx512dq && has.avx512vl;
  if (avx512 && has.avx512vnni && has.avx512bf16) {
    static const KernelTable table = inherit(avx512::table, avx512_dot::specialize);
    tables.push_back(&table);
  }
  if (avx512) tables.push_back(&avx512::table);
  if (avx2) tables.push_back(&avx2::table);
#endif
  tables.push_back(&sse2::table);
  tables.push_back(&reference::table);
  return tables;
}

std::vector<std::pair<std::string_view, bool>> named_features() {
  const Features& has = features();
  return {{"sse2", true},
          {"avx2", has.avx2},
          {"fma", has.fma},
          {"f16c", has.f16c},
          {"avx512f", has.avx512f},
          {"avx512bw", has.avx512bw},
          {"avx512dq", has.avx512dq},
          {"avx512vl", has.avx512vl},
          {"avx512vnni", has.avx512vnni},
          {"avx512bf16", has.avx512bf16}};
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
#if !defined(MYELIN_BASELINE_ONLY)
  if (has_dot_products()) {
    static const KernelTable table = inherit(neon::table, neon_dot::specialize);
    tables.push_back(&table);
  }
#endif
  tables.push_back(&neon::table);
  tables.push_back(&reference::table);
  return tables;
}

std::vector<std::pair<std::string_view, bool>> named_features() {
  return {{"neon", true}, {"dotprod", has_dot_products()}};
}

#else

std::vector<const KernelTable*> detect_tables() { return {&reference::table}; }
std::vector<std::pair<std::string_view, bool>> named_features() { return {}; }

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

std::vector<std::string_view> cpu_features() {
  std::vector<std::string_view> names;
  for (const auto& [name, present] : named_features()) {
    if (present) names.push_back(name);
  }
  return names;
}

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
