// Speed of matrix products against the machine's own multiply-add peak, for every ISA and several thread counts.
//   gemm_peak [case-substring] [isa] [threads]
// Peak and product alternate within a case and the best of each counts, so that a clock which moves, or a neighbour that
// takes the core for a moment, disturbs the ratio little.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "core/cpu.h"
#include "core/pool.h"
#include "ops/gemm.h"

#include "peak.h"

using namespace myelin;

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double peak_once(const std::string& isa, std::size_t threads) {
  double work = 0;
  const double start = now();
  parallel_for(threads, [&](std::size_t chunk) {
    const double mine = peak::fma(isa);
    if (chunk == 0) work = mine * static_cast<double>(threads);
  });
  return work / (now() - start) * 1e-9;
}

struct Case {
  const char* name;
  std::size_t m, n, k;
  bool a_transposed, b_transposed;
};

constexpr Case kCases[] = {
    {"16^3", 16, 16, 16, false, false},
    {"32^3", 32, 32, 32, false, false},
    {"64^3", 64, 64, 64, false, false},
    {"100^3", 100, 100, 100, false, false},
    {"127^3", 127, 127, 127, false, false},
    {"128^3", 128, 128, 128, false, false},
    {"256^3", 256, 256, 256, false, false},
    {"512^3", 512, 512, 512, false, false},
    {"512^3 ABt", 512, 512, 512, false, true},
    {"512^3 AtB", 512, 512, 512, true, false},
    {"1000^3", 1000, 1000, 1000, false, false},
    {"1024^3", 1024, 1024, 1024, false, false},
    {"1024^3 ABt", 1024, 1024, 1024, false, true},
    {"1024^3 AtB", 1024, 1024, 1024, true, false},
    {"2048^3", 2048, 2048, 2048, false, false},
    {"linear 64x784 -> 512", 64, 512, 784, false, true},
    {"linear 64x512 -> 10", 64, 10, 512, false, true},
    {"linear 256x5408 -> 10", 256, 10, 5408, false, true},
    {"dX 64x512 -> 784", 64, 784, 512, false, false},
    {"dW 512x784, batch 64", 512, 784, 64, true, false},
    {"M8 N512 K784", 8, 512, 784, false, false},
    {"M1 N4096 K4096", 1, 4096, 4096, false, false},
    {"M1 N4096 K4096 ABt", 1, 4096, 4096, false, true},
};

std::vector<float> random_values(std::size_t count) {
  std::vector<float> values(count);
  std::uint32_t state = 12345;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-31f;
  }
  return values;
}

void measure(const Case& c, std::size_t threads) {
  const std::vector<float> a = random_values(c.m * c.k), b = random_values(c.k * c.n);
  std::vector<float> out(c.m * c.n);
  const auto stride = [](std::size_t value) { return static_cast<std::ptrdiff_t>(value); };
  Gemm<float> product{};
  product.m = c.m, product.n = c.n, product.k = c.k;
  product.a = {a.data(), c.a_transposed ? 1 : stride(c.k), c.a_transposed ? stride(c.m) : 1};
  product.b = {b.data(), c.b_transposed ? 1 : stride(c.n), c.b_transposed ? stride(c.k) : 1};
  product.c = {out.data(), stride(c.n), 1};
  const double work = 2.0 * static_cast<double>(c.m) * static_cast<double>(c.n) * static_cast<double>(c.k);
  const int repeats = static_cast<int>(std::clamp(2e8 / work, 1.0, 10000.0));
  const KernelTable& kernels = active_kernels();
  double best = 0, peak = 0;
  constexpr double kSeconds = 0.5;
  for (const double end = now() + kSeconds; now() < end;) {
    peak = std::max(peak, peak_once(kernels.isa, threads));
    const double start = now();
    for (int i = 0; i < repeats; i++) gemm(kernels, product);
    best = std::max(best, work * repeats / (now() - start) * 1e-9);
  }
  std::printf("%-12s %zu  %-24s %8.1f GFLOP/s %6.1f %% of %.0f\n", kernels.isa, threads, c.name, best,
              100 * best / peak, peak);
}

}  // namespace

int main(int argc, char** argv) {
  const char* only = argc > 1 ? argv[1] : "";
  const char* isa = argc > 2 ? argv[2] : "";
  const int only_threads = argc > 3 ? std::atoi(argv[3]) : 0;
  std::printf("isa          threads  case            best of 0.5 s, float32\n");
  for (const KernelTable* table : supported_kernels()) {
    if (std::strcmp(table->isa, "reference") == 0 || (*isa != 0 && std::strcmp(table->isa, isa) != 0)) continue;
    select_kernels(table->isa);
    for (const int threads : {1, 2}) {
      if (only_threads != 0 && threads != only_threads) continue;
      pool::set_threads(threads);
      for (const Case& c : kCases) {
        if (std::strstr(c.name, only) != nullptr) measure(c, static_cast<std::size_t>(threads));
      }
    }
  }
}
