#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>

#include "binding/environment.h"
#include "core/scratch.h"

namespace myelin {

Environment::~Environment() {
  for (napi_ref owner : owners_) {
    if (owner != nullptr) napi_delete_reference(env_, owner);
  }
}

void Environment::own(double handle, napi_value owner) {
  const std::uint32_t index = StorageTable::index_of(handle);
  if (index >= owners_.size()) owners_.resize(std::max<std::size_t>(64, 2 * std::size_t{index} + 1), nullptr);
  napi_create_reference(env_, owner, 0, &owners_[index]);
}

void Environment::release(double handle) {
  storages.release(handle);
  const std::uint32_t index = StorageTable::index_of(handle);
  if (index < owners_.size() && owners_[index] != nullptr) {
    napi_delete_reference(env_, owners_[index]);
    owners_[index] = nullptr;
  }
}

std::size_t Environment::sweep() {
  constexpr std::size_t kScope = 1024;  // handles made by looking at references pile up until their scope closes
  std::size_t released = 0;
  for (std::size_t begin = 0; begin < owners_.size(); begin += kScope) {
    const Napi::HandleScope scope(env_);
    for (std::size_t i = begin; i < std::min(begin + kScope, owners_.size()); i++) {
      if (owners_[i] == nullptr) continue;
      napi_value owner = nullptr;
      napi_get_reference_value(env_, owners_[i], &owner);
      if (owner != nullptr) continue;
      release(storages.handle_of(static_cast<std::uint32_t>(i)));
      released++;
    }
  }
  return released;
}

void Environment::report() {
  constexpr std::int64_t kStep = 1 << 20;
  const std::int64_t live = static_cast<std::int64_t>(storages.live_bytes());
  if (std::abs(live - reported_) >= kStep) {
    std::int64_t total = 0;
    napi_adjust_external_memory(env_, live - reported_, &total);
    reported_ = live;
  }
}

Napi::Error to_javascript(Napi::Env env, const std::exception_ptr& thrown) {
  const auto coded = [&](const char* code, const char* message) {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", Napi::String::New(env, code));
    return error;
  };
  try {
    std::rethrow_exception(thrown);
  } catch (const OutOfMemory& cause) {
    const auto number = [&](std::size_t value) { return Napi::Number::New(env, static_cast<double>(value)); };
    Napi::Error error = coded(cause.code(), cause.what());
    error.Set("asked", number(cause.asked()));
    error.Set("live", number(cause.live()));
    error.Set("limit", Napi::Number::New(env, limit_number(cause.limit())));
    return error;
  } catch (const Error& error) {
    return coded(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return coded("OUT_OF_MEMORY", "out of memory");
  } catch (const std::exception& error) {
    return coded("UNSUPPORTED", error.what());
  }
}

Bytes bytes_of(const Napi::Value& value) {
  static constexpr std::size_t kSizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};  // by napi_typedarray_type
  // Kept by a Node-API that has no name for the array's type; a later one names it beyond the sizes.
  napi_typedarray_type type = static_cast<napi_typedarray_type>(std::size(kSizes));
  std::size_t length = 0;
  void* data = nullptr;
  napi_value buffer;
  std::size_t offset = 0;
  if (napi_get_typedarray_info(value.Env(), value, &type, &length, &data, &buffer, &offset) != napi_ok ||
      static_cast<std::size_t>(type) >= std::size(kSizes)) {
    fail("TYPE", "expected a typed array of a known type");
  }
  return {static_cast<char*>(data), data == nullptr ? 0 : length * kSizes[type]};
}

double number_at(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsNumber()) fail("TYPE", "expected a number");
  return info[index].As<Napi::Number>().DoubleValue();
}

std::size_t size_at(const Napi::CallbackInfo& info, std::size_t index) {
  const double value = number_at(info, index);
  if (!(value >= 0 && value <= 9007199254740992.0)) fail("TYPE", "expected a size in bytes");
  return static_cast<std::size_t>(value);
}

namespace {

// allocate(bytes, owner): a storage with undefined contents, as a handle.
Napi::Value allocate(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    Environment& environment = Environment::of(info);
    const double handle = environment.storages.allocate(size_at(info, 0));
    if (info[1].IsObject()) environment.own(handle, info[1]);
    return Napi::Number::New(info.Env(), handle);
  });
}

// borrow(typedArray, owner): a storage over the array's own bytes; the owner must keep the array alive.
Napi::Value borrow(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    Environment& environment = Environment::of(info);
    const Bytes bytes = bytes_of(info[0]);
    const double handle = environment.storages.borrow(bytes.data, bytes.size);
    if (info[1].IsObject()) environment.own(handle, info[1]);
    return Napi::Number::New(info.Env(), handle);
  });
}

// release(handle)
void release(const Napi::CallbackInfo& info) {
  guarded(info, [&] { Environment::of(info).release(number_at(info, 0)); });
}

Bytes window(const Napi::CallbackInfo& info, std::size_t length) {
  const StorageTable::Slot& slot = Environment::of(info).storages.at(number_at(info, 0));
  const std::size_t offset = size_at(info, 1);
  require(offset <= slot.bytes && length <= slot.bytes - offset, "a copy reaches outside its storage");
  return {slot.data + offset, length};
}

// read(handle, byteOffset, typedArray): fills the array from the storage.
void read(const Napi::CallbackInfo& info) {
  guarded(info, [&] {
    const Bytes target = bytes_of(info[2]);
    const Bytes source = window(info, target.size);
    if (target.size > 0) std::memcpy(target.data, source.data, target.size);
  });
}

// write(handle, byteOffset, typedArray): fills the storage from the array.
void write(const Napi::CallbackInfo& info) {
  guarded(info, [&] {
    const Bytes source = bytes_of(info[2]);
    const Bytes target = window(info, source.size);
    if (source.size > 0) std::memcpy(target.data, source.data, source.size);
  });
}

// sweep(): releases what the collector has found unreachable; returns how many storages.
Napi::Value sweep(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(Environment::of(info).sweep()));
}

// report(): tells the collector how much memory hangs on its objects.
void report(const Napi::CallbackInfo& info) { Environment::of(info).report(); }

// contains(handle): whether the storage is alive.
Napi::Value contains(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    return Napi::Boolean::New(info.Env(), Environment::of(info).storages.contains(number_at(info, 0)));
  });
}

// memory(): [live storages, live bytes] of this environment, [live, cached, peak, limit] bytes of the process.
Napi::Value statistics(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::of(info);
  const memory::Stats stats = memory::stats();
  const double values[] = {static_cast<double>(environment.storages.live_count()),
                           static_cast<double>(environment.storages.live_bytes()),
                           static_cast<double>(stats.live),
                           static_cast<double>(stats.cached),
                           static_cast<double>(stats.peak),
                           limit_number(stats.limit)};
  Napi::Array result = Napi::Array::New(info.Env());
  for (std::uint32_t i = 0; i < 6; i++) result.Set(i, Napi::Number::New(info.Env(), values[i]));
  return result;
}

// setLimit(bytes): what the process may have handed out and cached; Infinity lifts it.
void set_limit(const Napi::CallbackInfo& info) {
  guarded(info, [&] {
    memory::set_limit(number_at(info, 0) == std::numeric_limits<double>::infinity() ? memory::kNoLimit
                                                                                    : size_at(info, 0));
  });
}

// trim(): gives the system back what is cached, and the working memory of this thread.
void trim(const Napi::CallbackInfo&) {
  release_scratch();
  memory::trim();
}
void reset_peak(const Napi::CallbackInfo&) { memory::reset_peak(); }

}  // namespace

void export_memory(Napi::Env env, Napi::Object exports) {
  exports.Set("allocate", Napi::Function::New<allocate>(env, "allocate"));
  exports.Set("borrow", Napi::Function::New<borrow>(env, "borrow"));
  exports.Set("release", Napi::Function::New<release>(env, "release"));
  exports.Set("read", Napi::Function::New<read>(env, "read"));
  exports.Set("write", Napi::Function::New<write>(env, "write"));
  exports.Set("sweep", Napi::Function::New<sweep>(env, "sweep"));
  exports.Set("report", Napi::Function::New<report>(env, "report"));
  exports.Set("memory", Napi::Function::New<statistics>(env, "memory"));
  exports.Set("contains", Napi::Function::New<contains>(env, "contains"));
  exports.Set("setLimit", Napi::Function::New<set_limit>(env, "setLimit"));
  exports.Set("trim", Napi::Function::New<trim>(env, "trim"));
  exports.Set("resetPeak", Napi::Function::New<reset_peak>(env, "resetPeak"));
}

}  // namespace myelin
