#include "core/pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace myelin {
namespace pool {
namespace {

constexpr int kMaxThreads = 256;
// A worker looks for work this long before it sleeps: longer than the gap between two ops of a training step, short
// enough that an idle process leaves the core to others.
constexpr auto kSpin = std::chrono::microseconds(40);
constexpr std::uint64_t kClosed = 0xFFFFFFFFu;

void pause_briefly() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// One loop runs at a time. `ticket_` is (generation << 32 | next chunk); a thread claims a chunk by raising it with a
// compare-and-swap, which fails when the loop it looked at has ended, so stale fields are never acted upon. The loop
// is over when every chunk has been counted as done: a worker that the system has descheduled costs nothing.
class Pool {
 public:
  static Pool& instance() {
    // Never destroyed: workers may outlive static destructors at process exit.
    static Pool* const pool = new Pool;
    return *pool;
  }

  int threads() const { return threads_.load(std::memory_order_relaxed); }

  void set_threads(int count) {
    const int clamped = std::clamp(count, 1, kMaxThreads);
    const std::lock_guard<std::mutex> growing(growth_);
    try {
      for (; workers_ + 1 < clamped; workers_++) std::thread([this, index = workers_] { serve(index); }).detach();
    } catch (const std::system_error&) {
      // A system that allows no more threads gets its work done by those there are.
    }
    threads_.store(std::min(clamped, workers_ + 1), std::memory_order_relaxed);
  }

  void run(std::size_t chunks, Body body, const void* context) {
    if (chunks > 1 && threads() > 1 && !taken_.exchange(true, std::memory_order_acquire)) {
      run_shared(chunks, body, context);
      const std::exception_ptr error = std::exchange(error_, nullptr);
      taken_.store(false, std::memory_order_release);
      if (error != nullptr) std::rethrow_exception(error);
    } else {
      for (std::size_t i = 0; i < chunks; i++) body(context, i);
    }
  }

  void submit(const Task& task) {
    const std::lock_guard<std::mutex> lock(sleep_);
    if (!served_) std::thread([this] { serve_tasks(); }).detach();
    served_ = true;
    tasks_.push_back(task);
    waiting_.fetch_add(1, std::memory_order_seq_cst);
    wake_.notify_all();
  }

 private:
  Pool() = default;

  void run_shared(std::size_t chunks, Body body, const void* context) {
    const std::uint64_t generation = (ticket_.load(std::memory_order_relaxed) >> 32) + 1;
    // Closed before the fields change: a late worker that has seen a new field also sees that its ticket is void.
    ticket_.store(((generation - 1) << 32) | kClosed, std::memory_order_seq_cst);
    chunks_.store(chunks, std::memory_order_release);
    body_.store(body, std::memory_order_release);
    context_.store(context, std::memory_order_release);
    done_.store(0, std::memory_order_relaxed);
    ticket_.store(generation << 32, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) > 0) {
      const std::lock_guard<std::mutex> lock(sleep_);
      wake_.notify_all();
    }
    work();
    while (done_.load(std::memory_order_acquire) < chunks) pause_briefly();
  }

  // Takes chunks of the current loop until none is left.
  void work() {
    std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint64_t chunk = ticket & kClosed;
      const Body body = body_.load(std::memory_order_acquire);
      const void* context = context_.load(std::memory_order_acquire);
      if (chunk >= chunks_.load(std::memory_order_acquire)) return;
      if (ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel, std::memory_order_acquire)) {
        attempt(body, context, chunk);
        done_.fetch_add(1, std::memory_order_release);
        ticket = ticket_.load(std::memory_order_acquire);
      }
    }
  }

  void attempt(Body body, const void* context, std::size_t chunk) {
    try {
      body(context, chunk);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(sleep_);
      if (error_ == nullptr) error_ = std::current_exception();
    }
  }

  bool has_work() const {
    return (ticket_.load(std::memory_order_seq_cst) & kClosed) < chunks_.load(std::memory_order_relaxed);
  }

  bool has_task() const { return waiting_.load(std::memory_order_seq_cst) > 0; }

  // Runs the task that has waited longest; false when there is none.
  bool run_task() {
    if (!has_task()) return false;
    std::unique_lock<std::mutex> lock(sleep_);
    if (tasks_.empty()) return false;
    const Task task = tasks_.front();
    tasks_.pop_front();
    waiting_.fetch_sub(1, std::memory_order_seq_cst);
    lock.unlock();
    task.run(task.context);
    return true;
  }

  // Until `ready`, but no longer than kSpin. Reading the clock takes as long as a pause, so it is read now and then.
  template <class Ready>
  static void spin(const Ready& ready) {
    constexpr int kPauses = 32;
    const auto deadline = std::chrono::steady_clock::now() + kSpin;
    do {
      for (int i = 0; i < kPauses; i++) {
        if (ready()) return;
        pause_briefly();
      }
    } while (std::chrono::steady_clock::now() < deadline);
  }

  template <class Ready>
  void sleep(const Ready& ready) {
    std::unique_lock<std::mutex> lock(sleep_);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    wake_.wait(lock, ready);
    sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  }

  void serve(int index) {
    // A worker beyond the wanted number of threads sleeps through everything.
    const auto ready = [&] { return (has_work() || has_task()) && index + 1 < threads(); };
    for (;;) {
      if (index + 1 < threads()) {
        work();
        lent_.fetch_add(1, std::memory_order_seq_cst);
        const bool ran = run_task();
        lent_.fetch_sub(1, std::memory_order_seq_cst);
        if (ran) continue;
      }
      spin(ready);
      if (!ready()) sleep(ready);
    }
  }

  // Whoever is first takes a task. When a worker is, this thread shares loops in its place: else a task would have one thread
  // fewer than a loop of the JavaScript thread has.
  void serve_tasks() {
    const auto replaces = [&] { return lent_.load(std::memory_order_seq_cst) > 0; };
    const auto ready = [&] { return has_task() || (replaces() && has_work()); };
    for (;;) {
      if (run_task()) continue;
      if (replaces()) work();
      spin(ready);
      if (!ready()) sleep(ready);
    }
  }

  std::atomic<std::uint64_t> ticket_{kClosed};
  std::atomic<std::size_t> chunks_{0};
  std::atomic<Body> body_{nullptr};
  std::atomic<const void*> context_{nullptr};
  alignas(64) std::atomic<std::size_t> done_{0};
  alignas(64) std::atomic<int> sleepers_{0};
  std::atomic<int> threads_{0};     // 0: nobody has chosen yet, loops run on their caller
  std::atomic<bool> taken_{false};  // by the loop that runs now; not a mutex, since a loop may ask from inside itself
  std::mutex growth_;               // of workers_
  std::mutex sleep_;                // also guards error_ while a loop runs, and tasks
  std::exception_ptr error_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;       // guarded by sleep_
  std::atomic<int> waiting_{0};  // tasks_.size()
  std::atomic<int> lent_{0};     // workers that are at a task
  bool served_ = false;          // guarded by sleep_
  int workers_ = 0;
};

}  // namespace

int threads() { return Pool::instance().threads(); }
void set_threads(int count) { Pool::instance().set_threads(count); }
void run(std::size_t chunks, Body body, const void* context) { Pool::instance().run(chunks, body, context); }
void submit(const Task& task) { Pool::instance().submit(task); }

}  // namespace pool
}  // namespace myelin
