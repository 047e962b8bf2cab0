#pragma once
#include "core/registry.h"
#include "ops/conv.h"

namespace myelin {

// Weights of forward convolutions as these read them fastest, packed beforehand: in a plan they last from run to run.

// Elements that packed weights take for kernels of any ISA, or 0 where packing is too small a part of a convolution to pay.
// The attributes are the shapes of kernel and images, then those of `conv2d`.
std::size_t packed_conv_elements(DType dtype, Attrs attrs);

template <class T>
void pack_weights(const KernelTable& kernels, const ConvShape& shape, const Weights<T>& weights, const View& packed);
// What pack_weights has made for such a convolution.
template <class T>
Weights<T> packed_weights(const KernelTable& kernels, const ConvShape& shape, const View& packed);

extern template void pack_weights(const KernelTable&, const ConvShape&, const Weights<float>&, const View&);
extern template void pack_weights(const KernelTable&, const ConvShape&, const Weights<double>&, const View&);
extern template Weights<float> packed_weights(const KernelTable&, const ConvShape&, const View&);
extern template Weights<double> packed_weights(const KernelTable&, const ConvShape&, const View&);

}  // namespace myelin
