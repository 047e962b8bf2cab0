#include "ops/power.h"
#include "ops/support.h"

namespace myelin {
namespace {

template <class T>
const T* input(const char* data) {
  return reinterpret_cast<const T*>(data);
}

template <class T>
T* output(char* data) {
  return reinterpret_cast<T*>(data);
}

// Calls run(kernel) with the one of the kernels that is for elements of `dtype`; bool is stored as uint8.
template <class... T, class Run, class... Kernel>
void choose(DType dtype, const Run& run, Kernel*... kernels) {
  const DType stored = dtype == DType::kBool ? DType::kUint8 : dtype;
  const bool known = ((stored == DTypeOf<T>::value && (run(kernels), true)) || ...);
  if (!known) refuse_dtype(dtype);
}

template <class T>
void run_unary(const OpCall& call, UnaryFn<T>* kernel) {
  const View &out = call.out[0], &x = call.in[0];
  out.as<T>();
  for_each_run<2>({&out, &x}, [kernel](const auto& at, const auto& strides, std::size_t n) {
    kernel(input<T>(at[1]), strides[1], output<T>(at[0]), n);
  });
}

template <class... T>
void unary(const OpCall& call, UnaryFn<T>*... kernels) {
  choose<T...>(
      call.in[0].dtype, [&](auto* kernel) { run_unary(call, kernel); }, kernels...);
}

// gelu, and what geluBackward multiplies by: in plans, which know that both are wanted.
void gelu_and_slope(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0], &slope = call.out[1];
  require(same_layout(x, out) && same_layout(x, slope) && x.dense(), "geluAndSlope: tensors lie in different ways");
  const float* from = x.as<float>();
  float *to = out.as<float>(), *slopes = slope.as<float>();
  const std::size_t size = static_cast<std::size_t>(x.size()), chunks = chunks_for(size, kGrain);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(size, chunks, chunk, 64);
    const std::size_t begin = range.begin;
    call.kernels.f32_gelu_and_slope(to + begin, slopes + begin, from + begin, range.end - begin);
  });
}

template <class T>
void run_parametric(const OpCall& call, UnaryParamFn<T>* kernel, double p0, double p1) {
  const View &out = call.out[0], &x = call.in[0];
  out.as<T>();
  const T first = static_cast<T>(p0), second = static_cast<T>(p1);
  for_each_run<2>({&out, &x}, [=](const auto& at, const auto& strides, std::size_t n) {
    kernel(input<T>(at[1]), strides[1], first, second, output<T>(at[0]), n);
  });
}

void parametric(OpCall& call, UnaryParamFn<float>* f32, UnaryParamFn<double>* f64, int parameters) {
  const double p0 = call.attrs.number();
  const double p1 = parameters > 1 ? call.attrs.number() : 0;
  visit_float(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_parametric<T>(call, pick<T>(f32, f64), p0, p1);
  });
}

template <class T>
void run_predicate(const OpCall& call, PredicateFn<T>* kernel) {
  const View &out = call.out[0], &x = call.in[0];
  x.as<T>();
  require(out.dtype == DType::kBool, "the op gives bool");
  for_each_run<2>({&out, &x}, [kernel](const auto& at, const auto& strides, std::size_t n) {
    kernel(input<T>(at[1]), strides[1], output<std::uint8_t>(at[0]), n);
  });
}

void predicate(const OpCall& call, PredicateFn<float>* f32, PredicateFn<double>* f64) {
  visit_float(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_predicate<T>(call, pick<T>(f32, f64));
  });
}

template <class T>
void run_binary(const OpCall& call, BinaryFn<T>* kernel) {
  const View &out = call.out[0], &a = call.in[0], &b = call.in[1];
  a.as<T>();
  b.as<T>();
  out.as<T>();
  for_each_run<3>({&out, &a, &b}, [kernel](const auto& at, const auto& strides, std::size_t n) {
    kernel(input<T>(at[1]), strides[1], input<T>(at[2]), strides[2], output<T>(at[0]), n);
  });
}

template <class... T>
void binary(const OpCall& call, BinaryFn<T>*... kernels) {
  require(call.in[0].dtype != DType::kBool, "bools have no arithmetic");
  choose<T...>(
      call.in[0].dtype, [&](auto* kernel) { run_binary(call, kernel); }, kernels...);
}

void pow(OpCall& call) {
  if (!is_float(call.in[0].dtype)) return integer_power(call);
  binary(call, call.kernels.f32_pow, call.kernels.f64_pow);
}

template <class T>
void run_compare(const OpCall& call, CompareFn<T>* kernel) {
  const View &out = call.out[0], &a = call.in[0], &b = call.in[1];
  a.as<T>();
  b.as<T>();
  require(out.dtype == DType::kBool, "the op gives bool");
  for_each_run<3>({&out, &a, &b}, [kernel](const auto& at, const auto& strides, std::size_t n) {
    kernel(input<T>(at[1]), strides[1], input<T>(at[2]), strides[2], output<std::uint8_t>(at[0]), n);
  });
}

template <class... T>
void compare(const OpCall& call, CompareFn<T>*... kernels) {
  choose<T...>(
      call.in[0].dtype, [&](auto* kernel) { run_compare(call, kernel); }, kernels...);
}

void logical(const OpCall& call, BinaryFn<std::uint8_t>* kernel) {
  require(call.out[0].dtype == DType::kBool, "the op gives bool");
  run_binary(call, kernel);
}

template <class T>
void run_select(const OpCall& call, SelectFn<T>* kernel) {
  const View &out = call.out[0], &condition = call.in[0], &a = call.in[1], &b = call.in[2];
  for_each_run<4>({&out, &condition, &a, &b}, [kernel](const auto& at, const auto& strides, std::size_t n) {
    kernel(input<std::uint8_t>(at[1]), strides[1], input<T>(at[2]), strides[2], input<T>(at[3]), strides[3],
           output<T>(at[0]), n);
  });
}

void where(OpCall& call) {
  const DType dtype = call.out[0].dtype;
  require(call.in[0].dtype == DType::kBool, "the condition is not bool");
  require(call.in[1].dtype == dtype && call.in[2].dtype == dtype, "the sides of where differ in dtype");
  switch (item_size(dtype)) {
    case 1:
      return run_select(call, call.kernels.select_8);
    case 2:
      return run_select(call, call.kernels.select_16);
    case 4:
      return run_select(call, call.kernels.select_32);
    default:
      return run_select(call, call.kernels.select_64);
  }
}

// out = x * scale + shift, rounded once, as batch norm has it. Of repeated or scattered elements copies are made.
template <class T>
void run_scale_shift_by(const OpCall& call, ScaleShiftRowsFn<T>* kernel) {
  const View &out = call.out[0], &x = call.in[0], &scale = call.in[1], &shift = call.in[2];
  for (const View* view : {&out, &x, &scale, &shift}) view->as<T>();
  for_each_run<4>({&out, &x, &scale, &shift}, [kernel](const auto& at, const auto& strides, std::size_t n) {
    constexpr std::size_t kBlock = 256;
    T copies[3][kBlock];
    const bool plain = strides[1] == 1 && strides[2] == 1 && strides[3] == 1;
    for (std::size_t begin = 0, count = 0; begin < n; begin += count) {
      count = plain ? n : std::min(kBlock, n - begin);
      const T* from[3];
      for (int i = 0; i < 3; i++) {
        const T* const data = input<T>(at[i + 1]) + static_cast<std::ptrdiff_t>(begin) * strides[i + 1];
        from[i] = strides[i + 1] == 1 ? data : copies[i];
        if (strides[i + 1] == 1) continue;
        for (std::size_t k = 0; k < count; k++) copies[i][k] = data[static_cast<std::ptrdiff_t>(k) * strides[i + 1]];
      }
      kernel(from[0], 0, from[1], from[2], output<T>(at[0]) + begin, 0, 1, count);
    }
  });
}

void scale_shift_by(OpCall& call) {
  visit_float(call.out[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_scale_shift_by<T>(call, pick<T>(call.kernels.f32_scale_shift_rows, call.kernels.f64_scale_shift_rows));
  });
}

// The kernels of a verb, one for each dtype that has it.
#define MYELIN_FLOATS(verb) call.kernels.f32_##verb, call.kernels.f64_##verb
#define MYELIN_SIGNED(verb) \
  MYELIN_FLOATS(verb), call.kernels.i8_##verb, call.kernels.i16_##verb, call.kernels.i32_##verb, call.kernels.i64_##verb
#define MYELIN_NUMBERS(verb) MYELIN_SIGNED(verb), call.kernels.u8_##verb

#define MYELIN_FLOAT_UNARY(name, verb)                                 \
  {                                                                    \
    name, 1, 1, [](OpCall& call) { unary(call, MYELIN_FLOATS(verb)); } \
  }
#define MYELIN_SIGNED_UNARY(verb)                                        \
  {                                                                      \
#verb, 1, 1, [](OpCall & call) { unary(call, MYELIN_SIGNED(verb)); } \
  }
#define MYELIN_PARAMETRIC(name, verb, parameters)                                       \
  {                                                                                     \
    name, 1, 1, [](OpCall& call) { parametric(call, MYELIN_FLOATS(verb), parameters); } \
  }
#define MYELIN_PREDICATE(verb)                                               \
  {                                                                          \
#verb, 1, 1, [](OpCall & call) { predicate(call, MYELIN_FLOATS(verb)); } \
  }
#define MYELIN_BINARY(verb)                                                \
  {                                                                        \
#verb, 2, 1, [](OpCall & call) { binary(call, MYELIN_NUMBERS(verb)); } \
  }
#define MYELIN_FLOAT_BINARY(name, verb)                                 \
  {                                                                     \
    name, 2, 1, [](OpCall& call) { binary(call, MYELIN_FLOATS(verb)); } \
  }
#define MYELIN_COMPARE(verb)                                                \
  {                                                                         \
#verb, 2, 1, [](OpCall & call) { compare(call, MYELIN_NUMBERS(verb)); } \
  }
#define MYELIN_LOGICAL(name, kernel)                                     \
  {                                                                      \
    name, 2, 1, [](OpCall& call) { logical(call, call.kernels.kernel); } \
  }

constexpr OpInfo kOps[] = {
    MYELIN_BINARY(add),
    MYELIN_BINARY(sub),
    MYELIN_BINARY(mul),
    MYELIN_BINARY(maximum),
    MYELIN_BINARY(minimum),
    MYELIN_FLOAT_BINARY("div", div),
    {"pow", 2, 1, pow},
    MYELIN_COMPARE(eq),
    MYELIN_COMPARE(ne),
    MYELIN_COMPARE(lt),
    MYELIN_COMPARE(le),
    MYELIN_COMPARE(gt),
    MYELIN_COMPARE(ge),
    MYELIN_LOGICAL("logicalAnd", logical_and),
    MYELIN_LOGICAL("logicalOr", logical_or),
    MYELIN_LOGICAL("logicalXor", logical_xor),
    {"logicalNot", 1, 1, [](OpCall& call) { run_predicate(call, call.kernels.logical_not); }},
    MYELIN_PREDICATE(isnan),
    MYELIN_PREDICATE(isinf),
    MYELIN_PREDICATE(isfinite),
    {"where", 3, 1, where, true},
    MYELIN_SIGNED_UNARY(neg),
    MYELIN_SIGNED_UNARY(abs),
    MYELIN_SIGNED_UNARY(sign),
    MYELIN_SIGNED_UNARY(square),
    MYELIN_SIGNED_UNARY(relu),
    MYELIN_FLOAT_UNARY("floor", floor),
    MYELIN_FLOAT_UNARY("ceil", ceil),
    MYELIN_FLOAT_UNARY("round", round),
    MYELIN_FLOAT_UNARY("trunc", trunc),
    MYELIN_FLOAT_UNARY("sqrt", sqrt),
    MYELIN_FLOAT_UNARY("rsqrt", rsqrt),
    MYELIN_FLOAT_UNARY("reciprocal", reciprocal),
    MYELIN_FLOAT_UNARY("exp", exp),
    MYELIN_FLOAT_UNARY("expm1", expm1),
    MYELIN_FLOAT_UNARY("log", log),
    MYELIN_FLOAT_UNARY("log1p", log1p),
    MYELIN_FLOAT_UNARY("log2", log2),
    MYELIN_FLOAT_UNARY("sin", sin),
    MYELIN_FLOAT_UNARY("cos", cos),
    MYELIN_FLOAT_UNARY("tan", tan),
    MYELIN_FLOAT_UNARY("tanh", tanh),
    MYELIN_FLOAT_UNARY("sigmoid", sigmoid),
    MYELIN_FLOAT_UNARY("erf", erf),
    MYELIN_FLOAT_UNARY("gelu", gelu),
    MYELIN_FLOAT_UNARY("geluTanh", gelu_tanh),
    MYELIN_FLOAT_UNARY("silu", silu),
    MYELIN_FLOAT_UNARY("softplus", softplus),
    MYELIN_PARAMETRIC("leakyRelu", leaky_relu, 1),
    MYELIN_PARAMETRIC("elu", elu, 2),
    MYELIN_PARAMETRIC("clamp", clamp, 2),
    MYELIN_PARAMETRIC("hardtanh", clamp, 2),
    MYELIN_PARAMETRIC("scaleShift", scale_shift, 2),
    {"scaleShiftBy", 3, 1, scale_shift_by},
    MYELIN_FLOAT_BINARY("reluBackward", relu_backward),
    MYELIN_FLOAT_BINARY("sigmoidBackward", sigmoid_backward),
    MYELIN_FLOAT_BINARY("tanhBackward", tanh_backward),
    MYELIN_FLOAT_BINARY("geluBackward", gelu_backward),
    MYELIN_FLOAT_BINARY("geluTanhBackward", gelu_tanh_backward),
    MYELIN_FLOAT_BINARY("siluBackward", silu_backward),
    MYELIN_FLOAT_BINARY("softplusBackward", softplus_backward),
    MYELIN_FLOAT_UNARY("exp2", exp2),
    MYELIN_FLOAT_UNARY("log10", log10),
    MYELIN_FLOAT_UNARY("asin", asin),
    MYELIN_FLOAT_UNARY("acos", acos),
    MYELIN_FLOAT_UNARY("atan", atan),
    MYELIN_FLOAT_UNARY("sinh", sinh),
    MYELIN_FLOAT_UNARY("cosh", cosh),
    MYELIN_FLOAT_UNARY("asinh", asinh),
    MYELIN_FLOAT_UNARY("acosh", acosh),
    MYELIN_FLOAT_UNARY("atanh", atanh),
    MYELIN_FLOAT_UNARY("erfc", erfc),
    MYELIN_FLOAT_BINARY("atan2", atan2),
    MYELIN_FLOAT_BINARY("hypot", hypot),
    MYELIN_FLOAT_BINARY("copysign", copysign),
    MYELIN_FLOAT_BINARY("logAddExp", log_add_exp),
    MYELIN_FLOAT_BINARY("logAddExp2", log_add_exp2),
    MYELIN_FLOAT_BINARY("xlogy", x_log_y),
    MYELIN_FLOAT_UNARY("mish", mish),
    MYELIN_FLOAT_UNARY("hardswish", hardswish),
    MYELIN_FLOAT_UNARY("logSigmoid", log_sigmoid),
    MYELIN_FLOAT_BINARY("mishBackward", mish_backward),
    MYELIN_FLOAT_BINARY("hardswishBackward", hardswish_backward),
};

}  // namespace

void register_elementwise(OpList& ops) {
  add_elementwise(ops, kOps);
  ops.push_back({"geluAndSlope", 1, 2, gelu_and_slope});
}

}  // namespace myelin
