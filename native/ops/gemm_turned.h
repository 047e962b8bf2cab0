#pragma once
#include "ops/gemm.h"

namespace myelin {

// Few rows times a matrix that would have to be transposed: C's transpose needs A transposed instead, which is smaller. A
// block of C's columns at a time is formed beside it and turned while it is in the first-level cache.

// Whether that is less work.
template <class T>
bool turning_c_pays(const Gemm<T>& product, const GemmBlocking& blocking);

template <class T>
void multiply_turned(const GemmKernels<T>& kernels, const Gemm<T>& product, Threads threads);

}  // namespace myelin
