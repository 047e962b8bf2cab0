#pragma once
#include "core/registry.h"

namespace myelin {

// The body of pow for integer dtypes.
void integer_power(const OpCall& call);

}  // namespace myelin
