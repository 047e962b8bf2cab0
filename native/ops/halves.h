#pragma once
#include "core/registry.h"

namespace myelin {

// Runs an op that knows no halves: it is given float32 copies of those among its inputs, and what it puts into float32
// stand-ins of its outputs is rounded into the halves asked for. An op without outputs has overwritten its inputs, so
// those are rounded back.
void run_in_float32(const OpInfo& op, const OpCall& call);

// Converts between float32 and a half; the shapes are equal, the strides need not be.
void convert_view(const View& source, const View& target, const KernelTable& kernels);

}  // namespace myelin
