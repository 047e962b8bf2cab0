// libFuzzer as a Node addon, for what is written in TypeScript: `run(arguments, counters, callback)` calls back with input
// after input, and looks at the counters, bytes that the instrumented code raises, for what each of them has reached. It
// ends the process.
#include <node_api.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerRunDriver(int* count, char*** arguments, int (*callback)(const std::uint8_t*, std::size_t));
extern "C" void __sanitizer_cov_8bit_counters_init(std::uint8_t* begin, std::uint8_t* end);
extern "C" void __sanitizer_cov_pcs_init(const std::uintptr_t* begin, const std::uintptr_t* end);

namespace {

napi_env env;
napi_value callback;

void must(bool condition) {
  if (!condition) std::abort();
}

int attempt(const std::uint8_t* data, std::size_t size) {
  napi_handle_scope scope;
  napi_value input, receiver;
  must(napi_open_handle_scope(env, &scope) == napi_ok);
  must(napi_create_buffer_copy(env, size, data, nullptr, &input) == napi_ok);
  must(napi_get_undefined(env, &receiver) == napi_ok);
  // An exception is a finding; the callback has told of it.
  must(napi_call_function(env, receiver, callback, 1, &input, nullptr) == napi_ok);
  must(napi_close_handle_scope(env, scope) == napi_ok);
  return 0;
}

std::string text_of(napi_value list, std::uint32_t index) {
  napi_value item;
  std::size_t length = 0;
  must(napi_get_element(env, list, index, &item) == napi_ok);
  must(napi_get_value_string_utf8(env, item, nullptr, 0, &length) == napi_ok);
  std::string text(length, '\0');
  must(napi_get_value_string_utf8(env, item, text.data(), length + 1, &length) == napi_ok);
  return text;
}

napi_value run(napi_env caller, napi_callback_info info) {
  env = caller;
  std::size_t given = 3;
  napi_value values[3];
  must(napi_get_cb_info(env, info, &given, values, nullptr, nullptr) == napi_ok && given == 3);
  callback = values[2];

  std::size_t length = 0;
  void* counters = nullptr;
  must(napi_get_typedarray_info(env, values[1], nullptr, &length, &counters, nullptr, nullptr) == napi_ok);
  std::uint8_t* const begin = static_cast<std::uint8_t*>(counters);
  __sanitizer_cov_8bit_counters_init(begin, begin + length);
  // A number and a flag stand for each place in the code: with them, libFuzzer tells how many have been reached.
  static std::vector<std::uintptr_t> places;
  for (std::size_t i = 0; i < length; i++) places.insert(places.end(), {i + 1, 0});
  __sanitizer_cov_pcs_init(places.data(), places.data() + places.size());

  std::uint32_t count = 0;
  must(napi_get_array_length(env, values[0], &count) == napi_ok);
  static std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < count; i++) texts.push_back(text_of(values[0], i));
  static std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  int argument_count = static_cast<int>(count);
  char** arguments = pointers.data();
  std::exit(LLVMFuzzerRunDriver(&argument_count, &arguments, attempt));
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  must(napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, nullptr, &function) == napi_ok);
  must(napi_set_named_property(env, exports, "run", function) == napi_ok);
  return exports;
}
