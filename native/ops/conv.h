#pragma once
#include <cstddef>
#include <vector>

#include "core/view.h"
#include "ops/gemm.h"

namespace myelin {

// Convolutions as sums over taps (positions of the kernel), on channels-last images. A tap adds to each output pixel the
// product of one input pixel and one matrix of weights; nothing is copied but the zeros around the borders.

// Images one behind the other; the channels of a pixel are consecutive, and so are the pixels of a row unless something
// else is said.
template <class T>
struct Images {
  T* data;
  std::size_t count, height, width, channels;
  std::ptrdiff_t image, row, pixel;  // distances

  T* at(std::size_t index, std::size_t y, std::size_t x) const {
    return data + static_cast<std::ptrdiff_t>(index) * image + static_cast<std::ptrdiff_t>(y) * row +
           static_cast<std::ptrdiff_t>(x) * pixel;
  }
  // Has done what follows, if anything does, to the pixels of some rows.
  void finish_rows(const Finish* finish, std::size_t index, Range rows, Range cols) const {
    if (finish == nullptr) return;
    finish->block(at(index, rows.begin, cols.begin), rows.end - rows.begin, (cols.end - cols.begin) * channels, row);
  }
  // All pixels are consecutive.
  bool dense() const {
    const auto line = static_cast<std::ptrdiff_t>(width * channels);
    return (row == line || height == 1) && (image == static_cast<std::ptrdiff_t>(height) * line || count == 1);
  }
};

// A window of one image in which every pixel exists: the image itself, or a copy with zeros where it ends.
template <class T>
struct Window {
  const T* data;
  std::ptrdiff_t row;  // pixels are `channels` apart
};

// Rows [top, bottom) and columns [left, right) of an image, which they may overreach on all sides. The copy, if one is
// needed, lives in this thread's Scratch::kRows.
template <class T>
Window<T> window_of(const Images<const T>& images, std::size_t index, std::ptrdiff_t top, std::ptrdiff_t bottom,
                    std::ptrdiff_t left, std::ptrdiff_t right);

struct ConvShape {
  std::size_t batch, channels, height, width;  // of the input
  std::size_t out_channels, out_height, out_width;
  std::size_t kernel_height, kernel_width;
  std::size_t stride_y, stride_x, top, left, bottom, right, dilation_y, dilation_x, groups;

  std::size_t group_channels() const { return channels / groups; }
  std::size_t group_out_channels() const { return out_channels / groups; }
  // Each channel has its own kernel and goes to its own output channel.
  bool depthwise() const { return groups > 1 && groups == channels && groups == out_channels; }
  // A kernel without elements may have any extents, but no position of it adds anything.
  bool empty_kernel() const { return group_channels() == 0 || out_channels == 0; }
  // Each output pixel depends on the input pixel of the same index only.
  bool pointwise() const {
    return kernel_height == 1 && kernel_width == 1 && stride_y == 1 && stride_x == 1 && groups == 1 &&
           top + left + bottom + right == 0;
  }
  // Windows lie side by side and cover the input: each of its pixels is in one of them.
  bool tiles_input() const {
    return kernel_height == stride_y && kernel_width == stride_x && kernel_height * kernel_width > 1 && groups == 1 &&
           dilation_y == 1 && dilation_x == 1 && top == 0 && left == 0 && height == out_height * stride_y &&
           width == out_width * stride_x && !empty_kernel();
  }
};

// Weights as one of the products needs them: matrices of depth `in` and width `out` for each kernel position and group.
template <class T>
struct Weights {
  const T* data;
  std::ptrdiff_t in, out, y, x, group;    // distances
  std::size_t in_channels, out_channels;  // of a group
  const T* packed = nullptr;              // unless null, the same as the sum at hand reads them fastest

  Matrix<const T> matrix(std::size_t g, std::size_t ky, std::size_t kx) const {
    return {data + static_cast<std::ptrdiff_t>(g) * group + static_cast<std::ptrdiff_t>(ky) * y +
                static_cast<std::ptrdiff_t>(kx) * x,
            in, out};
  }
};

// A kernel position and where it reads, relative to the pixel that output pixel (0, 0) of the lattice stands for.
struct Tap {
  std::ptrdiff_t dy, dx;
  std::size_t ky, kx;
};

// Output pixels (first + i * step) that share one list of taps; each is read around input pixel (i * in_step). A forward
// convolution is one lattice; the gradient of the input has one for each remainder modulo the stride.
struct Lattice {
  std::size_t rows, cols;
  std::size_t first_y, first_x, step_y, step_x;
  std::size_t in_step_y, in_step_x;
  std::vector<Tap> taps;  // in ascending order of (dy, dx)
};

Lattice forward_lattice(const ConvShape& shape);
Lattice gradient_lattice(const ConvShape& shape, std::size_t remainder_y, std::size_t remainder_x);

// out(lattice) = bias + sum over taps of input pixel times weights. What follows, if anything does, is done row by row of a
// lattice of all output pixels.
template <class T>
void correlate(const KernelTable& kernels, const Images<const T>& in, const Weights<T>& weights, const T* bias,
               std::size_t groups, const Lattice& lattice, const Images<T>& out, const Finish* finish = nullptr);

// correlate for kernels of one input and one output channel each: as many groups as channels.
template <class T>
void depthwise_correlate(const KernelTable& kernels, const Images<const T>& in, const Weights<T>& weights,
                         const T* bias, const Lattice& lattice, const Images<T>& out, const Finish* finish);

// The gradient of an input of few channels, unless correlate is the better way: false then. `weights` are those of the
// forward convolution.
template <class T>
bool try_scatter(const KernelTable& kernels, const ConvShape& shape, const Images<const T>& dout,
                 const Weights<T>& weights, const Images<T>& dx);

// The gradient of an input that windows tile, or false. `weights` are turned: their outputs are the channels of the input.
template <class T>
bool try_blocks(const KernelTable& kernels, const ConvShape& shape, const Images<const T>& dout,
                const Weights<T>& weights, const Images<T>& dx);

// The gradient of the weights as a matrix: row (ky * kernel_width + kx) * C/groups + c, column o, rows
// without gaps. Images are cut into parts by shape, whose sums are added as a tree.
template <class T>
void weight_gradient(const KernelTable& kernels, const ConvShape& shape, const Images<const T>& x,
                     const Images<const T>& dout, T* gradient);
template <class T>
void depthwise_weight_gradient(const KernelTable& kernels, const ConvShape& shape, const Images<const T>& x,
                               const Images<const T>& dout, T* gradient);

}  // namespace myelin
