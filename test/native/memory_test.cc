// Many threads, each with storages and working memory of its own, take from one pool of memory and give back to it, while
// limits change and what is cached is dropped: no block may be in two hands, and none may be lost.
#include <atomic>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "core/pool.h"
#include "core/scratch.h"
#include "core/storage.h"

using namespace myelin;

namespace {

constexpr int kThreads = 8;
constexpr int kSteps = 4000;
constexpr std::size_t kLimit = std::size_t{64} << 20;

int passed = 0;
int failed = 0;

void check(const char* name, bool ok) {
  (ok ? passed : failed)++;
  if (!ok) std::printf("FAILED %s\n", name);
}

bool all_are(const StorageTable::Slot& slot, char mark) {
  for (std::size_t i = 0; i < slot.bytes; i++) {
    if (slot.data[i] != mark) return false;
  }
  return true;
}

// Now and then, what a user of any thread may ask for at any time.
void disturb(std::uint32_t kind) {
  if (kind == 0) memory::trim();
  if (kind == 1) memory::reset_peak();
  if (kind == 2) memory::set_limit(kLimit / 4);
  if (kind == 3) memory::set_limit(kLimit);
  if (kind == 4) release_scratch();
}

// Fills what it takes with a mark of its own, and looks for it before it gives it back.
bool keeps_its_marks(int thread) {
  std::mt19937 random(static_cast<std::uint32_t>(thread));
  const char mark = static_cast<char>(thread + 1);
  StorageTable storages;
  std::vector<double> held;
  for (int step = 0; step < kSteps; step++) {
    disturb(random() % 64);
    try {
      if (random() % 2 == 0) {
        held.push_back(storages.allocate(random() % 2 == 0 ? random() % 512 : random() % 20000));
        const StorageTable::Slot& slot = storages.at(held.back());
        std::memset(slot.data, mark, slot.bytes);
      } else {
        std::memset(scratch<char>(Scratch::kRows, 1 + random() % 4096), mark, 1);
      }
    } catch (const OutOfMemory&) {
      // The limit is low at the moment.
    }
    if (held.size() > 20) {
      const std::size_t at = random() % held.size();
      if (!all_are(storages.at(held[at]), mark)) return false;
      storages.release(held[at]);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  return true;
}

bool concurrent_threads() {
  std::atomic<bool> ok{true};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; thread++) {
    threads.emplace_back([&, thread] {
      if (!keeps_its_marks(thread)) ok = false;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return ok;
}

// Threads of the pool have working memory too, which stays with them.
bool scratch_in_loops() {
  std::atomic<bool> ok{true};
  for (int i = 0; i < 2000; i++) {
    parallel_for(8, [&](std::size_t chunk) {
      char* const bytes = scratch<char>(Scratch::kPackA, 1000 + chunk);
      std::memset(bytes, static_cast<int>(chunk), 1000);
      if (bytes[0] != static_cast<char>(chunk) || bytes[999] != bytes[0]) ok = false;
    });
  }
  return ok;
}

// What a program has done with must not keep out of the cache what it works with. The sizes are of different classes.
bool stale_sizes_make_room() {
  constexpr std::size_t kCached = std::size_t{256} << 20, kStale = kCached / 4, kInUse = 3 * kStale / 2;
  memory::trim();
  void* blocks[4];
  for (void*& block : blocks) block = memory::allocate(kStale);
  for (void* block : blocks) memory::release(block, kStale);
  if (memory::stats().cached != kCached) return false;
  memory::release(memory::allocate(kInUse), kInUse);
  return memory::stats().cached == 2 * kStale + kInUse;
}

bool alone_is_exact() {
  constexpr std::size_t kBytes = (std::size_t{17} << 20) + 65;
  const memory::Stats before = memory::stats();
  void* const data = memory::allocate_alone(kBytes);
  std::memset(data, 1, kBytes);
  const memory::Stats held = memory::stats();
  memory::release_alone(data, kBytes);
  const memory::Stats after = memory::stats();
  const bool exact = held.live - before.live == kBytes + 63;
  return exact && after.live == before.live && after.cached <= before.cached;
}

}  // namespace

int main() {
  memory::set_limit(kLimit);
  check("no block is in two hands", concurrent_threads());
  check("everything was given back", memory::stats().live == 0);
  memory::set_limit(memory::kNoLimit);
  check("stale sizes make room", stale_sizes_make_room());
  check("what is had alone is neither rounded up nor kept", alone_is_exact());
  pool::set_threads(4);
  check("working memory in loops", scratch_in_loops());
  release_scratch();
  check("working memory stays with the pool's threads alone", memory::stats().live <= 3 * memory::block_size(1007));
  memory::trim();
  check("nothing is cached", memory::stats().cached == 0);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
