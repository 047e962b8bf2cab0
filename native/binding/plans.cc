#include "binding/plans.h"

#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "binding/environment.h"
#include "core/pool.h"
#include "ops/conv_packed.h"

namespace myelin {

// One run on another thread: that thread writes `error` and `stopped` before the JavaScript thread is told.
struct Plans::Run {
  Plans* plans;
  std::shared_ptr<PlanState> plan;
  std::uint64_t number;
  Napi::FunctionReference done;
  std::exception_ptr error;
  bool stopped = false;
};

double Plans::add(std::shared_ptr<PlanState> plan) {
  plans_.emplace(next_, std::move(plan));
  return next_++;
}

const std::shared_ptr<PlanState>& Plans::at(double id) const {
  const auto found = plans_.find(id);
  if (found == plans_.end()) fail("DISPOSED", "the plan has been released");
  return found->second;
}

void Plans::remove(double id) {
  at(id);
  plans_.erase(id);
}

void Plans::open() {
  if (wake_ != nullptr) return;
  napi_value name;
  const bool opened = napi_create_string_utf8(env_, "myelin", NAPI_AUTO_LENGTH, &name) == napi_ok &&
                      napi_create_threadsafe_function(env_, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                                      &Plans::deliver, &wake_) == napi_ok;
  if (!opened) fail("UNSUPPORTED", "the event loop cannot be woken");
  // Hooks run last come, first served: runs end before the function that they call is closed.
  napi_add_env_cleanup_hook(env_, &Plans::end, this);
  napi_unref_threadsafe_function(env_, wake_);
}

void Plans::start(const std::shared_ptr<PlanState>& plan, const Napi::Function& done) {
  open();
  std::unique_ptr<Run> run(new Run{this, plan, ++runs_, Napi::Persistent(done), nullptr});
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    active_.emplace(run->number, plan);
  }
  try {
    pool::submit({&Plans::work, run.get()});
  } catch (...) {
    const std::lock_guard<std::mutex> lock(mutex_);
    active_.erase(run->number);
    throw;
  }
  plan->running = true;
  if (undelivered_++ == 0) napi_ref_threadsafe_function(env_, wake_);
  run.release();
}

void Plans::work(void* context) {
  Run* const run = static_cast<Run*>(context);
  Plans& plans = *run->plans;
  const std::uint64_t number = run->number;
  try {
    run->stopped = !run->plan->plan.run(run->plan->stop);
  } catch (...) {
    run->error = std::current_exception();
  }
  // From here on the run belongs to the JavaScript thread.
  napi_call_threadsafe_function(plans.wake_, run, napi_tsfn_nonblocking);
  // Nothing of `plans` may be touched once its end has seen that no run is active.
  const std::lock_guard<std::mutex> lock(plans.mutex_);
  plans.active_.erase(number);
  plans.idle_.notify_all();
}

void Plans::end(void* context) {
  Plans& plans = *static_cast<Plans*>(context);
  std::unique_lock<std::mutex> lock(plans.mutex_);
  for (const auto& [number, plan] : plans.active_) plan->stop.store(Stop::kAtOnce, std::memory_order_relaxed);
  plans.idle_.wait(lock, [&] { return plans.active_.empty(); });
}

void Plans::deliver(napi_env env, napi_value, void*, void* data) {
  const std::unique_ptr<Run> run(static_cast<Run*>(data));
  // The environment has ended: nobody waits, and references have been freed with it.
  if (env == nullptr) return run->done.SuppressDestruct();
  Plans& plans = *run->plans;
  run->plan->running = false;
  if (--plans.undelivered_ == 0) napi_unref_threadsafe_function(env, plans.wake_);
  const Napi::HandleScope scope(env);
  // In a worker that is being terminated each of these may fail, the error's construction too.
  try {
    const Napi::Value position = Napi::Number::New(env, static_cast<double>(run->plan->plan.position()));
    const Napi::Value error =
        run->error == nullptr ? Napi::Env(env).Undefined() : to_javascript(env, run->error).Value();
    run->done.Call({Napi::Boolean::New(env, !run->stopped), position, error});
  } catch (const Napi::Error& thrown) {
    thrown.ThrowAsJavaScriptException();
  }
}

namespace {

std::vector<double> numbers_at(const Napi::CallbackInfo& info, std::size_t index) {
  require(info[index].IsTypedArray() && info[index].As<Napi::TypedArray>().TypedArrayType() == napi_float64_array,
          "expected a Float64Array");
  const Bytes bytes = bytes_of(info[index]);
  const double* values = reinterpret_cast<const double*>(bytes.data);
  return std::vector<double>(values, values + bytes.size / sizeof(double));
}

// createPlan(numbers, patches, slots, arenaBytes, commit, lasting): its id. See native/core/plan.h.
Napi::Value create(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    std::vector<std::size_t> patches;
    for (const double place : numbers_at(info, 1)) {
      require(place >= 0 && place <= 0x1p48, "a plan patches what is no attribute");
      patches.push_back(static_cast<std::size_t>(place));
    }
    const Plan::Layout layout{size_at(info, 2), size_at(info, 3), size_at(info, 4), size_at(info, 5)};
    auto plan = std::make_shared<PlanState>(numbers_at(info, 0), layout, std::move(patches));
    return Napi::Number::New(info.Env(), Environment::of(info).plans.add(std::move(plan)));
  });
}

// packedConvElements(bytes of an element, attributes): see native/ops/conv_packed.h.
Napi::Value packed_conv_elements(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const DType dtype = size_at(info, 0) == sizeof(float) ? DType::kFloat32 : DType::kFloat64;
    const std::vector<double> numbers = numbers_at(info, 1);
    const std::size_t elements = packed_conv_elements(dtype, Attrs(numbers.data(), numbers.size()));
    return Napi::Number::New(info.Env(), static_cast<double>(elements));
  });
}

// A plan that does not run now, ready to do so.
const std::shared_ptr<PlanState>& prepared(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info);
  const std::shared_ptr<PlanState>& plan = environment.plans.at(number_at(info, 0));
  require(!plan->running, "a plan runs already");
  const Bytes bytes = bytes_of(info[1]);
  require(bytes.size == plan->plan.arguments() * sizeof(double), "a run has the wrong number of arguments");
  plan->plan.prepare(reinterpret_cast<const double*>(bytes.data), environment.storages);
  plan->stop.store(Stop::kNever, std::memory_order_relaxed);
  return plan;
}

// Where a run is to write times, if anywhere: one for each command, and one more.
double* times_at(const Napi::CallbackInfo& info, std::size_t index, const Plan& plan) {
  if (info[index].IsUndefined()) return nullptr;
  const Bytes bytes = bytes_of(info[index]);
  require(bytes.size == (plan.commands() + 1) * sizeof(double), "a plan has another number of commands");
  return reinterpret_cast<double*>(bytes.data);
}

// runPlan(id, arguments, times?): runs to the end. When a command fails, the error has its position as `command`.
void run(const Napi::CallbackInfo& info) {
  guarded(info, [&] {
    const std::shared_ptr<PlanState>& plan = prepared(info);
    double* const times = times_at(info, 2, plan->plan);
    try {
      plan->plan.run(plan->stop, times);
    } catch (...) {
      Napi::Error error = to_javascript(info.Env(), std::current_exception());
      error.Set("command", Napi::Number::New(info.Env(), static_cast<double>(plan->plan.position())));
      throw error;
    }
  });
}

// startPlan(id, arguments, done): runs on another thread, then calls done(ranToEnd, position, error).
void start(const Napi::CallbackInfo& info) {
  guarded(info, [&] {
    if (!info[2].IsFunction()) fail("TYPE", "expected a function");
    Environment::of(info).plans.start(prepared(info), info[2].As<Napi::Function>());
  });
}

// stopPlan(id): a run that has written nothing outside yet ends before its next command.
void stop(const Napi::CallbackInfo& info) {
  guarded(info, [&] {
    Environment::of(info).plans.at(number_at(info, 0))->stop.store(Stop::kBeforeCommit, std::memory_order_relaxed);
  });
}

// releasePlan(id): a run that is under way still ends as it would.
void release(const Napi::CallbackInfo& info) {
  guarded(info, [&] { Environment::of(info).plans.remove(number_at(info, 0)); });
}

}  // namespace

void export_plan(Napi::Env env, Napi::Object exports) {
  exports.Set("createPlan", Napi::Function::New<create>(env, "createPlan"));
  exports.Set("packedConvElements", Napi::Function::New<packed_conv_elements>(env, "packedConvElements"));
  exports.Set("runPlan", Napi::Function::New<run>(env, "runPlan"));
  exports.Set("startPlan", Napi::Function::New<start>(env, "startPlan"));
  exports.Set("stopPlan", Napi::Function::New<stop>(env, "stopPlan"));
  exports.Set("releasePlan", Napi::Function::New<release>(env, "releasePlan"));
}

}  // namespace myelin
