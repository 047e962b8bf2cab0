#include "core/storage.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <string>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "core/check.h"

namespace myelin {
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

  void* allocate(std::size_t bytes) {
    const std::size_t block = block_size(bytes);
    if (void* cached = take(block)) return cached;
    void* data = system_allocate(block);
    if (data == nullptr) {
      trim();
      data = system_allocate(block);
    }
    if (data == nullptr) fail("OUT_OF_MEMORY", "allocation of " + std::to_string(bytes) + " bytes failed");
    const std::lock_guard<std::mutex> lock(mutex_);
    count(block);
    return data;
  }

  void release(void* data, std::size_t bytes) {
    const std::size_t block = block_size(bytes);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stats_.live -= block;
      if (stats_.cached + block <= std::max(kMinCache, stats_.peak)) {
        stats_.cached += block;
        free_[class_of(block)].push_back(data);
        return;
      }
    }
    system_release(data);
  }

  void trim() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (std::vector<void*>& blocks : free_) {
      for (void* data : blocks) system_release(data);
      blocks.clear();
    }
    stats_.cached = 0;
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
  // A cached block, or null.
  void* take(std::size_t block) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<void*>& blocks = free_[class_of(block)];
    if (blocks.empty()) return nullptr;
    void* data = blocks.back();
    blocks.pop_back();
    stats_.cached -= block;
    count(block);
    return data;
  }

  void count(std::size_t block) {
    stats_.live += block;
    stats_.peak = std::max(stats_.peak, stats_.live);
  }

  std::mutex mutex_;
  std::array<std::vector<void*>, kClasses> free_;
  Stats stats_{0, 0, 0};
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

void* allocate(std::size_t bytes) {
  if (bytes > (std::size_t{1} << 48)) fail("OUT_OF_MEMORY", "allocation of " + std::to_string(bytes) + " bytes failed");
  return Cache::instance().allocate(bytes);
}
void release(void* data, std::size_t bytes) { Cache::instance().release(data, bytes); }
void trim() { Cache::instance().trim(); }
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
  return insert(static_cast<char*>(data), bytes, true);
}

const StorageTable::Slot& StorageTable::at(double handle) const {
  // Written so that NaN fails as well.
  if (!(handle >= 0 && handle < kGenerationUnit * (kMaxGeneration + 1.0))) fail("DISPOSED", "no such storage");
  const std::uint32_t index = index_of(handle);
  if (index >= slots_.size() || !slots_[index].live || handle_of(index) != handle) {
    fail("DISPOSED", "the tensor's memory has been released");
  }
  return slots_[index];
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
