#pragma once
#include <string_view>
#include <vector>

#include "kernels/kernels.h"

namespace myelin {

// The kernels in force: the best that this CPU can run, or what MYELIN_ISA or select_kernels asked for. Read once per op.
const KernelTable& active_kernels();

// Every table this CPU can run, best first; the last one is "reference", plain loops that run anywhere.
const std::vector<const KernelTable*>& supported_kernels();

// Puts the table called `isa` in force; false when there is none that this CPU can run.
bool select_kernels(std::string_view isa);

// The features of this CPU that tables ask for (the "needs" of native/sources.json) and that the operating system lets
// programs use.
std::vector<std::string_view> cpu_features();

}  // namespace myelin
