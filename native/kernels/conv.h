#pragma once
// What convolutions take that are no matrix products; kernels.h has the rules of all signatures and of what may stand here.
#include <cstddef>

namespace myelin {

// The input of some rows of output pixels of a depthwise convolution, channels-last. Row r and row y of the kernel read
// lines[r + y]; pixel p and column x of the kernel read its column p * stride + x * spacing - left. Beyond its `width`
// columns a line goes on with zeros, and null stands for a line of zeros.
template <class T>
struct DepthwiseInput {
  const T* const* lines;
  std::size_t width;
  std::ptrdiff_t left;
  std::size_t stride, spacing;
  std::size_t kernel_height, kernel_width;
  std::size_t rows, pixels, channels;
};
// Weights and their gradient lie in blocks of so many channels, the last one padded with what is never used: that of
// channel c at (y, x) is at c / block * taps * block + (y * kernel_width + x) * block + c % block, taps = kernel_height *
// kernel_width. Were they a line of channels apart, as pixels are, they would contend with those for places in the cache.
template <class T>
constexpr std::size_t kDepthwiseBlock = 64 / sizeof(T);  // whole vectors of every ISA
// out[r * out_row + p * out_step + c] = bias[c] + sum over y and x of input times weight.
template <class T>
struct DepthwiseRows {
  DepthwiseInput<T> in;
  const T* weights;
  const T* bias;  // or null
  T* out;
  std::ptrdiff_t out_row, out_step;
};
template <class T>
using DepthwiseRowsFn = void(const DepthwiseRows<T>& rows);
// To the gradient of the weights is added the sum over r and p of input times dout[r * dout_row + p * channels + c].
template <class T>
struct DepthwiseGradient {
  DepthwiseInput<T> in;
  const T* dout;
  std::ptrdiff_t dout_row;
  T* gradient;
};
template <class T>
using DepthwiseGradientFn = void(const DepthwiseGradient<T>& rows);

// Winograd's F(4 x 4, 3 x 3): 4 x 4 sums of a 3 x 3 convolution from 36 products instead of 144 (S. Winograd, "Arithmetic
// complexity of computations", 1980; Lavin and Gray, arXiv:1509.09308), with the interpolation points 0, +-sqrt(1/2),
// +-sqrt(2) and infinity, which round less than whole numbers do. Each transform is out = L in L^T on a square of places,
// for `width` consecutive elements at each of them:
//   winograd_input (L is 6 x 6), winograd_weights (6 x 3): their results are multiplied, place by place, and summed over
//   channels; winograd_output (4 x 6) brings that to pixels, and adds the bias.
//   winograd_dout (6 x 4): its results times those of winograd_input, summed over tiles, are brought to the gradient of
//   the weights by winograd_dweights (3 x 6).
struct WinogradBlock {
  const float* in;
  std::ptrdiff_t in_row, in_col;
  std::size_t top, bottom, left, right;  // rows [top, bottom) and columns [left, right) are read, 0 stands for the rest
  float* out;
  std::ptrdiff_t out_row, out_col;
  std::size_t out_rows, out_cols;  // so many of the result are written
  const float* bias;               // one for each element of the width, or null; only winograd_output takes it
  std::size_t width;
};
using WinogradFn = void(const WinogradBlock& block);

}  // namespace myelin
