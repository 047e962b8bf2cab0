#pragma once
// Checks of kernels that treat every element alike: all lengths around the vector length, strides, misalignments,
// operation in place.
#include "kernel_fixture.h"
#include "kernels/kernels.h"

namespace kernel_test {

// The error each kernel promises (native/kernels/math_float.inl, math_special.inl, activation.inl). `first` scales the
// first input into the floor below which errors are not measured relative to the result: for sums that cancel.
struct Promise {
  const char* verb;
  double ulp32, ulp64;
  double first;
  double low, high;  // the second input's range, where the kernel has one
};

constexpr double kAll = std::numeric_limits<double>::infinity();
constexpr Promise kPromises[] = {
    {"exp", 1, 1, 0, -kAll, kAll},
    {"expm1", 2, 2, 0, -kAll, kAll},
    {"log", 1, 1, 0, -kAll, kAll},
    {"log1p", 2, 2, 0, -kAll, kAll},
    {"log2", 2, 1, 0, -kAll, kAll},
    {"sin", 2, 1, 0, -kAll, kAll},
    {"cos", 2, 1, 0, -kAll, kAll},
    {"tan", 4, 1, 0, -kAll, kAll},
    {"tanh", 3, 2, 0, -kAll, kAll},
    {"erf", 4, 2, 0, -kAll, kAll},
    {"pow", 1, 1, 0, -kAll, kAll},
    {"rsqrt", 2, 2, 0, -kAll, kAll},
    {"sigmoid", 3, 4, 0, -kAll, kAll},
    {"gelu", 8, 2048, 0, -kAll, kAll},
    {"gelu_tanh", 16, 16, 0x1p-8, -kAll, kAll},
    {"silu", 4, 4, 0, -kAll, kAll},
    {"softplus", 4, 4, 0, -kAll, kAll},
    {"elu", 3, 3, 0, -kAll, kAll},
    {"leaky_relu", 0, 0, 0, -kAll, kAll},
    {"scale_shift", 2, 2, 4, -kAll, kAll},
    {"sigmoid_backward", 2, 2, 0, -1, 1},
    {"tanh_backward", 2, 2, 1, -1, 1},
    {"gelu_backward", 8, 8, 1, -kAll, kAll},
    {"gelu_tanh_backward", 16, 16, 1, -kAll, kAll},
    {"silu_backward", 8, 8, 1, -kAll, kAll},
    {"softplus_backward", 4, 4, 0, -kAll, kAll},
    {"exp2", 1, 1, 0, -kAll, kAll},
    {"log10", 2, 2, 0, -kAll, kAll},
    {"asin", 3, 1, 0, -kAll, kAll},
    {"acos", 3, 1, 0, -kAll, kAll},
    {"atan", 3, 1, 0, -kAll, kAll},
    {"sinh", 3, 2, 0, -kAll, kAll},
    {"cosh", 2, 2, 0, -kAll, kAll},
    {"asinh", 4, 2, 0, -kAll, kAll},
    {"acosh", 4, 2, 0, -kAll, kAll},
    {"atanh", 4, 2, 0, -kAll, kAll},
    {"erfc", 8, 2, 0, -kAll, kAll},
    {"atan2", 4, 1, 0, -kAll, kAll},
    {"hypot", 1, 1, 0, -kAll, kAll},
    {"log_add_exp", 8, 8, 1, -kAll, kAll},
    {"log_add_exp2", 8, 8, 1, -kAll, kAll},
    {"x_log_y", 2, 2, 0, -kAll, kAll},
    {"mish", 4, 4, 0, -kAll, kAll},
    {"hardswish", 2, 2, 0, -kAll, kAll},
    {"log_sigmoid", 4, 4, 0, -kAll, kAll},
    {"mish_backward", 8, 16, 1, -kAll, kAll},
    {"hardswish_backward", 4, 4, 1, -kAll, kAll},
};

inline Promise promise_of_kernel() {
  const std::string verb = report.verb();
  for (const Promise& p : kPromises)
    if (verb == p.verb) return p;
  return {"", 0, 0, 0, -kAll, kAll};
}

// Results this close to zero have few bits, and promise an absolute error only.
template <class T>
constexpr double kGradualUnderflow = sizeof(T) == 4 ? 0x1p-119 : 0x1p-1000;

template <class T>
Tolerance tolerance_for(const Promise& promise, double first) {
  Tolerance tolerance;
  tolerance.ulp = sizeof(T) == 4 ? promise.ulp32 : promise.ulp64;
  const double scaled = std::fabs(first) * promise.first;
  tolerance.floor = tolerance.ulp == 0 ? 0 : std::fmax(std::isfinite(scaled) ? scaled : 0, kGradualUnderflow<T>);
  return tolerance;
}

template <class T>
std::vector<std::size_t> lengths() {
  std::vector<std::size_t> all;
  for (std::size_t n = 0; n <= 2 * (64 / sizeof(T)) + 3; n++) all.push_back(n);
  for (std::size_t n : {255, 256, 257, 700}) all.push_back(n);
  return all;
}

struct Layout {
  std::ptrdiff_t a, b, c;
  std::size_t misalign;
};
constexpr Layout kLayouts[] = {{1, 1, 1, 0}, {1, 1, 1, 1},  {1, 1, 1, 3}, {1, 0, 1, 0},
                               {0, 1, 0, 0}, {3, -2, 1, 1}, {-1, 3, 2, 0}};

// An input of n elements with a stride; `first` is its element 0.
template <class T>
struct Strided {
  Array<T> memory;
  std::ptrdiff_t stride;
  T* first;

  template <class Draw>
  Strided(std::size_t n, std::ptrdiff_t s, std::size_t misalign, Draw draw)
      : memory(n == 0   ? 0
               : s == 0 ? 1
                        : (n - 1) * static_cast<std::size_t>(std::abs(s)) + 1,
               misalign),
        stride(s) {
    first = memory.data() + (s < 0 && n > 0 ? memory.size() - 1 : 0);
    for (std::size_t i = 0; i < memory.size(); i++) memory[i] = draw();
  }
  T at(std::size_t i) const { return first[static_cast<std::ptrdiff_t>(i) * stride]; }
};

inline std::string describe(std::size_t n, const Layout& l) {
  char text[120];
  std::snprintf(text, sizeof(text), "n %zu, strides %td %td %td, misalignment %zu", n, l.a, l.b, l.c, l.misalign);
  return text;
}

// run(kernel, out) calls a kernel on inputs that are already there; first(i) is element i of the first of them.
template <class Out, class Fn, class Run, class First>
void compare_runs(const std::string& where, std::size_t n, std::size_t misalign, Fn* got, Fn* want, Run run,
                  First first, const Promise& promise) {
  Output<Out> expected(n), actual(n, misalign);
  run(want, expected.data());
  run(got, actual.data());
  expect_intact(where, actual);
  for (std::size_t i = 0; i < n; i++)
    if (!expect_near(where, i, expected[i], actual[i], tolerance_for<Out>(promise, first(i)))) return;
}

template <class T>
void expect_same(const std::string& where, std::size_t n, const T* want, const T* got) {
  for (std::size_t i = 0; i < n; i++)
    if (!same_bits(want[i], got[i]) && !(want[i] != want[i])) return fail(where + ", in place", i, want[i], got[i], 0);
}

template <class From, class To>
void expect_bits(const std::string& where, std::size_t n, const From* x, const To* want, const To* got) {
  for (std::size_t i = 0; i < n; i++)
    if (!same_bits(want[i], got[i])) {
      const std::string of = ", of " + std::to_string(static_cast<double>(x[i]));
      return fail(where + of, i, want[i], got[i], 0);
    }
}

// Any kernel of one input: call(kernel, x, stride, out, n).
template <class T, class Out, class Fn, class Call>
void check_unary(Fn* got, Fn* want, Call call) {
  Random random(1);
  const Promise promise = promise_of_kernel();
  for (std::size_t n : lengths<T>())
    for (const Layout& layout : kLayouts) {
      const std::string where = describe(n, layout);
      Strided<T> x(n, layout.a, layout.misalign, [&] { return any_value<T>(random); });
      const auto run = [&](Fn* kernel, Out* out) { call(kernel, x.first, x.stride, out, n); };
      compare_runs<Out>(
          where, n, layout.misalign, got, want, run, [&](std::size_t i) { return double(x.at(i)); }, promise);
      if constexpr (std::is_same_v<T, Out>) {
        if (layout.a != 1) continue;
        Output<T> apart(n);
        call(got, x.first, 1, apart.data(), n);
        call(got, x.first, 1, x.first, n);
        expect_same(where, n, apart.data(), x.first);
      }
    }
}

// Any kernel of two inputs.
template <class T, class Out, class Fn>
void check_binary(Fn* got, Fn* want) {
  Random random(2);
  const Promise promise = promise_of_kernel();
  // A derivative is promised for finite gradients of everyday size: 0 * infinity depends on where 0 was rounded.
  const bool derivative = report.verb().find("_backward") != std::string::npos;
  const auto first = [&] { return derivative ? plain_value<T>(random) : any_value<T>(random); };
  const auto second = [&] {
    return promise.high < kAll ? static_cast<T>(uniform(random, promise.low, promise.high)) : any_value<T>(random);
  };
  for (std::size_t n : lengths<T>())
    for (const Layout& layout : kLayouts) {
      const std::string where = describe(n, layout);
      Strided<T> a(n, layout.a, layout.misalign, first);
      Strided<T> b(n, layout.b, layout.misalign, second);
      const auto run = [&](Fn* kernel, Out* out) { kernel(a.first, a.stride, b.first, b.stride, out, n); };
      compare_runs<Out>(
          where, n, layout.misalign, got, want, run, [&](std::size_t i) { return double(a.at(i)); }, promise);
      if constexpr (std::is_same_v<T, Out>) {
        if (layout.a != 1) continue;
        Output<T> apart(n);
        got(a.first, 1, b.first, b.stride, apart.data(), n);
        got(a.first, 1, b.first, b.stride, a.first, n);
        expect_same(where, n, apart.data(), a.first);
      }
    }
}

// Overloads on the signatures of kernels.h, found by the walk over kernels.def. On bytes PredicateFn is UnaryFn and
// CompareFn is BinaryFn.
template <class T>
void check(myelin::UnaryFn<T>* got, myelin::UnaryFn<T>* want) {
  check_unary<T, T>(got, want,
                    [](auto* kernel, const T* x, std::ptrdiff_t sx, T* out, std::size_t n) { kernel(x, sx, out, n); });
}
template <class T, class = std::enable_if_t<!std::is_same_v<T, std::uint8_t>>>
void check(myelin::PredicateFn<T>* got, myelin::PredicateFn<T>* want) {
  check_unary<T, std::uint8_t>(
      got, want,
      [](auto* kernel, const T* x, std::ptrdiff_t sx, std::uint8_t* out, std::size_t n) { kernel(x, sx, out, n); });
}
template <class T>
void check(myelin::UnaryParamFn<T>* got, myelin::UnaryParamFn<T>* want) {
  constexpr T kParameters[][2] = {{T(0.01), T(1)}, {T(-1.5), T(2)}, {T(3), T(-3)}};
  // A negative scale would let elu's exponential magnify the rounding of its argument.
  const bool positive = report.verb() == "elu";
  for (const auto& p : kParameters)
    check_unary<T, T>(got, want, [&](auto* kernel, const T* x, std::ptrdiff_t sx, T* out, std::size_t n) {
      kernel(x, sx, p[0], positive ? std::fabs(p[1]) : p[1], out, n);
    });
}
template <class T>
void check(myelin::BinaryFn<T>* got, myelin::BinaryFn<T>* want) {
  check_binary<T, T>(got, want);
}
template <class T, class = std::enable_if_t<!std::is_same_v<T, std::uint8_t>>>
void check(myelin::CompareFn<T>* got, myelin::CompareFn<T>* want) {
  check_binary<T, std::uint8_t>(got, want);
}
template <class T>
void check(myelin::SelectFn<T>* got, myelin::SelectFn<T>* want) {
  Random random(3);
  for (std::size_t n : lengths<T>())
    for (const Layout& l : kLayouts) {
      Strided<std::uint8_t> c(n, l.c, l.misalign, [&] { return static_cast<std::uint8_t>(random() % 3); });
      Strided<T> a(n, l.a, l.misalign, [&] { return static_cast<T>(random()); });
      Strided<T> b(n, l.b, l.misalign, [&] { return static_cast<T>(random()); });
      const auto run = [&](auto* kernel, T* out) {
        kernel(c.first, c.stride, a.first, a.stride, b.first, b.stride, out, n);
      };
      compare_runs<T>(
          describe(n, l), n, l.misalign, got, want, run, [](std::size_t) { return 0.0; }, Promise{});
    }
}

// Conversions of halves give the same bits everywhere, NaN included.
template <class From, class To, class Next>
void check_conversion(void (*got)(const From*, To*, std::size_t), void (*want)(const From*, To*, std::size_t),
                      std::size_t total, Next next) {
  for (std::size_t n : lengths<float>())
    for (std::size_t misalign : {0, 1, 3}) {
      const std::string where = "n " + std::to_string(n) + ", misalignment " + std::to_string(misalign);
      Array<From> x(n, misalign);
      for (std::size_t i = 0; i < n; i++) x[i] = next();
      Output<To> expected(n), actual(n, misalign);
      want(x.data(), expected.data(), n);
      got(x.data(), actual.data(), n);
      expect_intact(where, actual);
      expect_bits(where, n, x.data(), expected.data(), actual.data());
    }
  std::vector<From> x(4096);
  std::vector<To> expected(x.size()), actual(x.size());
  for (std::size_t done = 0; done < total; done += x.size()) {
    for (From& value : x) value = next();
    want(x.data(), expected.data(), x.size());
    got(x.data(), actual.data(), x.size());
    expect_bits("all values", x.size(), x.data(), expected.data(), actual.data());
  }
}

inline void check(myelin::GeluAndSlopeFn<float>* got, myelin::GeluAndSlopeFn<float>* want) {
  Random random(6);
  const Promise of_gelu{"", 8, 0, 0, -kAll, kAll}, of_slope{"", 8, 0, 1, -kAll, kAll};
  for (std::size_t n : lengths<float>())
    for (const Layout& layout : kLayouts) {
      Strided<float> x(n, 1, layout.misalign, [&] { return any_value<float>(random); });
      Output<float> slope(n, layout.misalign);
      const auto gelu = [&](auto* kernel, float* out) { kernel(out, slope.data(), x.first, n); };
      const auto derivative = [&](auto* kernel, float* out) { kernel(slope.data(), out, x.first, n); };
      const std::string where = describe(n, layout);
      compare_runs<float>(
          where, n, layout.misalign, got, want, gelu, [](std::size_t) { return 0.0; }, of_gelu);
      compare_runs<float>(
          where, n, layout.misalign, got, want, derivative, [](std::size_t) { return 1.0; }, of_slope);
      expect_intact(where, slope);
    }
}
inline void check(myelin::WidenFn* got, myelin::WidenFn* want) {
  std::uint16_t bits = 0;
  check_conversion(got, want, 1 << 16, [&] { return bits++; });
}

// Every float16 and bfloat16, the ties between them, and the floats next to those; then floats of all magnitudes.
inline void check(myelin::NarrowFn* got, myelin::NarrowFn* want) {
  std::uint64_t count = 0;
  const auto next = [&] {
    constexpr std::int32_t kNeighbours[] = {0, 1, -1, 0x1000, 0x1001, 0xFFF, 0x8000, 0x8001, 0x7FFF};
    constexpr std::uint64_t kNear = 9ull << 19;
    const std::uint64_t i = count++;
    const std::uint32_t word = i < kNear ? static_cast<std::uint32_t>((i / 9) << 13) + kNeighbours[i % 9]
                                         : static_cast<std::uint32_t>(i * 4999);
    float value;
    std::memcpy(&value, &word, sizeof value);
    return value;
  };
  check_conversion(got, want, (9 << 19) + (1 << 20), next);
}

// Every `step`th float against the promise: all exponents, both signs.
inline void check_all_magnitudes(myelin::UnaryFn<float>* got, myelin::UnaryFn<float>* want, std::uint32_t step) {
  const Promise promise = promise_of_kernel();
  if (promise.ulp32 == 0) return;
  constexpr std::size_t kChunk = 4096;
  std::vector<float> x(kChunk), expected(kChunk), actual(kChunk);
  for (std::uint64_t bits = 0; bits < (1ull << 32);) {
    std::size_t n = 0;
    for (; n < kChunk && bits < (1ull << 32); n++, bits += step) {
      const std::uint32_t word = static_cast<std::uint32_t>(bits);
      std::memcpy(&x[n], &word, sizeof(word));
    }
    want(x.data(), 1, expected.data(), n);
    got(x.data(), 1, actual.data(), n);
    for (std::size_t i = 0; i < n; i++) {
      char where[60];
      std::snprintf(where, sizeof(where), "x = %.9g", static_cast<double>(x[i]));
      if (!expect_near(where, i, expected[i], actual[i], tolerance_for<float>(promise, x[i]))) return;
    }
  }
}

}  // namespace kernel_test
