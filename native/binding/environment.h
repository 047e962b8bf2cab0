#pragma once
#include <napi.h>

#include <limits>
#include <new>
#include <system_error>
#include <vector>

#include "core/command.h"
#include "core/storage.h"

namespace myelin {

// All state of one JavaScript environment (the main thread, or one worker). Deleted with it, storages included.
class Environment {
 public:
  explicit Environment(napi_env env) : env_(env) {}
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
  Napi::Reference<Napi::Float64Array> row;
  double* row_data = nullptr;
  std::size_t row_length = 0;

 private:
  napi_env env_;
  std::vector<napi_ref> owners_;  // by index of handle; null where nobody owns
  std::int64_t reported_ = 0;     // bytes that the collector has been told of
};

[[noreturn]] inline void throw_coded(Napi::Env env, const char* code, const char* message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  throw error;
}

// Bytes as JavaScript sees them: no limit is Infinity.
inline double limit_number(std::size_t limit) {
  return limit == memory::kNoLimit ? std::numeric_limits<double>::infinity() : static_cast<double>(limit);
}

[[noreturn]] inline void throw_out_of_memory(Napi::Env env, const OutOfMemory& cause) {
  const auto number = [&](std::size_t value) { return Napi::Number::New(env, static_cast<double>(value)); };
  Napi::Error error = Napi::Error::New(env, cause.what());
  error.Set("code", Napi::String::New(env, cause.code()));
  error.Set("asked", number(cause.asked()));
  error.Set("live", number(cause.live()));
  error.Set("limit", Napi::Number::New(env, limit_number(cause.limit())));
  throw error;
}

// Runs `body`; what it throws becomes a JavaScript Error with a `code`. Anything that got past would end the process.
template <class Body>
auto guarded(const Napi::CallbackInfo& info, Body&& body) {
  try {
    return body();
  } catch (const OutOfMemory& error) {
    throw_out_of_memory(info.Env(), error);
  } catch (const Error& error) {
    throw_coded(info.Env(), error.code(), error.what());
  } catch (const std::bad_alloc&) {
    throw_coded(info.Env(), "OUT_OF_MEMORY", "out of memory");
  } catch (const std::system_error& error) {
    throw_coded(info.Env(), "UNSUPPORTED", error.what());
  }
}

void export_memory(Napi::Env env, Napi::Object exports);
void export_run(Napi::Env env, Napi::Object exports);
void export_machine(Napi::Env env, Napi::Object exports);

}  // namespace myelin
