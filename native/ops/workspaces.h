#pragma once
#include <mutex>
#include <vector>

#include "ops/support.h"

namespace myelin {

// Memory for the chunks of a parallel loop: a block for each of those that can run at once, all had before the first begins.
class Workspaces {
 public:
  Workspaces(std::size_t chunks, std::size_t bytes) : bytes_(bytes) {
    const std::size_t threads = static_cast<std::size_t>(std::max(1, pool::threads()));
    blocks_.reserve(std::min(chunks, threads));
    try {
      for (std::size_t i = 0; i < std::min(chunks, threads); i++) blocks_.push_back(memory::allocate(bytes));
    } catch (...) {
      release();
      throw;
    }
  }
  Workspaces(const Workspaces&) = delete;
  Workspaces& operator=(const Workspaces&) = delete;
  ~Workspaces() { release(); }

  // A block that nobody else uses as long as this object lives; contents undefined.
  class Lease {
   public:
    explicit Lease(Workspaces& owner) : owner_(owner), data_(owner.take()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { owner_.give_back(data_); }
    template <class T>
    T* as() const {
      return static_cast<T*>(data_);
    }

   private:
    Workspaces& owner_;
    void* data_;
  };

 private:
  void* take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (blocks_.empty()) return memory::allocate(bytes_);  // another thread has raised the number of threads meanwhile
    void* data = blocks_.back();
    blocks_.pop_back();
    return data;
  }
  void give_back(void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    blocks_.push_back(data);
  }
  void release() {
    for (void* data : blocks_) memory::release(data, bytes_);
  }

  std::size_t bytes_;
  std::mutex mutex_;
  std::vector<void*> blocks_;
};

}  // namespace myelin
