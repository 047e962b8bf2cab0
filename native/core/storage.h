#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/check.h"

namespace myelin {

// Memory that cannot be had: refused by the limit, or by the system.
class OutOfMemory : public Error {
 public:
  OutOfMemory(std::size_t asked, std::size_t live, std::size_t limit);
  std::size_t asked() const { return asked_; }
  std::size_t live() const { return live_; }
  std::size_t limit() const { return limit_; }

 private:
  std::size_t asked_;
  std::size_t live_;
  std::size_t limit_;
};

// The process's memory: 64-byte-aligned blocks in size classes, freed ones kept for the next request.
namespace memory {

constexpr std::size_t kNoLimit = SIZE_MAX;

struct Stats {
  std::size_t live;    // bytes handed out
  std::size_t cached;  // bytes kept for reuse
  std::size_t peak;    // highest `live` so far
  std::size_t limit;   // highest `live` that is allowed
};

// The bytes that a request occupies: 64-byte steps, then eight classes for each doubling (at most 12.5 % unused).
std::size_t block_size(std::size_t bytes);

void* nothing();                              // where no bytes are: null must not be computed with
void* allocate(std::size_t bytes);            // throws OutOfMemory
void release(void* data, std::size_t bytes);  // `bytes` as it was asked for
// The same for what lives long: no larger than whole cache lines, and not kept for reuse.
void* allocate_alone(std::size_t bytes);
void release_alone(void* data, std::size_t bytes);
void trim();                        // gives every cached block back to the system
void set_limit(std::size_t bytes);  // on what is handed out and cached together; kNoLimit lifts it
Stats stats();
void reset_peak();

}  // namespace memory

// The storages of one JavaScript environment by handle. A handle holds an index and a generation, so a stale one is
// recognised. Storages are owned (from `memory`) or borrowed (JavaScript's bytes, kept alive by the caller).
class StorageTable {
 public:
  struct Slot {
    char* data = nullptr;
    std::size_t bytes = 0;
    std::uint32_t generation = 0;
    bool live = false;
    bool borrowed = false;
  };

  StorageTable() = default;
  StorageTable(const StorageTable&) = delete;
  StorageTable& operator=(const StorageTable&) = delete;
  ~StorageTable();

  double allocate(std::size_t bytes);
  double borrow(void* data, std::size_t bytes);
  void release(double handle);          // throws Error("DISPOSED") for a stale handle
  const Slot& at(double handle) const;  // likewise
  bool contains(double handle) const;   // whether `at` would find it

  static std::uint32_t index_of(double handle);
  const std::vector<Slot>& slots() const { return slots_; }
  double handle_of(std::uint32_t index) const;
  std::size_t live_count() const { return slots_.size() - free_.size(); }
  std::size_t live_bytes() const { return live_bytes_; }

 private:
  // Makes sure of a free slot, so that `insert` cannot fail with memory in its hands.
  void reserve();
  double insert(char* data, std::size_t bytes, bool borrowed);

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t live_bytes_ = 0;
};

}  // namespace myelin
