// What this machine can do at most, as JSON: multiply-adds of every instruction set and of dot products, bandwidth over
// working sets that fit into different caches, and the cost of a parallel loop that has nothing to do.
//   limits <seconds of each measurement> <threads>...
// The best of many short turns counts: a limit is what the machine can do, not what neighbours leave of it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cpu.h"
#include "core/pool.h"

#include "peak.h"

using namespace myelin;

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// The best rate, in units a second, of a turn that returns how many units it did.
double best_rate(double seconds, const std::function<double()>& turn) {
  turn();
  double best = 0;
  for (const double end = now() + seconds; now() < end;) {
    const double start = now();
    const double work = turn();
    best = std::max(best, work / (now() - start));
  }
  return best;
}

// Arithmetic.

double peak_rate(double seconds, std::size_t threads, const std::function<double()>& spin) {
  return best_rate(seconds, [&] {
    double work = 0;
    parallel_for(threads, [&](std::size_t chunk) {
      const double mine = spin();
      if (chunk == 0) work = mine * static_cast<double>(threads);
    });
    return work;
  });
}

struct Peak {
  std::string name;
  std::function<double()> spin;
};

std::vector<Peak> peaks() {
  std::vector<Peak> found;
  for (const KernelTable* table : supported_kernels()) {
    const std::string isa = table->isa;
    const bool is_variant = isa.find("_dot") != std::string::npos;
    if (isa != "reference" && !is_variant) found.push_back({isa, [isa] { return peak::fma(isa); }});
  }
#if defined(__x86_64__)
  const std::vector<std::string_view> features = cpu_features();
  const auto has = [&](std::string_view name) {
    return std::find(features.begin(), features.end(), name) != features.end();
  };
  if (has("avx512bf16")) found.push_back({"bfloat16", peak::bfloat16_dot});
  if (has("avx512vnni")) found.push_back({"int8", peak::int8_dot});
#endif
  return found;
}

// Memory.

// GCC and clang split a vector that the instruction set lacks, so that one loop serves all. Four sums, so that reading
// does not wait for adding.
typedef float Wide __attribute__((vector_size(64)));

#if defined(__x86_64__) && defined(__linux__) && !defined(__clang__)
// The best of the listed versions is chosen when the program starts.
#define MYELIN_VERSIONS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MYELIN_VERSIONS
#endif

MYELIN_VERSIONS void read_all(const Wide* from, std::size_t count) {
  Wide sums[4] = {};
  for (std::size_t i = 0; i < count; i += 4)
    for (std::size_t j = 0; j < 4; j++) sums[j] += from[i + j];
  peak::sink = (sums[0] + sums[1] + sums[2] + sums[3])[0];
}

MYELIN_VERSIONS void copy_all(const Wide* from, Wide* to, std::size_t count) {
  for (std::size_t i = 0; i < count; i++) to[i] = from[i];
  asm volatile("" ::: "memory");
}

// Stores that pass the caches: a line need not be read before it is written.
void stream_all(const Wide* from, Wide* to, std::size_t count) {
#if defined(__SSE__)
  const float* source = reinterpret_cast<const float*>(from);
  float* target = reinterpret_cast<float*>(to);
  for (std::size_t i = 0; i < count * 16; i += 4) _mm_stream_ps(target + i, _mm_load_ps(source + i));
  _mm_sfence();
#else
  copy_all(from, to, count);
#endif
}

class Memory {
 public:
  explicit Memory(std::size_t bytes) : data_(static_cast<Wide*>(std::aligned_alloc(64, bytes))) {
    if (data_ == nullptr) std::abort();
    std::memset(static_cast<void*>(data_), 0, bytes);
  }
  ~Memory() { std::free(data_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  Wide* data() const { return data_; }

 private:
  Wide* data_;
};

// GB/s of a loop over `bytes`, cut into one part a thread, again and again for at least a tenth of a millisecond.
template <class Loop>
double bandwidth(double seconds, std::size_t threads, std::size_t bytes, const Loop& loop) {
  const std::size_t part = bytes / sizeof(Wide) / threads / 4 * 4;
  const std::size_t repeats = std::max<std::size_t>(1, (std::size_t{4} << 20) / bytes);
  return 1e-9 * best_rate(seconds, [&] {
           parallel_for(threads, [&](std::size_t chunk) {
             for (std::size_t i = 0; i < repeats; i++) loop(chunk * part, part);
           });
           return static_cast<double>(repeats * part * threads * sizeof(Wide));
         });
}

void print_bandwidth(double seconds, std::size_t threads, std::size_t bytes) {
  const Memory memory(bytes);
  Wide* const all = memory.data();
  const std::size_t half = bytes / sizeof(Wide) / 2;
  const double read =
      bandwidth(seconds, threads, bytes, [&](std::size_t first, std::size_t count) { read_all(all + first, count); });
  // A copy of one half to the other reads and writes as many bytes as there are in both.
  const double plain = 2 * bandwidth(seconds, threads, bytes / 2, [&](std::size_t first, std::size_t count) {
                         copy_all(all + first, all + half + first, count);
                       });
  const double streamed = 2 * bandwidth(seconds, threads, bytes / 2, [&](std::size_t first, std::size_t count) {
                            stream_all(all + first, all + half + first, count);
                          });
  std::printf("{\"threads\": %zu, \"bytes\": %zu, \"read\": %.1f, \"copy\": %.1f}", threads, bytes, read,
              std::max(plain, streamed));
}

// Sizes that fit into the first, second and third cache of today's processors, and into none.
constexpr std::size_t kWorkingSets[] = {std::size_t{24} << 10, std::size_t{512} << 10, std::size_t{8} << 20,
                                        std::size_t{256} << 20};

double empty_region_microseconds(double seconds, std::size_t threads) {
  constexpr int kRegions = 1000;
  const double rate = best_rate(seconds, [&] {
    for (int i = 0; i < kRegions; i++) parallel_for(threads, [](std::size_t) {});
    return static_cast<double>(kRegions);
  });
  return 1e6 / rate;
}

// Prints a comma before every element of a JSON list but the first.
class List {
 public:
  explicit List(const char* name) { std::printf("\"%s\": [", name); }
  ~List() { std::printf("\n]"); }
  void next() {
    std::printf(first_ ? "\n" : ",\n");
    first_ = false;
  }

 private:
  bool first_ = true;
};

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.2;
  std::vector<std::size_t> threads;
  for (int i = 2; i < argc; i++) threads.push_back(static_cast<std::size_t>(std::max(1, std::atoi(argv[i]))));
  const auto each_count = [&](const auto& body) {
    for (const std::size_t count : threads) {
      pool::set_threads(static_cast<int>(count));
      body(count);
    }
  };

  std::printf("{\n");
  {
    List list("peaks");
    for (const Peak& peak : peaks()) {
      each_count([&](std::size_t count) {
        list.next();
        std::printf("{\"name\": \"%s\", \"threads\": %zu, \"speed\": %.1f}", peak.name.c_str(), count,
                    1e-9 * peak_rate(seconds, count, peak.spin));
      });
    }
  }
  std::printf(",\n");
  {
    List list("bandwidths");
    for (const std::size_t bytes : kWorkingSets) {
      each_count([&](std::size_t count) {
        list.next();
        print_bandwidth(seconds, count, bytes * (bytes < (std::size_t{1} << 20) ? count : 1));
      });
    }
  }
  std::printf(",\n");
  {
    List list("regions");
    each_count([&](std::size_t count) {
      list.next();
      std::printf("{\"threads\": %zu, \"microseconds\": %.3f}", count, empty_region_microseconds(seconds, count));
    });
  }
  std::printf("\n}\n");
}
