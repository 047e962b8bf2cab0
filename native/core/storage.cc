#include "core/storage.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace myelin {

OutOfMemory::OutOfMemory(std::size_t asked, std::size_t live, std::size_t limit)
    : Error("OUT_OF_MEMORY", "allocation of " + std::to_string(asked) + " bytes failed"),
      asked_(asked),
      live_(live),
      limit_(limit) {}

namespace memory {
namespace {

constexpr std::size_t kAlign = 64;
// Above this a block asks for huge pages: page faults on fresh memory otherwise cost more than the work on it.
constexpr std::size_t kHuge = std::size_t{1} << 21;
// Freed bytes kept beyond what is in use. A step that frees everything it made reuses it all in the next one.
constexpr std::size_t kMinCache = std::size_t{256} << 20;
constexpr int kClasses = 512;

int class_of(std::size_t block) {
  const std::size_t units = block / kAlign;
  if (units <= 8) return static_cast<int>(units);
  int shift = 0;
  while ((units >> shift) > 15) shift++;
  return 8 * (shift + 1) + static_cast<int>((units >> shift) - 8);
}

std::size_t block_of(int size_class) {
  if (size_class <= 8) return static_cast<std::size_t>(size_class) * kAlign;
  return (static_cast<std::size_t>(8 + size_class % 8) << (size_class / 8 - 1)) * kAlign;
}

std::size_t whole_lines(std::size_t bytes) { return std::max<std::size_t>(1, (bytes + kAlign - 1) / kAlign) * kAlign; }

void* system_allocate(std::size_t block) {
#if defined(_WIN32)
  return _aligned_malloc(block, kAlign);
#else
  const std::size_t align = block >= kHuge ? kHuge : kAlign;
  void* data = nullptr;
  if (posix_memalign(&data, align, block) != 0) return nullptr;
#if defined(__linux__)
  if (block >= kHuge) madvise(data, block, MADV_HUGEPAGE);
#endif
  return data;
#endif
}

void system_release(void* data) {
#if defined(_WIN32)
  _aligned_free(data);
#else
  std::free(data);
#endif
}

class Cache {
 public:
  static Cache& instance() {
    // Never destroyed: scratch of detached threads may be released after static destructors have run.
    static Cache* const cache = new Cache;
    return *cache;
  }

  void* allocate(std::size_t bytes) { return obtain(block_size(bytes), bytes, true); }
  void* allocate_alone(std::size_t bytes) { return obtain(whole_lines(bytes), bytes, false); }

  void release_alone(void* data, std::size_t bytes) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stats_.live -= whole_lines(bytes);
    }
    system_release(data);
  }

  void release(void* data, std::size_t bytes) {
    const std::size_t block = block_size(bytes);
    const int size_class = class_of(block);
    std::unique_lock<std::mutex> lock(mutex_);
    stats_.live -= block;
    asked_[size_class] = ++clock_;
    // Sizes that the program has done with make room, else they would keep out those that it works with.
    while (stats_.cached + block > std::max(kMinCache, highest_) || !fits(block)) {
      const int stalest = stalest_class();
      void* const evicted = stalest < 0 || stalest == size_class ? std::exchange(data, nullptr) : evict(stalest);
      lock.unlock();
      system_release(evicted);
      if (data == nullptr) return;
      lock.lock();
    }
    stats_.cached += block;
    free_[size_class].push_back(data);
  }

  void trim() {
    const std::lock_guard<std::mutex> lock(mutex_);
    empty();
  }

  void set_limit(std::size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    stats_.limit = bytes;
    if (!fits(0)) empty();
  }

  Stats stats() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stats_;
  }

  void reset_peak() {
    const std::lock_guard<std::mutex> lock(mutex_);
    stats_.peak = stats_.live;
  }

 private:
  void* obtain(std::size_t block, std::size_t bytes, bool cached) {
    void* data = claim(block, bytes, cached);
    if (data == nullptr) data = system_allocate(block);
    if (data == nullptr) {
      trim();
      data = system_allocate(block);
    }
    if (data == nullptr) {
      const std::lock_guard<std::mutex> lock(mutex_);
      stats_.live -= block;
      throw OutOfMemory(bytes, stats_.live, stats_.limit);
    }
    return data;
  }

  // Counts a block as handed out, within the limit. Returns one that was cached, or null: then it is yet to be had.
  void* claim(std::size_t block, std::size_t bytes, bool cached) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (block > stats_.limit || stats_.live > stats_.limit - block) throw OutOfMemory(bytes, stats_.live, stats_.limit);
    void* data = nullptr;
    if (cached) {
      const int size_class = class_of(block);
      asked_[size_class] = ++clock_;
      if (!free_[size_class].empty()) data = evict(size_class);
    }
    if (data == nullptr) {
      while (!fits(block)) system_release(evict(stalest_class()));
    }
    stats_.live += block;
    stats_.peak = std::max(stats_.peak, stats_.live);
    highest_ = std::max(highest_, stats_.live);
    return data;
  }

  // Whether `block` more bytes are within the limit, cached ones included.
  bool fits(std::size_t block) const {
    const std::size_t used = stats_.live + stats_.cached;
    return used <= stats_.limit && block <= stats_.limit - used;
  }

  // The class with cached blocks that was asked for the longest ago; -1 when nothing is cached.
  int stalest_class() const {
    int stalest = -1;
    for (int i = 0; i < kClasses; i++) {
      if (!free_[i].empty() && (stalest < 0 || asked_[i] < asked_[stalest])) stalest = i;
    }
    return stalest;
  }

  // Takes a block out of the cache.
  void* evict(int size_class) {
    void* const data = free_[size_class].back();
    free_[size_class].pop_back();
    stats_.cached -= block_of(size_class);
    return data;
  }

  void empty() {
    for (std::vector<void*>& blocks : free_) {
      for (void* data : blocks) system_release(data);
      blocks.clear();
    }
    stats_.cached = 0;
  }

  std::mutex mutex_;
  std::array<std::vector<void*>, kClasses> free_;
  std::array<std::uint64_t, kClasses> asked_{};  // when a block of the class was last taken or given back
  std::uint64_t clock_ = 0;
  std::size_t highest_ = 0;  // of `live`; a program that measures its peak anew must not lose its cache
  Stats stats_{0, 0, 0, kNoLimit};
};

}  // namespace

std::size_t block_size(std::size_t bytes) {
  const std::size_t units = std::max<std::size_t>(1, (bytes + kAlign - 1) / kAlign);
  if (units <= 8) return units * kAlign;
  int shift = 0;
  while (((units - 1) >> shift) >= 16) shift++;
  const std::size_t step = std::size_t{1} << shift;
  return (units + step - 1) / step * step * kAlign;
}

void* nothing() {
  alignas(kAlign) static char place[kAlign];
  return place;
}

namespace {

void require_addressable(std::size_t bytes) {
  constexpr std::size_t kAddressable = std::size_t{1} << 48;
  if (bytes > kAddressable) throw OutOfMemory(bytes, stats().live, stats().limit);
}

}  // namespace

void* allocate(std::size_t bytes) {
  require_addressable(bytes);
  return Cache::instance().allocate(bytes);
}
void* allocate_alone(std::size_t bytes) {
  require_addressable(bytes);
  return Cache::instance().allocate_alone(bytes);
}
void release_alone(void* data, std::size_t bytes) { Cache::instance().release_alone(data, bytes); }
void release(void* data, std::size_t bytes) { Cache::instance().release(data, bytes); }
void trim() { Cache::instance().trim(); }
void set_limit(std::size_t bytes) { Cache::instance().set_limit(bytes); }
Stats stats() { return Cache::instance().stats(); }
void reset_peak() { Cache::instance().reset_peak(); }

}  // namespace memory

namespace {

// handle = generation * 2^24 + index: an exact double up to 2^29 generations of 16 million storages.
constexpr double kGenerationUnit = 16777216.0;
constexpr std::uint32_t kMaxSlots = 16777216u;
constexpr std::uint32_t kMaxGeneration = (1u << 29) - 1;

}  // namespace

StorageTable::~StorageTable() {
  for (const Slot& slot : slots_) {
    if (slot.live && !slot.borrowed) memory::release(slot.data, slot.bytes);
  }
}

std::uint32_t StorageTable::index_of(double handle) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(handle) % kMaxSlots);
}

double StorageTable::handle_of(std::uint32_t index) const { return slots_[index].generation * kGenerationUnit + index; }

void StorageTable::reserve() {
  if (!free_.empty()) return;
  if (slots_.size() >= kMaxSlots) fail("OUT_OF_MEMORY", "16777216 tensors are alive at once");
  slots_.emplace_back();
  // Releasing must not allocate.
  free_.reserve(slots_.capacity());
  free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
}

double StorageTable::insert(char* data, std::size_t bytes, bool borrowed) {
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot = {data, bytes, slot.generation == kMaxGeneration ? 1 : slot.generation + 1, true, borrowed};
  if (!borrowed) live_bytes_ += bytes;
  return handle_of(index);
}

double StorageTable::allocate(std::size_t bytes) {
  reserve();
  return insert(static_cast<char*>(memory::allocate(bytes)), bytes, false);
}

double StorageTable::borrow(void* data, std::size_t bytes) {
  reserve();
  return insert(static_cast<char*>(data == nullptr ? memory::nothing() : data), bytes, true);
}

bool StorageTable::contains(double handle) const {
  // Written so that NaN fails as well.
  if (!(handle >= 0 && handle < kGenerationUnit * (kMaxGeneration + 1.0))) return false;
  const std::uint32_t index = index_of(handle);
  return index < slots_.size() && slots_[index].live && handle_of(index) == handle;
}

const StorageTable::Slot& StorageTable::at(double handle) const {
  if (!contains(handle)) fail("DISPOSED", "the tensor's memory has been released");
  return slots_[index_of(handle)];
}

void StorageTable::release(double handle) {
  at(handle);
  const std::uint32_t index = index_of(handle);
  Slot& slot = slots_[index];
  if (!slot.borrowed) {
    memory::release(slot.data, slot.bytes);
    live_bytes_ -= slot.bytes;
  }
  slot.live = false;
  slot.data = nullptr;
  free_.push_back(index);
}

}  // namespace myelin
