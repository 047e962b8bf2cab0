#pragma once
#include "ops/support.h"

// Ops that treat every element alike and are not hot: a plain function of elements in a loop, no kernel.

namespace myelin {

// out = f(x); both have elements of type T unless Out is given.
template <class T, class Out = T, class F>
void map_elements(const OpCall& call, F f) {
  const View &out = call.out[0], &x = call.in[0];
  for_each_run<2>({&out, &x}, [f](const auto& at, const auto& strides, std::size_t n) {
    const T* from = reinterpret_cast<const T*>(at[1]);
    Out* to = reinterpret_cast<Out*>(at[0]);
    if (strides[1] == 1) {  // alone, so that the compiler can make vectors of it
      for (std::size_t i = 0; i < n; i++) to[i] = f(from[i]);
      return;
    }
    for (std::size_t i = 0; i < n; i++) to[i] = f(from[static_cast<std::ptrdiff_t>(i) * strides[1]]);
  });
}

// out = f(a, b), all of one dtype; f takes and gives elements of type T.
template <class T, class F>
void map_pairs(const OpCall& call, F f) {
  const View &out = call.out[0], &a = call.in[0], &b = call.in[1];
  require(a.dtype == out.dtype && b.dtype == out.dtype, "the inputs and the output differ in dtype");
  for_each_run<3>({&out, &a, &b}, [f](const auto& at, const auto& strides, std::size_t n) {
    const T *left = reinterpret_cast<const T*>(at[1]), *right = reinterpret_cast<const T*>(at[2]);
    T* to = reinterpret_cast<T*>(at[0]);
    if (strides[1] == 1 && strides[2] == 1) {  // alone, so that the compiler can make vectors of it
      for (std::size_t i = 0; i < n; i++) to[i] = f(left[i], right[i]);
      return;
    }
    for (std::size_t i = 0; i < n; i++) {
      const std::ptrdiff_t index = static_cast<std::ptrdiff_t>(i);
      to[i] = f(left[index * strides[1]], right[index * strides[2]]);
    }
  });
}

// Calls body(TypeTag<T>{}) for an integer dtype; bool is visited as uint8_t.
template <class Body>
void visit_integer(DType dtype, Body&& body) {
  visit_dtype(dtype, [&](auto tag) {
    if constexpr (std::is_integral_v<typename decltype(tag)::type>) return body(tag);
    refuse_dtype(dtype);
  });
}

}  // namespace myelin
