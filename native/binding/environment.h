#pragma once
#include <napi.h>

#include <exception>
#include <limits>
#include <vector>

#include "binding/plans.h"
#include "core/command.h"
#include "core/storage.h"

namespace myelin {

// All state of one JavaScript environment (the main thread, or one worker). Deleted with it, storages included.
class Environment {
 public:
  explicit Environment(napi_env env) : plans(env), env_(env) {}
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment();
  static Environment& of(const Napi::CallbackInfo& info) { return *info.Env().GetInstanceData<Environment>(); }

  // Remembers, weakly, the object whose life keeps the storage alive.
  void own(double handle, napi_value owner);
  void release(double handle);
  // Releases every storage whose owner has been collected; returns how many. The safety net under explicit release.
  std::size_t sweep();
  // Tells the collector of the bytes that are alive.
  void report();

  StorageTable storages;
  Command command;
  Plans plans;
  Napi::Reference<Napi::Float64Array> row;
  double* row_data = nullptr;
  std::size_t row_length = 0;

 private:
  napi_env env_;
  std::vector<napi_ref> owners_;  // by index of handle; null where nobody owns
  std::int64_t reported_ = 0;     // bytes that the collector has been told of
};

// Bytes as JavaScript sees them: no limit is Infinity.
inline double limit_number(std::size_t limit) {
  return limit == memory::kNoLimit ? std::numeric_limits<double>::infinity() : static_cast<double>(limit);
}

// A JavaScript Error with a `code` that says what was thrown; Napi's own errors are JavaScript's already.
Napi::Error to_javascript(Napi::Env env, const std::exception_ptr& thrown);

// Runs `body`; what it throws becomes a JavaScript Error. Anything that got past would end the process.
template <class Body>
auto guarded(const Napi::CallbackInfo& info, Body&& body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw to_javascript(info.Env(), std::current_exception());
  }
}

// A typed array's memory; a detached one has none.
struct Bytes {
  char* data;
  std::size_t size;
};
Bytes bytes_of(const Napi::Value& value);
double number_at(const Napi::CallbackInfo& info, std::size_t index);
std::size_t size_at(const Napi::CallbackInfo& info, std::size_t index);  // a whole number of bytes or elements

void export_memory(Napi::Env env, Napi::Object exports);
void export_plan(Napi::Env env, Napi::Object exports);
void export_run(Napi::Env env, Napi::Object exports);
void export_machine(Napi::Env env, Napi::Object exports);

}  // namespace myelin
