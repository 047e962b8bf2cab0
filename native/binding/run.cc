#include "binding/environment.h"

namespace myelin {
namespace {

// pin(row): the Float64Array into which commands are written; kept alive and never moved.
void pin(const Napi::CallbackInfo& info) {
  guarded(info, [&] {
    require(info[0].IsTypedArray() && info[0].As<Napi::TypedArray>().TypedArrayType() == napi_float64_array,
            "the command row must be a Float64Array");
    Environment& environment = Environment::of(info);
    Napi::Float64Array row = info[0].As<Napi::Float64Array>();
    environment.row = Napi::Persistent(row);
    environment.row_data = row.Data();
    environment.row_length = row.ElementLength();
  });
}

// run(length, ...owners): runs the command in the row. Owner k keeps the k-th fresh output alive.
void run(const Napi::CallbackInfo& info) {
  guarded(info, [&] {
    Environment& environment = Environment::of(info);
    const double length = info[0].As<Napi::Number>().DoubleValue();
    require(length >= 0 && length <= static_cast<double>(environment.row_length), "a command is longer than its row");
    environment.command.run(environment.row_data, static_cast<std::size_t>(length), environment.storages);
    const std::vector<double>& created = environment.command.created();
    for (std::size_t i = 0; i < created.size() && i + 1 < info.Length(); i++) environment.own(created[i], info[i + 1]);
  });
}

// ops(): [name, inputs, outputs, elementwise] of every op, in the order of their numbers.
Napi::Value ops(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  std::uint32_t index = 0;
  for (const OpInfo& op : all_ops()) {
    Napi::Array entry = Napi::Array::New(env);
    entry.Set(0u, Napi::String::New(env, op.name));
    entry.Set(1u, Napi::Number::New(env, op.inputs));
    entry.Set(2u, Napi::Number::New(env, op.outputs));
    entry.Set(3u, Napi::Boolean::New(env, op.elementwise));
    list.Set(index++, entry);
  }
  return list;
}

}  // namespace

void export_run(Napi::Env env, Napi::Object exports) {
  exports.Set("pin", Napi::Function::New<pin>(env, "pin"));
  exports.Set("run", Napi::Function::New<run>(env, "run"));
  exports.Set("ops", Napi::Function::New<ops>(env, "ops"));
}

}  // namespace myelin
