// All kernels of one ISA. The includer names it: MYELIN_ISA becomes the namespace and the table's name.
//
// Whatever is compiled with an ISA's flags stays in this anonymous namespace: a function the linker could merge with
// its twin from another file would run AVX-512 on a CPU that has none. Hence no C++ standard header either.
#include <cstddef>
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "kernels/kernels.h"

namespace myelin {
namespace MYELIN_ISA {
namespace {

#include "kernels/vec.h"
#if defined(__AVX512F__)
#include "kernels/vec_avx512.h"
#else
#include "kernels/vec_mask.h"
#if defined(__AVX2__)
#include "kernels/vec_avx2.h"
#elif defined(__SSE2__)
#include "kernels/vec_sse2.h"
#elif defined(__aarch64__)
#include "kernels/vec_neon.h"
#endif
#endif
#include "kernels/vec_loop.h"

#include "kernels/math.inl"
#include "kernels/math_float.inl"
#include "kernels/math_special.inl"
#include "kernels/math_trigonometry.inl"
#include "kernels/math_double.inl"

#include "kernels/bfloat16.inl"
#include "kernels/half.inl"
#include "kernels/elementwise.inl"
#include "kernels/activation.inl"
#include "kernels/special.inl"
#include "kernels/reduce.inl"
#include "kernels/rows.inl"
#include "kernels/norm.inl"
#include "kernels/weighted_rows.inl"
#include "kernels/transpose.inl"
#include "kernels/pool2d.inl"
#include "kernels/ctc.inl"
#include "kernels/optim.inl"
#include "kernels/gemm.inl"
#include "kernels/few_rows.inl"
#include "kernels/attention.inl"
#include "kernels/dot_tile.inl"
#include "kernels/dot_panels.inl"
#include "kernels/depthwise.inl"
#include "kernels/winograd.inl"
#include "kernels/recurrent.inl"
#include "kernels/fft.inl"

}  // namespace

#define MYELIN_STRING(text) #text
#define MYELIN_NAME(isa) MYELIN_STRING(isa)

extern const KernelTable table;
const KernelTable table = {
    MYELIN_NAME(MYELIN_ISA),
#define MYELIN_KERNEL(name, signature) name,
#include "kernels/kernels.def"
#undef MYELIN_KERNEL
};

}  // namespace MYELIN_ISA
}  // namespace myelin
