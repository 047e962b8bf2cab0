#include "binding/environment.h"

namespace {

// Each environment (and each test file that loads the addon anew) gets its own state; kernels, memory cache and
// threads belong to the process.
Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new myelin::Environment(env));
  myelin::export_memory(env, exports);
  myelin::export_run(env, exports);
  myelin::export_plan(env, exports);
  myelin::export_machine(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(myelin, init)
