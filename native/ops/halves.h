#pragma once
#include "core/registry.h"

namespace myelin {

// Converts between float32 and a half; the shapes are equal, the strides need not be.
void convert_view(const View& source, const View& target, const KernelTable& kernels);

}  // namespace myelin
