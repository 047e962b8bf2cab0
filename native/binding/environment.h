#pragma once
#include <napi.h>

#include <vector>

#include "core/command.h"
#include "core/storage.h"

namespace myelin {

// All state of one JavaScript environment (the main thread, or one worker). Deleted with it, storages included.
class Environment {
 public:
  explicit Environment(napi_env env) : env_(env) {}
  static Environment& of(const Napi::CallbackInfo& info) { return *info.Env().GetInstanceData<Environment>(); }

  // Remembers, weakly, the object whose life keeps the storage alive.
  void own(double handle, napi_value owner);
  void release(double handle);
  // Releases every storage whose owner has been collected; returns how many. The safety net under explicit release.
  std::size_t sweep();

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

// Runs `body`; what it throws becomes a JavaScript Error with a `code`.
template <class Body>
auto guarded(const Napi::CallbackInfo& info, Body&& body) {
  try {
    return body();
  } catch (const Error& error) {
    Napi::Error wrapped = Napi::Error::New(info.Env(), error.what());
    wrapped.Set("code", Napi::String::New(info.Env(), error.code()));
    throw wrapped;
  } catch (const std::bad_alloc&) {
    Napi::Error wrapped = Napi::Error::New(info.Env(), "out of memory");
    wrapped.Set("code", Napi::String::New(info.Env(), "OUT_OF_MEMORY"));
    throw wrapped;
  }
}

void export_memory(Napi::Env env, Napi::Object exports);
void export_run(Napi::Env env, Napi::Object exports);
void export_machine(Napi::Env env, Napi::Object exports);

}  // namespace myelin
