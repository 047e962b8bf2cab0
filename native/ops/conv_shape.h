#pragma once
#include "core/registry.h"
#include "ops/conv.h"

namespace myelin {

// Reads stride, padding (top, left, bottom, right), dilation and groups, for images and a kernel of these shapes.
ConvShape conv_shape(const Dims& input, const Dims& kernel, Attrs& attrs);
// A list of four integers: the shape of images or of a kernel.
Dims conv_extents(Attrs& attrs);

// Refuse views of other shapes.
void require_input(const View& view, const ConvShape& shape);
void require_output(const View& view, const ConvShape& shape);
void require_kernel(const View& view, const ConvShape& shape);

}  // namespace myelin
