#include "binding/environment.h"
#include "core/cpu.h"
#include "core/pool.h"

namespace myelin {
namespace {

Napi::Value isa(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), active_kernels().isa); }

// isas(): what this CPU can run, best first.
Napi::Value isas(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  std::uint32_t index = 0;
  for (const KernelTable* table : supported_kernels()) {
    names.Set(index++, Napi::String::New(info.Env(), table->isa));
  }
  return names;
}

// cpuFeatures(): names as in native/sources.json.
Napi::Value features(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  std::uint32_t index = 0;
  for (std::string_view name : cpu_features()) {
    names.Set(index++, Napi::String::New(info.Env(), name.data(), name.size()));
  }
  return names;
}

// compiler(): what this addon was compiled with.
Napi::Value compiler(const Napi::CallbackInfo& info) {
#if defined(__clang__)
  return Napi::String::New(info.Env(), "clang " __clang_version__);
#else
  return Napi::String::New(info.Env(), "g++ " __VERSION__);
#endif
}

// setIsa(name): false when this CPU cannot run it.
Napi::Value set_isa(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), select_kernels(info[0].ToString().Utf8Value()));
}

Napi::Value threads(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), pool::threads()); }
// setThreads(count): what the system refuses to start is an error.
void set_threads(const Napi::CallbackInfo& info) {
  guarded(info, [&] { pool::set_threads(info[0].ToNumber().Int32Value()); });
}

}  // namespace

void export_machine(Napi::Env env, Napi::Object exports) {
  exports.Set("isa", Napi::Function::New<isa>(env, "isa"));
  exports.Set("isas", Napi::Function::New<isas>(env, "isas"));
  exports.Set("cpuFeatures", Napi::Function::New<features>(env, "cpuFeatures"));
  exports.Set("compiler", Napi::Function::New<compiler>(env, "compiler"));
  exports.Set("setIsa", Napi::Function::New<set_isa>(env, "setIsa"));
  exports.Set("threads", Napi::Function::New<threads>(env, "threads"));
  exports.Set("setThreads", Napi::Function::New<set_threads>(env, "setThreads"));
}

}  // namespace myelin
