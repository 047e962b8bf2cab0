#pragma once
#include <napi.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/plan.h"

namespace myelin {

// A plan and what its runs need.
struct PlanState {
  PlanState(std::vector<double> numbers, const Plan::Layout& layout, std::vector<std::size_t> patches)
      : plan(std::move(numbers), layout, std::move(patches)) {}

  Plan plan;
  std::atomic<Stop> stop{Stop::kNever};
  bool running = false;  // only the JavaScript thread looks at it
};

// The plans of one JavaScript environment, and its runs on other threads. When the environment ends, so do they.
class Plans {
 public:
  explicit Plans(napi_env env) : env_(env) {}
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;

  double add(std::shared_ptr<PlanState> plan);
  const std::shared_ptr<PlanState>& at(double id) const;
  void remove(double id);
  // Runs a prepared plan on another thread, then calls `done` on this one.
  void start(const std::shared_ptr<PlanState>& plan, const Napi::Function& done);

 private:
  struct Run;

  void open();
  static void deliver(napi_env env, napi_value callback, void* context, void* data);
  static void work(void* run);
  static void end(void* plans);

  napi_env env_;
  std::unordered_map<double, std::shared_ptr<PlanState>> plans_;
  double next_ = 1;
  napi_threadsafe_function wake_ = nullptr;
  int undelivered_ = 0;

  std::mutex mutex_;
  std::condition_variable idle_;
  std::uint64_t runs_ = 0;
  // By number: the memory of a run that has been delivered may be that of the next one already. Guarded by mutex_.
  std::unordered_map<std::uint64_t, std::shared_ptr<PlanState>> active_;
};

}  // namespace myelin
