// Hammers the thread pool: every chunk of every region must run exactly once, also when regions are short, when several
// callers compete, when regions nest, and when the number of threads changes.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/pool.h"

using namespace myelin;

namespace {

int passed = 0;
int failed = 0;

void check(const char* name, bool ok) {
  (ok ? passed : failed)++;
  if (!ok) std::printf("FAILED %s\n", name);
}

// Sum over chunks of chunk * salt, gathered without atomics in the chunks themselves.
bool region_sums(std::size_t chunks, std::uint64_t salt) {
  std::vector<std::uint64_t> out(chunks, 0);
  parallel_for(chunks, [&](std::size_t chunk) { out[chunk] += (chunk + 1) * salt; });
  std::uint64_t sum = 0;
  for (const std::uint64_t value : out) sum += value;
  return sum == salt * chunks * (chunks + 1) / 2;
}

bool many_regions(int count) {
  for (int i = 0; i < count; i++) {
    if (!region_sums(1 + static_cast<std::size_t>(i) % 17, static_cast<std::uint64_t>(i) + 1)) return false;
  }
  return true;
}

bool competing_callers() {
  std::atomic<bool> ok{true};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; c++) {
    callers.emplace_back([&] {
      if (!many_regions(5000)) ok = false;
    });
  }
  for (std::thread& caller : callers) caller.join();
  return ok;
}

bool nested_regions() {
  std::atomic<std::uint64_t> count{0};
  parallel_for(8, [&](std::size_t) { parallel_for(8, [&](std::size_t) { count.fetch_add(1); }); });
  return count == 64;
}

bool after_idling() {
  for (int i = 0; i < 20; i++) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    if (!region_sums(16, 3)) return false;
  }
  return true;
}

bool changing_threads() {
  for (int i = 0; i < 200; i++) {
    pool::set_threads(1 + i % 5);
    if (!region_sums(33, 7)) return false;
  }
  return true;
}

bool errors_arrive() {
  for (int i = 0; i < 1000; i++) {
    std::atomic<int> ran{0};
    bool caught = false;
    try {
      parallel_for(16, [&](std::size_t chunk) {
        ran++;
        if (chunk % 5 == 3) throw std::runtime_error("chunk");
      });
    } catch (const std::runtime_error&) {
      caught = true;
    }
    if (!caught || (pool::threads() > 1 && ran != 16) || !region_sums(8, 1)) return false;
  }
  return true;
}

struct Meeting {
  std::atomic<int> inside{0};
  std::atomic<bool> met{false}, over{false};
};

// Both chunks wait for each other, and meet only when two threads share them.
void meet(void* context) {
  Meeting& meeting = *static_cast<Meeting*>(context);
  parallel_for(2, [&](std::size_t) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    if (++meeting.inside == 2) meeting.met = true;
    while (!meeting.met && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    meeting.inside--;
  });
  meeting.over = true;
}

// Whichever thread takes a task, another one shares its loops: also when the thread of tasks was slower than the worker.
bool tasks_share_loops() {
  for (int i = 0; i < 200; i++) {
    Meeting meeting;
    pool::submit({meet, &meeting});
    while (!meeting.over) std::this_thread::yield();
    if (!meeting.met) return false;
    if (i % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

bool ranges_cover() {
  for (std::size_t items = 0; items < 70; items++) {
    for (std::size_t chunks = 1; chunks < 9; chunks++) {
      std::size_t next = 0;
      for (std::size_t chunk = 0; chunk < chunks; chunk++) {
        const Range range = chunk_range(items, chunks, chunk, 4);
        if (range.begin != next || (range.begin % 4 != 0 && range.begin != items)) return false;
        next = range.end;
      }
      if (next != items) return false;
    }
  }
  return true;
}

}  // namespace

int main() {
  check("regions before any thread was asked for", region_sums(10, 1));
  for (const int threads : {1, 2, 3, 7}) {
    pool::set_threads(threads);
    check("100,000 short regions", many_regions(25000));
    check("competing callers", competing_callers());
    check("nested regions", nested_regions());
    check("after idling", after_idling());
    check("errors arrive at the caller", errors_arrive());
    if (threads > 1) check("tasks share their loops", tasks_share_loops());
  }
  check("changing the number of threads", changing_threads());
  check("chunk ranges cover without overlap", ranges_cover());
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
