#pragma once
// Images as convolutions want them, channels-last: in place where they lie so already, otherwise as a copy.
#include <optional>

#include "core/pool.h"
#include "ops/conv.h"
#include "ops/support.h"

namespace myelin {

// Whether pixels of channels lie one behind the other in each row of this NCHW view.
inline bool is_channels_last(const View& view) {
  const bool channels = view.shape[1] == 1 || view.strides[1] == 1;
  const bool pixels = view.shape[3] == 1 || view.strides[3] == view.shape[1];
  return channels && pixels;
}

template <class T>
Images<T> images_of(const View& view, T* data, std::int64_t image, std::int64_t row) {
  const auto extent = [&](int axis) { return static_cast<std::size_t>(view.shape[axis]); };
  return {data,
          extent(0),
          extent(2),
          extent(3),
          extent(1),
          static_cast<std::ptrdiff_t>(image),
          static_cast<std::ptrdiff_t>(row),
          static_cast<std::ptrdiff_t>(view.shape[1])};
}

// One image between a view of any strides and pixels without gaps; either side may be the source.
template <class T>
struct ImageCopy {
  const KernelTable& kernels;
  const View& view;

  void gather(std::int64_t image, T* pixels) const {
    const T* from = reinterpret_cast<const T*>(view.data) + image * view.strides[0];
    const std::int64_t channels = view.shape[1], size = view.shape[2] * view.shape[3];
    if (planes()) return transpose(from, view.strides[1], pixels, channels, channels, size);
    each([&](std::int64_t at, std::int64_t index) { pixels[index] = from[at]; });
  }

  void scatter(std::int64_t image, const T* pixels) const {
    T* to = reinterpret_cast<T*>(view.data) + image * view.strides[0];
    const std::int64_t channels = view.shape[1], size = view.shape[2] * view.shape[3];
    if (planes()) return transpose(pixels, channels, to, view.strides[1], size, channels);
    each([&](std::int64_t at, std::int64_t index) { to[at] = pixels[index]; });
  }

 private:
  bool planes() const { return view.strides[3] == 1 && view.strides[2] == view.shape[3]; }

  void transpose(const T* from, std::int64_t from_stride, T* to, std::int64_t to_stride, std::int64_t rows,
                 std::int64_t columns) const {
    const auto stride = [](std::int64_t value) { return static_cast<std::ptrdiff_t>(value); };
    const auto extent = [](std::int64_t value) { return static_cast<std::size_t>(value); };
    using Bits = typename GemmKernels<T>::Bits;
    GemmKernels<T>(kernels).transpose(reinterpret_cast<const Bits*>(from), stride(from_stride),
                                      reinterpret_cast<Bits*>(to), stride(to_stride), extent(rows), extent(columns));
  }

  template <class F>
  void each(const F& body) const {
    std::int64_t index = 0;
    for (std::int64_t y = 0; y < view.shape[2]; y++) {
      for (std::int64_t x = 0; x < view.shape[3]; x++) {
        for (std::int64_t c = 0; c < view.shape[1]; c++) {
          body(c * view.strides[1] + y * view.strides[2] + x * view.strides[3], index++);
        }
      }
    }
  }
};

// The images of an input view, in place or as a channels-last copy.
template <class T>
class ImageInput {
 public:
  ImageInput(const KernelTable& kernels, const View& view) {
    const T* data = view.as<T>();
    if (is_channels_last(view)) {
      images_ = images_of<const T>(view, data, view.strides[0], view.strides[2]);
      return;
    }
    const std::int64_t row = view.shape[3] * view.shape[1], image = view.shape[2] * row;
    T* copy = copy_.emplace(static_cast<std::size_t>(view.size()) * sizeof(T)).template as<T>();
    parallel_for(static_cast<std::size_t>(view.shape[0]), [&](std::size_t i) {
      const auto index = static_cast<std::int64_t>(i);
      ImageCopy<T>{kernels, view}.gather(index, copy + index * image);
    });
    images_ = images_of<const T>(view, copy, image, row);
  }
  const Images<const T>& images() const { return images_; }

 private:
  std::optional<Temporary> copy_;
  Images<const T> images_;
};

// The images of an output view, in place or beside it until store() brings them there.
template <class T>
class ImageOutput {
 public:
  ImageOutput(const KernelTable& kernels, const View& view) : kernels_(kernels), view_(view) {
    T* data = view.as<T>();
    if (is_channels_last(view)) {
      images_ = images_of<T>(view, data, view.strides[0], view.strides[2]);
      return;
    }
    const std::int64_t row = view.shape[3] * view.shape[1], image = view.shape[2] * row;
    T* copy = copy_.emplace(static_cast<std::size_t>(view.size()) * sizeof(T)).template as<T>();
    images_ = images_of<T>(view, copy, image, row);
  }
  const Images<T>& images() const { return images_; }
  bool in_place() const { return !copy_; }

  void store() const {
    if (!copy_) return;
    parallel_for(images_.count, [&](std::size_t i) {
      ImageCopy<T>{kernels_, view_}.scatter(static_cast<std::int64_t>(i), images_.at(i, 0, 0));
    });
  }

 private:
  const KernelTable& kernels_;
  const View& view_;
  std::optional<Temporary> copy_;
  Images<T> images_;
};

}  // namespace myelin
