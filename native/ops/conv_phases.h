#pragma once
#include <algorithm>

#include "ops/conv.h"

namespace myelin {

// A dilated convolution that moves by single pixels, as convolutions without dilation: output pixels whose coordinates leave
// the same remainders read only input pixels that leave the same ones, and both make images of every dilation-th pixel.

// Where a kernel reads: output pixel (y, x) begins at input pixel (y - top, x - left), its positions are so far apart.
struct Reading {
  std::ptrdiff_t top, left;
  std::size_t dilation_y, dilation_x;
};

inline Reading reading_of(const ConvShape& shape) {
  return {static_cast<std::ptrdiff_t>(shape.top), static_cast<std::ptrdiff_t>(shape.left), shape.dilation_y,
          shape.dilation_x};
}

// One remainder along one axis: the first pixels, and how far before its own an output pixel begins to read.
struct Phase {
  std::size_t out, in;
  std::ptrdiff_t before;

  Phase(std::size_t remainder, std::ptrdiff_t padding, std::size_t dilation) : out(remainder) {
    const auto step = static_cast<std::ptrdiff_t>(dilation), first = static_cast<std::ptrdiff_t>(remainder) - padding;
    const std::ptrdiff_t rest = (first % step + step) % step;
    in = static_cast<std::size_t>(rest);
    before = (rest - first) / step;
  }
};

// Every dilation-th pixel of images from pixel (y, x) on.
template <class T>
Images<T> every(const Images<T>& images, std::size_t y, std::size_t x, const Reading& reading) {
  const auto left_of = [](std::size_t extent, std::size_t first, std::size_t step) {
    return first < extent ? ceil_div(extent - first, step) : 0;
  };
  Images<T> some = images;
  some.height = left_of(images.height, y, reading.dilation_y);
  some.width = left_of(images.width, x, reading.dilation_x);
  if (some.height > 0 && some.width > 0) some.data = images.at(0, y, x);
  some.row = images.row * static_cast<std::ptrdiff_t>(reading.dilation_y);
  some.pixel = images.pixel * static_cast<std::ptrdiff_t>(reading.dilation_x);
  return some;
}

// Calls body(in, out, top, left) for the images of each pair of remainders that any output pixel has.
template <class In, class Out, class F>
void for_phases(const Images<In>& in, const Images<Out>& out, const Reading& reading, const F& body) {
  for (std::size_t y = 0; y < std::min(reading.dilation_y, out.height); y++) {
    const Phase row(y, reading.top, reading.dilation_y);
    for (std::size_t x = 0; x < std::min(reading.dilation_x, out.width); x++) {
      const Phase col(x, reading.left, reading.dilation_x);
      body(every(in, row.in, col.in, reading), every(out, row.out, col.out, reading), row.before, col.before);
    }
  }
}

}  // namespace myelin
