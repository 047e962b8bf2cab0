// What every kernel means, in plain loops: the specification, the tests' oracle, and a table that runs on any CPU.
// float32 is computed in double and rounded once.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "kernels/kernels.h"

namespace myelin {
namespace reference {
namespace {

#include "kernels/reference_elementwise.inl"
#include "kernels/reference_special.inl"
#include "kernels/reference_half.inl"
#include "kernels/reference_rows.inl"
#include "kernels/reference_pool2d.inl"
#include "kernels/reference_ctc.inl"
#include "kernels/reference_optim.inl"
#include "kernels/reference_gemm.inl"
#include "kernels/reference_depthwise.inl"
#include "kernels/reference_winograd.inl"
#include "kernels/reference_recurrent.inl"
#include "kernels/reference_attention.inl"
#include "kernels/reference_fft.inl"

}  // namespace

extern const KernelTable table;
const KernelTable table = {
    "reference",
#define MYELIN_KERNEL(name, signature) name,
#include "kernels/kernels.def"
#undef MYELIN_KERNEL
};

}  // namespace reference
}  // namespace myelin
