#include "ops/support.h"

namespace myelin {
namespace {

constexpr std::size_t kBlock = 256;  // elements that pass through float32 at a time

template <class T>
auto widen_kernel(const KernelTable& kernels) {
  return std::is_same_v<T, Float16> ? kernels.f16_to_f32 : kernels.bf16_to_f32;
}

template <class T>
auto narrow_kernel(const KernelTable& kernels) {
  return std::is_same_v<T, Float16> ? kernels.f32_to_f16 : kernels.f32_to_bf16;
}

// float32 from anything, exactly or such that rounding to a half gives what rounding the source would.
template <class From>
void to_floats(const From* from, std::ptrdiff_t stride, float* to, std::size_t n, const KernelTable& kernels) {
  const auto at = [&](std::size_t i) { return from[static_cast<std::ptrdiff_t>(i) * stride]; };
  if constexpr (kIsHalf<From>) {
    std::uint16_t bits[kBlock];
    for (std::size_t i = 0; i < n; i++) bits[i] = at(i).bits;
    widen_kernel<From>(kernels)(bits, to, n);
  } else if constexpr (std::is_same_v<From, float>) {
    for (std::size_t i = 0; i < n; i++) to[i] = at(i);
  } else {
    for (std::size_t i = 0; i < n; i++) to[i] = round_to_odd(to_double(at(i)));
  }
}

// Halves pass through float32.
template <class To, class From>
void cast_halves(const From* from, std::ptrdiff_t stride, To* to, std::size_t n, bool truth,
                 const KernelTable& kernels) {
  float floats[kBlock];
  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    const std::size_t count = std::min(kBlock, n - begin);
    to_floats(from + static_cast<std::ptrdiff_t>(begin) * stride, stride, floats, count, kernels);
    if constexpr (kIsHalf<To>) {
      narrow_kernel<To>(kernels)(floats, &to[begin].bits, count);
    } else {
      for (std::size_t i = 0; i < count; i++) to[begin + i] = truth ? floats[i] != 0 : to_element<To>(floats[i]);
    }
  }
}

template <class To, class From>
void cast_numbers(const From* from, std::ptrdiff_t stride, To* to, std::size_t n, bool truth) {
  if (truth) {
    for (std::size_t i = 0; i < n; i++) to[i] = from[static_cast<std::ptrdiff_t>(i) * stride] != 0;
  } else if (stride == 1) {
    for (std::size_t i = 0; i < n; i++) to[i] = to_element<To>(from[i]);
  } else {
    for (std::size_t i = 0; i < n; i++) to[i] = to_element<To>(from[static_cast<std::ptrdiff_t>(i) * stride]);
  }
}

template <class To, class From>
void run_cast(const OpCall& call) {
  const View &out = call.out[0], &x = call.in[0];
  const KernelTable& kernels = call.kernels;
  const bool truth = out.dtype == DType::kBool;
  for_each_run<2>({&out, &x}, [&kernels, truth](const auto& at, const auto& strides, std::size_t n) {
    const From* from = reinterpret_cast<const From*>(at[1]);
    To* to = reinterpret_cast<To*>(at[0]);
    if constexpr (kIsHalf<To> || kIsHalf<From>) {
      cast_halves(from, strides[1], to, n, truth, kernels);
    } else {
      cast_numbers(from, strides[1], to, n, truth);
    }
  });
}

void cast(OpCall& call) {
  visit_element(call.out[0].dtype, [&](auto to) {
    visit_element(call.in[0].dtype,
                  [&](auto from) { run_cast<typename decltype(to)::type, typename decltype(from)::type>(call); });
  });
}

}  // namespace

void register_cast(OpList& ops) { ops.push_back({"cast", 1, 1, cast, true, true}); }

}  // namespace myelin
